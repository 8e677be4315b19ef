#include "training/clustering/co_clustering.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

constexpr ArraySize k64{64, 64};

using Shape = std::tuple<std::size_t, std::size_t, double>;

std::vector<Shape> shapes(const Clustering& clustering) {
  std::vector<Shape> all;
  for (const Cluster& cluster : clustering.clusters) {
    all.emplace_back(cluster.block.rows.size(), cluster.block.columns.size(), cluster.quality);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// The laws that every answer keeps.
void expect_sound(const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array, double quality) {
  for (const Cluster& cluster : clustering.clusters) {
    const Block& block = cluster.block;
    ASSERT_FALSE(block.rows.empty() || block.columns.empty());
    ASSERT_LE(block.rows.size(), array.rows);
    ASSERT_LE(block.columns.size(), array.columns);
    ASSERT_TRUE(std::is_sorted(block.rows.begin(), block.rows.end()));
    ASSERT_TRUE(std::is_sorted(block.columns.begin(), block.columns.end()));
    const double cells = static_cast<double>(block.rows.size() * block.columns.size());
    EXPECT_NEAR(cluster.quality, static_cast<double>(test::ones_in(matrix, block)) / cells, 1e-12);
    EXPECT_GE(cluster.quality, quality - 1e-12);
  }
  for (const std::uint32_t times : test::cover(matrix, test::rectangles(clustering))) ASSERT_LE(times, 1U);
}

TEST(CoClustering, KeepsItsLawsOnMatricesOfAllKinds) {
  RandomStream stream(RandomKey(5));
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::uint32_t rows = 1 + stream.below(90), columns = 1 + stream.below(90);
    const BinaryMatrix matrix = test::random_matrix(rows, columns, stream.uniform(), RandomKey(seed));
    CoClusteringSpec spec;
    spec.quality = 0.1 + 0.9 * stream.uniform();
    spec.least_fill = stream.uniform();
    const ArraySize array{1 + stream.below(40), 1 + stream.below(40)};
    SCOPED_TRACE(seed);
    expect_sound(matrix, co_cluster(matrix, array, spec, RandomKey(1)), array, spec.quality);
  }
}

struct PlantedCase {
  std::uint32_t side, blocks;
  double inside, outside;
};

TEST(CoClustering, FindsPlantedBlocksUnderNoise) {
  for (const PlantedCase& one : {PlantedCase{512, 8, 0.8, 0.0}, PlantedCase{512, 8, 0.8, 0.02},
                                 PlantedCase{512, 8, 0.5, 0.05}, PlantedCase{512, 16, 0.8, 0.02}}) {
    const test::Planted made = test::planted(one.side, one.blocks, one.inside, one.outside);
    const Clustering found = co_cluster(made.matrix, k64, {}, RandomKey(1));
    expect_sound(made.matrix, found, k64, 0.3);
    EXPECT_EQ(found.clusters.size(), one.blocks);
    EXPECT_LE(unclustered_share(made.matrix, found), made.background_share() + 0.01);
    for (const Cluster& cluster : found.clusters) {
      EXPECT_EQ(cluster.block.rows.size(), one.side / one.blocks);
      EXPECT_EQ(cluster.block.columns.size(), one.side / one.blocks);
    }
  }
}

TEST(CoClustering, FindsBlocksOfArraysThatAreNotSquare) {
  // Blocks of 32 rows and 64 columns.
  const test::Planted square = test::planted(256, 4, 0.9, 0.01);
  std::vector<std::uint8_t> cells(std::size_t{128} * 256, 0);
  for (std::uint32_t i = 0; i < 128; ++i) {
    for (std::uint32_t j = 0; j < 256; ++j)
      cells[std::size_t{i} * 256 + j] = (i / 32 == j / 64 && (i * j) % 7 != 1) ? 1 : 0;
  }
  const BinaryMatrix matrix = binary_matrix(cells, 128, 256);
  const Clustering found = co_cluster(matrix, {32, 64}, {}, RandomKey(1));
  EXPECT_EQ(found.clusters.size(), 4U);
  EXPECT_DOUBLE_EQ(unclustered_share(matrix, found), 0.0);
  expect_sound(square.matrix, co_cluster(square.matrix, {32, 64}, {}, RandomKey(1)), {32, 64}, 0.3);
}

TEST(CoClustering, DoesNotChangeAtAllWhenDisconnectedBlocksArePermuted) {
  // Components of different sizes and densities, one larger than the array.
  const std::uint32_t side = 150;
  const std::vector<std::uint32_t> ends{10, 30, 31, 60, 150};
  std::vector<std::uint8_t> cells(std::size_t{side} * side, 0);
  RandomStream stream(RandomKey(9));
  for (std::uint32_t i = 0; i < side; ++i) {
    for (std::uint32_t j = 0; j < side; ++j) {
      const auto block = [&](std::uint32_t line) {
        return std::upper_bound(ends.begin(), ends.end(), line) - ends.begin();
      };
      cells[std::size_t{i} * side + j] = block(i) == block(j) && stream.uniform() < 0.7 ? 1 : 0;
    }
  }
  const BinaryMatrix matrix = binary_matrix(cells, side, side);
  const Clustering first = co_cluster(matrix, {40, 40}, {}, RandomKey(1));
  EXPECT_FALSE(first.clusters.empty());
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto rows = test::random_order(side, RandomKey(seed).child("rows"));
    const auto columns = test::random_order(side, RandomKey(seed).child("columns"));
    Clustering second = co_cluster(test::permuted(matrix, rows, columns), {40, 40}, {}, RandomKey(1));
    for (Cluster& cluster : second.clusters) {
      for (std::uint32_t& row : cluster.block.rows) row = rows[row];
      for (std::uint32_t& column : cluster.block.columns) column = columns[column];
      std::sort(cluster.block.rows.begin(), cluster.block.rows.end());
      std::sort(cluster.block.columns.begin(), cluster.block.columns.end());
    }
    ASSERT_EQ(second.clusters.size(), first.clusters.size());
    EXPECT_EQ(shapes(second), shapes(first));
    std::vector<std::vector<std::uint32_t>> rows_first, rows_second;
    for (const Cluster& cluster : first.clusters) rows_first.push_back(cluster.block.rows);
    for (const Cluster& cluster : second.clusters) rows_second.push_back(cluster.block.rows);
    EXPECT_THAT(rows_second, testing::UnorderedElementsAreArray(rows_first));
  }
}

