#include "models/bit_serial/fixed_point_network.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/error.h"
#include "models/block_faults.h"

namespace crossloom {
namespace {

constexpr std::int32_t kMostBits = 16;

/// The most fraction bits with which round(value x 2^fraction_bits) is at most `highest`.
std::int32_t fraction_bits_for(double value, std::int32_t highest) {
  if (value == 0.0) return 0;
  int exponent = 0;
  std::frexp(value, &exponent);  // value >= 2^(exponent - 1)
  std::int32_t fraction_bits = kMostBits + 1 - exponent;
  while (std::nearbyint(std::ldexp(value, fraction_bits)) > highest) --fraction_bits;
  return fraction_bits;
}

/// Whether no output of the node can be below 0.
bool never_negative(const NodeSpec& node, const IdVector<NodeId, FixedPointNode>& before) {
  if (node.kind == NodeKind::input || node.activation == Activation::relu) return true;
  if (node.layer) return false;
  return std::none_of(node.inputs.begin(), node.inputs.end(),
                      [&](NodeId input) { return before[input].format.is_signed; });
}

std::vector<Block> blocks_of(const Layer& layer) {
  if (!layer.blocks.empty()) return layer.blocks;
  Block whole;
  for (std::uint32_t i = 0; i < layer.weights.rows; ++i) whole.rows.push_back(i);
  for (std::uint32_t j = 0; j < layer.weights.columns; ++j) whole.columns.push_back(j);
  return {std::move(whole)};
}

FixedPointLayer fixed_point_layer(const LayerSpec& spec, const Layer& layer, std::int32_t input_fraction_bits,
                                  std::uint32_t weight_bits) {
  FixedPointLayer result;
  result.name = spec.name;
  result.rows = layer.weights.rows;
  result.columns = layer.weights.columns;
  result.groups = spec.convolution ? spec.convolution->groups : 1;
  result.live = layer.live;
  result.blocks = blocks_of(layer);
  double largest = 0.0;
  for (const float weight : layer.weights.values) largest = std::max(largest, std::abs(static_cast<double>(weight)));
  result.weight_fraction_bits = fraction_bits_for(largest, (1 << (weight_bits - 1)) - 1);
  result.weights.reserve(layer.weights.values.size());
  for (const float weight : layer.weights.values) {
    const double scaled = std::ldexp(static_cast<double>(weight), result.weight_fraction_bits);
    result.weights.push_back(static_cast<std::int16_t>(std::nearbyint(scaled)));
  }
  const auto most = static_cast<double>(kLargestFixedPointBias);
  for (const float bias : layer.bias) {
    const double scaled = std::ldexp(static_cast<double>(bias), result.weight_fraction_bits + input_fraction_bits);
    result.bias.push_back(static_cast<std::int64_t>(std::nearbyint(std::clamp(scaled, -most, most))));
  }
  return result;
}

void check_input(const Network& network, const std::vector<double>& largest_output, const FixedPointSpec& spec) {
  CROSSLOOM_CHECK(
      spec.weight_bits >= 2 && spec.weight_bits <= 16 && spec.activation_bits >= 1 && spec.activation_bits <= 16,
      "bits of a fixed-point network out of range");
  const std::vector<std::string> faults = network_faults(network);
  if (!faults.empty()) throw UserError(fmt::format("network {}: {}", network.spec.name, faults.front()));
  const auto graph = network.spec.graph();
  CROSSLOOM_CHECK(largest_output.size() == graph.size(), "one largest output a node");
  for (std::size_t n = 0; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    if (node.kind == NodeKind::batch_norm) {
      throw UserError(fmt::format("network {}, node {}: batch norms must be folded into weights before fixed point",
                                  network.spec.name, node.name));
    }
    if (keeps_format(node.kind) || (std::isfinite(largest_output[n]) && largest_output[n] > 0.0)) continue;
    throw UserError(
        fmt::format("network {}, node {}: its largest output over calibration images is {}, which gives no binary "
                    "point; it must be finite and above 0 (calibrate on other images, or train again)",
                    network.spec.name, node.name, largest_output[n]));
  }
}

void check_bits(const FixedPointNode& node, const std::string& network, const FixedPointSpec& spec) {
  if (node.format.bits <= spec.activation_bits) return;
  throw UserError(
      fmt::format("network {}, node {}: its outputs were quantised to {} bits while training and fixed_point has "
                  "activation_bits: {}; raise it, or quantise to fewer bits",
                  network, node.spec.name, node.format.bits, spec.activation_bits));
}

}  // namespace

FixedPointSpec read_fixed_point_spec(ConfigReader reader) {
  FixedPointSpec spec;
  spec.weight_bits = static_cast<std::uint32_t>(reader.integer_or("weight_bits", spec.weight_bits, {2, 16}));
  spec.activation_bits =
      static_cast<std::uint32_t>(reader.integer_or("activation_bits", spec.activation_bits, {1, 16}));
  spec.activation_percentile = reader.real_or("activation_percentile", spec.activation_percentile, {50.0, 100.0});
  return spec;
}

std::uint64_t FixedPointNetwork::synapses() const {
  std::uint64_t sum = 0;
  for (const FixedPointLayer& layer : layers) {
    sum += layer.live.empty()
               ? layer.weights.size()
               : static_cast<std::uint64_t>(std::count(layer.live.begin(), layer.live.end(), std::uint8_t{1}));
  }
  return sum;
}

std::int32_t to_format(std::int64_t sum, std::int32_t fraction_bits, const FixedPointFormat& format) {
  constexpr std::int32_t kWord = 62;
  const std::int32_t shift = format.fraction_bits - fraction_bits;
  const std::int64_t lowest = format.lowest(), highest = format.highest();
  std::int64_t value = sum;
  if (shift > 0) {
    // Beyond this many bits everything but 0 saturates; so does what would not fit once shifted.
    const std::int32_t bits = std::min(shift, kWord);
    if (sum > (highest >> bits)) return format.highest();
    if (sum < -(-lowest >> bits)) return format.lowest();
    value = sum * (std::int64_t{1} << bits);
  } else if (shift < 0) {
    if (-shift > kWord) return 0;
    const std::int64_t below = sum >> -shift, rest = sum - below * (std::int64_t{1} << -shift);
    const std::int64_t half = std::int64_t{1} << (-shift - 1);
    value = below + (rest > half || (rest == half && (below & 1) != 0) ? 1 : 0);
  }
  return static_cast<std::int32_t>(std::clamp(value, lowest, highest));
}

FixedPointNetwork to_fixed_point(const Network& network, const std::vector<double>& largest_output,
                                 const FixedPointSpec& spec) {
  check_input(network, largest_output, spec);
  FixedPointNetwork result;
  result.name = network.spec.name;
  result.spec = spec;
  const auto shapes = shapes_of(network.spec);
  const auto formats = output_formats_of(network.spec);
  for (const NodeSpec& of_graph : network.spec.graph()) {
    const NodeId id = result.nodes.next_id();
    FixedPointNode node{of_graph, shapes[id], {}};
    if (node.spec.layer) {
      const LayerSpec& layer = network.spec.layers[*node.spec.layer];
      node.spec.activation = layer.activation;
      if (layer.convolution) node.spec.window = layer.convolution->window;
      result.layers.push_back(fixed_point_layer(layer, network.layers[*node.spec.layer],
                                                result.nodes[node.spec.inputs.front()].format.fraction_bits,
                                                spec.weight_bits));
    }
    if (keeps_format(node.spec.kind)) {
      node.format = result.nodes[node.spec.inputs.front()].format;
    } else if (formats[id]) {
      node.format = *formats[id];
      check_bits(node, result.name, spec);
    } else {
      node.format.bits = spec.activation_bits;
      node.format.is_signed = !never_negative(node.spec, result.nodes);
      const double largest = id.value() == 0 ? 1.0 : largest_output[id.value()];
      // A signed format of one bit holds -1 and 0 only; its binary point is that of the other sign.
      node.format.fraction_bits = fraction_bits_for(largest, std::max(1, node.format.highest()));
    }
    result.nodes.push_back(std::move(node));
  }
  const std::vector<std::string> faults = fixed_point_network_faults(result);
  if (!faults.empty()) throw UserError(fmt::format("network {} in fixed point: {}", result.name, faults.front()));
  return result;
}

}  // namespace crossloom
