// Scattered live weights covered by arrays.
#pragma once

#include <cstddef>
#include <vector>

#include "models/array_size.h"
#include "models/binary_matrix.h"
#include "models/network.h"

namespace crossloom {

/// What is counted: arrays that blocks may share (block_sharing.h), or one array a block.
enum class CoverMeasure { shared_arrays, blocks };

/// Blocks of at most the array's size of which exactly one holds each live weight; their rows and columns are only
/// those with a live weight in the block. Stripes of like columns (then of like rows), improved by moves and swaps, are
/// compared with the boxes of a plain grid, and whatever counts least is returned: never more blocks, and so never more
/// arrays, than the grid has boxes with a live weight. Deterministic.
std::vector<Block> cover_leftovers(const BinaryMatrix& cells, ArraySize array,
                                   CoverMeasure measure = CoverMeasure::shared_arrays);

/// Boxes of a plain grid over the whole matrix that hold a live weight.
std::size_t grid_boxes(const BinaryMatrix& cells, ArraySize array);

}  // namespace crossloom
