// Networks with every kind of node, coloured images, and a batch's loss in double with plain loops.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/network.h"
#include "tests/training/tiny_networks.h"
#include "training/dropout.h"

namespace crossloom::test {

inline NetworkSpec spec_from(const std::string& input, const std::string& layers) {
  ConfigDocument document =
      ConfigDocument::from_text("name: n\ninput: {" + input + "}\nlayers:\n" + layers, "net.yaml");
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

inline NetworkSpec every_kind() {
  return spec_from("width: 8, height: 6, channels: 3", R"(
  - {name: first, conv2d: {outputs: 8, kernel: 3, padding: 1, activation: none, dropout: 0.25}}
  - {name: first_norm, batch_norm: {activation: relu, dropout: 0.25}}
  - {name: second, conv2d: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: true, dropout: 0.25}}
  - {name: third, from: first_norm, conv2d: {outputs: 4, kernel: 1, stride: 2, groups: 2, activation: none}}
  - {name: third_norm, batch_norm: {}}
  - {name: sum, from: [second, third_norm], add: {activation: relu}}
  - {name: most, from: sum, max_pool: {size: 3, stride: 2, padding: 1, dropout: 0.25}}
  - {name: mean, from: sum, mean_pool: {size: 3, stride: 2, padding: 1}}
  - {name: both, from: [most, mean, most], concat: {}}
  - {name: fourth, conv2d: {outputs: 5, kernel: 2, activation: none}}
  - {name: cut, activation: relu}
  - {name: line, from: both, flatten: {}}
  - {name: deep, from: cut, dense: {outputs: 6, bias: true, dropout: 0.25}}
  - {name: wide, from: line, dense: {outputs: 6}}
  - {name: image, from: input, dense: {outputs: 6, activation: none}}
  - {name: all, from: [deep, wide, image], concat: {}}
  - {name: all_norm, batch_norm: {}}
  - {name: output, dense: {outputs: 3, activation: none}}
  - {name: share, softmax: {}}
)");
}

inline Network random_graph(const NetworkSpec& spec, std::uint64_t seed, double deviation) {
  Network network = random_network(spec, seed, deviation);
  RandomStream stream{RandomKey(seed).child("norms")};
  for (BatchNorm& norm : network.batch_norms) {
    for (float& value : norm.scale) value = static_cast<float>(1.0 + 0.3 * stream.normal());
    for (float& value : norm.shift) value = static_cast<float>(0.3 * stream.normal());
    for (float& value : norm.mean) value = static_cast<float>(0.3 * stream.normal());
    for (float& value : norm.variance) value = static_cast<float>(0.5 + stream.uniform());
  }
  return network;
}

inline Dataset coloured_noise(const NetworkSpec& spec, std::size_t images, std::size_t classes, std::uint64_t seed) {
  Dataset dataset;
  dataset.name = "noise";
  dataset.width = spec.input.width;
  dataset.height = spec.input.height;
  dataset.channels = spec.input.channels;
  dataset.classes = classes;
  RandomStream stream{RandomKey(seed)};
  for (std::size_t n = 0; n < images; ++n) {
    dataset.labels.push_back(static_cast<std::uint8_t>(n % classes));
    for (std::size_t i = 0; i < dataset.image_size(); ++i) {
      dataset.pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
    }
  }
  return dataset;
}

/// The graph in double over a batch as it is trained: batch norms by the batch's own mean and variance, dropout on.
class DoubleGraph {
 public:
  using Plane = std::vector<double>;  // of one image, plane after plane
  using Values = std::vector<Plane>;  // by image

  DoubleGraph(const NetworkSpec& spec, const Dataset& dataset, RandomKey dropout_key, std::uint64_t step)
      : spec_(spec), graph_(spec.graph()), shapes_(shapes_of(spec)), dataset_(dataset) {
    for (std::size_t n = 0; n < graph_.size(); ++n) {
      const NodeSpec& node = graph_[NodeId(n)];
      const double share = node.layer ? spec.layers[*node.layer].dropout : node.dropout;
      const RandomKey key =
          node.layer ? dropout_key.child("layer").child(node.layer->value()) : dropout_key.child("node").child(n);
      kept_.push_back(kept(Dropout(key, share), step, shapes_[NodeId(n)]));
    }
  }

