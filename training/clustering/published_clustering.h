// Size-constrained iterative clustering (SCIC) as the authors of TraNNsformer published it (Ankit, Sengupta, Roy, ICCAD
// 2017; their MATLAB code of 2019), its known defects switchable one by one.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "models/array_size.h"
#include "training/clustering/clustering.h"

namespace crossloom {

/// Defects of the published code that change clusters; true = as published, false = corrected. The names B1, B2, B8
/// are those of docs/clustering.md.
struct PublishedDefects {
  /// B1: nodes without edges are left out of the spectral step, but its labels are read as if all nodes were there.
  /// Corrected: labels go back to the nodes that they were made for.
  bool shifted_labels = true;
  /// B2: a cluster fits when rows + columns <= array.rows + array.columns. Corrected: each side fits by itself.
  bool summed_size_limit = true;
  /// B8: always five parts. Corrected: as many as the larger of rows / array.rows and columns / array.columns asks for,
  /// at least 2 and at most 64.
  bool fixed_parts = true;
};

struct PublishedClusteringSpec {
  double quality = 0.3;  ///< a part is a cluster when its density is above this, 0 <= quality < 1
  PublishedDefects defects;
};

/// Spectral split (eigenvectors of the random-walk Laplacian of the bipartite graph, k-means) repeated on what is left
/// until a pass takes nothing; clusters over the size limit are split again in the same way, and what they lose becomes
/// unclustered. Where there is no split to find (no more nodes than parts) an over-sized cluster stays: the answer may
/// exceed the array. Cells of different clusters may overlap.
///
/// Ours where the original is not portable: the eigenvectors come from a block Krylov iteration, k-means draws from
/// `key` (sample of 10 % as the start, then batch updates; an emptied part restarts at the farthest point).
/// Thread-safe. Throws UserError for a spec out of range or an array without rows or columns.
Clustering published_cluster(const BinaryMatrix& matrix, ArraySize array, const PublishedClusteringSpec& spec,
                             RandomKey key);

}  // namespace crossloom
