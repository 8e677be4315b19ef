// Images a second of the untimed run: 784-1200-1200-10 on 64 x 64 crossbars, 40 steps, one core, beside the plain
// reference loop and the spike encoder alone. Weights are random, with the firing rates that trained networks show.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "mapping/mapper.h"
#include "models/device/layer_physics.h"
#include "models/functional_run.h"
#include "models/programmed_chip.h"
#include "models/reference.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kPixels = 784;
constexpr std::uint32_t kImages = 32;
constexpr std::uint32_t kInkedPixels = 150;  // MNIST digits have about 150 pixels that are not 0, of mean 0.68

ChipSpec bench_chip() {
  ChipSpec chip;
  chip.name = "bench";
  chip.clock = 200_MHz;
  chip.device.minimum_conductance = 5_uS;
  chip.device.maximum_conductance = 50_uS;
  chip.device.levels = 16;
  chip.crossbar.read_voltage = 0.5_V;
  chip.crossbar.read_time = 5_ns;
  return chip;
}

std::vector<std::vector<std::uint8_t>> bench_images() {
  std::vector<std::vector<std::uint8_t>> images;
  RandomStream random(RandomKey(1).child("images"));
  for (std::uint32_t n = 0; n < kImages; ++n) {
    std::vector<std::uint8_t> pixels(kPixels, 0);
    for (std::uint32_t k = 0; k < kInkedPixels; ++k)
      pixels[random.below(kPixels)] = static_cast<std::uint8_t>(91 + random.below(165));
    images.push_back(std::move(pixels));
  }
  return images;
}

// Weights with a mean below 0, so that few neurons of a layer are active, as in trained networks.
Network bench_network() {
  NetworkSpec spec;
  spec.input = {28, 28, 1};
  for (const std::uint32_t outputs : {1200U, 1200U, 10U}) {
    spec.layers.push_back({"layer" + std::to_string(spec.layers.size()), outputs, false, Activation::relu, 0.0});
  }
  Network network = make_network(spec);
  RandomStream random(RandomKey(1).child("weights"));
  for (Layer& layer : network.layers) {
    const double deviation = std::sqrt(2.0 / layer.weights.rows);
    for (float& weight : layer.weights.values) weight = static_cast<float>((random.normal() - 0.03) * deviation);
  }
  return network;
}

// 99.9th percentile of the non-zero activations of each layer.
std::vector<double> activation_scales(const Network& network, const std::vector<std::vector<std::uint8_t>>& images) {
  std::vector<std::vector<float>> active(network.layers.size());
  for (std::size_t n = 0; n < 8; ++n) {
    std::vector<float> input;
    for (const std::uint8_t pixel : images[n]) input.push_back(static_cast<float>(pixel) / 255.0F);
    const auto outputs = forward(network, input);
    for (std::size_t l = 0; l < outputs.size(); ++l) {
      std::copy_if(outputs[l].begin(), outputs[l].end(), std::back_inserter(active[l]),
                   [](float a) { return a > 0.0F; });
    }
  }
  std::vector<double> scales;
  for (std::vector<float>& values : active) {
    std::sort(values.begin(), values.end());
    scales.push_back(values.empty() ? 1.0 : values[std::min(values.size() - 1, values.size() * 999 / 1000)]);
  }
  return scales;
}

struct Workload {
  ChipSpec chip = bench_chip();
  std::vector<std::vector<std::uint8_t>> images = bench_images();
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
  std::unique_ptr<SpikeEncoder> encoder;
};

enum Cells { kIdeal, kReal, kNoisyReads, kPhaseChange };

DeviceSpec bench_device(int cells) {
  DeviceSpec device = bench_chip().device;
  if (cells != kIdeal) device.programming_error = 0.02;
  if (cells == kNoisyReads) device.read_noise.relative = 0.01;
  if (cells != kPhaseChange) return device;
  device.stuck_at_minimum = device.stuck_at_maximum = 0.001;
  device.variation = VariationLaw{VariationLaw::Kind::lognormal, 0.1};
  device.time_after_programming = Time::from_si(86400.0);
  device.drift = DriftLaw{Time::from_si(20.0), 50_uS, {-0.0155, 0.0244, 0.049, 0.1}, {-0.0125, -0.0059, 0.008, 0.045}};
  device.read_noise.state_dependent = ReadNoiseLaws::StateDependent{0.0088, 0.65, 0.2, Time::from_si(250e-9), 50_uS};
  return device;
}

const Workload& workload(std::int64_t cells, std::int64_t array_size = 64) {
  static const auto make = [](int kind, std::uint32_t size) {
    Workload made;
    made.chip.device = bench_device(kind);
    made.chip.crossbar.rows = made.chip.crossbar.columns = size;
    if (size < 32) made.chip.tile_group.tiles = 32;  // 75 row parts of one neuron
    const Network network = bench_network();
    made.network =
        convert(network, activation_scales(network, made.images), SpikingSpec{}, made.chip.device, made.chip.crossbar);
    made.mapped = map_network(made.network, made.chip, MappingSpec{}, RandomKey(1)).mapped;
    made.programmed = ProgrammedChip::program(made.mapped, made.network, made.chip, RandomKey(1));
    made.encoder = std::make_unique<SpikeEncoder>(made.network.spec, RandomKey(1).child("encoding"));
    return made;
  };
  static std::map<std::pair<std::int64_t, std::int64_t>, Workload> made;
  const auto key = std::make_pair(cells, array_size);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, make(static_cast<int>(cells), static_cast<std::uint32_t>(array_size))).first->second;
}

