#include "models/network_header.h"

#include <cmath>

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

void add_format(nlohmann::json& header, const std::optional<FixedPointFormat>& format) {
  if (!format) return;
  header["output_format"] = {
      {"bits", format->bits}, {"signed", format->is_signed}, {"fraction_bits", format->fraction_bits}};
}

std::optional<FixedPointFormat> format_from_header(const std::string& kind, const nlohmann::json& header) {
  if (!header.contains("output_format")) return std::nullopt;
  const nlohmann::json& written = header.at("output_format");
  FixedPointFormat format;
  format.bits = static_cast<std::uint32_t>(header_count(kind, written, "bits", FixedPointFormat::kMostBits));
  format.is_signed = header_flag(kind, written, "signed");
  const double fraction_bits = header_real(kind, written, "fraction_bits");
  const bool whole = std::nearbyint(fraction_bits) == fraction_bits;
  if (!whole || std::abs(fraction_bits) > FixedPointFormat::kMostFractionBits) {
    fail_archive(kind, "the fraction bits of an output format");
  }
  format.fraction_bits = static_cast<std::int32_t>(fraction_bits);
  return format;
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
  add_format(header, layer.output_format);
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
  layer.output_format = format_from_header(kind, header);
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
  add_format(header, node.output_format);
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
  node.output_format = format_from_header(kind, header);
  if (header.contains("layer")) node.layer = LayerId(header_count(kind, header, "layer", kMostNodes));
  return node;
}

}  // namespace crossloom
