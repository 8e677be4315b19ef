// Clusters where no blocks stand out: bands of rows (or columns) that go well together, each cut into arrays. Private
// to clustering.
#pragma once

#include "models/array_size.h"
#include "training/clustering/cluster_set.h"

namespace crossloom {

/// Rows are dealt into bands of one array's height so that the ones of a band crowd into few columns (k-means on counts
/// with equal sizes, started from the fullest rows); a band's columns, the fullest first, are then cut into arrays, and
/// those that are `quality` dense, or become so when their weakest lines are taken off, and hold `least_ones` are added
/// to `set`. Bands never cross each other, which rectangles found one by one do. With Side::columns the same turned.
ClusterSet with_bands(ClusterSet set, Side side, ArraySize array, double quality, double least_ones);

}  // namespace crossloom
