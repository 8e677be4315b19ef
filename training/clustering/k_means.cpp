#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/vector_clones.h"
#include "training/clustering/spectral.h"

namespace crossloom {
namespace {

/// Distances to so many centres are summed side by side, each over the dimensions in their order.
constexpr std::size_t kTogether = 16;

/// Centres in bundles of kTogether: [bundle][dimension][centre]. A bundle's places beyond the last centre are 0.
std::vector<double> bundled(const Points& centres) {
  const std::size_t bundles = (centres.count + kTogether - 1) / kTogether;
  std::vector<double> values(bundles * centres.dimensions * kTogether, 0.0);
  for (std::size_t part = 0; part < centres.count; ++part) {
    double* const bundle = values.data() + part / kTogether * centres.dimensions * kTogether;
    for (std::size_t d = 0; d < centres.dimensions; ++d) bundle[d * kTogether + part % kTogether] = centres.at(part)[d];
  }
  return values;
}

template <std::size_t kLanes>
CROSSLOOM_INLINE void squared_distances_by(const double* point, const double* bundle, std::size_t dimensions,
                                           double* distances) {
  typedef double Vector __attribute__((vector_size(kLanes * sizeof(double))));
  Vector sums[kTogether / kLanes] = {};
  for (std::size_t d = 0; d < dimensions; ++d, bundle += kTogether) {
    for (std::size_t v = 0; v < kTogether / kLanes; ++v) {
      Vector apart;
      std::memcpy(&apart, bundle + v * kLanes, sizeof apart);
      apart -= point[d];
      sums[v] += apart * apart;
    }
  }
  std::memcpy(distances, sums, sizeof sums);
}

#define CROSSLOOM_DEFINE(ATTRIBUTE, BYTES)                                                            \
  ATTRIBUTE void squared_distances(const double* point, const double* bundle, std::size_t dimensions, \
                                   double* distances) {                                               \
    squared_distances_by<(BYTES) / sizeof(double)>(point, bundle, dimensions, distances);             \
  }
CROSSLOOM_EACH_VECTOR_WIDTH(CROSSLOOM_DEFINE)
#undef CROSSLOOM_DEFINE

struct Nearest {
  std::uint32_t part = 0;  ///< the first of the nearest
  double distance = std::numeric_limits<double>::infinity();
};

Nearest nearest_centre(const double* point, const std::vector<double>& bundles, std::size_t count,
                       std::size_t dimensions) {
  Nearest nearest;
  double distances[kTogether];
  for (std::size_t first = 0; first < count; first += kTogether) {
    squared_distances(point, bundles.data() + first * dimensions, dimensions, distances);
    for (std::size_t k = 0; k < std::min(kTogether, count - first); ++k) {
      if (distances[k] < nearest.distance) nearest = {static_cast<std::uint32_t>(first + k), distances[k]};
    }
  }
  return nearest;
}

/// `count` different numbers below `bound`, in the order drawn.
std::vector<std::size_t> drawn(std::size_t count, std::size_t bound, RandomKey key) {
  RandomStream stream(key);
  std::vector<std::size_t> numbers(bound);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  for (std::size_t k = 0; k < count; ++k) {
    std::swap(numbers[k], numbers[k + stream.below(static_cast<std::uint32_t>(bound - k))]);
  }
  numbers.resize(count);
  return numbers;
}

Points chosen(const Points& points, const std::vector<std::size_t>& which) {
  Points result{which.size(), points.dimensions, {}};
  for (const std::size_t k : which)
    result.values.insert(result.values.end(), points.at(k), points.at(k) + points.dimensions);
  return result;
}

/// Moves the point farthest from its centre into each part that has none.
void refill(const Points& points, Partition& partition, std::vector<std::size_t>& sizes,
            const std::vector<double>& distances) {
  for (std::uint32_t part = 0; part < sizes.size(); ++part) {
    if (sizes[part] > 0) continue;
    std::size_t farthest = points.count;
    for (std::size_t k = 0; k < points.count; ++k) {
      if (sizes[partition.label[k]] < 2) continue;
      if (farthest == points.count || distances[k] > distances[farthest]) farthest = k;
    }
    if (farthest == points.count) return;
    --sizes[partition.label[farthest]];
    partition.label[farthest] = part;
    sizes[part] = 1;
  }
}

void move_centres(const Points& points, Partition& partition, const std::vector<std::size_t>& sizes) {
  std::fill(partition.centres.values.begin(), partition.centres.values.end(), 0.0);
  for (std::size_t k = 0; k < points.count; ++k) {
    double* const centre = partition.centres.at(partition.label[k]);
    for (std::size_t d = 0; d < points.dimensions; ++d) centre[d] += points.at(k)[d];
  }
  for (std::size_t part = 0; part < sizes.size(); ++part) {
    double* const centre = partition.centres.at(part);
    for (std::size_t d = 0; d < points.dimensions; ++d)
      centre[d] /= static_cast<double>(std::max<std::size_t>(1, sizes[part]));
  }
}

}  // namespace

Partition k_means(const Points& points, Points centres) {
  constexpr int kMostRounds = 100;
  CROSSLOOM_CHECK(centres.count > 0 && points.count >= centres.count, "k-means has a point for each part");
  Partition partition{std::vector<std::uint32_t>(points.count, 0), std::move(centres)};
  std::vector<double> distances(points.count, 0.0);
  for (int round = 0; round < kMostRounds; ++round) {
    throw_if_interrupted();
    bool changed = round == 0;
    std::vector<std::size_t> sizes(partition.centres.count, 0);
    const std::vector<double> bundles = bundled(partition.centres);
    for (std::size_t k = 0; k < points.count; ++k) {
      const Nearest nearest = nearest_centre(points.at(k), bundles, partition.centres.count, points.dimensions);
      changed = changed || nearest.part != partition.label[k];
      partition.label[k] = nearest.part;
      distances[k] = nearest.distance;
      ++sizes[nearest.part];
    }
    refill(points, partition, sizes, distances);
    move_centres(points, partition, sizes);
    if (!changed) break;
  }
  return partition;
}

Points sampled_centres(const Points& points, std::size_t parts, RandomKey key) {
  CROSSLOOM_CHECK(points.count >= parts, "there is a point for each part");
  const std::size_t tenth = points.count / 10;
  if (tenth < parts) return chosen(points, drawn(parts, points.count, key.child("centres")));
  const Points sample = chosen(points, drawn(tenth, points.count, key.child("sample")));
  return k_means(sample, chosen(sample, drawn(parts, tenth, key.child("centres of the sample")))).centres;
}

}  // namespace crossloom
