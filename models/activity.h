// Integer counts of what happened, per tile and layer; cost is multiplied afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/id.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/programmed_chip.h"

namespace crossloom {

struct ActivityCounts {
  std::array<std::uint64_t, kActions> actions{};
  Zeptojoules array_energy = 0;
  std::uint64_t array_drives = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_saved = 0;  ///< all zero, so never sent
  void count(Action action, std::uint64_t times = 1) { actions[static_cast<std::size_t>(action)] += times; }
  /// Throws UserError where a sum leaves 64 bits (array energy: 18 mJ), so that no total is ever wrong.
  ActivityCounts& operator+=(const ActivityCounts& other);
  friend bool operator==(const ActivityCounts& a, const ActivityCounts& b);
};

/// Counts by (tile, layer). Network actions (router, link) are charged to the packet's destination tile and layer; the
/// host's and the global actions to the chip row.
struct Activity {
  std::uint32_t layers = 0;
  std::vector<ActivityCounts> by_tile_and_layer;  ///< [tile * layers + layer]
  ActivityCounts chip;                            ///< host, input memory, global control
  Activity() = default;
  Activity(std::size_t tiles, std::size_t layer_count)
      : layers(static_cast<std::uint32_t>(layer_count)), by_tile_and_layer(tiles * layer_count) {}
  [[nodiscard]] ActivityCounts& at(TileId tile, LayerId layer) {
    return by_tile_and_layer[std::size_t{tile.value()} * layers + layer.value()];
  }
  [[nodiscard]] const ActivityCounts& at(TileId tile, LayerId layer) const {
    return by_tile_and_layer[std::size_t{tile.value()} * layers + layer.value()];
  }
  /// Both of one mapping; a default-constructed Activity takes the other's shape.
  Activity& operator+=(const Activity& other);
  [[nodiscard]] ActivityCounts total() const;
};

}  // namespace crossloom
