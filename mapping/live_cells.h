// The live weights of a matrix, stored sparse, as the packing algorithms read them.
#pragma once

#include <cstdint>
#include <vector>

namespace crossloom {

/// Row i's live columns are column_of[row_begin[i] .. row_begin[i + 1]), ascending. Rows = inputs, columns = outputs.
struct LiveCells {
  std::uint32_t rows = 0, columns = 0;
  std::vector<std::uint64_t> row_begin;  ///< rows + 1
  std::vector<std::uint32_t> column_of;

  struct Range {
    const std::uint32_t *first, *last;
    [[nodiscard]] const std::uint32_t* begin() const { return first; }
    [[nodiscard]] const std::uint32_t* end() const { return last; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(last - first); }
  };
  [[nodiscard]] Range row(std::uint32_t i) const {
    return {column_of.data() + row_begin[i], column_of.data() + row_begin[i + 1U]};
  }
};

/// From one byte a cell, row-major; not 0 = live, no bytes = all live.
LiveCells live_cells(std::uint32_t rows, std::uint32_t columns, const std::vector<std::uint8_t>& live);
/// Rows become columns.
LiveCells transposed(const LiveCells& cells);

}  // namespace crossloom
