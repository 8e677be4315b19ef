// Small random networks in fixed point: every kind of node, signed and unsigned inputs, masks and blocks.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/bit_serial/fixed_point_network.h"
#include "tests/support/random_convolutions.h"

namespace crossloom::test {

inline std::vector<std::uint8_t> random_pixels(std::size_t count, std::uint64_t seed) {
  RandomStream random(RandomKey(seed).child("pixels"));
  std::vector<std::uint8_t> pixels;
  for (std::size_t k = 0; k < count; ++k) {
    pixels.push_back(static_cast<std::uint8_t>(random.below(4) == 0 ? 0 : random.below(256)));
  }
  return pixels;
}

/// Largest absolute output of every node over some random images; of the input: 1.
inline std::vector<double> largest_outputs(const Network& network, std::uint64_t seed) {
  std::vector<double> largest{1.0};
  for (std::uint64_t n = 0; n < 4; ++n) {
    std::vector<float> image;
    for (const std::uint8_t pixel : random_pixels(network.spec.input.size(), seed + n)) {
      image.push_back(static_cast<float>(pixel) / 255.0F);
    }
    const auto outputs = forward(network, image);
    largest.resize(outputs.size() + 1, 1e-3);
    for (std::size_t node = 0; node < outputs.size(); ++node) {
      for (const float value : outputs[node]) {
        largest[node + 1] = std::max(largest[node + 1], std::abs(static_cast<double>(value)));
      }
    }
  }
  return largest;
}

inline Network random_float_network(const ConvolutionOptions& options) {
  Network network = random_convolution_network(options);
  RandomStream random(RandomKey(options.seed).child("norms"));
  for (BatchNorm& norm : network.batch_norms) {
    for (float& value : norm.scale) value = static_cast<float>(0.5 + random.uniform());
    for (float& value : norm.variance) value = static_cast<float>(0.5 + random.uniform());
  }
  return fold_batch_norm(network);
}

inline FixedPointNetwork random_fixed_point_network(const ConvolutionOptions& options, const FixedPointSpec& spec) {
  const Network network = random_float_network(options);
  return to_fixed_point(network, largest_outputs(network, options.seed), spec);
}

/// The same of 8 bits.
inline FixedPointNetwork eight_bit_network(const std::string& layers, double density = 1.0,
                                           const std::string& input = "width: 7, height: 6, channels: 2") {
  ConvolutionOptions options;
  options.layers = layers;
  options.density = density;
  options.input = input;
  FixedPointSpec spec;
  spec.weight_bits = spec.activation_bits = 8;
  return random_fixed_point_network(options, spec);
}
inline FixedPointNetwork eight_bit_network(const std::string& layers, const std::string& input) {
  return eight_bit_network(layers, 1.0, input);
}

/// Between them: padding, strides, groups, pools, residual sums, concatenation, signed and unsigned inputs, biases.
inline const std::vector<std::string>& fixed_point_layers() {
  static const std::vector<std::string> layers = {
      "  - {name: hidden, dense: {outputs: 9, bias: true, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n",
      "  - {name: first, conv2d: {outputs: 4, kernel: 5, stride: 2, padding: 2, activation: none}}\n"
      "  - {name: second, conv2d: {outputs: 6, kernel: 3, padding: 1, groups: 2, bias: true, activation: relu}}\n"
      "  - {name: pool, mean_pool: {size: 3, stride: 2, padding: 1}}\n"
      "  - {name: output, dense: {outputs: 3, bias: true, activation: none}}\n",
      "  - {name: first, conv2d: {outputs: 4, kernel: 3, padding: 1, activation: none}}\n"
      "  - {name: norm, batch_norm: {activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: true, activation: none}}\n"
      "  - {name: shortcut, from: norm, conv2d: {outputs: 4, kernel: 1, stride: 2, activation: none}}\n"
      "  - {name: sum, from: [second, shortcut], add: {activation: none}}\n"
      "  - {name: small, from: sum, max_pool: {size: 2, stride: 1, padding: 1}}\n"
      "  - {name: wide, from: sum, mean_pool: {size: 2, stride: 1, padding: 1}}\n"
      "  - {name: both, from: [small, wide], concat: {}}\n"
      "  - {name: cut, activation: relu}\n"
      "  - {name: line, flatten: {}}\n"
      "  - {name: output, dense: {outputs: 3, activation: none}}\n"
      "  - {name: shares, softmax: {}}\n"};
  return layers;
}

}  // namespace crossloom::test
