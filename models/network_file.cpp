// The file form of a network.
#include <fmt/core.h>

#include "base/error.h"
#include "models/archive_lists.h"
#include "models/block_faults.h"
#include "models/network.h"

namespace crossloom {
namespace {

constexpr int kVersion = 1;
const char* const kKind = "network";
constexpr std::uint64_t kMostInWindow = 1U << 16U;
constexpr std::uint64_t kMostNodes = 1U << 16U;

nlohmann::json window_header(const WindowSpec& window) {
  return {{"size", window.size}, {"stride", window.stride}, {"padding", window.padding}};
}

WindowSpec window_from_header(const nlohmann::json& header) {
  WindowSpec window;
  window.size = static_cast<std::uint32_t>(header_count(kKind, header, "size", kMostInWindow));
  window.stride = static_cast<std::uint32_t>(header_count(kKind, header, "stride", kMostInWindow));
  window.padding = static_cast<std::uint32_t>(header_count(kKind, header, "padding", kMostInWindow));
  if (window.size == 0 || window.stride == 0) fail_archive(kKind, "a window of nothing");
  return window;
}

const char* text_of(Activation activation) { return activation == Activation::relu ? "relu" : "none"; }

Activation activation_from_header(const nlohmann::json& header) {
  const std::string activation = header_text(kKind, header, "activation");
  if (activation != "relu" && activation != "none") fail_archive(kKind, "unknown activation " + activation);
  return activation == "relu" ? Activation::relu : Activation::none;
}

nlohmann::json layer_header(const LayerSpec& layer) {
  nlohmann::json header = {{"name", layer.name},
                           {"outputs", layer.outputs},
                           {"bias", layer.bias},
                           {"activation", text_of(layer.activation)},
                           {"dropout", layer.dropout}};
  if (layer.convolution) {
    header["window"] = window_header(layer.convolution->window);
    header["groups"] = layer.convolution->groups;
  }
  return header;
}

LayerSpec layer_from_header(const nlohmann::json& header) {
  LayerSpec layer;
  layer.name = header_text(kKind, header, "name");
  layer.outputs = static_cast<std::uint32_t>(header_count(kKind, header, "outputs"));
  layer.bias = header_flag(kKind, header, "bias");
  layer.activation = activation_from_header(header);
  layer.dropout = header_real(kKind, header, "dropout");
  if (header.contains("window")) {
    layer.convolution = {window_from_header(header.at("window")),
                         static_cast<std::uint32_t>(header_count(kKind, header, "groups"))};
  }
  if (layer.outputs == 0 || layer.dropout < 0.0 || layer.dropout >= 1.0) fail_archive(kKind, "a layer's sizes");
  return layer;
}

nlohmann::json node_header(const NodeSpec& node) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const NodeId input : node.inputs) inputs.push_back(input.value());
  nlohmann::json header = {{"kind", name_of(node.kind)},
                           {"name", node.name},
                           {"inputs", inputs},
                           {"window", window_header(node.window)},
                           {"activation", text_of(node.activation)},
                           {"dropout", node.dropout},
                           {"momentum", node.momentum},
                           {"epsilon", node.epsilon}};
  if (node.layer) header["layer"] = node.layer->value();
  return header;
}

NodeKind kind_from_header(const nlohmann::json& header) {
  const std::string name = header_text(kKind, header, "kind");
  for (int kind = 0; kind <= static_cast<int>(NodeKind::softmax); ++kind) {
    if (name == name_of(static_cast<NodeKind>(kind))) return static_cast<NodeKind>(kind);
  }
  fail_archive(kKind, "unknown kind of node " + name);
}

NodeSpec node_from_header(const nlohmann::json& header) {
  NodeSpec node;
  node.kind = kind_from_header(header);
  node.name = header_text(kKind, header, "name");
  for (const nlohmann::json& input : header_list(kKind, header, "inputs")) {
    if (!input.is_number_unsigned() || input > kMostNodes) fail_archive(kKind, "an input of a node");
    node.inputs.emplace_back(input.get<std::size_t>());
  }
  if (!header.contains("window")) fail_archive(kKind, "a node without a window");
  node.window = window_from_header(header.at("window"));
  node.activation = activation_from_header(header);
  node.dropout = header_real(kKind, header, "dropout");
  node.momentum = header_real(kKind, header, "momentum");
  node.epsilon = header_real(kKind, header, "epsilon");
  if (header.contains("layer")) node.layer = LayerId(header_count(kKind, header, "layer", kMostNodes));
  return node;
}

std::string array_name(std::size_t layer, const char* what) { return fmt::format("layer{}/{}", layer, what); }

std::string norm_name(std::size_t norm, const char* what) { return fmt::format("batch_norm{}/{}", norm, what); }

void read_nodes(const Archive& archive, Network& network) {
  if (archive.header.contains("nodes")) {
    for (const nlohmann::json& header : header_list(kKind, archive.header, "nodes")) {
      network.spec.nodes.push_back(node_from_header(header));
    }
  }
  const std::vector<std::string> faults = graph_faults(network.spec);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  for (const NodeSpec& node : network.spec.nodes) {
    if (node.kind != NodeKind::batch_norm) continue;
    const std::size_t k = network.batch_norms.size();
    network.batch_norms.push_back({archive.get<float>(norm_name(k, "scale")), archive.get<float>(norm_name(k, "shift")),
                                   archive.get<float>(norm_name(k, "mean")),
                                   archive.get<float>(norm_name(k, "variance"))});
  }
}

}  // namespace

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
  if (network.spec.is_chain()) return archive;
  archive.header["nodes"] = nlohmann::json::array();
  for (const NodeSpec& node : network.spec.nodes) archive.header["nodes"].push_back(node_header(node));
  for (std::size_t k = 0; k < network.batch_norms.size(); ++k) {
    const BatchNorm& norm = network.batch_norms[k];
    archive.put(norm_name(k, "scale"), norm.scale);
    archive.put(norm_name(k, "shift"), norm.shift);
    archive.put(norm_name(k, "mean"), norm.mean);
    archive.put(norm_name(k, "variance"), norm.variance);
  }
  return archive;
}

Network network_from_archive(const Archive& archive) {
  Network network;
  network.spec.name = header_text(kKind, archive.header, "name");
  network.spec.input = image_shape_from_header(kKind, archive.header);
  const nlohmann::json& layers = header_list(kKind, archive.header, "layers");
  for (const nlohmann::json& header : layers) network.spec.layers.push_back(layer_from_header(header));
  read_nodes(archive, network);
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

}  // namespace crossloom
