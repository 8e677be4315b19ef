#include "training/projection/level_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

std::vector<float> random_weights(std::uint64_t seed, std::size_t count) {
  RandomStream stream{RandomKey(seed)};
  std::vector<float> weights(count);
  for (float& weight : weights) weight = static_cast<float>(0.3 * stream.normal());
  return weights;
}

double error(const std::vector<float>& weights, const std::vector<float>& point) {
  double squares = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    squares += std::pow(static_cast<double>(weights[k]) - static_cast<double>(point[k]), 2);
  }
  return squares;
}

/// Of all levels with either sign the nearest, weight by weight.
double least_error(const std::vector<float>& weights, const LevelSet& levels, double scale) {
  double sum = 0.0;
  for (const float weight : weights) {
    double least = std::numeric_limits<double>::infinity();
    for (const double level : levels.magnitudes) {
      for (const double sign : {-1.0, 1.0}) {
        least = std::min(least, std::pow(static_cast<double>(weight) - sign * level * scale, 2));
      }
    }
    sum += least;
  }
  return sum;
}

DeviceSpec device(std::uint32_t levels) {
  DeviceSpec spec;
  spec.minimum_conductance = Conductance::from_si(1e-6);
  spec.maximum_conductance = Conductance::from_si(11e-6);
  spec.levels = levels;
  return spec;
}

TEST(LevelProjection, SpreadsLevelsEvenlyAndHasZeroAmongAnOddNumber) {
  EXPECT_THAT(uniform_levels(2).magnitudes, ElementsAre(1.0));
  EXPECT_THAT(uniform_levels(3).magnitudes, ElementsAre(0.0, 1.0));
  EXPECT_THAT(uniform_levels(4).magnitudes, ElementsAre(DoubleNear(1.0 / 3, 1e-12), 1.0));
  EXPECT_THAT(uniform_levels(5).magnitudes, ElementsAre(0.0, 0.5, 1.0));
}

TEST(LevelProjection, TakesTheLevelsOfADeviceWithAndWithoutZero) {
  EXPECT_THAT(device_levels(device(5), true).magnitudes, ElementsAre(0.0, 0.25, 0.5, 0.75, 1.0));
  EXPECT_THAT(device_levels(device(5), false).magnitudes, ElementsAre(0.25, 0.5, 0.75, 1.0));
}

TEST(LevelProjection, TakesMeasuredStatesThatLevelsAreWrittenAs) {
  DeviceSpec measured = device(5);  // evenly spaced: 1, 3.5, 6, 8.5, 11 uS
  for (const double state : {1.0, 3.0, 7.0, 9.0})
    measured.level_conductances.push_back(Conductance::from_si(state * 1e-6));
  const LevelSet levels = device_levels(measured, true);
  ASSERT_EQ(levels.magnitudes.size(), 4U) << "two levels are written as the same state";
  EXPECT_NEAR(levels.magnitudes[1], 2.0 / 8.0, 1e-12);
  EXPECT_NEAR(levels.magnitudes[2], 6.0 / 8.0, 1e-12);
  EXPECT_EQ(levels.magnitudes[3], 1.0);
}

TEST(LevelProjection, IsTheNearestOfAllLevels) {
  const std::vector<float> weights = random_weights(1, 60);
  for (const LevelSet& levels :
       {uniform_levels(2), uniform_levels(3), uniform_levels(8), device_levels(device(16), false)}) {
    for (const double scale : {0.2, 0.7}) {
      EXPECT_NEAR(error(weights, project_on_levels(weights, {}, levels, scale)), least_error(weights, levels, scale),
                  1e-6);
    }
  }
}

TEST(LevelProjection, DoesNothingTheSecondTimeAndNothingLives) {
  const std::vector<float> weights = random_weights(2, 20);
  std::vector<std::uint8_t> live(20, 1);
  live[3] = live[7] = 0;
  const std::vector<float> once = project_on_levels(weights, live, uniform_levels(7), 0.5);
  EXPECT_EQ(once[3], 0.0F);
  EXPECT_EQ(once[7], 0.0F);
  EXPECT_EQ(project_on_levels(once, live, uniform_levels(7), 0.5), once);
}

TEST(LevelProjection, IsSymmetricAndGivesALiveWeightOfZeroTheSmallestLevel) {
  const LevelSet levels = device_levels(device(4), false);
  for (const double value : {0.0, 0.1, 0.34, 0.5, 0.9, 3.0}) {
    EXPECT_EQ(nearest_level(levels, -value),
              value == 0.0 ? nearest_level(levels, value) : -nearest_level(levels, value));
  }
  EXPECT_NEAR(nearest_level(levels, 0.0), 1.0 / 3, 1e-12);
  EXPECT_EQ(nearest_level(levels, 3.0), 1.0);
}

TEST(LevelProjection, FindsTheScaleOfLeastErrorAmongThoseThatUseTheOutermostLevel) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<float> weights = random_weights(seed, 40);
    for (const LevelSet& levels : {uniform_levels(2), uniform_levels(5), uniform_levels(16)}) {
      const double scale = best_scale(weights, {}, levels);
      const std::vector<float> point = project_on_levels(weights, {}, levels, scale);
      const float largest =
          *std::max_element(point.begin(), point.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
      EXPECT_FLOAT_EQ(std::fabs(largest), static_cast<float>(scale));
      double least = std::numeric_limits<double>::infinity();
      for (int k = 1; k <= 2000; ++k) {
        const double other = 1.2 * k / 2000;
        const auto used = project_on_levels(weights, {}, levels, other);
        const bool outermost = std::any_of(used.begin(), used.end(),
                                           [other](float w) { return std::fabs(w) >= static_cast<float>(other); });
        if (outermost) least = std::min(least, least_error(weights, levels, other));
      }
      EXPECT_LE(least_error(weights, levels, scale), least * 1.05);
    }
  }
  EXPECT_EQ(best_scale({0.0F, 0.0F}, {}, uniform_levels(3)), 0.0);
}

}  // namespace
}  // namespace crossloom
