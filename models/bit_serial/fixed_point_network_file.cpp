// Whether a fixed-point network is sound, and its file form.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/core.h>

#include "base/error.h"
#include "models/archive_lists.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/block_faults.h"
#include "models/network_header.h"

namespace crossloom {
namespace {

constexpr int kVersion = 1;
const char* const kKind = "fixed_point_network";
constexpr std::int32_t kMostFractionBits = 1200;  // a double's exponents and some

/// The graph as a network's spec, for its checks and shapes.
NetworkSpec network_spec(const FixedPointNetwork& network) {
  NetworkSpec spec;
  spec.name = network.name;
  spec.input = network.nodes.empty() ? ImageShape{} : network.nodes[NodeId(0)].shape;
  for (const FixedPointLayer& layer : network.layers) {
    spec.layers.push_back({layer.name, layer.columns, !layer.bias.empty()});
  }
  for (const FixedPointNode& node : network.nodes) {
    spec.nodes.push_back(node.spec);
    if (!node.spec.layer || node.spec.layer->value() >= spec.layers.size()) continue;
    LayerSpec& layer = spec.layers[*node.spec.layer];
    layer.activation = node.spec.activation;
    if (node.spec.kind != NodeKind::conv2d) continue;
    layer.convolution = {node.spec.window, network.layers[*node.spec.layer].groups};
  }
  return spec;
}

bool same(const FixedPointFormat& a, const FixedPointFormat& b) {
  return a.bits == b.bits && a.is_signed == b.is_signed && a.fraction_bits == b.fraction_bits;
}

std::string format_fault(const FixedPointNetwork& network, const FixedPointNode& node) {
  const FixedPointFormat& format = node.format;
  if (format.bits < 1 || format.bits > 16 || std::abs(format.fraction_bits) > kMostFractionBits) {
    return "its format has no 1 to 16 bits or its binary point is out of reach";
  }
  if (keeps_format(node.spec.kind) && !same(format, network.nodes[node.spec.inputs.front()].format)) {
    return "its format is not its input's";
  }
  if (node.spec.kind != NodeKind::add) return {};
  std::int32_t lowest = kMostFractionBits, highest = -kMostFractionBits;
  for (const NodeId input : node.spec.inputs) {
    lowest = std::min(lowest, network.nodes[input].format.fraction_bits);
    highest = std::max(highest, network.nodes[input].format.fraction_bits);
  }
  if (highest - lowest > kMostAlignmentBits) {
    return fmt::format("the binary points of what it adds are {} bits apart, and at most {} can be aligned",
                       highest - lowest, kMostAlignmentBits);
  }
  return {};
}

std::string layer_fault(const FixedPointNetwork& network, LayerId id, std::uint32_t rows) {
  const FixedPointLayer& layer = network.layers[id];
  const std::size_t weights = std::size_t{layer.rows} * layer.columns;
  if (layer.rows != rows || layer.weights.size() != weights) {
    return fmt::format("its matrix is not {} x {}", rows, layer.columns);
  }
  if (std::abs(layer.weight_fraction_bits) > kMostFractionBits)
    return "the binary point of its weights is out of reach";
  if (!layer.live.empty() && layer.live.size() != weights) return "its mask does not have one value a weight";
  const std::int32_t limit = (1 << (network.spec.weight_bits - 1)) - 1;
  for (std::size_t k = 0; k < weights; ++k) {
    if (std::abs(std::int32_t{layer.weights[k]}) > limit) return "a weight has more bits than weight_bits";
    if (layer.live.empty()) continue;
    if (layer.live[k] > 1 || (layer.live[k] == 0 && layer.weights[k] != 0)) return "a weight that is not live is not 0";
  }
  if (!layer.bias.empty() && layer.bias.size() != layer.columns) return "it does not have one bias an output";
  const bool held = std::all_of(layer.bias.begin(), layer.bias.end(), [](std::int64_t bias) {
    return bias >= -kLargestFixedPointBias && bias <= kLargestFixedPointBias;
  });
  if (!held) return "a bias is too large";
  if (layer.blocks.empty()) return "it has no blocks";
  const auto reasons = block_faults(layer.blocks, layer.live, layer.rows, layer.columns);
  return reasons.empty() ? std::string() : reasons.front();
}

std::int32_t fraction_bits_from_header(const nlohmann::json& header, const std::string& key) {
  const double bits = header_real(kKind, header, key);
  if (std::abs(bits) > kMostFractionBits || bits != std::floor(bits)) fail_archive(kKind, key + " is out of reach");
  return static_cast<std::int32_t>(bits);
}

FixedPointFormat format_from_header(const nlohmann::json& header) {
  FixedPointFormat format;
  format.bits = static_cast<std::uint32_t>(header_count(kKind, header, "bits", 16));
  format.is_signed = header_flag(kKind, header, "is_signed");
  format.fraction_bits = fraction_bits_from_header(header, "fraction_bits");
  return format;
}

std::string array_name(std::size_t layer, const char* what) { return fmt::format("layer{}/{}", layer, what); }

void read_layers(const Archive& archive, FixedPointNetwork& network) {
  for (const nlohmann::json& header : header_list(kKind, archive.header, "layers")) {
    const std::size_t l = network.layers.size();
    FixedPointLayer layer;
    layer.name = header_text(kKind, header, "name");
    layer.rows = static_cast<std::uint32_t>(header_count(kKind, header, "rows"));
    layer.columns = static_cast<std::uint32_t>(header_count(kKind, header, "columns"));
    layer.groups = static_cast<std::uint32_t>(header_count(kKind, header, "groups"));
    layer.weight_fraction_bits = fraction_bits_from_header(header, "weight_fraction_bits");
    layer.weights = archive.get<std::int16_t>(array_name(l, "weights"));
    layer.live = archive.get<std::uint8_t>(array_name(l, "live"));
    layer.bias = archive.get<std::int64_t>(array_name(l, "bias"));
    layer.blocks = get_blocks(archive, array_name(l, "blocks"));
    network.layers.push_back(std::move(layer));
  }
}

}  // namespace

std::vector<std::string> fixed_point_network_faults(const FixedPointNetwork& network) {
  const FixedPointSpec& bits = network.spec;
  if (bits.weight_bits < 2 || bits.weight_bits > 16 || bits.activation_bits < 1 || bits.activation_bits > 16) {
    return {"its numbers of bits are out of range"};
  }
  const NetworkSpec spec = network_spec(network);
  if (spec.nodes.empty() || spec.input.size() == 0) return {"it has no input"};
  std::vector<std::string> faults = graph_faults(spec);
  if (!faults.empty()) return faults;
  const auto shapes = shapes_of(spec);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const FixedPointNode& node = network.nodes[NodeId(n)];
    std::string reason = format_fault(network, node);
    if (node.spec.kind == NodeKind::batch_norm) reason = "batch norms have no fixed-point form";
    if (node.shape != shapes[NodeId(n)]) {
      reason = fmt::format("its shape is {} instead of {}", to_text(node.shape), to_text(shapes[NodeId(n)]));
    }
    if (reason.empty() && node.spec.layer) {
      reason = layer_fault(network, *node.spec.layer, spec.inputs_of(*node.spec.layer));
    }
    if (!reason.empty()) faults.push_back(fmt::format("node {}: {}", node.spec.name, reason));
  }
  return faults;
}

