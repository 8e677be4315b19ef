// The clustering of AutoNCS (Wen et al., DAC 2015): modified spectral clustering (MSC), greedy cluster size prediction
// (GCP) and iterative spectral clustering (ISC) over a library of crossbar sizes.
//
// The paper's text was not at hand: this is a reconstruction. Known: the three steps and their purpose, crossbars of
// several sizes, partial selection of the best clusters. From memory: the loops of GCP and ISC, the preference
// m^2 / s^3 of a crossbar of side s with m used cells, the top quarter. Ours: rows and columns of a layer are the
// neurons of one bipartite graph (the paper clusters one recurrent matrix); a crossbar that is not square counts
// s = sqrt(rows x columns).
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/array_size.h"
#include "training/clustering/clustering.h"

namespace crossloom {

struct AutoNcsSpec {
  /// ISC stops when the mean density of the crossbars realised in a round is below this, 0 <= x < 1.
  double least_use = 0.1;
  double selected_share = 0.25;  ///< of a round's clusters, the most preferred ones are realised, 0 < x <= 1
  std::uint32_t rounds = 64;     ///< at most so many, >= 1
  /// Crossbar sizes to choose from, each within the array; empty = crossbar_library(array).
  std::vector<ArraySize> library;
};

/// Thirteen sizes from a quarter of the array's sides to all of it in even steps (16, 20, ..., 64 for 64x64), as in the
/// paper; fewer where steps coincide. Ascending, the array itself last.
std::vector<ArraySize> crossbar_library(ArraySize array);

/// Clusters that each fit the array and whose cells do not overlap in ones (a one belongs to the first that contains
/// it). Thread-safe. Throws UserError for a spec out of range or an array without rows or columns.
Clustering autoncs_cluster(const BinaryMatrix& matrix, ArraySize array, const AutoNcsSpec& spec, RandomKey key);

}  // namespace crossloom
