#include "training/projection/admm_constraint.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "training/projection/group_projection.h"
#include "training/projection/level_projection.h"

namespace crossloom {
namespace {

/// Exact minimum of 1/2 |W - start|^2 + rho / 2 |W - target|^2.
std::vector<float> step(const std::vector<float>& start, const std::vector<float>& target, float rho) {
  std::vector<float> weights(start.size());
  for (std::size_t k = 0; k < start.size(); ++k) weights[k] = (start[k] + rho * target[k]) / (1.0F + rho);
  return weights;
}

std::vector<float> solve(const std::vector<float>& start, const AdmmConstraint::Projection& project) {
  AdmmConstraint constraint(project);
  constraint.start(start);
  std::vector<float> weights;
  for (int round = 0; round < 200; ++round) {
    weights = step(start, constraint.target(), 2.0F);
    constraint.update(weights);
  }
  return weights;
}

TEST(AdmmConstraint, EndsAtTheNearestPointOfAConvexSet) {
  // The ball of radius 1, whose nearest point is known.
  const std::vector<float> weights = solve({3.0F, -4.0F}, [](const std::vector<float>& w) {
    const float length = std::hypot(w[0], w[1]);
    const float scale = length > 1.0F ? 1.0F / length : 1.0F;
    return std::vector<float>{w[0] * scale, w[1] * scale};
  });
  EXPECT_NEAR(weights[0], 0.6F, 1e-4F);
  EXPECT_NEAR(weights[1], -0.8F, 1e-4F);
}

TEST(AdmmConstraint, EndsInSetsOfFewGroupsAndOfLevels) {
  const WeightGroups groups = grid_groups(1, 4, {1, 1});
  const std::vector<float> start{0.9F, -0.2F, 0.6F, 0.1F};
  const auto few = solve(start, [&](const std::vector<float>& w) { return project_on_groups(w, groups, 2); });
  EXPECT_NEAR(few[0], 0.9F, 1e-4F);
  EXPECT_NEAR(few[1], 0.0F, 1e-4F);
  EXPECT_NEAR(few[2], 0.6F, 1e-4F);
  EXPECT_NEAR(few[3], 0.0F, 1e-4F);
  const auto level =
      solve(start, [](const std::vector<float>& w) { return project_on_levels(w, {}, uniform_levels(3), 1.0); });
  EXPECT_NEAR(level[0], 1.0F, 1e-4F);
  EXPECT_NEAR(level[1], 0.0F, 1e-4F);
}

TEST(AdmmConstraint, GoesOnFromAnArchive) {
  const WeightGroups groups = grid_groups(1, 4, {1, 1});
  const auto project = [&](const std::vector<float>& w) { return project_on_groups(w, groups, 1); };
  AdmmConstraint first(project);
  first.start({1.0F, 2.0F, 3.0F, 4.0F});
  first.update({1.0F, 2.0F, 3.0F, 3.0F});
  Archive archive("test", 1);
  first.save(archive, "c");
  AdmmConstraint second(project);
  second.restore(archive, "c");
  EXPECT_EQ(second.target(), first.target());
  first.update({1.0F, 1.0F, 4.0F, 3.0F});
  second.update({1.0F, 1.0F, 4.0F, 3.0F});
  EXPECT_EQ(second.target(), first.target());
}

}  // namespace
}  // namespace crossloom
