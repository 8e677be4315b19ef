#include "models/network.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "models/archive_lists.h"
#include "models/block_faults.h"

namespace crossloom {
namespace {

constexpr int kVersion = 1;
const char* const kKind = "network";

void check_layer(const Network& network, LayerId id, std::vector<std::string>& faults) {
  const DenseLayerSpec& spec = network.spec.layers[id];
  const Layer& layer = network.layers[id];
  const auto fault = [&](const std::string& reason) {
    faults.push_back(fmt::format("layer {}: {}", spec.name, reason));
  };
  const std::uint32_t inputs = network.spec.inputs_of(id);
  const std::size_t weights = std::size_t{inputs} * spec.outputs;
  if (layer.weights.rows != inputs || layer.weights.columns != spec.outputs || layer.weights.values.size() != weights) {
    fault(fmt::format("its matrix is not {} x {}", inputs, spec.outputs));
    return;
  }
  if (layer.bias.size() != (spec.bias ? spec.outputs : 0)) fault("it does not have one bias an output");
  if (!layer.live.empty() && layer.live.size() != weights) {
    fault("its mask does not have one value a weight");
    return;
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(layer.weights.values.begin(), layer.weights.values.end(), finite) ||
      !std::all_of(layer.bias.begin(), layer.bias.end(), finite)) {
    fault("a weight or bias is not finite");
  }
  for (std::size_t k = 0; k < layer.live.size(); ++k) {
    if (layer.live[k] > 1 || (layer.live[k] == 0 && layer.weights.values[k] != 0.0F)) {
      fault("a weight that is not live is not 0");
      break;
    }
  }
  if (layer.blocks.empty()) return;
  for (const std::string& reason : block_faults(layer.blocks, layer.live, inputs, spec.outputs)) fault(reason);
}

nlohmann::json layer_header(const DenseLayerSpec& layer) {
  return {{"name", layer.name},
          {"outputs", layer.outputs},
          {"bias", layer.bias},
          {"activation", layer.activation == Activation::relu ? "relu" : "none"},
          {"dropout", layer.dropout}};
}

DenseLayerSpec layer_from_header(const nlohmann::json& header) {
  DenseLayerSpec layer;
  layer.name = header_text(kKind, header, "name");
  layer.outputs = static_cast<std::uint32_t>(header_count(kKind, header, "outputs"));
  layer.bias = header_flag(kKind, header, "bias");
  const std::string activation = header_text(kKind, header, "activation");
  if (activation != "relu" && activation != "none") fail_archive(kKind, "unknown activation " + activation);
  layer.activation = activation == "relu" ? Activation::relu : Activation::none;
  layer.dropout = header_real(kKind, header, "dropout");
  if (layer.outputs == 0 || layer.dropout < 0.0 || layer.dropout >= 1.0) fail_archive(kKind, "a layer's sizes");
  return layer;
}

std::string array_name(std::size_t layer, const char* what) { return fmt::format("layer{}/{}", layer, what); }

}  // namespace

std::uint32_t NetworkSpec::inputs_of(LayerId layer) const {
  return layer.value() == 0 ? input.size() : layers[LayerId(layer.value() - 1)].outputs;
}

std::uint64_t Network::synapses(LayerId layer) const {
  const Layer& of = layers[layer];
  if (of.live.empty()) return of.weights.values.size();
  return static_cast<std::uint64_t>(std::count(of.live.begin(), of.live.end(), std::uint8_t{1}));
}

std::uint64_t Network::synapses() const {
  std::uint64_t sum = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) sum += synapses(LayerId(l));
  return sum;
}

Network make_network(const NetworkSpec& spec) {
  Network network;
  network.spec = spec;
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    const DenseLayerSpec& of = spec.layers[LayerId(l)];
    Layer layer;
    layer.weights = Matrix(spec.inputs_of(LayerId(l)), of.outputs);
    if (of.bias) layer.bias.assign(of.outputs, 0.0F);
    network.layers.push_back(std::move(layer));
  }
  return network;
}

