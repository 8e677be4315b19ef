#include "training/projection/group_projection.h"

#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kRows = 5, kColumns = 4;

std::vector<float> random_weights(std::uint64_t seed) {
  RandomStream stream{RandomKey(seed)};
  std::vector<float> weights(std::size_t{kRows} * kColumns);
  for (float& weight : weights) weight = static_cast<float>(stream.normal());
  return weights;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double squares = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    squares += difference * difference;
  }
  return squares;
}

std::size_t groups_in_use(const std::vector<float>& weights, const WeightGroups& groups) {
  std::vector<std::uint8_t> used(groups.count, 0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] != 0.0F) used[groups.group_of[k]] = 1;
  }
  return static_cast<std::size_t>(std::count(used.begin(), used.end(), 1));
}

/// Least distance to a matrix with at most `kept` groups, over all choices of groups.
double least_distance(const std::vector<float>& weights, const WeightGroups& groups, std::size_t kept) {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t choice = 0; choice < (1U << groups.count); ++choice) {
    std::vector<float> point = weights;
    std::size_t chosen = 0;
    for (std::uint32_t g = 0; g < groups.count; ++g) chosen += choice >> g & 1U;
    if (chosen > kept) continue;
    for (std::size_t k = 0; k < point.size(); ++k) {
      if ((choice >> groups.group_of[k] & 1U) == 0) point[k] = 0.0F;
    }
    least = std::min(least, distance(weights, point));
  }
  return least;
}

// Filters, shapes, columns of an array, rows of an array, arrays (whose edges are cut).
const ArraySize kGrains[] = {{kRows, 1}, {1, kColumns}, {3, 1}, {1, 2}, {2, 3}, {3, 2}};

TEST(GroupProjection, IsTheNearestOfAllChoicesOfGroups) {
  for (const ArraySize grain : kGrains) {
    const WeightGroups groups = grid_groups(kRows, kColumns, grain);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const std::vector<float> weights = random_weights(seed);
      for (std::size_t kept = 0; kept <= groups.count; ++kept) {
        const std::vector<float> nearest = project_on_groups(weights, groups, kept);
        EXPECT_LE(groups_in_use(nearest, groups), kept);
        EXPECT_NEAR(distance(weights, nearest), least_distance(weights, groups, kept), 1e-9);
      }
    }
  }
}

TEST(GroupProjection, DoesNothingTheSecondTime) {
  for (const ArraySize grain : kGrains) {
    const WeightGroups groups = grid_groups(kRows, kColumns, grain);
    const std::vector<float> once = project_on_groups(random_weights(4), groups, 2);
    EXPECT_EQ(project_on_groups(once, groups, 2), once);
  }
}

TEST(GroupProjection, LeavesExactlySoManyGroupsAlsoWhereAllAreEqual) {
  const WeightGroups groups = grid_groups(kRows, kColumns, {1, 1});
  const std::vector<float> equal(std::size_t{kRows} * kColumns, 0.5F);
  const std::vector<float> nearest = project_on_groups(equal, groups, 7);
  EXPECT_EQ(groups_in_use(nearest, groups), 7U);
  EXPECT_EQ(nearest[6], 0.5F) << "of equal ones the first stay";
}

TEST(GroupProjection, CutsTheGridDownEachStripOfColumns) {
  const WeightGroups groups = grid_groups(3, 4, {2, 3});
  EXPECT_EQ(groups.count, 4U);
  EXPECT_THAT(groups.group_of, testing::ElementsAre(0, 0, 1, 0, 0, 1, 0, 0, 1, 2, 2, 3));
  EXPECT_EQ(grid_groups(3, 4, {100, 100}).count, 1U) << "a group may be as large as the matrix";
}

TEST(GroupProjection, TakesALayersBlocksAsGroupsOfItsLiveWeights) {
  Layer layer;
  layer.weights = Matrix(2, 3);
  layer.live = {1, 0, 1, 0, 1, 1};
  layer.blocks = {{{0, 1}, {0, 1}}, {{0, 1}, {2}}};
  const WeightGroups groups = block_groups(layer);
  EXPECT_EQ(groups.count, 2U);
  EXPECT_THAT(groups.group_of, testing::ElementsAre(0, WeightGroups::kNone, WeightGroups::kNone, 0, 1, 1));
  const std::vector<float> nearest = project_on_groups({1, 5, 5, 2, 3, 4}, groups, 1);
  EXPECT_THAT(nearest, testing::ElementsAre(0, 0, 0, 0, 3, 4)) << "what is not live becomes 0 and counts for nothing";
}

}  // namespace
}  // namespace crossloom