void report(benchmark::State& state, const std::vector<std::uint64_t>& layer_spikes, const SpikingNetwork& network) {
  const double steps = static_cast<double>(state.iterations()) * network.spec.steps;
  state.SetItemsProcessed(state.iterations());
  state.counters["rate_hidden1"] = static_cast<double>(layer_spikes[1]) / (steps * network.layers[LayerId(0)].outputs);
  state.counters["rate_hidden2"] = static_cast<double>(layer_spikes[2]) / (steps * network.layers[LayerId(1)].outputs);
}

void functional_run(benchmark::State& state) {
  const Workload& work = workload(state.range(0));
  FunctionalRun run(work.mapped, work.network, work.programmed, *work.encoder);
  std::vector<std::uint64_t> spikes(4, 0);
  std::uint32_t image = 0;
  for (auto _ : state) {
    const SpikingOutcome outcome = run.run(image, work.images[image].data());
    for (std::size_t l = 0; l < spikes.size(); ++l) spikes[l] += outcome.layer_spikes[l];
    image = (image + 1) % kImages;
  }
  report(state, spikes, work.network);
}
// 0 ideal cells, 1 a programming error, 2 noise at every read, 3 phase-change cells with all their laws.
BENCHMARK(functional_run)->ArgName("cells")->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

