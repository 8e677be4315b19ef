#include "models/network_header.h"

#include "models/archive_lists.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kMostInWindow = 1U << 16U;
constexpr std::uint64_t kMostNodes = 1U << 16U;

nlohmann::json window_header(const WindowSpec& window) {
  return {{"size", window.size}, {"stride", window.stride}, {"padding", window.padding}};
}

WindowSpec window_from_header(const std::string& kind, const nlohmann::json& header) {
  WindowSpec window;
  window.size = static_cast<std::uint32_t>(header_count(kind, header, "size", kMostInWindow));
  window.stride = static_cast<std::uint32_t>(header_count(kind, header, "stride", kMostInWindow));
  window.padding = static_cast<std::uint32_t>(header_count(kind, header, "padding", kMostInWindow));
  if (window.size == 0 || window.stride == 0) fail_archive(kind, "a window of nothing");
  return window;
}

const char* text_of(Activation activation) { return activation == Activation::relu ? "relu" : "none"; }

Activation activation_from_header(const std::string& kind, const nlohmann::json& header) {
  const std::string activation = header_text(kind, header, "activation");
  if (activation != "relu" && activation != "none") fail_archive(kind, "unknown activation " + activation);
  return activation == "relu" ? Activation::relu : Activation::none;
}

NodeKind kind_from_header(const std::string& kind, const nlohmann::json& header) {
  const std::string name = header_text(kind, header, "kind");
  for (int value = 0; value <= static_cast<int>(NodeKind::softmax); ++value) {
    if (name == name_of(static_cast<NodeKind>(value))) return static_cast<NodeKind>(value);
  }
  fail_archive(kind, "unknown kind of node " + name);
}

}  // namespace

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

LayerSpec layer_from_header(const std::string& kind, const nlohmann::json& header) {
  LayerSpec layer;
  layer.name = header_text(kind, header, "name");
  layer.outputs = static_cast<std::uint32_t>(header_count(kind, header, "outputs"));
  layer.bias = header_flag(kind, header, "bias");
  layer.activation = activation_from_header(kind, header);
  layer.dropout = header_real(kind, header, "dropout");
  if (header.contains("window")) {
    layer.convolution = {window_from_header(kind, header.at("window")),
                         static_cast<std::uint32_t>(header_count(kind, header, "groups"))};
  }
  if (layer.outputs == 0 || layer.dropout < 0.0 || layer.dropout >= 1.0) fail_archive(kind, "a layer's sizes");
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

NodeSpec node_from_header(const std::string& kind, const nlohmann::json& header) {
  NodeSpec node;
  node.kind = kind_from_header(kind, header);
  node.name = header_text(kind, header, "name");
  for (const nlohmann::json& input : header_list(kind, header, "inputs")) {
    if (!input.is_number_unsigned() || input > kMostNodes) fail_archive(kind, "an input of a node");
    node.inputs.emplace_back(input.get<std::size_t>());
  }
  if (!header.contains("window")) fail_archive(kind, "a node without a window");
  node.window = window_from_header(kind, header.at("window"));
  node.activation = activation_from_header(kind, header);
  node.dropout = header_real(kind, header, "dropout");
  node.momentum = header_real(kind, header, "momentum");
  node.epsilon = header_real(kind, header, "epsilon");
  if (header.contains("layer")) node.layer = LayerId(header_count(kind, header, "layer", kMostNodes));
  return node;
}

}  // namespace crossloom