  /// Mean cross-entropy. `parameters` in the order of LayerStack::parameters().
  [[nodiscard]] double loss(const std::vector<Plane>& parameters) const {
    std::vector<Values> outputs;
    std::size_t p = 0;
    std::size_t norm = 0;
    for (const LayerSpec& layer : spec_.layers) norm += layer.bias ? 2 : 1;
    for (std::size_t n = 0; n < graph_.size(); ++n) {
      const NodeSpec& node = graph_[NodeId(n)];
      if (node.kind == NodeKind::softmax) break;
      Values values;
      for (std::uint32_t r = 0; r < dataset_.size(); ++r) values.push_back(compute(n, r, outputs, parameters, p));
      if (node.kind == NodeKind::batch_norm) {
        normalise(n, parameters[norm], parameters[norm + 1], values);
        norm += 2;
      }
      if (node.layer) p += spec_.layers[*node.layer].bias ? 2 : 1;
      finish(n, values);
      outputs.push_back(std::move(values));
    }
    double sum = 0.0;
    for (std::uint32_t r = 0; r < dataset_.size(); ++r) {
      double shares = 0.0;
      for (const double y : outputs.back()[r]) shares += std::exp(y);
      sum += std::log(shares) - outputs.back()[r][dataset_.labels[r]];
    }
    return sum / static_cast<double>(dataset_.size());
  }

 private:
  [[nodiscard]] Values kept(const Dropout& dropout, std::uint64_t step, const ImageShape& shape) const {
    // The trainer draws in its own order of values, channel-last.
    Values rows;
    const std::size_t places = std::size_t{shape.width} * shape.height;
    for (std::uint32_t r = 0; r < dataset_.size(); ++r) {
      std::vector<float> ones(shape.size(), 1.0F);
      dropout.apply(step, r, ones.size(), ones.data());
      Plane planes(ones.size());
      for (std::size_t k = 0; k < ones.size(); ++k) {
        planes[k % shape.channels * places + k / shape.channels] = static_cast<double>(ones[k]);
      }
      rows.push_back(std::move(planes));
    }
    return rows;
  }

  [[nodiscard]] Plane compute(std::size_t n, std::uint32_t r, const std::vector<Values>& outputs,
                              const std::vector<Plane>& parameters, std::size_t p) const {
    const NodeSpec& node = graph_[NodeId(n)];
    Plane result;
    if (node.kind == NodeKind::input) {
      for (std::size_t i = 0; i < dataset_.image_size(); ++i) result.push_back(dataset_.image(r)[i] / 255.0);
      return result;
    }
    const Plane& input = outputs[node.inputs.front().value()][r];
    switch (node.kind) {
      case NodeKind::dense: {
        const LayerSpec& layer = spec_.layers[*node.layer];
        result = layer.bias ? parameters[p + 1] : Plane(layer.outputs, 0.0);
        for (std::size_t j = 0; j < result.size(); ++j) {
          for (std::size_t i = 0; i < input.size(); ++i) result[j] += input[i] * parameters[p][j * input.size() + i];
        }
        return result;
      }
      case NodeKind::conv2d:
        return convolved(n, input, parameters, p);
      case NodeKind::max_pool:
      case NodeKind::mean_pool:
        return pooled(n, input);
      case NodeKind::add:
        result.assign(input.size(), 0.0);
        for (const NodeId from : node.inputs) {
          for (std::size_t i = 0; i < result.size(); ++i) result[i] += outputs[from.value()][r][i];
        }
        return result;
      case NodeKind::concat:
        for (const NodeId from : node.inputs) {
          result.insert(result.end(), outputs[from.value()][r].begin(), outputs[from.value()][r].end());
        }
        return result;
      default:
        return input;
    }
  }

  template <class Visit>
  void for_each_in_window(std::size_t n, std::uint32_t y, std::uint32_t x, const WindowSpec& window,
                          const Visit& visit) const {
    const ImageShape& in = shapes_[graph_[NodeId(n)].inputs.front()];
    for (std::uint32_t k = 0; k < window.size * window.size; ++k) {
      const auto row = static_cast<int>(y * window.stride + k / window.size) - static_cast<int>(window.padding);
      const auto column = static_cast<int>(x * window.stride + k % window.size) - static_cast<int>(window.padding);
      if (row < 0 || column < 0 || row >= static_cast<int>(in.height) || column >= static_cast<int>(in.width)) continue;
      visit(k, static_cast<std::size_t>(row) * in.width + static_cast<std::size_t>(column));
    }
  }

