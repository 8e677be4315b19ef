// What the tiles' buffers must hold, counted while things are put into tiles.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

/// A tile keeps, of each node that it reads, the positions without which nodes would wait for each other
/// (least_depths), and of each channel that it makes `kPositionsKept` positions until they are sent (the timed run does
/// the same).
class BufferBudget {
 public:
  static constexpr std::uint64_t kPositionsKept = 2;
  BufferBudget(const FixedPointNetwork& network, const BitSerialChipSpec& chip)
      : network_(network), capacity_(chip.tile.buffer_bits), least_(least_depths(network)) {}

  /// What a reader needs at one of its inputs.
  struct Need {
    NodeId source;
    std::uint32_t depth = 0;
    std::vector<std::uint32_t> channels;
  };
  [[nodiscard]] Need need_of(NodeId reader, std::size_t input, std::vector<std::uint32_t> channels) const {
    return {input_of(network_, reader, input).source, least_[reader][input], std::move(channels)};
  }
  /// Bits that channels made at a tile take there.
  [[nodiscard]] std::uint64_t made_bits(NodeId node, std::uint64_t channels) const {
    return kPositionsKept * channels * network_.nodes[node].format.bits;
  }

  /// Bits more that a tile would have to hold.
  [[nodiscard]] std::uint64_t more(std::uint32_t tile, const Need& need) const;
  void add(std::uint32_t tile, const Need& need);
  void add_bits(std::uint32_t tile, std::uint64_t bits) { at(tile).bits += bits; }
  [[nodiscard]] std::uint64_t held(std::uint32_t tile) const { return tile < tiles_.size() ? tiles_[tile].bits : 0; }
  [[nodiscard]] bool has_room(std::uint32_t tile, std::uint64_t bits) const { return held(tile) + bits <= capacity_; }
  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }

 private:
  struct Kept {
    std::uint32_t depth = 0;
    std::uint64_t count = 0;
    std::vector<std::uint8_t> channels;
  };
  struct Tile {
    std::uint64_t bits = 0;
    std::map<std::uint32_t, Kept> kept;  ///< by node
  };
  Tile& at(std::uint32_t tile) {
    if (tile >= tiles_.size()) tiles_.resize(tile + 1);
    return tiles_[tile];
  }
  const FixedPointNetwork& network_;
  std::uint64_t capacity_;
  IdVector<NodeId, std::vector<std::uint32_t>> least_;
  std::vector<Tile> tiles_;
};

}  // namespace crossloom
