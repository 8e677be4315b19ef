#include "models/bit_serial/exact_reference.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace crossloom {
namespace {

using Values = std::vector<std::int32_t>;

/// numerator / denominator, rounded half to even; denominator > 0.
std::int64_t rounded_quotient(std::int64_t numerator, std::int64_t denominator) {
  std::int64_t quotient = numerator / denominator, rest = numerator % denominator;
  if (rest < 0) {
    rest += denominator;
    --quotient;
  }
  const bool up = 2 * rest > denominator || (2 * rest == denominator && quotient % 2 != 0);
  return up ? quotient + 1 : quotient;
}

Values input_values(const FixedPointNode& node, const std::vector<std::uint8_t>& pixels) {
  constexpr std::int32_t kLargestPixel = 255;
  Values values;
  for (const std::uint8_t pixel : pixels) {
    const std::int32_t bits = node.format.fraction_bits;
    CROSSLOOM_CHECK(bits >= 0 && bits <= 16, "the input's format does not hold 1");
    const std::int64_t value = rounded_quotient(std::int64_t{pixel} << bits, kLargestPixel);
    values.push_back(static_cast<std::int32_t>(std::min<std::int64_t>(value, node.format.highest())));
  }
  return values;
}

/// What a dense layer or one position of a convolution sees, [group][row].
Values window_values(const FixedPointNetwork& network, const FixedPointNode& node, const Values& input, std::uint32_t x,
                     std::uint32_t y) {
  if (node.spec.kind == NodeKind::dense) return input;
  const ImageShape& in = network.nodes[node.spec.inputs.front()].shape;
  const WindowSpec& window = node.spec.window;
  Values values;
  for (std::uint32_t c = 0; c < in.channels; ++c) {
    for (std::uint32_t wy = 0; wy < window.size; ++wy) {
      for (std::uint32_t wx = 0; wx < window.size; ++wx) {
        const std::int64_t row = std::int64_t{y} * window.stride + wy - window.padding;
        const std::int64_t column = std::int64_t{x} * window.stride + wx - window.padding;
        const bool inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
        values.push_back(
            inside ? input[static_cast<std::size_t>((c * std::int64_t{in.height} + row) * in.width + column)] : 0);
      }
    }
  }
  return values;
}

Values weighted_values(const FixedPointNetwork& network, const FixedPointNode& node, const Values& input,
                       const LayerProduct& product) {
  const FixedPointLayer& layer = network.layers[*node.spec.layer];
  const FixedPointFormat& in = network.nodes[node.spec.inputs.front()].format;
  const std::size_t positions = std::size_t{node.shape.width} * node.shape.height;
  Values values(node.shape.size());
  std::vector<std::int64_t> sums(layer.columns);
  for (std::uint32_t y = 0; y < node.shape.height; ++y) {
    for (std::uint32_t x = 0; x < node.shape.width; ++x) {
      std::fill(sums.begin(), sums.end(), 0);
      product(*node.spec.layer, window_values(network, node, input, x, y), in.is_signed, sums.data());
      for (std::uint32_t j = 0; j < layer.columns; ++j) {
        std::int64_t sum = sums[j] + (layer.bias.empty() ? 0 : layer.bias[j]);
        if (node.spec.activation == Activation::relu) sum = std::max<std::int64_t>(sum, 0);
        values[j * positions + std::size_t{y} * node.shape.width + x] =
            to_format(sum, in.fraction_bits + layer.weight_fraction_bits, node.format);
      }
    }
  }
  return values;
}

Values pooled_values(const FixedPointNetwork& network, const FixedPointNode& node, const Values& input) {
  const ImageShape& in = network.nodes[node.spec.inputs.front()].shape;
  const WindowSpec& window = node.spec.window;
  Values values;
  for (std::uint32_t place = 0; place < node.shape.size(); ++place) {
    const std::uint32_t x = place % node.shape.width, y = place / node.shape.width % node.shape.height;
    const std::uint32_t c = place / node.shape.width / node.shape.height;
    std::int64_t sum = 0, count = 0;
    std::int32_t largest = std::numeric_limits<std::int32_t>::min();
    for (std::uint32_t wy = 0; wy < window.size; ++wy) {
      for (std::uint32_t wx = 0; wx < window.size; ++wx) {
        const std::int64_t row = std::int64_t{y} * window.stride + wy - window.padding;
        const std::int64_t column = std::int64_t{x} * window.stride + wx - window.padding;
        if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
        const std::int32_t value =
            input[static_cast<std::size_t>((c * std::int64_t{in.height} + row) * in.width + column)];
        sum += value;
        largest = std::max(largest, value);
        ++count;
      }
    }
    CROSSLOOM_CHECK(count > 0, "a pool's window lies outside the plane");
    values.push_back(node.spec.kind == NodeKind::mean_pool ? static_cast<std::int32_t>(rounded_quotient(sum, count))
                                                           : largest);
  }
  return values;
}

Values added_values(const FixedPointNetwork& network, const FixedPointNode& node, const FixedPointOutputs& outputs) {
  std::int32_t bits = std::numeric_limits<std::int32_t>::min();
  for (const NodeId input : node.spec.inputs) bits = std::max(bits, network.nodes[input].format.fraction_bits);
  Values values(node.shape.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t sum = 0;
    for (const NodeId input : node.spec.inputs) {
      sum += outputs[input][i] * (std::int64_t{1} << (bits - network.nodes[input].format.fraction_bits));
    }
    if (node.spec.activation == Activation::relu) sum = std::max<std::int64_t>(sum, 0);
    values[i] = to_format(sum, bits, node.format);
  }
  return values;
}

Values joined_values(const FixedPointNetwork& network, const FixedPointNode& node, const FixedPointOutputs& outputs) {
  Values values;
  for (const NodeId input : node.spec.inputs) {
    for (const std::int32_t value : outputs[input]) {
      const bool cut = node.spec.activation == Activation::relu && value < 0;
      values.push_back(to_format(cut ? 0 : value, network.nodes[input].format.fraction_bits, node.format));
    }
  }
  return values;
}

}  // namespace