// Real cells by array size.
void functional_run_by_size(benchmark::State& state) {
  const Workload& work = workload(kReal, state.range(0));
  FunctionalRun run(work.mapped, work.network, work.programmed, *work.encoder);
  std::uint32_t image = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(run.run(image, work.images[image].data()).predicted);
    image = (image + 1) % kImages;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(functional_run_by_size)->ArgName("size")->RangeMultiplier(2)->Range(16, 256)->Unit(benchmark::kMillisecond);

// Programming 627 crossbars of 64 x 64 and what follows from it, one chip after another.
void program_chip(benchmark::State& state) {
  const Workload& work = workload(state.range(0));
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const ProgrammedChip programmed = ProgrammedChip::program(work.mapped, work.network, work.chip, RandomKey(++seed),
                                                              static_cast<std::size_t>(state.range(1)));
    benchmark::DoNotOptimize(programmed.report().energy);
  }
}
BENCHMARK(program_chip)
    ->ArgNames({"cells", "threads"})
    ->ArgsProduct({{0, 1, 2, 3}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// Products of one crossbar with half of its rows driven: exact, and with fresh noise of every cell at every read.
void crossbar_products(benchmark::State& state) {
  const auto side = static_cast<std::uint32_t>(state.range(0));
  ChipSpec chip = bench_chip();
  chip.device = bench_device(state.range(1) == 0 ? kReal : kNoisyReads);
  chip.crossbar.rows = chip.crossbar.columns = chip.tile.neurons = side;
  SpikingNetwork network;
  network.input = {side, 1, 1};
  SpikingLayer layer;
  layer.inputs = layer.outputs = side;
  layer.blocks.emplace_back();
  RandomStream random(RandomKey(1).child("weights"));
  std::vector<std::uint16_t> rows;
  for (std::uint32_t k = 0; k < side; ++k) {
    layer.blocks[0].rows.push_back(k);
    layer.blocks[0].columns.push_back(k);
    if (k % 2 == 0) rows.push_back(static_cast<std::uint16_t>(k));
  }
  for (std::uint32_t k = 0; k < side * side; ++k) {
    layer.weights.push_back(static_cast<std::int16_t>(static_cast<int>(random.below(31)) - 15));
  }
  layer.live.assign(layer.weights.size(), 1);
  network.layers.push_back(layer);
  const MappedNetwork mapped = map_network(network, chip, MappingSpec{}, RandomKey(1)).mapped;
  const ProgrammedChip programmed = ProgrammedChip::program(mapped, network, chip, RandomKey(1));
  const LayerPhysics physics(programmed, LayerId(0), {1, Reset::by_subtraction, false}, side);
  const std::vector<std::uint32_t>& outputs = network.layers[LayerId(0)].blocks[0].columns;
  std::uint32_t read = 0;
  for (auto _ : state) {
    std::vector<double> sums(side, 0.0);
    const ProgrammedCrossbar& crossbar = programmed.crossbar(CrossbarId(0));
    crossbar.integrate(rows.data(), rows.size(), sums.data());
    if (physics.reads_are_noisy()) {
      std::vector<float> variances(side, 0.0F);
      crossbar.integrate_variances(rows.data(), rows.size(), variances.data());
      physics.add_read_noise(0, ++read, outputs.data(), side, variances.data(), sums.data());
    }
    benchmark::DoNotOptimize(sums.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(crossbar_products)->ArgNames({"side", "noisy"})->ArgsProduct({{64, 128}, {0, 1}});

void plain_reference(benchmark::State& state) {
  const Workload& work = workload(kIdeal);
  std::vector<std::uint64_t> spikes(4, 0);
  std::uint32_t image = 0;
  for (auto _ : state) {
    const SpikingOutcome outcome = run_reference(work.network, *work.encoder, image, work.images[image].data()).outcome;
    for (std::size_t l = 0; l < spikes.size(); ++l) spikes[l] += outcome.layer_spikes[l];
    image = (image + 1) % kImages;
  }
  report(state, spikes, work.network);
}
BENCHMARK(plain_reference)->Unit(benchmark::kMillisecond);

void encode_one_image(benchmark::State& state) {
  const Workload& work = workload(kIdeal);
  std::vector<std::uint32_t> spikes;
  for (auto _ : state) {
    for (std::uint32_t step = 0; step < work.network.spec.steps; ++step) {
      work.encoder->spikes(0, step, work.images[0].data(), kPixels, spikes);
      benchmark::DoNotOptimize(spikes.data());
    }
  }
}
BENCHMARK(encode_one_image)->Unit(benchmark::kMillisecond);

// Packing, tiles, packets and annealed placement of a layer of the given side.
void map_square_layer(benchmark::State& state) {
  const auto side = static_cast<std::uint32_t>(state.range(0));
  SpikingNetwork network;
  network.input = {side, 1, 1};
  for (int l = 0; l < 2; ++l) {
    SpikingLayer layer;
    layer.name = "layer" + std::to_string(l);
    layer.inputs = layer.outputs = side;
    layer.weights.assign(std::size_t{side} * side, 1);
    network.layers.push_back(layer);
  }
  const ChipSpec chip = bench_chip();
  MappingResult result;
  for (auto _ : state) result = map_network(network, chip, MappingSpec{}, RandomKey(1));
  state.counters["crossbars"] = static_cast<double>(result.mapped.crossbars.size());
  state.counters["tiles"] = static_cast<double>(result.mapped.tiles.size());
  state.counters["traffic_hops"] = result.quality.traffic_hops;
  state.counters["traffic_hops_in_order"] = result.quality.traffic_hops_in_order;
}
BENCHMARK(map_square_layer)->Arg(512)->Arg(1024)->Arg(2048)->Arg(2880)->Unit(benchmark::kMillisecond);

// 784-1200-1200-10 with random masks: size of a crossbar, live weights in per cent, dead rows of pixels at the top of
// the picture (28 pixels each).
void map_perceptron(benchmark::State& state) {
  ChipSpec chip = bench_chip();
  chip.crossbar.rows = chip.crossbar.columns = static_cast<std::uint32_t>(state.range(0));
  chip.tile.neurons = 4 * chip.crossbar.columns;
  const auto dead_pixels = static_cast<std::size_t>(28 * state.range(2));
  RandomStream random(RandomKey(1).child("masks"));
  SpikingNetwork network;
  network.input = {kPixels, 1, 1};
  for (const auto& [inputs, outputs] : {std::pair{kPixels, 1200U}, {1200U, 1200U}, {1200U, 10U}}) {
    SpikingLayer layer;
    layer.name = "layer" + std::to_string(network.layers.size());
    layer.inputs = inputs;
    layer.outputs = outputs;
    for (std::size_t k = 0; k < std::size_t{inputs} * outputs; ++k) {
      const bool dead = network.layers.empty() && k / outputs < dead_pixels;
      layer.live.push_back(!dead && 100.0 * random.uniform() < static_cast<double>(state.range(1)) ? 1 : 0);
    }
    layer.weights.assign(layer.live.begin(), layer.live.end());
    network.layers.push_back(layer);
  }
  MappedNetwork mapped;
  double traffic = 0.0;
  for (auto _ : state) {
    MappingResult result = map_network(network, chip, MappingSpec{}, RandomKey(1));
    mapped = std::move(result.mapped);
    traffic = result.quality.traffic_hops;
  }
  std::set<std::pair<std::size_t, std::size_t>> pairs;  // source (0: host) and layer, destination
  for (const PacketGroup& group : mapped.packet_groups) {
    pairs.emplace((group.source ? group.source->value() + 1U : 0U) * network.layers.size() + group.layer.value(),
                  group.destination.value());
  }
  state.counters["crossbars"] = static_cast<double>(mapped.crossbars.size());
  state.counters["tiles"] = static_cast<double>(mapped.tiles.size());
  state.counters["packets"] = static_cast<double>(mapped.packet_groups.size());
  state.counters["tokens"] = static_cast<double>(pairs.size());
  state.counters["traffic_hops"] = traffic;
}
BENCHMARK(map_perceptron)
    ->ArgsProduct({{32, 64, 128}, {100, 10}, {0}})
    ->ArgsProduct({{32, 64, 128}, {10}, {7}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossloom

BENCHMARK_MAIN();
