// Products and pictures a second of bit-serial chips, untimed: workloads W3 (784-512-256-10) and W4 (VGG-8 on 32x32x3)
// and one product of 128 x 128 weights, on the arrays of configs/chips/puma_simulator.yaml.
#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/functional_inference.h"

namespace crossloom {
namespace {

enum Cells { kIdeal, kClipping, kCoarse, kNoisy, kNoisyConverters, kWires };

BitSerialChipSpec bench_chip(int cells) {
  ConfigDocument document = ConfigDocument::from_file(CROSSLOOM_SOURCE_DIR "/configs/chips/puma_simulator.yaml");
  BitSerialChipSpec chip = read_bit_serial_chip(document.root());
  document.finish();
  chip.tiles = 16384;
  if (cells == kClipping) chip.array.flip_encoding = false;  // some conversions may clip: bits are counted there
  if (cells == kCoarse) {                                    // every conversion rounds: all bits are counted
    chip.adc.bits = 7;
    chip.adc.range = AdcRange::full;
  }
  if (cells == kNoisy || cells == kNoisyConverters) {
    chip.device.programming_error = 0.02;
    chip.device.read_noise.relative = 0.01;
  }
  if (cells == kNoisyConverters) chip.adc.errors = {0.3, 0.01, 0.3, 0.1, 0.3, "bench"};
  if (cells == kWires) {
    chip.array.wires.wordline = chip.array.wires.bitline = Resistance::from_si(1.0);
    chip.array.energy = ArrayEnergy::dissipated;
  }
  return chip;
}

std::vector<std::uint8_t> bench_pixels(std::size_t count) {
  RandomStream random(RandomKey(1).child("pixels"));
  std::vector<std::uint8_t> pixels;
  for (std::size_t k = 0; k < count; ++k) pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return pixels;
}

/// W3's weights are -0.1 + 0.2 u; those of VGG-8 are normal with variance 2 / inputs.
Network bench_network(const std::string& name) {
  NetworkSpec spec;
  if (name == "w4") {
    ConfigDocument document = ConfigDocument::from_file(CROSSLOOM_SOURCE_DIR "/configs/networks/vgg8.yaml");
    spec = read_network_spec(document.root());
    document.finish();
  } else {
    spec.input = {28, 28, 1};
    for (const std::uint32_t outputs : {512U, 256U, 10U}) {
      spec.layers.push_back({"layer" + std::to_string(spec.layers.size()), outputs, false, Activation::relu, 0.0});
    }
  }
  Network network = make_network(spec);
  RandomStream random(RandomKey(1).child("weights"));
  for (Layer& layer : network.layers) {
    const double deviation = std::sqrt(2.0 / layer.weights.rows);
    for (float& weight : layer.weights.values) {
      weight = static_cast<float>(name == "w4" ? deviation * random.normal() : -0.1 + 0.2 * random.uniform());
    }
  }
  return fold_batch_norm(network);
}

struct Workload {
  BitSerialChipSpec chip;
  FixedPointNetwork network;
  PlacedNetwork placed;
  ProgrammedArrays arrays;
  std::vector<std::uint8_t> pixels;
};

Workload made_workload(const std::string& name, int cells) {
  Workload work;
  work.chip = bench_chip(cells);
  const Network network = bench_network(name);
  work.pixels = bench_pixels(network.spec.input.size());
  std::vector<float> image;
  for (const std::uint8_t pixel : work.pixels) image.push_back(static_cast<float>(pixel) / 255.0F);
  std::vector<double> largest{1.0};
  for (const std::vector<float>& outputs : forward(network, image)) {
    double most = 1e-3;
    for (const float value : outputs) most = std::max(most, std::abs(static_cast<double>(value)));
    largest.push_back(most);
  }
  work.network = to_fixed_point(network, largest, FixedPointSpec{});
  work.placed = place_network(work.network, work.chip, BitSerialMappingSpec{}, RandomKey(1)).placed;
  work.arrays = ProgrammedArrays::program(work.placed, work.network, work.chip,
                                          fixed_adc_shifts(work.network, work.chip), RandomKey(1), 2);
  return work;
}

const Workload& workload(const std::string& name, int cells) {
  static std::map<std::pair<std::string, int>, Workload> made;
  const auto key = std::make_pair(name, cells);
  const auto found = made.find(key);
  return found != made.end() ? found->second : made.emplace(key, made_workload(name, cells)).first->second;
}

void report(benchmark::State& state, const FunctionalOutcome& outcome) {
  ProductCounts all;
  for (const ProductCounts& counts : outcome.counts) all += counts;
  state.counters["conversions"] = static_cast<double>(all.conversions);
  state.counters["clipped"] = static_cast<double>(all.clipped);
}

void run_picture(benchmark::State& state, const std::string& name) {
  const Workload& work = workload(name, static_cast<int>(state.range(0)));
  FunctionalInference inference(work.network, work.placed, work.arrays);
  FunctionalOutcome outcome;
  std::uint32_t image = 0;
  for (auto _ : state) outcome = inference.run(image++, work.pixels);
  report(state, outcome);
}
void w3_picture(benchmark::State& state) { run_picture(state, "w3"); }
void w4_picture(benchmark::State& state) { run_picture(state, "w4"); }
// 0 ideal cells, 1 without flip encoding (some conversions may clip), 2 a 7-bit ADC over the full range (all round),
// 3 programming error and read noise, 4 the same and converters that err.
BENCHMARK(w3_picture)->ArgName("cells")->DenseRange(0, 4)->Unit(benchmark::kMillisecond);
BENCHMARK(w4_picture)->ArgName("cells")->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->Iterations(1);

// One crossbar part of 128 x 128 weights of 16 bits, random inputs of 16 bits.
void product_128(benchmark::State& state) {
  FixedPointNetwork network;
  FixedPointLayer layer;
  layer.rows = layer.columns = 128;
  layer.blocks.emplace_back();
  RandomStream random(RandomKey(1).child("product"));
  std::vector<std::int32_t> inputs;
  for (std::uint32_t k = 0; k < 128; ++k) {
    layer.blocks[0].rows.push_back(k);
    layer.blocks[0].columns.push_back(k);
    inputs.push_back(static_cast<std::int32_t>(random.below(65536)));
  }
  for (std::uint32_t k = 0; k < 128 * 128; ++k) {
    layer.weights.push_back(static_cast<std::int16_t>(static_cast<std::int32_t>(random.below(65535)) - 32767));
  }
  network.layers.push_back(layer);
  PlacedNetwork placed;
  PlacedCrossbar crossbar;
  CrossbarPart part;
  part.rows = layer.blocks[0].rows;
  part.columns = layer.blocks[0].columns;
  crossbar.parts.push_back(part);
  placed.crossbars.push_back(crossbar);
  const BitSerialChipSpec chip = bench_chip(static_cast<int>(state.range(0)));
  const ProgrammedArrays arrays =
      ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
  CrossbarProducts products(arrays);
  std::vector<std::int64_t> sums(128);
  ProductCounts counts;
  std::uint32_t position = 0;
  for (auto _ : state) {
    products.product(PlacedCrossbarId(0), 0, inputs.data(), false, {0, position++}, sums.data(), counts);
    benchmark::DoNotOptimize(sums.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["clipped_share"] = static_cast<double>(counts.clipped) / static_cast<double>(counts.conversions);
}
BENCHMARK(product_128)->ArgName("cells")->DenseRange(0, 5)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crossloom

BENCHMARK_MAIN();
