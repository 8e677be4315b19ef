// Arrays that a clustering takes, counted as the mapper counts them. Private to app.
#pragma once

#include <cstddef>
#include <vector>

#include "models/array_size.h"
#include "training/clustering/clustering.h"

namespace crossloom {

struct ClusterCount {
  std::size_t arrays = 0;           ///< of the clusters, after sharing
  std::size_t leftover_arrays = 0;  ///< of the ones outside them
  std::size_t grid_arrays = 0;      ///< boxes of the plain grid that hold a one: what no clustering takes
  double utilisation = 0.0;         ///< ones / cells of all arrays
  double unclustered = 0.0;         ///< share of the ones outside every cluster

  [[nodiscard]] std::size_t total() const { return arrays + leftover_arrays; }
};

/// A cluster larger than the array counts ceil(rows / array.rows) x ceil(columns / array.columns) pieces. With
/// `sharing` blocks lie in one array as long as their rows and their columns fit it side by side; without, each takes
/// its own.
ClusterCount count_clusters(const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array, bool sharing);

/// The plain grid: every box that holds a one is an array.
ClusterCount count_grid(const BinaryMatrix& matrix, ArraySize array);

}  // namespace crossloom
