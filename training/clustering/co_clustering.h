// Size-constrained co-clustering: rectangles of live weights, each within one array, whose number is found and not
// given. What method `trannsformer` clusters with.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "models/array_size.h"
#include "training/clustering/clustering.h"

namespace crossloom {

struct CoClusteringSpec {
  /// No cluster is less dense than this, 0 < quality <= 1.
  double quality = 0.3;
  /// Dense clusters are looked for first: from this quality down to `quality` in steps. Where it is below `quality`,
  /// the search starts at `quality`.
  double first_quality = 0.7;
  double quality_step = 0.1;  ///< > 0
  /// A cluster holds at least this share of the ones that a full array of `quality` would hold, unless it is denser
  /// than chance by far or all that its rows and columns have. 0..1.
  double least_fill = 0.25;
};

/// Clusters whose cells do not overlap, each of at most array.rows x array.columns and at least spec.quality dense
/// (ones of the matrix). Empty where nothing is dense enough.
///
/// The blocks are found one by one on the ones that are left: the rows most like a seed row give columns, these give
/// rows, and so on, each time the set that is most surprising against the mean density (the scan statistic of Kulldorff
/// 1997, with the cost of naming the rows and columns taken off), until nothing changes. A block larger than an array
/// is cut into even pieces. Below the density at which blocks stand out, the best array-sized rectangles are taken.
///
/// Rows and columns are first brought into an order that does not depend on how they are numbered (colour refinement),
/// so that permuting them permutes the answer; only rows or columns that refinement cannot tell apart are taken as
/// numbered. The search draws nothing at random (`key` is there for the methods' common form): same matrix and spec,
/// same clusters. Thread-safe. Throws UserError for a spec out of range or an array without rows or columns.
Clustering co_cluster(const BinaryMatrix& matrix, ArraySize array, const CoClusteringSpec& spec, RandomKey key);

}  // namespace crossloom
