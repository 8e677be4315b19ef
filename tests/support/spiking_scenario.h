// A small random spiking network on a small chip, mapped and programmed: what simulation tests start from.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "mapping/mapper.h"
#include "models/chip_spec.h"
#include "models/encoding.h"
#include "models/functional_run.h"
#include "models/legality.h"
#include "models/programmed_chip.h"
#include "models/reference.h"
#include "models/spiking_network.h"
#include "sim/simulation.h"

namespace crossloom::test {

/// What a test wants; each test overrides what it is about.
struct ScenarioSpec {
  std::vector<std::uint32_t> layers{40, 30, 20, 5};  ///< inputs, then outputs of each layer
  std::uint32_t array_size = 16;
  std::uint32_t steps = 12;
  Reset reset = Reset::by_subtraction;
  Encoding encoding = Encoding::bernoulli;
  bool bias = false;
  bool floor_at_zero = false;
  std::uint32_t block_rows = 0, block_columns = 0;  ///< 0: one block a layer; else sparse blocks of this size
  double programming_error = 0.0;
  std::uint64_t seed = 1;
  std::function<void(ChipSpec&)> adjust_chip;
};

inline ChipSpec scenario_chip(const ScenarioSpec& spec) {
  ChipSpec chip;
  chip.name = "test chip";
  chip.clock = 200_MHz;
  chip.device.minimum_conductance = 1_uS;
  chip.device.maximum_conductance = 16_uS;
  chip.device.programming_error = spec.programming_error;
  chip.crossbar.rows = chip.crossbar.columns = spec.array_size;
  chip.crossbar.read_voltage = 1_V;
  chip.crossbar.read_time = 10_ns;
  chip.tile.neurons = 4 * spec.array_size;
  chip.tile_group.tiles = 8;
  chip.interconnect.tiles_per_router = 2;
  if (spec.adjust_chip) spec.adjust_chip(chip);
  return chip;
}

inline SpikingLayer scenario_layer(const ScenarioSpec& spec, std::uint32_t inputs, std::uint32_t outputs,
                                   RandomStream& random) {
  constexpr std::int32_t kLimit = 15;
  SpikingLayer layer;
  layer.name = "layer";
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.has_bias = spec.bias;
  const std::uint32_t block_rows = spec.block_rows == 0 ? layer.rows() : spec.block_rows;
  const std::uint32_t block_columns = spec.block_columns == 0 ? outputs : spec.block_columns;
  layer.weights.assign(std::size_t{layer.rows()} * outputs, 0);
  layer.live.assign(layer.weights.size(), 0);
  for (std::uint32_t row = 0; row < layer.rows(); row += block_rows) {
    for (std::uint32_t column = 0; column < outputs; column += block_columns) {
      if (spec.block_rows != 0 && random.below(3) == 0) continue;
      Block block;
      for (std::uint32_t i = row; i < std::min(layer.rows(), row + block_rows); ++i) block.rows.push_back(i);
      for (std::uint32_t j = column; j < std::min(outputs, column + block_columns); ++j) block.columns.push_back(j);
      for (const std::uint32_t i : block.rows) {
        for (const std::uint32_t j : block.columns) {
          const auto weight =
              static_cast<std::int16_t>(static_cast<std::int32_t>(random.below(2 * kLimit + 1)) - kLimit);
          layer.weights[std::size_t{i} * outputs + j] = weight;
          layer.live[std::size_t{i} * outputs + j] = i < inputs || weight != 0 ? 1 : 0;
        }
      }
      layer.blocks.push_back(std::move(block));
    }
  }
  layer.threshold = std::max(1, static_cast<std::int32_t>(3.0 * std::sqrt(static_cast<double>(inputs))));
  layer.level_weight = 1.0;
  return layer;
}

/// Holds everything that simulate() needs.
class Scenario {
 public:
  explicit Scenario(const ScenarioSpec& spec = {})
      : chip(scenario_chip(spec)),
        network(make_network_of(spec)),
        mapped(map_network(network, chip, MappingSpec{Placement::in_order}, RandomKey(spec.seed)).mapped),
        programmed(ProgrammedChip::program(mapped, network, chip, RandomKey(spec.seed).child("program"))),
        encoder(network.spec, RandomKey(spec.seed).child("encode")),
        seed_(spec.seed) {}

  [[nodiscard]] std::vector<std::uint8_t> pixels(std::uint32_t image) const {
    RandomStream random(RandomKey(seed_).child("pixels").child(image));
    std::vector<std::uint8_t> values(network.input.size());
    for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random.below(256));
    return values;
  }
  SimulationResult simulate_images(const std::vector<std::uint32_t>& images, const SimulationOptions& options,
                                   const PlantedFaults& faults = {}) const {
    std::vector<std::vector<std::uint8_t>> data;
    std::vector<StimulusImage> stimulus;
    for (const std::uint32_t image : images) data.push_back(pixels(image));
    for (std::size_t k = 0; k < images.size(); ++k) stimulus.push_back({images[k], data[k].data()});
    return simulate(mapped, network, programmed, chip, encoder, stimulus, options, faults);
  }
  [[nodiscard]] ReferenceRun reference(std::uint32_t image) const {
    return run_reference(network, encoder, image, pixels(image).data());
  }

  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
  SpikeEncoder encoder;

 private:
  static SpikingNetwork make_network_of(const ScenarioSpec& spec) {
    SpikingNetwork network;
    network.spec.steps = spec.steps;
    network.spec.reset = spec.reset;
    network.spec.encoding = spec.encoding;
    network.spec.membrane_floor_at_zero = spec.floor_at_zero;
    network.input = {spec.layers[0], 1, 1};
    RandomStream random(RandomKey(spec.seed).child("weights"));
    for (std::size_t l = 1; l < spec.layers.size(); ++l) {
      network.layers.push_back(scenario_layer(spec, spec.layers[l - 1], spec.layers[l], random));
    }
    return network;
  }
  std::uint64_t seed_;
};

}  // namespace crossloom::test
