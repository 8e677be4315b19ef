// Matrices with known blocks, and ways to shuffle them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/random.h"
#include "models/binary_matrix.h"
#include "training/clustering/clustering.h"

namespace crossloom::test {

/// The shared generator of planted matrices: one 32-bit linear congruential generator for cells and shuffles.
class SharedGenerator {
 public:
  double next() {
    state_ = 1664525U * state_ + 1013904223U;
    return static_cast<double>(state_) / 4294967296.0;
  }
  std::vector<std::uint32_t> permutation(std::uint32_t size) {
    std::vector<std::uint32_t> order(size);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint32_t i = size - 1; i >= 1; --i)
      std::swap(order[i], order[static_cast<std::uint32_t>(next() * (i + 1))]);
    return order;
  }

 private:
  std::uint32_t state_ = 12345;
};

struct Planted {
  BinaryMatrix matrix;
  std::uint64_t background = 0;  ///< ones outside the planted blocks
  [[nodiscard]] double background_share() const {
    return static_cast<double>(background) / static_cast<double>(matrix.ones());
  }
};

inline BinaryMatrix permuted(const BinaryMatrix& matrix, const std::vector<std::uint32_t>& row_at,
                             const std::vector<std::uint32_t>& column_at) {
  std::vector<std::uint8_t> cells(std::size_t{matrix.rows} * matrix.columns, 0), from(cells);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      from[std::size_t{i} * matrix.columns + matrix.column_of[k]] = 1;
    }
  }
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint32_t j = 0; j < matrix.columns; ++j) {
      cells[std::size_t{i} * matrix.columns + j] = from[std::size_t{row_at[i]} * matrix.columns + column_at[j]];
    }
  }
  return binary_matrix(cells, matrix.rows, matrix.columns);
}

/// side x side, blocks of side / blocks rows and columns on the diagonal, then rows and columns shuffled.
inline Planted planted(std::uint32_t side, std::uint32_t blocks, double inside, double outside) {
  SharedGenerator generator;
  const std::uint32_t width = (side + blocks - 1) / blocks;
  std::vector<std::uint8_t> cells(std::size_t{side} * side, 0);
  Planted made;
  for (std::uint32_t i = 0; i < side; ++i) {
    for (std::uint32_t j = 0; j < side; ++j) {
      const bool in_block = i / width == j / width;
      const bool one = generator.next() < (in_block ? inside : outside);
      cells[std::size_t{i} * side + j] = one ? 1 : 0;
      made.background += one && !in_block ? 1 : 0;
    }
  }
  const auto rows = generator.permutation(side);
  const auto columns = generator.permutation(side);
  made.matrix = permuted(binary_matrix(cells, side, side), rows, columns);
  return made;
}

inline std::vector<std::uint32_t> random_order(std::uint32_t size, RandomKey key) {
  RandomStream stream(key);
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

inline BinaryMatrix random_matrix(std::uint32_t rows, std::uint32_t columns, double density, RandomKey key) {
  RandomStream stream(key);
  std::vector<std::uint8_t> cells(std::size_t{rows} * columns);
  for (std::uint8_t& cell : cells) cell = stream.uniform() < density ? 1 : 0;
  return binary_matrix(cells, rows, columns);
}

/// How many clusters hold each cell, row-major.
inline std::vector<std::uint32_t> cover(const BinaryMatrix& matrix, const std::vector<Block>& blocks) {
  std::vector<std::uint32_t> times(std::size_t{matrix.rows} * matrix.columns, 0);
  for (const Block& block : blocks) {
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) ++times[std::size_t{i} * matrix.columns + j];
    }
  }
  return times;
}

inline std::vector<Block> rectangles(const Clustering& clustering) {
  std::vector<Block> blocks;
  for (const Cluster& cluster : clustering.clusters) blocks.push_back(cluster.block);
  return blocks;
}

inline std::uint64_t ones_in(const BinaryMatrix& matrix, const Block& block) {
  std::uint64_t ones = 0;
  for (const std::uint32_t i : block.rows) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      ones += std::binary_search(block.columns.begin(), block.columns.end(), matrix.column_of[k]) ? 1 : 0;
    }
  }
  return ones;
}

}  // namespace crossloom::test
