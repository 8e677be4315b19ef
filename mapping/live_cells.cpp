#include "mapping/live_cells.h"

#include <cstddef>

namespace crossloom {

LiveCells live_cells(std::uint32_t rows, std::uint32_t columns, const std::vector<std::uint8_t>& live) {
  LiveCells cells{rows, columns, {0}, {}};
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      if (live.empty() || live[std::size_t{i} * columns + j] != 0) cells.column_of.push_back(j);
    }
    cells.row_begin.push_back(cells.column_of.size());
  }
  return cells;
}

LiveCells transposed(const LiveCells& cells) {
  LiveCells turned{cells.columns, cells.rows, std::vector<std::uint64_t>(cells.columns + std::size_t{1}, 0), {}};
  turned.column_of.resize(cells.column_of.size());
  for (const std::uint32_t j : cells.column_of) ++turned.row_begin[j + std::size_t{1}];
  for (std::size_t j = 0; j < cells.columns; ++j) turned.row_begin[j + 1] += turned.row_begin[j];
  std::vector<std::uint64_t> next(turned.row_begin.begin(), turned.row_begin.end() - 1);
  for (std::uint32_t i = 0; i < cells.rows; ++i) {
    for (const std::uint32_t j : cells.row(i)) turned.column_of[next[j]++] = i;
  }
  return turned;
}

}  // namespace crossloom
