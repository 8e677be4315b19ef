#include "models/spiking_network.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "base/error.h"
#include "models/archive_lists.h"
#include "models/block_faults.h"

namespace crossloom {
namespace {

const char* const kKind = "spiking_network";
constexpr std::uint32_t kMostSteps = 1U << 20;

nlohmann::json spec_header(const SpikingSpec& spec) {
  return {{"steps", spec.steps},
          {"encoding", spec.encoding == Encoding::bernoulli ? "bernoulli" : "deterministic"},
          {"maximum_rate", spec.maximum_rate},
          {"reset", spec.reset == Reset::by_subtraction ? "by_subtraction" : "to_zero"},
          {"membrane_floor_at_zero", spec.membrane_floor_at_zero},
          {"activation_percentile", spec.activation_percentile},
          {"weight_clip_percentile", spec.weight_clip_percentile},
          {"threshold_scale", spec.threshold_scale}};
}

bool choose(const nlohmann::json& header, const char* key, const std::string& first, const std::string& second) {
  const std::string text = header_text(kKind, header, key);
  if (text != first && text != second) fail_archive(kKind, fmt::format("unknown {} {}", key, text));
  return text == first;
}

SpikingSpec spec_from_header(const nlohmann::json& header) {
  SpikingSpec spec;
  spec.steps = static_cast<std::uint32_t>(header_count(kKind, header, "steps", kMostSteps));
  spec.encoding =
      choose(header, "encoding", "bernoulli", "deterministic") ? Encoding::bernoulli : Encoding::deterministic;
  spec.maximum_rate = header_real(kKind, header, "maximum_rate");
  spec.reset = choose(header, "reset", "by_subtraction", "to_zero") ? Reset::by_subtraction : Reset::to_zero;
  spec.membrane_floor_at_zero = header_flag(kKind, header, "membrane_floor_at_zero");
  spec.activation_percentile = header_real(kKind, header, "activation_percentile");
  spec.weight_clip_percentile = header_real(kKind, header, "weight_clip_percentile");
  spec.threshold_scale = header_real(kKind, header, "threshold_scale");
  return spec;
}

// Output planes follow from the window, their number from the layer's outputs.
nlohmann::json kernel_header(const SharedKernel& kernel) {
  return {
      {"size", kernel.window.size},
      {"stride", kernel.window.stride},
      {"padding", kernel.window.padding},
      {"mean_pool", kernel.mean_pool},
      {"input", {{"width", kernel.input.width}, {"height", kernel.input.height}, {"channels", kernel.input.channels}}}};
}

SharedKernel kernel_from_header(const nlohmann::json& header, std::uint32_t outputs) {
  constexpr std::uint64_t kLargestWindow = 4096;
  SharedKernel kernel;
  kernel.window = {static_cast<std::uint32_t>(header_count(kKind, header, "size", kLargestWindow)),
                   static_cast<std::uint32_t>(header_count(kKind, header, "stride", kLargestWindow)),
                   static_cast<std::uint32_t>(header_count(kKind, header, "padding", kLargestWindow))};
  kernel.input = image_shape_from_header(kKind, header);
  kernel.mean_pool = header_flag(kKind, header, "mean_pool");
  const WindowSpec& window = kernel.window;
  const auto places = [&](std::uint32_t side) {
    const std::uint32_t padded = side + 2 * window.padding;
    if (window.size == 0 || window.stride == 0 || padded < window.size) fail_archive(kKind, "a window fits nowhere");
    return (padded - window.size) / window.stride + 1;
  };
  kernel.output = {places(kernel.input.width), places(kernel.input.height), 1};
  kernel.output.channels = outputs / kernel.output.size();
  return kernel;
}

std::string array_name(std::size_t layer, const char* what) { return fmt::format("layer{}/{}", layer, what); }

void check_layer(const SpikingNetwork& network, LayerId id, std::vector<std::string>& faults) {
  const SpikingLayer& layer = network.layers[id];
  const auto fault = [&](const std::string& reason) {
    faults.push_back(fmt::format("layer {}: {}", layer.name, reason));
  };
  const std::uint32_t inputs = id.value() == 0 ? network.input.size() : network.layers[LayerId(id.value() - 1)].outputs;
  const std::size_t weights = std::size_t{layer.rows()} * layer.outputs;
  if (layer.inputs != inputs || layer.outputs == 0) {
    fault(fmt::format("it does not have {} inputs and at least one output", inputs));
  } else if (layer.weights.size() != weights || (!layer.live.empty() && layer.live.size() != weights)) {
    fault("it does not have one weight and one mask value for each row and output");
  } else if (layer.kernel && (layer.kernel->input.size() != inputs || layer.kernel->output.size() != layer.outputs)) {
    fault("its kernel has other inputs or outputs");
  } else {
    if (layer.kernel) {
      const SharedKernel& kernel = *layer.kernel;
      for (const Block& block : kernel.blocks) {
        const bool inside = !block.rows.empty() && !block.columns.empty() && block.rows.back() < kernel.rows() &&
                            block.columns.back() < kernel.output.channels;
        if (!inside) fault("a block of its kernel lies outside the kernel's matrix");
      }
    }
    if (layer.threshold < 1) fault("its threshold is below 1");
    for (std::size_t k = 0; k < layer.live.size(); ++k) {
      if (layer.live[k] > 1 || (layer.live[k] == 0 && layer.weights[k] != 0)) {
        fault("a weight that is not live is not 0");
        break;
      }
    }
    for (const std::string& reason : block_faults(layer.blocks, layer.live, layer.rows(), layer.outputs)) fault(reason);
  }
}

}  // namespace

SpikingSpec read_spiking_spec(ConfigReader reader) {
  constexpr double kSmallestRate = 1e-6;
  const SpikingSpec standard;
  SpikingSpec spec;
  spec.steps = static_cast<std::uint32_t>(reader.integer_or("steps", standard.steps, {1, 10000}));
  spec.encoding = reader.choice_or<Encoding>(
      "encoding", standard.encoding, {{"bernoulli", Encoding::bernoulli}, {"deterministic", Encoding::deterministic}});
  spec.maximum_rate = reader.real_or("maximum_rate", standard.maximum_rate, {kSmallestRate, 1.0});
  spec.reset = reader.choice_or<Reset>("reset", standard.reset,
                                       {{"by_subtraction", Reset::by_subtraction}, {"to_zero", Reset::to_zero}});
  spec.membrane_floor_at_zero = reader.boolean_or("membrane_floor_at_zero", standard.membrane_floor_at_zero);
  spec.activation_percentile = reader.real_or("activation_percentile", standard.activation_percentile, {50.0, 100.0});
  spec.weight_clip_percentile =
      reader.real_or("weight_clip_percentile", standard.weight_clip_percentile, {50.0, 100.0});
  spec.threshold_scale = reader.real_or("threshold_scale", standard.threshold_scale, {0.01, 100.0});
  return spec;
}

std::uint64_t SpikingNetwork::synapses() const {
  std::uint64_t sum = 0;
  for (const SpikingLayer& layer : layers) {
    const std::size_t matrix = std::size_t{layer.inputs} * layer.outputs;
    sum += layer.live.empty()
               ? matrix
               : static_cast<std::uint64_t>(std::count(
                     layer.live.begin(), layer.live.begin() + static_cast<std::ptrdiff_t>(matrix), std::uint8_t{1}));
  }
  return sum;
}

std::vector<std::string> spiking_network_faults(const SpikingNetwork& network) {
  std::vector<std::string> faults;
  const SpikingSpec& spec = network.spec;
  if (network.layers.empty() || network.input.size() == 0) faults.emplace_back("the network has no layer or no input");
  if (spec.steps < 1 || spec.steps > kMostSteps) faults.emplace_back("the number of steps is out of range");
  if (!(spec.maximum_rate > 0.0 && spec.maximum_rate <= 1.0)) faults.emplace_back("the maximum rate is not in (0, 1]");
  for (std::size_t l = 0; l < network.layers.size(); ++l) check_layer(network, LayerId(l), faults);
  return faults;
}

Archive to_archive(const SpikingNetwork& network) {
  Archive archive(kKind, kSpikingNetworkVersion);
  archive.header["spec"] = spec_header(network.spec);
  archive.header["input"] = {
      {"width", network.input.width}, {"height", network.input.height}, {"channels", network.input.channels}};
  archive.header["layers"] = nlohmann::json::array();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const SpikingLayer& layer = network.layers[LayerId(l)];
    archive.header["layers"].push_back({{"name", layer.name},
                                        {"inputs", layer.inputs},
                                        {"outputs", layer.outputs},
                                        {"has_bias", layer.has_bias},
                                        {"threshold", layer.threshold},
                                        {"level_weight", layer.level_weight}});
    if (layer.kernel) {
      archive.header["layers"].back()["kernel"] = kernel_header(*layer.kernel);
      put_blocks(archive, array_name(l, "kernel_blocks"), layer.kernel->blocks);
    }
    archive.put(array_name(l, "weights"), layer.weights);
    archive.put(array_name(l, "live"), layer.live);
    put_blocks(archive, array_name(l, "blocks"), layer.blocks);
  }
  return archive;
}

