#include "mapping/counter_banks.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom {
namespace {

using Window = std::vector<std::uint32_t>;

std::vector<Window> windows_of(const SpikingLayer& layer) {
  std::vector<Window> windows(layer.outputs);
  for (std::uint32_t i = 0; i < layer.inputs; ++i) {
    for (std::uint32_t j = 0; j < layer.outputs; ++j) {
      if (layer.is_live(i, j)) windows[j].push_back(i);
    }
  }
  return windows;
}

void check_counts(const SpikingLayer& layer, const std::vector<Window>& windows) {
  for (std::uint32_t j = 0; j < layer.outputs; ++j) {
    const std::int64_t one = layer.weight(windows[j].front(), j);
    if (one > 0 && layer.threshold == one * static_cast<std::int64_t>(windows[j].size())) continue;
    throw UserError(
        fmt::format("layer {}: a counter fires when its window's {} inputs have spiked, but the threshold is {:.4g} "
                    "spikes; convert for counters (mapping.pooling: counters) with spiking.threshold_scale: 1, or use "
                    "mapping.pooling: arrays",
                    layer.name, windows[j].size(), static_cast<double>(layer.threshold) / static_cast<double>(one)));
  }
}

class FreeCounters {
 public:
  FreeCounters(const MappedNetwork& mapped, std::uint32_t per_tile) {
    for (const MappedTile& tile : mapped.tiles) {
      std::size_t taken = 0;
      for (const NeuronBankId bank : tile.banks) taken += mapped.banks[bank].windows.size();
      free_.push_back(per_tile - taken);
    }
  }
  /// The tile that holds most of the sources if it has a free counter, of equals the first; else the freest one.
  std::optional<TileId> take(const std::map<TileId, std::size_t>& sources) {
    std::optional<TileId> best;
    std::size_t most = 0;
    for (const auto& [tile, count] : sources) {
      if (free_[tile.value()] == 0 || count <= most) continue;
      best = tile;
      most = count;
    }
    if (!best) {
      const auto freest = std::max_element(free_.begin(), free_.end());
      if (*freest == 0) return std::nullopt;
      best = TileId(static_cast<std::size_t>(freest - free_.begin()));
    }
    --free_[best->value()];
    return best;
  }

 private:
  std::vector<std::size_t> free_;  // by tile
};

}  // namespace

void add_counter_banks(const SpikingNetwork& network, LayerId id, const ChipSpec& chip, MappedNetwork& mapped) {
  const SpikingLayer& layer = network.layers[id];
  const std::vector<Window> windows = windows_of(layer);
  check_counts(layer, windows);
  const std::vector<std::optional<TileId>> homes = id.value() == 0
                                                       ? std::vector<std::optional<TileId>>(layer.inputs)
                                                       : mapped.homes(LayerId(id.value() - 1U), layer.inputs);
  FreeCounters free(mapped, chip.tile.counters);
  std::map<TileId, std::vector<std::uint32_t>> neurons_of;
  for (std::uint32_t j = 0; j < layer.outputs; ++j) {
    std::map<TileId, std::size_t> sources;
    for (const std::uint32_t i : windows[j]) {
      if (homes[i]) ++sources[*homes[i]];
    }
    const std::optional<TileId> tile = free.take(sources);
    if (!tile) {
      std::size_t needed = layer.outputs;
      for (const NeuronBank& bank : mapped.banks) needed += bank.windows.size();
      throw DoesNotFit(fmt::format(
          "layer {} does not fit: {} pools are to be counted, but {} tiles have {} counters each. Would fit: "
          "tile.counters: {}, or mapping.pooling: arrays",
          layer.name, needed, mapped.tiles.size(), chip.tile.counters,
          (needed + mapped.tiles.size() - 1) / mapped.tiles.size()));
    }
    neurons_of[*tile].push_back(j);
  }
  for (const auto& [tile, neurons] : neurons_of) {
    for (std::size_t begin = 0; begin < neurons.size(); begin += chip.crossbar.columns) {
      NeuronBank bank;
      bank.layer = id;
      bank.home = tile;
      for (std::size_t k = begin; k < std::min<std::size_t>(neurons.size(), begin + chip.crossbar.columns); ++k) {
        bank.neurons.push_back(neurons[k]);
        bank.windows.push_back(windows[neurons[k]]);
      }
      mapped.tiles[tile].banks.push_back(mapped.banks.next_id());
      mapped.banks.push_back(std::move(bank));
    }
  }
}

}  // namespace crossloom
