#include "training/clustering/leftover_matrix.h"

#include <algorithm>

namespace crossloom {
namespace {

std::vector<std::uint8_t> marks_of(const std::vector<std::uint32_t>& lines, std::uint32_t count) {
  std::vector<std::uint8_t> marked(count, 0);
  for (const std::uint32_t line : lines) marked[line] = 1;
  return marked;
}

}  // namespace

ShrinkingLines::ShrinkingLines(const BinaryMatrix& by_line)
    : begin_(by_line.row_begin.begin(), by_line.row_begin.end() - 1),
      end_(by_line.row_begin.begin() + 1, by_line.row_begin.end()),
      neighbours_(by_line.column_of) {
  for (std::uint32_t line = 0; line < lines(); ++line) live_ += degree(line) > 0 ? 1 : 0;
}

std::uint32_t ShrinkingLines::remove(std::uint32_t line, const std::vector<std::uint8_t>& marked) {
  if (degree(line) == 0) return 0;
  const auto first = neighbours_.begin() + static_cast<std::ptrdiff_t>(begin_[line]);
  const auto last = neighbours_.begin() + static_cast<std::ptrdiff_t>(end_[line]);
  const auto kept = std::remove_if(first, last, [&](std::uint32_t neighbour) { return marked[neighbour] != 0; });
  const auto removed = static_cast<std::uint32_t>(last - kept);
  end_[line] -= removed;
  if (degree(line) == 0) --live_;
  return removed;
}

double LeftoverMatrix::density() const {
  if (ones_ == 0) return 0.0;
  return static_cast<double>(ones_) / (static_cast<double>(rows_.live()) * static_cast<double>(columns_.live()));
}

std::uint64_t LeftoverMatrix::take(const Block& block) {
  const std::vector<std::uint8_t> in_rows = marks_of(block.rows, rows_.lines());
  const std::vector<std::uint8_t> in_columns = marks_of(block.columns, columns_.lines());
  std::uint64_t taken = 0;
  for (const std::uint32_t row : block.rows) taken += rows_.remove(row, in_columns);
  for (const std::uint32_t column : block.columns) columns_.remove(column, in_rows);
  ones_ -= taken;
  return taken;
}

}  // namespace crossloom
