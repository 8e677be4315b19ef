#include "training/clustering/clustering.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

using testing::ElementsAre;

Clustering random_clusters(std::uint32_t rows, std::uint32_t columns, RandomKey key) {
  Clustering clustering;
  RandomStream stream(key);
  for (int k = 0; k < 5; ++k) {
    Block block;
    for (std::uint32_t i = 0; i < rows; ++i) {
      if (stream.uniform() < 0.3) block.rows.push_back(i);
    }
    for (std::uint32_t j = 0; j < columns; ++j) {
      if (stream.uniform() < 0.3) block.columns.push_back(j);
    }
    clustering.clusters.push_back({block, 0.5});
  }
  return clustering;
}

TEST(Clustering, CountsTheOnesOutsideEveryClusterOnce) {
  const BinaryMatrix matrix = binary_matrix({1, 1, 0, 1, 1, 0, 0, 0, 1}, 3, 3);
  Clustering clustering;
  clustering.clusters.push_back({{{0, 1}, {0}}, 1.0});
  clustering.clusters.push_back({{{1}, {0, 1}}, 1.0});
  EXPECT_DOUBLE_EQ(unclustered_share(matrix, clustering), 2.0 / 5.0);
  EXPECT_DOUBLE_EQ(unclustered_share(matrix, {}), 1.0);
  EXPECT_DOUBLE_EQ(unclustered_share(binary_matrix({0, 0}, 1, 2), clustering), 0.0) << "nothing is left out of nothing";
}

TEST(Clustering, BlocksHoldEveryOneExactlyOnceHoweverClustersOverlap) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RandomKey key = RandomKey(seed).child("matrix");
    const BinaryMatrix matrix = test::random_matrix(17, 23, 0.4, key);
    const std::vector<Block> blocks = blocks_of(matrix, random_clusters(17, 23, key.child("clusters")), 7);
    const std::vector<std::uint32_t> times = test::cover(matrix, blocks);
    for (std::uint32_t i = 0; i < matrix.rows; ++i) {
      for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
        ASSERT_EQ(times[std::size_t{i} * matrix.columns + matrix.column_of[k]], 1U) << "seed " << seed;
      }
    }
  }
}

TEST(Clustering, TheFirstClusterKeepsCommonCellsSoThatWeightsMayComeBackThere) {
  const BinaryMatrix matrix = binary_matrix(std::vector<std::uint8_t>(36, 0), 6, 6);
  const Clustering clustering = random_clusters(6, 6, RandomKey(3));
  const auto cells = test::cover(matrix, test::rectangles(clustering));
  const auto cut = test::cover(matrix, blocks_of(matrix, clustering, 6));
  for (std::size_t k = 0; k < cells.size(); ++k) EXPECT_EQ(cut[k], cells[k] > 0 ? 1U : 0U);
}

TEST(Clustering, LeftoversStandInStripesOfColumns) {
  const BinaryMatrix matrix = binary_matrix({1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1}, 3, 4);
  const std::vector<Block> blocks = blocks_of(matrix, {}, 2);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0].rows, ElementsAre(0U, 2U));
  EXPECT_THAT(blocks[0].columns, ElementsAre(0U));
  EXPECT_THAT(blocks[1].columns, ElementsAre(3U));
  EXPECT_TRUE(blocks[0].leftover);
}

TEST(Clustering, OutsideTheMatrixIsABug) {
  const BinaryMatrix matrix = binary_matrix({1, 0, 0, 1}, 2, 2);
  Clustering clustering;
  clustering.clusters.push_back({{{2}, {0}}, 1.0});
  EXPECT_THROW(unclustered_share(matrix, clustering), Bug);
}

}  // namespace
}  // namespace crossloom
