#include "training/clustering/offline_clustering.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
Clustering offline_cluster(const BinaryMatrix& matrix, const OfflineClusteringSpec& spec, const ClusterStep& cluster) {
  const bool in_order =
      spec.first_quality <= 1.0 && spec.last_quality >= 0.0 && spec.first_quality >= spec.last_quality;
  if (!in_order || !(spec.quality_step > 0.0)) {
    throw UserError(
        fmt::format("offline clustering falls from first_quality to last_quality (both 0 to 1) in steps "
                    "above 0; these are {}, {} and {}",
                    spec.first_quality, spec.last_quality, spec.quality_step));
  }
  Clustering all;
  BinaryMatrix left = matrix;
  // Half a step of slack: 0.7 - 6 x 0.1 is not exactly 0.1.
  const auto steps =
      static_cast<std::uint32_t>(std::floor((spec.first_quality - spec.last_quality) / spec.quality_step + 0.5));
  for (std::uint32_t step = 0; step <= steps && left.ones() > 0; ++step) {
    const double quality = std::max(spec.first_quality - step * spec.quality_step, spec.last_quality);
    Clustering found = cluster(spec.stale_leftovers ? matrix : left, quality, step);
    for (Cluster& one : found.clusters) {
      if (!spec.stale_leftovers) left = without(left, one.block);
      all.clusters.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace crossloom
