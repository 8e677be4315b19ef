// Random spiking layers and a plain grid mapping of them, for tests of programmed cells and cost.
#pragma once

#include <algorithm>

#include "base/random.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom::test {

/// Weights uniform in [-limit, limit].
inline SpikingLayer random_layer(std::uint32_t inputs, std::uint32_t outputs, std::int32_t limit, std::uint64_t seed) {
  SpikingLayer layer;
  layer.name = "layer";
  layer.inputs = inputs;
  layer.outputs = outputs;
  RandomStream stream(RandomKey(seed).child("weights"));
  for (std::size_t i = 0; i < std::size_t{inputs} * outputs; ++i) {
    const auto draw = static_cast<std::int32_t>(stream.below(2U * static_cast<std::uint32_t>(limit) + 1U));
    layer.weights.push_back(static_cast<std::int16_t>(draw - limit));
  }
  layer.live.assign(layer.weights.size(), 1);
  return layer;
}

inline SpikingNetwork network_of(std::vector<SpikingLayer> layers) {
  SpikingNetwork network;
  for (SpikingLayer& layer : layers) network.layers.push_back(std::move(layer));
  return network;
}

inline std::vector<std::uint32_t> range_of(std::uint32_t first, std::uint32_t last) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = first; i < last; ++i) numbers.push_back(i);
  return numbers;
}

/// Cuts every layer into blocks of at most the crossbar's size, a crossbar each, tiles filled one after another.
inline MappedNetwork grid_mapping(const SpikingNetwork& network, const ChipSpec& chip) {
  MappedNetwork mapped;
  mapped.input_rows_per_crossbar = chip.crossbar.rows;
  mapped.columns_per_crossbar = chip.crossbar.columns;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const SpikingLayer& layer = network.layers[LayerId(l)];
    for (std::uint32_t column = 0; column < layer.outputs; column += chip.crossbar.columns) {
      NeuronBank bank;
      bank.layer = LayerId(l);
      bank.neurons = range_of(column, std::min(layer.outputs, column + chip.crossbar.columns));
      const NeuronBankId bank_id = mapped.banks.next_id();
      for (std::uint32_t row = 0; row < layer.rows(); row += chip.crossbar.rows) {
        if (mapped.tiles.empty() || mapped.tiles.raw().back().crossbars.size() == chip.tile.crossbars) {
          mapped.tiles.push_back({});
        }
        const TileId tile(mapped.tiles.size() - 1);
        MappedCrossbar crossbar;
        crossbar.tile = tile;
        crossbar.parts.push_back(
            {LayerId(l), 0, 0, range_of(row, std::min(layer.rows(), row + chip.crossbar.rows)), bank.neurons, bank_id});
        const CrossbarId id = mapped.crossbars.push_back(crossbar);
        mapped.tiles[tile].crossbars.push_back(id);
        bank.row_parts.push_back({id, 0});
      }
      bank.home = TileId(mapped.tiles.size() - 1);
      mapped.tiles[bank.home].banks.push_back(bank_id);
      mapped.banks.push_back(bank);
    }
  }
  mapped.mesh_width = 2;
  mapped.mesh_height = 1;
  return mapped;
}

}  // namespace crossloom::test
