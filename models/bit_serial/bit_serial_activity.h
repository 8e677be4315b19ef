// Integer counts of what happened on a bit-serial chip, per tile and node; cost is multiplied afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/placed_network.h"
#include "models/network_spec.h"

namespace crossloom {

struct BitSerialCounts {
  std::array<std::uint64_t, kBitSerialActions> actions{};
  std::uint64_t array_zeptojoules = 0;  ///< dissipated in cells, 1e-21 J; 0 with `array.energy: constant`
  std::uint64_t clipped = 0;            ///< conversions that met the lowest or highest code from beyond
  void count(BitSerialAction action, std::uint64_t times = 1) { actions[static_cast<std::size_t>(action)] += times; }
  [[nodiscard]] std::uint64_t of(BitSerialAction action) const { return actions[static_cast<std::size_t>(action)]; }
  /// Throws UserError where a sum leaves 64 bits, so that no total is ever wrong.
  BitSerialCounts& operator+=(const BitSerialCounts& other);
  friend bool operator==(const BitSerialCounts& a, const BitSerialCounts& b) {
    return a.actions == b.actions && a.array_zeptojoules == b.array_zeptojoules && a.clipped == b.clipped;
  }
};

/// Counts by (tile, node). What moves between tiles (router, link, chip link) is charged to the destination tile and
/// to the node that made the values; what the host sends or gets, to the chip row.
struct BitSerialActivity {
  std::uint32_t nodes = 0;
  std::vector<BitSerialCounts> by_tile_and_node;  ///< [tile * nodes + node]
  BitSerialCounts chip;
  BitSerialActivity() = default;
  BitSerialActivity(std::size_t tiles, std::size_t node_count)
      : nodes(static_cast<std::uint32_t>(node_count)), by_tile_and_node(tiles * node_count) {}
  [[nodiscard]] BitSerialCounts& at(PlacedTileId tile, NodeId node) {
    return by_tile_and_node[std::size_t{tile.value()} * nodes + node.value()];
  }
  [[nodiscard]] const BitSerialCounts& at(PlacedTileId tile, NodeId node) const {
    return by_tile_and_node[std::size_t{tile.value()} * nodes + node.value()];
  }
  /// Both of one placement; a default-constructed one takes the other's shape.
  BitSerialActivity& operator+=(const BitSerialActivity& other);
  [[nodiscard]] BitSerialCounts total() const;
};

}  // namespace crossloom
