#include "training/clustering/clustering.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "base/error.h"

namespace crossloom {
namespace {

/// Which clusters a row belongs to, in order.
std::vector<std::vector<std::uint32_t>> clusters_of_rows(const BinaryMatrix& matrix, const Clustering& clustering) {
  std::vector<std::vector<std::uint32_t>> of_row(matrix.rows);
  for (std::size_t c = 0; c < clustering.clusters.size(); ++c) {
    const Block& block = clustering.clusters[c].block;
    for (const std::uint32_t row : block.rows) {
      CROSSLOOM_CHECK(row < matrix.rows, "clusters lie within the matrix");
      of_row[row].push_back(static_cast<std::uint32_t>(c));
    }
    CROSSLOOM_CHECK(block.columns.empty() || block.columns.back() < matrix.columns, "clusters lie within the matrix");
  }
  return of_row;
}

/// Calls visit(row, owner) for each row, owner[column] = 1 + the first cluster with the cell, or 0.
template <class Visit>
void for_each_row(const BinaryMatrix& matrix, const Clustering& clustering, const Visit& visit) {
  const auto of_row = clusters_of_rows(matrix, clustering);
  std::vector<std::uint32_t> owner(matrix.columns, 0);
  for (std::uint32_t row = 0; row < matrix.rows; ++row) {
    for (auto c = of_row[row].rbegin(); c != of_row[row].rend(); ++c) {
      for (const std::uint32_t column : clustering.clusters[*c].block.columns) owner[column] = *c + 1;
    }
    visit(row, of_row[row], owner);
    for (const std::uint32_t c : of_row[row]) {
      for (const std::uint32_t column : clustering.clusters[c].block.columns) owner[column] = 0;
    }
  }
}

/// Rows of one cluster that own the same columns of it.
using Pieces = std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;  // columns -> rows

/// Leftovers of a stripe in rows of which clusters own the same columns there: a rectangle without cells of clusters.
void append_leftovers(const BinaryMatrix& matrix, const Clustering& clustering, std::uint32_t stripe_width,
                      std::vector<Block>& blocks) {
  using Key = std::pair<std::uint32_t, std::vector<std::uint32_t>>;  // stripe, columns that clusters own
  std::map<Key, Block> leftovers;
  for_each_row(matrix, clustering, [&](std::uint32_t row, const auto&, const std::vector<std::uint32_t>& owner) {
    Block* block = nullptr;
    for (std::uint64_t k = matrix.row_begin[row], stripe_end = 0; k < matrix.row_begin[row + 1]; ++k) {
      const std::uint32_t column = matrix.column_of[k];
      if (owner[column] != 0) continue;
      if (column >= stripe_end) {
        Key key{column / stripe_width, {}};
        const std::uint64_t begin = std::uint64_t{key.first} * stripe_width;
        stripe_end = begin + stripe_width;
        for (auto j = static_cast<std::uint32_t>(begin); j < std::min<std::uint64_t>(stripe_end, matrix.columns); ++j) {
          if (owner[j] != 0) key.second.push_back(j);
        }
        block = &leftovers[key];
        block->leftover = true;
        block->rows.push_back(row);
      }
      block->columns.push_back(column);
    }
  });
  for (auto& [key, block] : leftovers) {
    std::sort(block.columns.begin(), block.columns.end());
    block.columns.erase(std::unique(block.columns.begin(), block.columns.end()), block.columns.end());
    blocks.push_back(std::move(block));
  }
}

}  // namespace

double unclustered_share(const BinaryMatrix& matrix, const Clustering& clustering) {
  if (matrix.ones() == 0) return 0.0;
  std::uint64_t outside = 0;
  for_each_row(matrix, clustering, [&](std::uint32_t row, const auto&, const std::vector<std::uint32_t>& owner) {
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k) {
      outside += owner[matrix.column_of[k]] == 0 ? 1 : 0;
    }
  });
  return static_cast<double>(outside) / static_cast<double>(matrix.ones());
}

std::vector<Block> blocks_of(const BinaryMatrix& matrix, const Clustering& clustering, std::uint32_t stripe_width) {
  CROSSLOOM_CHECK(stripe_width > 0, "a stripe has columns");
  std::vector<Pieces> pieces(clustering.clusters.size());
  for_each_row(
      matrix, clustering,
      [&](std::uint32_t row, const std::vector<std::uint32_t>& of_row, const std::vector<std::uint32_t>& owner) {
        for (const std::uint32_t c : of_row) {
          std::vector<std::uint32_t> own;
          for (const std::uint32_t column : clustering.clusters[c].block.columns) {
            if (owner[column] == c + 1) own.push_back(column);
          }
          if (!own.empty()) pieces[c][own].push_back(row);
        }
      });
  std::vector<Block> blocks;
  for (const Pieces& of_cluster : pieces) {
    const std::size_t first = blocks.size();
    for (const auto& [columns, rows] : of_cluster) blocks.push_back({rows, columns});
    std::sort(blocks.begin() + static_cast<std::ptrdiff_t>(first), blocks.end(),
              [](const Block& a, const Block& b) { return a.rows < b.rows; });
  }
  append_leftovers(matrix, clustering, stripe_width, blocks);
  return blocks;
}

}  // namespace crossloom