TEST(CoClustering, IdenticalFullBlocksArePermutedIntoEqualShapes) {
  std::vector<std::uint8_t> cells(std::size_t{96} * 96, 0);
  for (std::uint32_t i = 0; i < 96; ++i) {
    for (std::uint32_t j = 0; j < 96; ++j) cells[std::size_t{i} * 96 + j] = i / 24 == j / 24 ? 1 : 0;
  }
  const BinaryMatrix matrix = binary_matrix(cells, 96, 96);
  for (const ArraySize array : {ArraySize{24, 24}, ArraySize{16, 16}, ArraySize{64, 64}}) {
    const std::vector<Shape> first = shapes(co_cluster(matrix, array, {}, RandomKey(1)));
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const BinaryMatrix moved = test::permuted(matrix, test::random_order(96, RandomKey(seed).child("rows")),
                                                test::random_order(96, RandomKey(seed).child("columns")));
      EXPECT_EQ(shapes(co_cluster(moved, array, {}, RandomKey(1))), first);
    }
  }
}

TEST(CoClustering, StaysWithinTwoPercentOverPermutationsOfANoisyMatrix) {
  for (const BinaryMatrix& matrix :
       {test::planted(128, 4, 0.6, 0.05).matrix, test::random_matrix(80, 100, 0.2, RandomKey(3))}) {
    CoClusteringSpec spec;
    spec.quality = 0.25;
    std::vector<double> counts, shares;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const BinaryMatrix moved = test::permuted(matrix, test::random_order(matrix.rows, RandomKey(seed).child("rows")),
                                                test::random_order(matrix.columns, RandomKey(seed).child("columns")));
      const Clustering found = co_cluster(moved, {32, 32}, spec, RandomKey(1));
      ASSERT_FALSE(found.clusters.empty());
      counts.push_back(static_cast<double>(found.clusters.size()));
      shares.push_back(unclustered_share(moved, found));
    }
    for (const std::vector<double>& values : {counts, shares}) {
      double mean = 0.0;
      for (const double value : values) mean += value / 50.0;
      for (const double value : values) EXPECT_NEAR(value, mean, 0.02 * mean);
    }
  }
}

