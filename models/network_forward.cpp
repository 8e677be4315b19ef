// The plain forward pass through a network's graph.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/vector_clones.h"
#include "models/network.h"

namespace crossloom {
namespace {

using Values = std::vector<float>;

float finished(double sum, Activation activation) {
  return activation == Activation::relu && sum < 0.0 ? 0.0F : static_cast<float>(sum);
}

/// sums[j] += value x weights[j]. The product of two floats is exact in double, so that a fused one changes no bit.
CROSSLOOM_VECTOR_CLONES
void add_scaled(const float* weights, double value, std::size_t count, double* sums) {
  for (std::size_t j = 0; j < count; ++j) sums[j] += value * static_cast<double>(weights[j]);
}

Values dense(const LayerSpec& spec, const Layer& layer, const Values& input) {
  const std::uint32_t columns = layer.weights.columns;
  std::vector<double> sums(columns, 0.0);
  for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
    if (input[i] == 0.0F) continue;
    add_scaled(layer.weights.values.data() + std::size_t{i} * columns, static_cast<double>(input[i]), columns,
               sums.data());
  }
  Values result(columns);
  for (std::uint32_t j = 0; j < columns; ++j) {
    result[j] = finished(sums[j] + (layer.bias.empty() ? 0.0 : layer.bias[j]), spec.activation);
  }
  return result;
}

/// Calls visit(input position in the plane, place in the window) for the places of the window at (x, y) inside the
/// plane.
template <class Visit>
void for_each_in_window(const WindowSpec& window, const ImageShape& in, std::uint32_t x, std::uint32_t y,
                        const Visit& visit) {
  for (std::uint32_t wy = 0; wy < window.size; ++wy) {
    for (std::uint32_t wx = 0; wx < window.size; ++wx) {
      const std::int64_t row = std::int64_t{y} * window.stride + wy - window.padding;
      const std::int64_t column = std::int64_t{x} * window.stride + wx - window.padding;
      if (row < 0 || column < 0 || row >= in.height || column >= in.width) continue;
      visit(static_cast<std::size_t>(row * in.width + column), wy * window.size + wx);
    }
  }
}

/// All outputs of a position side by side, as their weights lie.
Values convolution(const LayerSpec& spec, const Layer& layer, const ImageShape& in, const ImageShape& out,
                   const Values& input) {
  const WindowSpec& window = spec.convolution->window;
  const std::uint32_t groups = spec.convolution->groups;
  const std::uint32_t channels = in.channels / groups, outputs = out.channels / groups;
  const std::size_t plane = std::size_t{in.width} * in.height, positions = std::size_t{out.width} * out.height;
  Values result(out.size());
  std::vector<double> sums(out.channels);
  for (std::size_t position = 0; position < positions; ++position) {
    std::fill(sums.begin(), sums.end(), 0.0);
    const auto x = static_cast<std::uint32_t>(position % out.width),
               y = static_cast<std::uint32_t>(position / out.width);
    for (std::uint32_t channel = 0; channel < in.channels; ++channel) {
      const std::uint32_t group = channel / channels, first_row = channel % channels * window.size * window.size;
      for_each_in_window(window, in, x, y, [&](std::size_t at, std::uint32_t place) {
        const float value = input[channel * plane + at];
        if (value == 0.0F) return;
        const std::size_t row = std::size_t{first_row + place} * out.channels + group * outputs;
        add_scaled(layer.weights.values.data() + row, static_cast<double>(value), outputs,
                   sums.data() + group * outputs);
      });
    }
    for (std::uint32_t j = 0; j < out.channels; ++j) {
      result[j * positions + position] =
          finished(sums[j] + (layer.bias.empty() ? 0.0 : layer.bias[j]), spec.activation);
    }
  }
  return result;
}

Values pooled(const NodeSpec& node, const ImageShape& in, const ImageShape& out, const Values& input) {
  Values result(out.size());
  std::size_t position = 0;
  for (std::uint32_t c = 0; c < out.channels; ++c) {
    const float* const plane = input.data() + std::size_t{c} * in.width * in.height;
    for (std::uint32_t y = 0; y < out.height; ++y) {
      for (std::uint32_t x = 0; x < out.width; ++x) {
        double sum = 0.0;
        float largest = -std::numeric_limits<float>::infinity();
        std::uint32_t count = 0;
        for_each_in_window(node.window, in, x, y, [&](std::size_t at, std::uint32_t /*place*/) {
          sum += static_cast<double>(plane[at]);
          largest = std::max(largest, plane[at]);
          ++count;
        });
        const bool mean = node.kind == NodeKind::mean_pool;
        result[position++] = mean ? (count == 0 ? 0.0F : static_cast<float>(sum / count)) : count == 0 ? 0.0F : largest;
      }
    }
  }
  return result;
}

Values normalised(const NodeSpec& node, const BatchNorm& norm, const ImageShape& shape, const Values& input) {
  Values result(input.size());
  const std::size_t plane = std::size_t{shape.width} * shape.height;
  for (std::uint32_t c = 0; c < shape.channels; ++c) {
    const double factor =
        static_cast<double>(norm.scale[c]) / std::sqrt(static_cast<double>(norm.variance[c]) + node.epsilon);
    for (std::size_t i = c * plane; i < (c + 1) * plane; ++i) {
      const double value = (static_cast<double>(input[i]) - static_cast<double>(norm.mean[c])) * factor +
                           static_cast<double>(norm.shift[c]);
      result[i] = finished(value, node.activation);
    }
  }
  return result;
}

Values softmax(const Values& input) {
  const double largest = static_cast<double>(*std::max_element(input.begin(), input.end()));
  double sum = 0.0;
  for (const float value : input) sum += std::exp(static_cast<double>(value) - largest);
  Values result;
  for (const float value : input) {
    result.push_back(static_cast<float>(std::exp(static_cast<double>(value) - largest) / sum));
  }
  return result;
}

Values sum_of(const NodeSpec& node, const std::vector<Values>& outputs) {
  Values result(outputs[node.inputs.front().value()].size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    double sum = 0.0;
    for (const NodeId input : node.inputs) sum += static_cast<double>(outputs[input.value()][i]);
    result[i] = finished(sum, node.activation);
  }
  return result;
}

}  // namespace

