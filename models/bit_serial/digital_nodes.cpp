#include "models/bit_serial/digital_nodes.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace crossloom {

namespace {

/// Rounded half to even, for a divisor above 0.
std::int64_t divided(std::int64_t value, std::int64_t divisor) {
  const std::int64_t down = value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor);
  const std::int64_t twice_rest = 2 * (value - down * divisor);
  if (twice_rest == divisor) return down + (down & 1);
  return twice_rest > divisor ? down + 1 : down;
}

std::int32_t pooled(const FixedPointNetwork& network, const FixedPointNode& node,
                    const std::vector<std::int32_t>& input, std::uint32_t channel, std::uint32_t position) {
  const ImageShape& in = network.nodes[node.spec.inputs.front()].shape;
  const WindowSpec& window = node.spec.window;
  const std::int64_t first_x = std::int64_t{position % node.shape.width} * window.stride - window.padding;
  const std::int64_t first_y = std::int64_t{position / node.shape.width} * window.stride - window.padding;
  const std::int64_t x_begin = std::max<std::int64_t>(first_x, 0),
                     x_end = std::min<std::int64_t>(first_x + window.size, in.width);
  const std::int64_t y_begin = std::max<std::int64_t>(first_y, 0),
                     y_end = std::min<std::int64_t>(first_y + window.size, in.height);
  const std::int32_t* const plane = input.data() + std::size_t{channel} * in.width * in.height;
  std::int64_t sum = 0;
  std::int32_t largest = std::numeric_limits<std::int32_t>::min();
  for (std::int64_t y = y_begin; y < y_end; ++y) {
    for (std::int64_t x = x_begin; x < x_end; ++x) {
      const std::int32_t value = plane[y * in.width + x];
      sum += value;
      largest = std::max(largest, value);
    }
  }
  if (node.spec.kind == NodeKind::max_pool) return largest;
  return static_cast<std::int32_t>(divided(sum, (x_end - x_begin) * (y_end - y_begin)));
}

std::int32_t added(const FixedPointNetwork& network, const FixedPointNode& node,
                   const IdVector<NodeId, std::vector<std::int32_t>>& outputs, std::size_t at) {
  std::int32_t finest = network.nodes[node.spec.inputs.front()].format.fraction_bits;
  for (const NodeId input : node.spec.inputs) finest = std::max(finest, network.nodes[input].format.fraction_bits);
  std::int64_t sum = 0;
  for (const NodeId input : node.spec.inputs) {
    const auto shift = static_cast<std::uint32_t>(finest - network.nodes[input].format.fraction_bits);
    sum += outputs[input][at] * (std::int64_t{1} << shift);
  }
  if (node.spec.activation == Activation::relu && sum < 0) sum = 0;
  return to_format(sum, finest, node.format);
}

}  // namespace

void gather_inputs(const FixedPointNetwork& network, const FixedPointNode& node, const std::vector<std::int32_t>& input,
                   const std::vector<std::uint32_t>& rows, std::uint32_t group, std::uint32_t position,
                   std::int32_t* values) {
  if (node.spec.kind == NodeKind::dense) {
    for (std::size_t k = 0; k < rows.size(); ++k) values[k] = input[rows[k]];
    return;
  }
  const ImageShape& in = network.nodes[node.spec.inputs.front()].shape;
  const WindowSpec& window = node.spec.window;
  const std::uint32_t places = window.size * window.size;
  const std::uint32_t first_channel = group * (in.channels / network.layers[*node.spec.layer].groups);
  const std::int64_t first_x = std::int64_t{position % node.shape.width} * window.stride - window.padding;
  const std::int64_t first_y = std::int64_t{position / node.shape.width} * window.stride - window.padding;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::uint32_t channel = first_channel + rows[k] / places, place = rows[k] % places;
    const std::int64_t x = first_x + place % window.size, y = first_y + place / window.size;
    const bool inside = x >= 0 && x < in.width && y >= 0 && y < in.height;
    values[k] = inside ? input[(std::size_t{channel} * in.height + static_cast<std::size_t>(y)) * in.width +
                               static_cast<std::size_t>(x)]
                       : 0;
  }
}

std::int32_t finished_sum(const FixedPointNetwork& network, const FixedPointNode& node, std::uint32_t column,
                          std::int64_t sum) {
  const FixedPointLayer& layer = network.layers[*node.spec.layer];
  if (!layer.bias.empty()) sum += layer.bias[column];
  if (node.spec.activation == Activation::relu && sum < 0) sum = 0;
  return to_format(sum, network.nodes[node.spec.inputs.front()].format.fraction_bits + layer.weight_fraction_bits,
                   node.format);
}

std::int32_t digital_output(const FixedPointNetwork& network, const FixedPointNode& node,
                            const IdVector<NodeId, std::vector<std::int32_t>>& outputs, std::uint32_t channel,
                            std::uint32_t position) {
  const std::uint32_t plane = node.shape.width * node.shape.height;
  const std::size_t at = std::size_t{channel} * plane + position;
  switch (node.spec.kind) {
    case NodeKind::max_pool:
    case NodeKind::mean_pool:
      return pooled(network, node, outputs[node.spec.inputs.front()], channel, position);
    case NodeKind::add:
      return added(network, node, outputs, at);
    case NodeKind::activation:
    case NodeKind::concat:
      for (const NodeId input : node.spec.inputs) {
        const FixedPointNode& from = network.nodes[input];
        if (channel >= from.shape.channels) {
          channel -= from.shape.channels;
          continue;
        }
        std::int32_t value = outputs[input][std::size_t{channel} * plane + position];
        if (node.spec.activation == Activation::relu && value < 0) value = 0;
        return to_format(value, from.format.fraction_bits, node.format);
      }
      break;
    case NodeKind::flatten:
    case NodeKind::softmax:
      return outputs[node.spec.inputs.front()][at];
    case NodeKind::input:
    case NodeKind::dense:
    case NodeKind::conv2d:
    case NodeKind::batch_norm:
      break;
  }
  throw Bug("node " + node.spec.name + " has no such digital output");
}

std::int32_t input_output(const FixedPointNode& node, std::uint8_t pixel) {
  constexpr std::int64_t kLargestPixel = 255;
  const std::int64_t scaled = std::int64_t{pixel} << static_cast<std::uint32_t>(node.format.fraction_bits);
  return static_cast<std::int32_t>(std::min<std::int64_t>(divided(scaled, kLargestPixel), node.format.highest()));
}

}  // namespace crossloom
