// Which blocks share an array when blocks of one array may share neither wordlines nor columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/array_size.h"

namespace crossloom {

/// A block as sharing sees it. An array takes blocks whose rows, columns and companions add up to no more than its own.
struct SharableBlock {
  std::uint32_t rows = 1, columns = 1;  ///< each at least 1
  /// Whole arrays that must lie where this block's array lies (the other row parts of its neurons).
  std::uint32_t companions = 0;
};
struct SharingLimit {
  ArraySize array;
  std::uint32_t companions = 0;  ///< for all blocks of one array together
};

/// Groups of indices, each ascending, in order of their first index; every block is in exactly one. Vector bin packing:
/// the best of several greedy orders and of dot products (Panigrahy et al., "Heuristics for vector bin packing", 2011),
/// then branch and bound where blocks are few (at most 24; exact unless it looks at more than 200,000 states). Blocks
/// of one size are taken many at once, so 100,000 blocks take well under a second. Deterministic. Throws Bug for a
/// block larger than the limit.
std::vector<std::vector<std::size_t>> share_arrays(const std::vector<SharableBlock>& blocks, const SharingLimit& limit);

/// The same without companions: ArraySize is the size of a block here.
std::vector<std::vector<std::size_t>> share_arrays(const std::vector<ArraySize>& blocks, ArraySize array);

/// No packing takes fewer arrays: what rows and columns add up to, and blocks of which no two fit one array.
std::size_t fewest_shared_arrays(const std::vector<ArraySize>& blocks, ArraySize array);

}  // namespace crossloom
