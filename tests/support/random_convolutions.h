// Small spiking networks of convolutions and mean pools with random kernels, on a chip that can hold them.
#pragma once

#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/random.h"
#include "models/chip_spec.h"
#include "models/network.h"
#include "models/spiking_network.h"
#include "models/unfolding.h"

namespace crossloom::test {

/// Arrays of 16 x 16, 40 neuron circuits a tile of 2 crossbars, groups of 12 tiles.
inline ChipSpec convolution_chip() {
  ChipSpec chip;
  chip.name = "test chip";
  chip.clock = 200_MHz;
  chip.device.minimum_conductance = 1_uS;
  chip.device.maximum_conductance = 16_uS;
  chip.crossbar.rows = chip.crossbar.columns = 16;
  chip.crossbar.read_voltage = 1_V;
  chip.crossbar.read_time = 10_ns;
  chip.tile.crossbars = 2;
  chip.tile.neurons = 40;
  chip.tile_group.tiles = 12;
  chip.interconnect.tiles_per_router = 2;
  return chip;
}

struct ConvolutionOptions {
  std::string layers;  ///< as in a network's YAML
  std::string input = "width: 7, height: 6, channels: 2";
  double density = 1.0;  ///< share of live kernel weights; below 1 each kernel has two blocks of channels
  std::uint64_t seed = 1;
  std::uint32_t steps = 10;
};

inline Network random_convolution_network(const ConvolutionOptions& options) {
  ConfigDocument document =
      ConfigDocument::from_text("name: n\ninput: {" + options.input + "}\nlayers:\n" + options.layers, "net.yaml");
  Network network = make_network(read_network_spec(document.root()));
  document.finish();
  RandomStream random(RandomKey(options.seed).child("kernels"));
  for (Layer& layer : network.layers) {
    const Matrix& weights = layer.weights;
    for (float& weight : layer.weights.values) weight = static_cast<float>(random.normal() + 0.15);
    for (float& bias : layer.bias) bias = static_cast<float>(0.5 * random.normal());
    if (options.density >= 1.0 || weights.columns < 2) continue;
    layer.live.assign(weights.values.size(), 0);
    layer.blocks.resize(2);
    for (std::uint32_t i = 0; i < weights.rows; ++i) {
      for (Block& block : layer.blocks) block.rows.push_back(i);
      for (std::uint32_t j = 0; j < weights.columns; ++j) {
        if (i == 0) layer.blocks[j % 2].columns.push_back(j);
        const bool live = random.uniform() < options.density;
        layer.live[std::size_t{i} * weights.columns + j] = live ? 1 : 0;
        if (!live) layer.weights.at(i, j) = 0.0F;
      }
    }
  }
  return network;
}

inline SpikingNetwork random_convolutions(const ConvolutionOptions& options, const ChipSpec& chip) {
  const Network chain = unfold(random_convolution_network(options), {chip.crossbar.rows, chip.crossbar.columns});
  SpikingSpec spec;
  spec.steps = options.steps;
  std::vector<double> scales;
  for (const Layer& layer : chain.layers) {
    // About what a neuron's inputs add up to, so that every layer spikes now and then.
    double sum = 0.0;
    for (const float weight : layer.weights.values) sum += std::abs(static_cast<double>(weight));
    const double previous = scales.empty() ? 1.0 : scales.back();
    scales.push_back(previous * 0.2 * sum / layer.weights.columns);
  }
  return convert(chain, scales, spec, chip.device, chip.crossbar);
}

/// Strides, padding, several channels, biases, groups, pools and a dense end.
inline const std::vector<std::string>& convolution_layers() {
  static const std::vector<std::string> layers = {
      "  - {name: first, conv2d: {outputs: 5, kernel: 3, padding: 1, bias: true, activation: relu}}\n"
      "  - {name: pool, mean_pool: {size: 2}}\n"
      "  - {name: second, conv2d: {outputs: 6, kernel: 2, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n",
      "  - {name: first, conv2d: {outputs: 4, kernel: 5, stride: 2, padding: 2, activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 20, kernel: 3, padding: 1, groups: 2, bias: true, activation: relu}}\n"
      "  - {name: pool, mean_pool: {size: 3, stride: 2, padding: 1}}\n"
      "  - {name: hidden, dense: {outputs: 9, bias: true, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 3, activation: none}}\n",
      "  - {name: pool, mean_pool: {size: 2, stride: 1}}\n"
      "  - {name: only, conv2d: {outputs: 3, kernel: 2, stride: 2, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 3, bias: true, activation: none}}\n"};
  return layers;
}

}  // namespace crossloom::test
