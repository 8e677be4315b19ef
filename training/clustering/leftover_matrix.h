// The ones that no cluster has taken yet, readable by row and by column. Private to clustering.
#pragma once

#include <cstdint>
#include <vector>

#include "models/binary_matrix.h"
#include "models/network.h"

namespace crossloom {

/// One direction of a shrinking sparse matrix: the neighbours of each line (row or column), ascending.
class ShrinkingLines {
 public:
  explicit ShrinkingLines(const BinaryMatrix& by_line);
  [[nodiscard]] std::uint32_t lines() const { return static_cast<std::uint32_t>(end_.size()); }
  [[nodiscard]] std::uint32_t degree(std::uint32_t line) const {
    return static_cast<std::uint32_t>(end_[line] - begin_[line]);
  }
  [[nodiscard]] const std::uint32_t* begin(std::uint32_t line) const { return neighbours_.data() + begin_[line]; }
  [[nodiscard]] const std::uint32_t* end(std::uint32_t line) const { return neighbours_.data() + end_[line]; }
  /// Removes the marked neighbours of a line; returns how many.
  std::uint32_t remove(std::uint32_t line, const std::vector<std::uint8_t>& marked);
  /// Lines that have neighbours.
  [[nodiscard]] std::uint32_t live() const { return live_; }

 private:
  std::vector<std::uint64_t> begin_, end_;
  std::vector<std::uint32_t> neighbours_;
  std::uint32_t live_ = 0;
};

class LeftoverMatrix {
 public:
  explicit LeftoverMatrix(const BinaryMatrix& matrix)
      : rows_(matrix), columns_(transposed(matrix)), ones_(matrix.ones()) {}
  [[nodiscard]] const ShrinkingLines& rows() const { return rows_; }
  [[nodiscard]] const ShrinkingLines& columns() const { return columns_; }
  [[nodiscard]] std::uint64_t ones() const { return ones_; }
  /// Ones over the cells of the rows and columns that have any; 0 where nothing is left.
  [[nodiscard]] double density() const;
  /// Takes the ones of a rectangle away; returns how many there were.
  std::uint64_t take(const Block& block);

 private:
  ShrinkingLines rows_, columns_;
  std::uint64_t ones_;
};

}  // namespace crossloom
