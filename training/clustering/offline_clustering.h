// The published baseline `offline`: a network is pruned first and clustered afterwards, with falling quality.
#pragma once

#include <functional>

#include "training/clustering/clustering.h"

namespace crossloom {

struct OfflineClusteringSpec {
  double first_quality = 0.7;  ///< both within 0..1
  double last_quality = 0.1;
  double quality_step = 0.1;  ///< > 0
  /// B9: every step clusters the whole matrix again, so that ones are clustered and counted several times.
  /// Corrected (false): a step sees only the ones outside all clusters so far.
  bool stale_leftovers = false;
};

/// Clusters a matrix with the given quality floor: published_cluster or co_cluster behind one face. `step` counts the
/// calls from 0.
using ClusterStep = std::function<Clustering(const BinaryMatrix& matrix, double quality, std::uint32_t step)>;

/// The clusters of all steps, in order. Throws UserError for a spec out of range.
Clustering offline_cluster(const BinaryMatrix& matrix, const OfflineClusteringSpec& spec, const ClusterStep& cluster);

}  // namespace crossloom
