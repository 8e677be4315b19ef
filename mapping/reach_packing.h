// Which banks share an analog reach. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "models/chip_spec.h"
#include "models/network.h"

namespace crossloom {

/// One analog reach: the tiles among which row parts may be spread.
struct Reach {
  std::uint32_t tiles = 0;
  std::uint32_t crossbars_per_tile = 0;
  [[nodiscard]] std::uint32_t capacity() const { return tiles * crossbars_per_tile; }
};
Reach reach_of(const ChipSpec& chip);

/// Banks (indices, ascending) of each reach in use, and the tiles that each takes.
struct Packing {
  std::vector<std::vector<std::uint32_t>> reaches;
  std::vector<std::uint32_t> tiles;
  [[nodiscard]] std::uint32_t all_tiles() const;
  /// Tiles of a fixed-size chip that would do: groups are whole, and only the last one of a chip may have fewer tiles.
  [[nodiscard]] std::uint32_t chip_tiles(const ChipSpec& chip) const;
};

/// Packings worth comparing, for banks of these layers and sizes (slots, each at most a reach's capacity). Banks that
/// share arrays count as one here, of the layer of the first.
///   1. the fewest tiles, then the fewest packets, then the fewest reaches: exact, where banks of one layer and size
///   are
///      alike and their kinds few enough; left out otherwise;
///   2. the fewest reaches, then tiles, then packets: likewise, on a chip of fixed size only;
///   3. reach after reach the subset of waiting banks that wastes the smallest share of whole tiles;
///   4. reach after reach the fullest subset.
std::vector<Packing> candidate_packings(const std::vector<LayerId>& layers, const std::vector<std::uint32_t>& sizes,
                                        const ChipSpec& chip);

}  // namespace crossloom
