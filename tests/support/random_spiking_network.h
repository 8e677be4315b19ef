// Random spiking networks with masks, biases and several blocks, for equivalence and legality tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/spiking_network.h"

namespace crossloom::test {

struct RandomNetworkOptions {
  std::vector<std::uint32_t> sizes{20, 15, 4};  ///< inputs, then the outputs of each layer
  double density = 1.0;                         ///< share of live weights
  bool bias = false;
  bool several_blocks = false;  ///< three blocks, two of which share some columns with the third
  std::int32_t largest = 3;     ///< weights lie in [-largest, largest]
  std::uint64_t seed = 1;
};

inline std::vector<std::uint32_t> numbers_from_to(std::uint32_t first, std::uint32_t last) {
  std::vector<std::uint32_t> numbers(last - first);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

inline SpikingNetwork random_spiking_network(const RandomNetworkOptions& options) {
  SpikingNetwork network;
  network.input = {options.sizes.front(), 1, 1};
  network.spec.steps = 12;
  RandomStream random(RandomKey(options.seed).child("random network"));
  for (std::size_t l = 0; l + 1 < options.sizes.size(); ++l) {
    SpikingLayer layer;
    layer.name = "layer" + std::to_string(l);
    layer.inputs = options.sizes[l];
    layer.outputs = options.sizes[l + 1];
    layer.has_bias = options.bias;
    layer.level_weight = 0.1;
    for (std::size_t k = 0; k < std::size_t{layer.rows()} * layer.outputs; ++k) {
      const bool live = random.uniform() < options.density;
      const auto draw = static_cast<std::int32_t>(random.below(2 * static_cast<std::uint32_t>(options.largest) + 1));
      layer.live.push_back(live ? 1 : 0);
      layer.weights.push_back(static_cast<std::int16_t>(live ? draw - options.largest : 0));
    }
    layer.threshold = 1 + static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(2 * options.largest)));
    const std::uint32_t rows = layer.rows();
    if (options.several_blocks && rows > 1 && layer.outputs > 1) {
      const std::uint32_t row = 1 + random.below(rows - 1);
      const std::uint32_t column = 1 + random.below(layer.outputs - 1);
      layer.blocks = {{numbers_from_to(0, row), numbers_from_to(0, column)},
                      {numbers_from_to(0, row), numbers_from_to(column, layer.outputs)},
                      {numbers_from_to(row, rows), numbers_from_to(0, layer.outputs)}};
    } else {
      layer.blocks = {{numbers_from_to(0, rows), numbers_from_to(0, layer.outputs)}};
    }
    network.layers.push_back(std::move(layer));
  }
  return network;
}

inline std::vector<std::uint8_t> random_pixels(std::uint32_t count, std::uint64_t seed) {
  std::vector<std::uint8_t> pixels;
  RandomStream random(RandomKey(seed).child("random pixels"));
  for (std::uint32_t k = 0; k < count; ++k) {
    pixels.push_back(random.below(3) == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(random.below(256)));
  }
  return pixels;
}

}  // namespace crossloom::test
