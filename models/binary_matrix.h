// Which weights of a matrix are live, stored sparse, as clustering, packing and pictures read it.
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"

namespace crossloom {

/// A sparse matrix of zeros and ones. Rows = inputs, columns = outputs. Row i's ones are at the columns
/// column_of[row_begin[i] .. row_begin[i + 1]), ascending.
struct BinaryMatrix {
  std::uint32_t rows = 0, columns = 0;
  std::vector<std::uint64_t> row_begin;  ///< rows + 1
  std::vector<std::uint32_t> column_of;

  [[nodiscard]] std::uint64_t ones() const { return column_of.size(); }

  struct Range {
    const std::uint32_t *first, *last;
    [[nodiscard]] const std::uint32_t* begin() const { return first; }
    [[nodiscard]] const std::uint32_t* end() const { return last; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(last - first); }
  };
  /// The columns of row i's ones.
  [[nodiscard]] Range row(std::uint32_t i) const {
    return {column_of.data() + row_begin[i], column_of.data() + row_begin[i + 1U]};
  }
};

/// The live weights of a layer.
BinaryMatrix live_matrix(const Layer& layer);
/// From one byte a cell, row-major; not 0 = one; no bytes = all ones.
BinaryMatrix binary_matrix(const std::vector<std::uint8_t>& cells, std::uint32_t rows, std::uint32_t columns);
/// Rows become columns.
BinaryMatrix transposed(const BinaryMatrix& matrix);
/// The ones outside a rectangle.
BinaryMatrix without(const BinaryMatrix& matrix, const Block& block);

}  // namespace crossloom