  [[nodiscard]] Plane convolved(std::size_t n, const Plane& input, const std::vector<Plane>& parameters,
                                std::size_t p) const {
    const NodeSpec& node = graph_[NodeId(n)];
    const LayerSpec& layer = spec_.layers[*node.layer];
    const ImageShape& in = shapes_[node.inputs.front()];
    const ImageShape& out = shapes_[NodeId(n)];
    const std::uint32_t groups = layer.convolution->groups;
    const std::uint32_t channels = in.channels / groups;
    const WindowSpec& window = layer.convolution->window;
    const std::size_t row = std::size_t{channels} * window.size * window.size;
    Plane result;
    for (std::uint32_t j = 0; j < out.channels; ++j) {
      for (std::uint32_t at = 0; at < out.width * out.height; ++at) {
        double sum = layer.bias ? parameters[p + 1][j] : 0.0;
        for_each_in_window(n, at / out.width, at % out.width, window, [&](std::uint32_t k, std::size_t from) {
          for (std::uint32_t c = 0; c < channels; ++c) {
            const std::size_t plane = j / (out.channels / groups) * channels + c;
            sum +=
                input[plane * in.width * in.height + from] * parameters[p][j * row + c * window.size * window.size + k];
          }
        });
        result.push_back(sum);
      }
    }
    return result;
  }

  [[nodiscard]] Plane pooled(std::size_t n, const Plane& input) const {
    const NodeSpec& node = graph_[NodeId(n)];
    const ImageShape& in = shapes_[node.inputs.front()];
    const ImageShape& out = shapes_[NodeId(n)];
    Plane result;
    for (std::uint32_t c = 0; c < out.channels; ++c) {
      for (std::uint32_t at = 0; at < out.width * out.height; ++at) {
        double sum = 0.0;
        double largest = -std::numeric_limits<double>::infinity();
        int count = 0;
        for_each_in_window(n, at / out.width, at % out.width, node.window, [&](std::uint32_t, std::size_t from) {
          const double value = input[c * in.width * in.height + from];
          sum += value;
          largest = std::max(largest, value);
          ++count;
        });
        result.push_back(node.kind == NodeKind::max_pool ? largest : sum / count);
      }
    }
    return result;
  }

  void normalise(std::size_t n, const Plane& scale, const Plane& shift, Values& values) const {
    const ImageShape& shape = shapes_[NodeId(n)];
    const std::size_t places = std::size_t{shape.width} * shape.height;
    for (std::uint32_t c = 0; c < shape.channels; ++c) {
      double sum = 0.0;
      double squares = 0.0;
      for (const Plane& plane : values) {
        for (std::size_t i = c * places; i < (c + 1) * places; ++i) sum += plane[i];
      }
      const double mean = sum / static_cast<double>(places * values.size());
      for (const Plane& plane : values) {
        for (std::size_t i = c * places; i < (c + 1) * places; ++i) squares += (plane[i] - mean) * (plane[i] - mean);
      }
      const double variance = squares / static_cast<double>(places * values.size());
      const double factor = scale[c] / std::sqrt(variance + graph_[NodeId(n)].epsilon);
      for (Plane& plane : values) {
        for (std::size_t i = c * places; i < (c + 1) * places; ++i) plane[i] = (plane[i] - mean) * factor + shift[c];
      }
    }
  }

  void finish(std::size_t n, Values& values) const {
    const NodeSpec& node = graph_[NodeId(n)];
    const Activation activation = node.layer ? spec_.layers[*node.layer].activation : node.activation;
    for (std::size_t r = 0; r < values.size(); ++r) {
      for (std::size_t i = 0; i < values[r].size(); ++i) {
        if (activation == Activation::relu) values[r][i] = std::max(values[r][i], 0.0);
        values[r][i] *= kept_[n][r][i];
      }
    }
  }

  const NetworkSpec& spec_;
  IdVector<NodeId, NodeSpec> graph_;
  IdVector<NodeId, ImageShape> shapes_;
  const Dataset& dataset_;
  std::vector<Values> kept_;  // by node
};

}  // namespace crossloom::test
