// What an image costs in the timed run of a bit-serial chip, beside the untimed run of the same placed network.
//
//   bit_serial_bench CHIP.yaml mlp|mlp:WIDTH|NETWORK.yaml [IMAGES] [IN_FLIGHT] [folded|balanced] [CHIPS]
//                    [untimed|timed|both] [KEY=VALUE ...]
//
// mlp is workload W3: 784-512-256-10 with weights -0.1 + 0.2 u, drawn layer by layer, outputs outer, inputs inner;
// mlp:WIDTH is 784-WIDTH-WIDTH-10, for cost against size. Other networks get random weights. KEY=VALUE changes the
// chip. One line of JSON, times in processor time of one thread. Where both ran, their outputs are compared.
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/functional_inference.h"
#include "sim/bit_serial/simulation.h"

// libsystemc wants one; it must never be what runs.
extern "C" int sc_main(int, char**);
extern "C" int sc_main(int, char**) { return 1; }

namespace {

using namespace crossloom;

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

BitSerialChipSpec read_chip(const std::string& file, std::uint32_t chips,
                            const std::vector<ConfigOverride>& overrides) {
  ConfigDocument document = ConfigDocument::from_file(file, overrides);
  BitSerialChipSpec chip = read_bit_serial_chip(document.root());
  document.finish();
  if (chips > 0) chip.chips = chips;
  return chip;
}

bool is_perceptron(const std::string& name) { return name.compare(0, 3, "mlp") == 0; }

std::string perceptron(const std::string& first, const std::string& second) {
  return "name: mlp\ninput: {width: 28, height: 28, channels: 1}\nlayers:\n  - {name: first, dense: {outputs: " +
         first + ", activation: relu}}\n  - {name: second, dense: {outputs: " + second +
         ", activation: relu}}\n  - {name: output, dense: {outputs: 10, activation: none}}\n";
}

NetworkSpec read_network(const std::string& name) {
  const std::string width = name.size() > 4 ? name.substr(4) : "";
  ConfigDocument document =
      is_perceptron(name)
          ? ConfigDocument::from_text(name == "mlp" ? perceptron("512", "256") : perceptron(width, width), name)
          : ConfigDocument::from_file(name);
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

// Weights of W3, or normal ones that keep the scale of values (He et al., ICCV 2015), so that no format is far off.
FixedPointNetwork random_network(const std::string& name, const FixedPointSpec& formats) {
  constexpr double kLargestOutput = 8.0;
  Network network = make_network(read_network(name));
  RandomStream random(RandomKey(1).child("weights"));
  for (Layer& layer : network.layers) {
    const double scale = std::sqrt(2.0 / layer.weights.rows);
    if (!is_perceptron(name)) {
      for (float& weight : layer.weights.values) weight = static_cast<float>(scale * random.normal());
      continue;
    }
    for (std::uint32_t j = 0; j < layer.weights.columns; ++j) {
      for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
        layer.weights.at(i, j) = static_cast<float>(-0.1 + 0.2 * random.uniform());
      }
    }
  }
  network = fold_batch_norm(network);
  return to_fixed_point(network, std::vector<double>(network.spec.graph().size(), kLargestOutput), formats);
}

struct Options {
  std::string chip, network, folding = "folded", runs = "both";
  std::uint32_t images = 1, in_flight = 1, chips = 0;
  std::vector<ConfigOverride> overrides;
};

int measure(const Options& options) {
  const BitSerialChipSpec chip = read_chip(options.chip, options.chips, options.overrides);
  FixedPointSpec formats;
  formats.weight_bits = chip.weight_bits;
  formats.activation_bits = chip.activation_bits;
  const FixedPointNetwork network = random_network(options.network, formats);
  BitSerialMappingSpec mapping;
  if (options.folding == "balanced") mapping.folding = Folding::balanced;
  const double placing = seconds();
  const PlacedNetwork placed = place_network(network, chip, mapping, RandomKey(1)).placed;
  const double programming = seconds();
  const ProgrammedArrays arrays =
      ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
  const double programmed = seconds();
  std::vector<std::vector<std::uint8_t>> pixels(options.images);
  RandomStream random(RandomKey(2));
  for (auto& image : pixels) {
    for (std::uint32_t k = 0; k < network.nodes[NodeId(0)].shape.size(); ++k) {
      image.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
  }
  double functional = 0.0;
  std::vector<std::vector<std::int32_t>> outputs;
  const auto run_untimed = [&] {
    FunctionalInference run(network, placed, arrays);
    const double start = seconds();
    outputs.clear();
    for (std::uint32_t n = 0; n < options.images; ++n) outputs.push_back(run.run(n, pixels[n]).outputs.raw().back());
    return (seconds() - start) / options.images;
  };
  if (options.runs != "timed") functional = run_untimed();
  BitSerialResult result;
  double timed = 0.0;
  if (options.runs != "untimed") {
    std::vector<BitSerialStimulus> stimulus;
    for (std::uint32_t n = 0; n < options.images; ++n) stimulus.push_back({n, pixels[n].data()});
    BitSerialSimulationOptions how;
    how.images_in_flight = options.in_flight;
    how.stream_length = options.in_flight > 1 ? options.images : 1;
    const double start = seconds();
    result = simulate_bit_serial(network, placed, arrays, stimulus, how);
    timed = (seconds() - start) / options.images;
    if (options.runs == "both") functional = std::min(functional, run_untimed());
    for (std::size_t n = 0; n < outputs.size(); ++n) {
      if (result.images[n].outputs == outputs[n]) continue;
      std::fprintf(stderr, "the two runs computed different outputs for image %zu\n", n);
      return 1;
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"chip\": \"%s\", \"network\": \"%s\", \"crossbars\": %zu, \"tiles\": %u, \"images\": %u, \"place_s\": %.3f, "
      "\"program_s\": %.3f, \"functional_ms\": %.3f, \"timed_ms\": %.3f, \"ratio\": %.2f, \"latency_cycles\": %llu, "
      "\"cycles_per_image\": %.0f, \"flits\": %llu, \"conversions\": %llu, \"memory_MB\": %ld}\n",
      chip.name.c_str(), network.name.c_str(), placed.crossbars.size(), placed.tiles, options.images,
      programming - placing, programmed - programming, 1000.0 * functional, 1000.0 * timed,
      functional > 0.0 ? timed / functional : 0.0,
      static_cast<unsigned long long>(result.images.empty() ? 0 : result.images.front().latency_cycles()),
      result.cycles_per_image, static_cast<unsigned long long>(result.flits),
      static_cast<unsigned long long>(result.activity.total().of(BitSerialAction::conversion)), usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc < 3) {
    std::fprintf(stderr,
                 "bit_serial_bench CHIP.yaml mlp|mlp:WIDTH|NETWORK.yaml [IMAGES] [IN_FLIGHT] [folded|balanced] [CHIPS] "
                 "[untimed|timed|both] [KEY=VALUE ...]\n");
    return 1;
  }
  while (argc > 3 && std::strchr(argv[argc - 1], '=') != nullptr) {
    const std::string text = argv[--argc];
    options.overrides.push_back({text.substr(0, text.find('=')), text.substr(text.find('=') + 1)});
  }
  options.chip = argv[1];
  options.network = argv[2];
  if (argc > 3) options.images = static_cast<std::uint32_t>(std::atoi(argv[3]));
  if (argc > 4) options.in_flight = static_cast<std::uint32_t>(std::atoi(argv[4]));
  if (argc > 5) options.folding = argv[5];
  if (argc > 6) options.chips = static_cast<std::uint32_t>(std::atoi(argv[6]));
  if (argc > 7) options.runs = argv[7];
  try {
    return measure(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