Archive to_archive(const FixedPointNetwork& network) {
  Archive archive(kKind, kVersion);
  const ImageShape& input = network.nodes[NodeId(0)].shape;
  archive.header["name"] = network.name;
  archive.header["input"] = {{"width", input.width}, {"height", input.height}, {"channels", input.channels}};
  archive.header["weight_bits"] = network.spec.weight_bits;
  archive.header["activation_bits"] = network.spec.activation_bits;
  archive.header["activation_percentile"] = network.spec.activation_percentile;
  archive.header["nodes"] = nlohmann::json::array();
  for (const FixedPointNode& node : network.nodes) {
    nlohmann::json header = node_header(node.spec);
    header["format"] = {
        {"bits", node.format.bits}, {"is_signed", node.format.is_signed}, {"fraction_bits", node.format.fraction_bits}};
    archive.header["nodes"].push_back(std::move(header));
  }
  archive.header["layers"] = nlohmann::json::array();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const FixedPointLayer& layer = network.layers[LayerId(l)];
    archive.header["layers"].push_back({{"name", layer.name},
                                        {"rows", layer.rows},
                                        {"columns", layer.columns},
                                        {"groups", layer.groups},
                                        {"weight_fraction_bits", layer.weight_fraction_bits}});
    archive.put(array_name(l, "weights"), layer.weights);
    archive.put(array_name(l, "live"), layer.live);
    archive.put(array_name(l, "bias"), layer.bias);
    put_blocks(archive, array_name(l, "blocks"), layer.blocks);
  }
  return archive;
}

FixedPointNetwork fixed_point_network_from_archive(const Archive& archive) {
  FixedPointNetwork network;
  network.name = header_text(kKind, archive.header, "name");
  network.spec.weight_bits = static_cast<std::uint32_t>(header_count(kKind, archive.header, "weight_bits", 16));
  network.spec.activation_bits = static_cast<std::uint32_t>(header_count(kKind, archive.header, "activation_bits", 16));
  network.spec.activation_percentile = header_real(kKind, archive.header, "activation_percentile");
  for (const nlohmann::json& header : header_list(kKind, archive.header, "nodes")) {
    if (!header.contains("format")) fail_archive(kKind, "a node without a format");
    FixedPointNode node;
    node.spec = node_from_header(kKind, header);
    node.format = format_from_header(header.at("format"));
    network.nodes.push_back(std::move(node));
  }
  read_layers(archive, network);
  if (!network.nodes.empty()) network.nodes[NodeId(0)].shape = image_shape_from_header(kKind, archive.header);
  const NetworkSpec spec = network_spec(network);
  const std::vector<std::string> graph = graph_faults(spec);
  if (!graph.empty() || spec.nodes.empty()) fail_archive(kKind, graph.empty() ? "it has no nodes" : graph.front());
  const auto shapes = shapes_of(spec);
  for (std::size_t n = 0; n < shapes.size(); ++n) network.nodes[NodeId(n)].shape = shapes[NodeId(n)];
  const std::vector<std::string> faults = fixed_point_network_faults(network);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  return network;
}

}  // namespace crossloom
