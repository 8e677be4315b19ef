// What makes clusters fill arrays better once they are found. Private to clustering.
#pragma once

#include <vector>

#include "models/array_size.h"
#include "training/clustering/block_search.h"
#include "training/clustering/clustering.h"
#include "training/clustering/leftover_matrix.h"

namespace crossloom {

/// Clusters with common rows or columns become one where their common rectangle fits the array, is `quality` dense and
/// has no cell of a third; then each takes further rows and columns that are at least `quality` dense in it and free of
/// other clusters, as long as it fits. `left` holds the ones outside `clusters` and is kept so; the clusters' qualities
/// are up to date at the end.
std::vector<Cluster> grown(std::vector<Cluster> clusters, LeftoverMatrix& left, ArraySize array, double quality);

/// Rows and columns that hang together by ones, those without ones left out, in order of their first row.
std::vector<Block> connected_components(const BinaryMatrix& matrix);

}  // namespace crossloom
