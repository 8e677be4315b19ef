#include "models/network.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "models/block_faults.h"

namespace crossloom {
namespace {

void check_layer(const Network& network, LayerId id, std::vector<std::string>& faults) {
  const LayerSpec& spec = network.spec.layers[id];
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

void check_batch_norms(const Network& network, std::vector<std::string>& faults) {
  if (network.spec.is_chain()) {
    if (!network.batch_norms.empty()) faults.emplace_back("a plain chain has no batch norms");
    return;
  }
  const auto shapes = shapes_of(network.spec);
  const auto fits = [](const std::vector<float>& values, std::size_t channels) {
    return values.size() == channels &&
           std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  };
  std::size_t k = 0;
  for (std::size_t n = 0; n < network.spec.nodes.size(); ++n) {
    const NodeSpec& node = network.spec.nodes[NodeId(n)];
    if (node.kind != NodeKind::batch_norm || k++ >= network.batch_norms.size()) continue;
    const BatchNorm& norm = network.batch_norms[k - 1];
    const std::size_t channels = shapes[NodeId(n)].channels;
    const bool positive = std::all_of(norm.variance.begin(), norm.variance.end(), [](float v) { return v >= 0.0F; });
    if (fits(norm.scale, channels) && fits(norm.shift, channels) && fits(norm.mean, channels) &&
        fits(norm.variance, channels) && positive) {
      continue;
    }
    faults.push_back(fmt::format("node {}: it does not have four finite values a channel", node.name));
  }
  if (k != network.batch_norms.size()) faults.emplace_back("the network does not have one state a batch_norm node");
}

}  // namespace

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
    const LayerSpec& of = spec.layers[LayerId(l)];
    Layer layer;
    layer.weights = Matrix(spec.inputs_of(LayerId(l)), of.outputs);
    if (of.bias) layer.bias.assign(of.outputs, 0.0F);
    network.layers.push_back(std::move(layer));
  }
  if (spec.is_chain()) return network;
  const auto shapes = shapes_of(spec);
  for (std::size_t n = 0; n < spec.nodes.size(); ++n) {
    if (spec.nodes[NodeId(n)].kind != NodeKind::batch_norm) continue;
    const std::size_t channels = shapes[NodeId(n)].channels;
    const std::vector<float> zeros(channels, 0.0F);
    const std::vector<float> ones(channels, 1.0F);
    network.batch_norms.push_back({ones, zeros, zeros, ones});
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
  const std::vector<std::string> graph = graph_faults(network.spec);
  if (!graph.empty() || network.spec.input.size() == 0) {
    faults.insert(faults.end(), graph.begin(), graph.end());
    return faults;
  }
  check_batch_norms(network, faults);
  std::set<std::string> names;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    if (!names.insert(network.spec.layers[LayerId(l)].name).second) {
      faults.push_back(fmt::format("two layers have the name {}", network.spec.layers[LayerId(l)].name));
    }
    check_layer(network, LayerId(l), faults);
  }
  return faults;
}

}  // namespace crossloom
