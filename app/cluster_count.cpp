#include "app/cluster_count.h"

#include <algorithm>
#include <utility>

#include "mapping/block_sharing.h"
#include "mapping/leftover_cover.h"

namespace crossloom {
namespace {

std::size_t arrays_of(const std::vector<ArraySize>& sizes, ArraySize array, bool sharing) {
  return sharing && !sizes.empty() ? share_arrays(sizes, array).size() : sizes.size();
}

/// Sides of the pieces that a line of `length` is cut into.
std::vector<std::uint32_t> cut(std::size_t length, std::uint32_t most) {
  std::vector<std::uint32_t> sides(length / most, most);
  if (length % most != 0) sides.push_back(static_cast<std::uint32_t>(length % most));
  return sides;
}

std::vector<ArraySize> pieces_of(const Clustering& clustering, ArraySize array) {
  std::vector<ArraySize> pieces;
  for (const Cluster& cluster : clustering.clusters) {
    for (const std::uint32_t rows : cut(cluster.block.rows.size(), array.rows)) {
      for (const std::uint32_t columns : cut(cluster.block.columns.size(), array.columns)) {
        pieces.push_back({rows, columns});
      }
    }
  }
  return pieces;
}

double utilisation(std::uint64_t ones, std::size_t arrays, ArraySize array) {
  if (arrays == 0) return 0.0;
  return static_cast<double>(ones) /
         (static_cast<double>(arrays) * static_cast<double>(array.rows) * static_cast<double>(array.columns));
}

/// The ones outside every cluster.
BinaryMatrix leftovers(const BinaryMatrix& matrix, const Clustering& clustering) {
  std::vector<std::vector<std::uint32_t>> of_row(matrix.rows);
  for (std::uint32_t c = 0; c < clustering.clusters.size(); ++c) {
    for (const std::uint32_t row : clustering.clusters[c].block.rows) of_row[row].push_back(c);
  }
  std::vector<std::uint32_t> seen(matrix.columns, 0);  // 1 + the last row in which a cluster has the column
  BinaryMatrix rest;
  rest.rows = matrix.rows;
  rest.columns = matrix.columns;
  rest.row_begin.assign(1, 0);
  for (std::uint32_t row = 0; row < matrix.rows; ++row) {
    for (const std::uint32_t c : of_row[row]) {
      for (const std::uint32_t column : clustering.clusters[c].block.columns) seen[column] = row + 1;
    }
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k) {
      if (seen[matrix.column_of[k]] != row + 1) rest.column_of.push_back(matrix.column_of[k]);
    }
    rest.row_begin.push_back(rest.column_of.size());
  }
  return rest;
}

}  // namespace

ClusterCount count_clusters(const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array, bool sharing) {
  ClusterCount count;
  count.arrays = arrays_of(pieces_of(clustering, array), array, sharing);
  const BinaryMatrix rest = leftovers(matrix, clustering);
  std::vector<ArraySize> covers;
  const CoverMeasure measure = sharing ? CoverMeasure::shared_arrays : CoverMeasure::blocks;
  for (const Block& block : cover_leftovers(rest, array, measure)) {
    covers.push_back({static_cast<std::uint32_t>(block.rows.size()), static_cast<std::uint32_t>(block.columns.size())});
  }
  count.leftover_arrays = arrays_of(covers, array, sharing);
  count.grid_arrays = grid_boxes(matrix, array);
  count.utilisation = utilisation(matrix.ones(), count.total(), array);
  count.unclustered = unclustered_share(matrix, clustering);
  return count;
}

ClusterCount count_grid(const BinaryMatrix& matrix, ArraySize array) {
  ClusterCount count;
  count.grid_arrays = count.leftover_arrays = grid_boxes(matrix, array);
  count.utilisation = utilisation(matrix.ones(), count.total(), array);
  count.unclustered = unclustered_share(matrix, {});
  return count;
}

}  // namespace crossloom