TEST(CoClustering, IsTheSameForTheSameMatrix) {
  const BinaryMatrix matrix = test::random_matrix(120, 90, 0.25, RandomKey(4));
  EXPECT_EQ(shapes(co_cluster(matrix, {32, 16}, {}, RandomKey(1))),
            shapes(co_cluster(matrix, {32, 16}, {}, RandomKey(1))));
}

TEST(CoClustering, AnswersNothingWhereNothingIsDenseEnough) {
  const BinaryMatrix matrix = test::random_matrix(300, 300, 0.05, RandomKey(4));
  CoClusteringSpec spec;
  spec.quality = 0.7;
  EXPECT_TRUE(co_cluster(matrix, k64, spec, RandomKey(1)).clusters.empty());
  EXPECT_TRUE(co_cluster(binary_matrix({0, 0, 0, 0}, 2, 2), k64, spec, RandomKey(1)).clusters.empty());
  EXPECT_TRUE(co_cluster(BinaryMatrix{0, 0, {0}, {}}, k64, spec, RandomKey(1)).clusters.empty());
}

TEST(CoClustering, CutsABlockLargerThanTheArrayEvenly) {
  const BinaryMatrix matrix = binary_matrix(std::vector<std::uint8_t>(std::size_t{100} * 70, 1), 100, 70);
  const Clustering found = co_cluster(matrix, {64, 64}, {}, RandomKey(1));
  EXPECT_EQ(shapes(found), (std::vector<Shape>(4, Shape{50, 35, 1.0})));
}

/// The most ones that a rectangle of at most array.rows x array.columns and at least `quality` holds: rows by
/// exhaustion, columns the fullest first.
std::uint64_t best_rectangle(const BinaryMatrix& matrix, ArraySize array, double quality) {
  std::uint64_t best = 0;
  for (std::uint32_t rows = 1; rows < (1U << matrix.rows); ++rows) {
    std::vector<std::uint32_t> counts(matrix.columns, 0);
    std::uint32_t chosen = 0;
    for (std::uint32_t i = 0; i < matrix.rows; ++i) {
      if ((rows >> i & 1U) == 0) continue;
      ++chosen;
      for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) ++counts[matrix.column_of[k]];
    }
    if (chosen > array.rows) continue;
    std::sort(counts.begin(), counts.end(), std::greater<>());
    std::uint64_t ones = 0;
    for (std::uint32_t width = 1; width <= std::min(array.columns, matrix.columns); ++width) {
      ones += counts[width - 1];
      if (static_cast<double>(ones) >= quality * chosen * width) best = std::max(best, ones);
    }
  }
  return best;
}

TEST(CoClustering, ComesNearTheBestRectangleOfSmallMatrices) {
  const ArraySize array{4, 4};
  double share = 0.0;
  int cases = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const std::uint32_t side = 6 + static_cast<std::uint32_t>(seed % 3);
    const BinaryMatrix matrix =
        test::random_matrix(side, side, 0.25 + 0.1 * static_cast<double>(seed % 4), RandomKey(seed));
    CoClusteringSpec spec;
    spec.quality = 0.6;
    const std::uint64_t best = best_rectangle(matrix, array, spec.quality);
    std::uint64_t found = 0;
    for (const Cluster& cluster : co_cluster(matrix, array, spec, RandomKey(1)).clusters) {
      found = std::max(found, test::ones_in(matrix, cluster.block));
    }
    ASSERT_LE(found, best);
    share += static_cast<double>(found) / static_cast<double>(best);
    ++cases;
  }
  EXPECT_GE(share / cases, 0.85);
}

TEST(CoClustering, RefusesSpecsThatMeanNothing) {
  const BinaryMatrix matrix = binary_matrix({1}, 1, 1);
  CoClusteringSpec spec;
  spec.quality = 0.0;
  EXPECT_THROW(co_cluster(matrix, k64, spec, RandomKey(1)), UserError);
  spec.quality = 1.5;
  EXPECT_THROW(co_cluster(matrix, k64, spec, RandomKey(1)), UserError);
  spec = {};
  spec.quality_step = 0.0;
  EXPECT_THROW(co_cluster(matrix, k64, spec, RandomKey(1)), UserError);
  EXPECT_THROW(co_cluster(matrix, {0, 64}, {}, RandomKey(1)), UserError);
}

}  // namespace
}  // namespace crossloom