std::vector<std::vector<float>> forward(const Network& network, const std::vector<float>& image) {
  CROSSLOOM_CHECK(image.size() == network.spec.input.size(), "an image has one value an input");
  const auto graph = network.spec.graph();
  const auto shapes = shapes_of(network.spec);
  const auto formats = output_formats_of(network.spec);
  std::vector<Values> outputs{image};
  std::size_t norm = 0;
  for (std::size_t n = 1; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    const ImageShape& in = shapes[node.inputs.front()];
    const ImageShape& out = shapes[NodeId(n)];
    const Values& input = outputs[node.inputs.front().value()];
    Values result = input;
    switch (node.kind) {
      case NodeKind::dense:
        result = dense(network.spec.layers[*node.layer], network.layers[*node.layer], input);
        break;
      case NodeKind::conv2d:
        result = convolution(network.spec.layers[*node.layer], network.layers[*node.layer], in, out, input);
        break;
      case NodeKind::max_pool:
      case NodeKind::mean_pool:
        result = pooled(node, in, out, input);
        break;
      case NodeKind::batch_norm:
        result = normalised(node, network.batch_norms[norm++], in, input);
        break;
      case NodeKind::add:
        result = sum_of(node, outputs);
        break;
      case NodeKind::concat:
        for (std::size_t i = 1; i < node.inputs.size(); ++i) {
          const Values& more = outputs[node.inputs[i].value()];
          result.insert(result.end(), more.begin(), more.end());
        }
        break;
      case NodeKind::softmax:
        result = softmax(input);
        break;
      case NodeKind::activation:
        for (float& value : result) value = finished(static_cast<double>(value), node.activation);
        break;
      case NodeKind::flatten:
      case NodeKind::input:
        break;
    }
    if (formats[NodeId(n)] && node.kind != NodeKind::softmax) {
      for (float& value : result) {
        value = static_cast<float>(nearest_in(*formats[NodeId(n)], static_cast<double>(value)));
      }
    }
    outputs.push_back(std::move(result));
  }
  outputs.erase(outputs.begin());
  return outputs;
}

}  // namespace crossloom
