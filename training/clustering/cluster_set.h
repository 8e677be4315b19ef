// Clusters found so far, and the ones that they left. Private to clustering.
#pragma once

#include <cstdint>
#include <vector>

#include "models/array_size.h"
#include "training/clustering/block_search.h"
#include "training/clustering/clustering.h"
#include "training/clustering/leftover_matrix.h"

namespace crossloom {

/// Copyable, so that ways of going on can be tried and compared.
struct ClusterSet {
  explicit ClusterSet(const BinaryMatrix& matrix) : left(matrix), claims(matrix.rows, matrix.columns) {}

  /// Adds the block where it is `quality` dense and holds at least `least_ones`, after rows and columns that cross
  /// older clusters have been given up. True when it became a cluster.
  bool add(FoundBlock found, double quality, double least_ones);
  /// Keeps cells of different clusters apart: where an older cluster has some of the cells, the rows or the columns
  /// that cross it are given up, whichever costs fewer ones.
  void drop_conflicts(FoundBlock& found) const;

  LeftoverMatrix left;
  Claims claims;
  std::vector<Cluster> clusters;
  std::uint64_t ones = 0;  ///< within clusters
};

/// Ones that are left within a rectangle.
std::uint64_t ones_within(const LeftoverMatrix& matrix, const Block& block);

/// `lines` cut into as few even runs of at most `most` as there can be.
std::vector<std::vector<std::uint32_t>> even_runs(const std::vector<std::uint32_t>& lines, std::size_t most);

}  // namespace crossloom