SpikingNetwork spiking_network_from_archive(const Archive& archive) {
  SpikingNetwork network;
  if (!archive.header.contains("spec")) fail_archive(kKind, "its header lacks spec");
  network.spec = spec_from_header(archive.header.at("spec"));
  network.input = image_shape_from_header(kKind, archive.header);
  const nlohmann::json& layers = header_list(kKind, archive.header, "layers");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const nlohmann::json& header = layers[l];
    SpikingLayer layer;
    layer.name = header_text(kKind, header, "name");
    layer.inputs = static_cast<std::uint32_t>(header_count(kKind, header, "inputs"));
    layer.outputs = static_cast<std::uint32_t>(header_count(kKind, header, "outputs"));
    layer.has_bias = header_flag(kKind, header, "has_bias");
    layer.threshold = static_cast<std::int32_t>(
        header_count(kKind, header, "threshold", static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())));
    layer.level_weight = header_real(kKind, header, "level_weight");
    if (header.contains("kernel")) {
      layer.kernel = kernel_from_header(header.at("kernel"), layer.outputs);
      layer.kernel->blocks = get_blocks(archive, array_name(l, "kernel_blocks"));
    }
    layer.weights = archive.get<std::int16_t>(array_name(l, "weights"));
    layer.live = archive.get<std::uint8_t>(array_name(l, "live"));
    layer.blocks = get_blocks(archive, array_name(l, "blocks"));
    network.layers.push_back(std::move(layer));
  }
  const std::vector<std::string> faults = spiking_network_faults(network);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  return network;
}

}  // namespace crossloom
