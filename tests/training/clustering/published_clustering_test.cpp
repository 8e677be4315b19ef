#include "training/clustering/published_clustering.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

constexpr PublishedDefects kNone{false, false, false};

/// Blocks of 12 on the diagonal of 60 x 60, and rows and columns without ones between them.
BinaryMatrix with_gaps() {
  std::vector<std::uint8_t> cells(std::size_t{75} * 75, 0);
  for (std::uint32_t i = 0; i < 75; ++i) {
    for (std::uint32_t j = 0; j < 75; ++j) {
      cells[std::size_t{i} * 75 + j] = i / 15 == j / 15 && i % 15 < 12 && j % 15 < 12 ? 1 : 0;
    }
  }
  return binary_matrix(cells, 75, 75);
}

double largest(const Clustering& clustering, bool rows) {
  std::size_t most = 0;
  for (const Cluster& one : clustering.clusters)
    most = std::max(most, (rows ? one.block.rows : one.block.columns).size());
  return static_cast<double>(most);
}

TEST(PublishedClustering, NeverMixesDisconnectedBlocksAboveTheDensityThatAMixtureHas) {
  const test::Planted made = test::planted(60, 5, 1.0, 0.0);
  std::size_t clusters = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const PublishedDefects& defects : {PublishedDefects{}, kNone}) {
      const Clustering found = published_cluster(made.matrix, {12, 12}, {0.7, defects}, RandomKey(seed));
      for (const Cluster& one : found.clusters) EXPECT_DOUBLE_EQ(one.quality, 1.0);
      clusters += found.clusters.size();
    }
  }
  EXPECT_GE(clusters, 50U);
}

TEST(PublishedClustering, ShiftedLabelsLoseBlocksWhereLinesAreEmpty) {
  PublishedClusteringSpec spec{0.7, kNone};
  std::size_t fewest = 100;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Clustering right = published_cluster(with_gaps(), {12, 12}, spec, RandomKey(seed));
    // k-means may cut a block in two, but no cluster has lines of two blocks.
    for (const Cluster& cluster : right.clusters) EXPECT_DOUBLE_EQ(cluster.quality, 1.0) << seed;
    EXPECT_DOUBLE_EQ(unclustered_share(with_gaps(), right), 0.0) << seed;
    fewest = std::min(fewest, right.clusters.size());
  }
  EXPECT_EQ(fewest, 5U);
  spec.defects.shifted_labels = true;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_GT(unclustered_share(with_gaps(), published_cluster(with_gaps(), {12, 12}, spec, RandomKey(seed))), 0.2);
  }
}

TEST(PublishedClustering, TheSummedLimitLetsOneSideExceedTheArray) {
  // Blocks of 20 rows and 4 columns: 24 in all, as many as an array of 12 x 12 has.
  std::vector<std::uint8_t> cells(std::size_t{100} * 20, 0);
  for (std::uint32_t i = 0; i < 100; ++i) {
    for (std::uint32_t j = 0; j < 20; ++j) cells[std::size_t{i} * 20 + j] = i / 20 == j / 4 ? 1 : 0;
  }
  const BinaryMatrix matrix = binary_matrix(cells, 100, 20);
  PublishedClusteringSpec spec{0.7, kNone};
  spec.defects.fixed_parts = true;
  spec.defects.summed_size_limit = true;
  EXPECT_EQ(largest(published_cluster(matrix, {12, 12}, spec, RandomKey(1)), true), 20.0);
  spec.defects.summed_size_limit = false;
  const Clustering right = published_cluster(matrix, {12, 12}, spec, RandomKey(1));
  EXPECT_LE(largest(right, true), 12.0);
}

TEST(PublishedClustering, FivePartsAreTooFewForManyBlocks) {
  const test::Planted made = test::planted(160, 16, 1.0, 0.0);
  PublishedClusteringSpec spec{0.7, kNone};
  const Clustering predicted = published_cluster(made.matrix, {10, 10}, spec, RandomKey(1));
  spec.defects.fixed_parts = true;
  const Clustering fixed = published_cluster(made.matrix, {10, 10}, spec, RandomKey(1));
  EXPECT_LT(unclustered_share(made.matrix, predicted), unclustered_share(made.matrix, fixed));
}

TEST(PublishedClustering, EveryClusterIsDenserThanTheFloor) {
  const test::Planted made = test::planted(120, 6, 0.7, 0.05);
  for (const double quality : {0.0, 0.3, 0.6}) {
    for (const PublishedDefects& defects : {PublishedDefects{}, kNone}) {
      const Clustering found = published_cluster(made.matrix, {24, 24}, {quality, defects}, RandomKey(2));
      for (const Cluster& one : found.clusters) {
        EXPECT_GT(one.quality, quality);
        EXPECT_GE(test::ones_in(made.matrix, one.block),
                  static_cast<std::uint64_t>(one.quality *
                                             static_cast<double>(one.block.rows.size() * one.block.columns.size())));
      }
    }
  }
}

TEST(PublishedClustering, IsTheSameForTheSameKeyAndTakesTinyMatrices) {
  const test::Planted made = test::planted(100, 4, 0.7, 0.05);
  const Clustering a = published_cluster(made.matrix, {16, 16}, {}, RandomKey(7));
  const Clustering b = published_cluster(made.matrix, {16, 16}, {}, RandomKey(7));
  ASSERT_EQ(a.clusters.size(), b.clusters.size());
  for (std::size_t k = 0; k < a.clusters.size(); ++k) EXPECT_EQ(a.clusters[k].block.rows, b.clusters[k].block.rows);
  EXPECT_TRUE(published_cluster(binary_matrix({1, 1, 1, 1}, 2, 2), {1, 1}, {}, RandomKey(7)).clusters.empty())
      << "fewer nodes than parts: the published code finds no split";
  EXPECT_TRUE(published_cluster(binary_matrix({0}, 1, 1), {1, 1}, {}, RandomKey(7)).clusters.empty());
  EXPECT_THROW(published_cluster(made.matrix, {16, 16}, {1.0, {}}, RandomKey(7)), UserError);
}

}  // namespace
}  // namespace crossloom
