#include "training/clustering/offline_clustering.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/training/clustering/planted_matrix.h"
#include "training/clustering/co_clustering.h"

namespace crossloom {
namespace {

TEST(OfflineClustering, FallsInStepsToTheLastQuality) {
  std::vector<double> asked;
  const auto none = [&](const BinaryMatrix&, double quality, std::uint32_t step) {
    EXPECT_EQ(step, asked.size());
    asked.push_back(quality);
    return Clustering{};
  };
  offline_cluster(binary_matrix({1}, 1, 1), {}, none);
  ASSERT_EQ(asked.size(), 7U);
  for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(asked[k], 0.7 - 0.1 * static_cast<double>(k), 1e-12);
}

std::uint64_t clustered_ones(bool stale) {
  const test::Planted made = test::planted(96, 4, 0.5, 0.05);
  OfflineClusteringSpec spec;
  spec.stale_leftovers = stale;
  const auto cluster = [](const BinaryMatrix& matrix, double quality, std::uint32_t) {
    CoClusteringSpec co;
    co.quality = quality;
    return co_cluster(matrix, {24, 24}, co, RandomKey(1));
  };
  std::uint64_t ones = 0;
  const Clustering found = offline_cluster(made.matrix, spec, cluster);
  for (const Cluster& one : found.clusters) ones += test::ones_in(made.matrix, one.block);
  return ones;
}

TEST(OfflineClustering, StaleLeftoversCountOnesSeveralTimes) {
  const std::uint64_t all = test::planted(96, 4, 0.5, 0.05).matrix.ones();
  EXPECT_GT(clustered_ones(true), all);
}

TEST(OfflineClustering, CountsNoOneTwiceOtherwise) {
  const test::Planted made = test::planted(96, 4, 0.5, 0.05);
  std::uint64_t taken = 0;
  BinaryMatrix seen = made.matrix;
  const auto cluster = [&](const BinaryMatrix& left, double quality, std::uint32_t) {
    CoClusteringSpec co;
    co.quality = quality;
    const Clustering found = co_cluster(left, {24, 24}, co, RandomKey(1));
    for (const Cluster& one : found.clusters) taken += test::ones_in(left, one.block);
    return found;
  };
  const Clustering all = offline_cluster(made.matrix, {}, cluster);
  EXPECT_DOUBLE_EQ(unclustered_share(made.matrix, all),
                   1.0 - static_cast<double>(taken) / static_cast<double>(made.matrix.ones()));
}

TEST(OfflineClustering, RefusesQualitiesThatRise) {
  const auto none = [](const BinaryMatrix&, double, std::uint32_t) { return Clustering{}; };
  EXPECT_THROW(offline_cluster(binary_matrix({1}, 1, 1), {0.3, 0.7, 0.1, false}, none), UserError);
  EXPECT_THROW(offline_cluster(binary_matrix({1}, 1, 1), {0.7, 0.3, 0.0, false}, none), UserError);
}

}  // namespace
}  // namespace crossloom