std::vector<std::string> network_faults(const Network& network) {
  std::vector<std::string> faults;
  if (network.spec.layers.empty()) faults.emplace_back("the network has no layer");
  if (network.spec.input.size() == 0) faults.emplace_back("the network has no input");
  if (network.layers.size() != network.spec.layers.size()) {
    faults.emplace_back("the network does not have one matrix a layer");
    return faults;
  }
  std::set<std::string> names;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    if (!names.insert(network.spec.layers[LayerId(l)].name).second) {
      faults.push_back(fmt::format("two layers have the name {}", network.spec.layers[LayerId(l)].name));
    }
    check_layer(network, LayerId(l), faults);
  }
  return faults;
}

Archive to_archive(const Network& network) {
  Archive archive(kKind, kVersion);
  archive.header["name"] = network.spec.name;
  archive.header["input"] = {{"width", network.spec.input.width},
                             {"height", network.spec.input.height},
                             {"channels", network.spec.input.channels}};
  archive.header["layers"] = nlohmann::json::array();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    archive.header["layers"].push_back(layer_header(network.spec.layers[LayerId(l)]));
    archive.put(array_name(l, "weights"), layer.weights.values);
    archive.put(array_name(l, "bias"), layer.bias);
    archive.put(array_name(l, "live"), layer.live);
    put_blocks(archive, array_name(l, "blocks"), layer.blocks);
  }
  return archive;
}

Network network_from_archive(const Archive& archive) {
  Network network;
  network.spec.name = header_text(kKind, archive.header, "name");
  network.spec.input = image_shape_from_header(kKind, archive.header);
  const nlohmann::json& layers = header_list(kKind, archive.header, "layers");
  for (const nlohmann::json& header : layers) network.spec.layers.push_back(layer_from_header(header));
  for (std::size_t l = 0; l < network.spec.layers.size(); ++l) {
    Layer layer;
    layer.weights.rows = network.spec.inputs_of(LayerId(l));
    layer.weights.columns = network.spec.layers[LayerId(l)].outputs;
    layer.weights.values = archive.get<float>(array_name(l, "weights"));
    layer.bias = archive.get<float>(array_name(l, "bias"));
    layer.live = archive.get<std::uint8_t>(array_name(l, "live"));
    layer.blocks = get_blocks(archive, array_name(l, "blocks"));
    network.layers.push_back(std::move(layer));
  }
  const std::vector<std::string> faults = network_faults(network);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  return network;
}

void save_network(const Network& network, const std::filesystem::path& file) { to_archive(network).save(file); }

Network load_network(const std::filesystem::path& file) {
  return network_from_archive(Archive::load(file, kKind, kVersion));
}

std::vector<std::vector<float>> forward(const Network& network, const std::vector<float>& image) {
  CROSSLOOM_CHECK(image.size() == network.spec.input.size(), "an image has one value an input");
  std::vector<std::vector<float>> outputs;
  const std::vector<float>* input = &image;
  outputs.reserve(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    std::vector<double> sums(layer.weights.columns, 0.0);
    for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
      const double value = (*input)[i];
      for (std::uint32_t j = 0; j < layer.weights.columns; ++j) sums[j] += value * layer.weights.at(i, j);
    }
    std::vector<float> result(layer.weights.columns);
    for (std::uint32_t j = 0; j < layer.weights.columns; ++j) {
      const double sum = sums[j] + (layer.bias.empty() ? 0.0 : layer.bias[j]);
      const bool cut = network.spec.layers[LayerId(l)].activation == Activation::relu && sum < 0.0;
      result[j] = cut ? 0.0F : static_cast<float>(sum);
    }
    outputs.push_back(std::move(result));
    input = &outputs.back();
  }
  return outputs;
}

}  // namespace crossloom