FixedPointOutputs run_fixed_point(const FixedPointNetwork& network, const std::vector<std::uint8_t>& pixels,
                                  const LayerProduct& product) {
  CROSSLOOM_CHECK(pixels.size() == network.nodes[NodeId(0)].shape.size(), "an image has one value an input");
  FixedPointOutputs outputs;
  for (const FixedPointNode& node : network.nodes) {
    switch (node.spec.kind) {
      case NodeKind::input:
        outputs.push_back(input_values(node, pixels));
        break;
      case NodeKind::dense:
      case NodeKind::conv2d:
        outputs.push_back(weighted_values(network, node, outputs[node.spec.inputs.front()], product));
        break;
      case NodeKind::max_pool:
      case NodeKind::mean_pool:
        outputs.push_back(pooled_values(network, node, outputs[node.spec.inputs.front()]));
        break;
      case NodeKind::add:
        outputs.push_back(added_values(network, node, outputs));
        break;
      case NodeKind::activation:
      case NodeKind::concat:
        outputs.push_back(joined_values(network, node, outputs));
        break;
      case NodeKind::flatten:
      case NodeKind::softmax:
        outputs.push_back(outputs[node.spec.inputs.front()]);
        break;
      case NodeKind::batch_norm:
        throw Bug("a fixed-point network has no batch norms");
    }
  }
  return outputs;
}

FixedPointOutputs exact_reference(const FixedPointNetwork& network, const std::vector<std::uint8_t>& pixels) {
  return run_fixed_point(
      network, pixels, [&](LayerId id, const Values& inputs, bool /*is_signed*/, std::int64_t* sums) {
        const FixedPointLayer& layer = network.layers[id];
        const std::uint32_t of_group = layer.columns / layer.groups;
        for (std::uint32_t group = 0; group < layer.groups; ++group) {
          for (std::uint32_t i = 0; i < layer.rows; ++i) {
            const std::int64_t input = inputs[std::size_t{group} * layer.rows + i];
            if (input == 0) continue;
            const std::int16_t* const weights = layer.weights.data() + std::size_t{i} * layer.columns;
            for (std::uint32_t j = group * of_group; j < (group + 1) * of_group; ++j) sums[j] += input * weights[j];
          }
        }
      });
}

std::uint32_t class_of(const FixedPointOutputs& outputs) {
  const Values& last = outputs.raw().back();
  return static_cast<std::uint32_t>(std::max_element(last.begin(), last.end()) - last.begin());
}

}  // namespace crossloom
