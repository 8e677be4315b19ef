// A layer's connectivity matrix before and after its rows and columns are put in the order of its blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/binary_matrix.h"
#include "models/network.h"

namespace crossloom {

/// The order of rows (or columns) in which the blocks show: block by block, the one with the most cells first, each
/// with the rows that no earlier one has; what is in no block comes last. One entry a row, the row at that place.
struct BlockOrder {
  std::vector<std::uint32_t> row_at, column_at;
};
BlockOrder block_order(std::uint32_t rows, std::uint32_t columns, const std::vector<Block>& blocks);

/// SVG with two pictures: `before` in the order of its rows and columns, `after` in the order of the blocks.
/// Connections within blocks are blue, others orange; where many share a pixel, the darker the denser. Pictures are
/// drawn with at most 400 x 400 pixels, so the file stays small for any matrix.
std::string connectivity_svg(const std::string& title, const BinaryMatrix& before, const BinaryMatrix& after,
                             const std::vector<Block>& blocks);

}  // namespace crossloom
