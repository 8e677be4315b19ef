// What a clustering algorithm answers.
#pragma once

#include <cstdint>
#include <vector>

#include "models/binary_matrix.h"
#include "models/network.h"

namespace crossloom {

/// A rectangle meant for one array (published forms may exceed one). Quality = ones of the matrix inside / rows x
/// columns, a one counting for the first cluster that contains it.
struct Cluster {
  Block block;
  double quality = 0.0;
};

struct Clustering {
  std::vector<Cluster> clusters;
};

/// Share of the ones outside every cluster, 0..1; 0 for an empty matrix.
double unclustered_share(const BinaryMatrix& matrix, const Clustering& clustering);

/// The clusters' rectangles cut where they overlap (the first cluster keeps the common cells), then the ones outside
/// every cluster as further blocks: in each stripe of columns, one for each set of rows in which clusters own the same
/// columns of the stripe, without those. So the blocks cover each one of the matrix exactly once, and no block but its
/// own holds a cell of a cluster. Throws Bug for a cluster outside the matrix.
std::vector<Block> blocks_of(const BinaryMatrix& matrix, const Clustering& clustering, std::uint32_t stripe_width);

}  // namespace crossloom
