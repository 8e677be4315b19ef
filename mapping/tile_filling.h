// Which arrays of one analog reach share a tile. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/message_count.h"

namespace crossloom {

using ArraysOfTiles = std::vector<std::vector<std::uint32_t>>;
struct TileFilling {
  ArraysOfTiles arrays;  ///< of each tile, ascending
  Messages messages;     ///< to all of them
};

/// Deals arrays to tiles of `per_tile` arrays so that few messages reach them. Two fillings are made: arrays in order,
/// and tile by tile, whole classes of arrays with the same inputs first and then whichever adds the fewest messages.
/// Of the best of these and `others`, arrays of different tiles are exchanged while that takes fewer, until none does
/// or `effort` input words were looked at. So it never takes more messages than arrays in order or than `others`.
TileFilling fill_tiles(const std::vector<ArrayInputs>& arrays, std::uint32_t tiles, std::uint32_t per_tile,
                       std::uint64_t effort, MessageCounter& counter, std::vector<ArraysOfTiles> others = {});

}  // namespace crossloom
