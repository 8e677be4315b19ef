#include "models/device/column_gain.h"

#include <vector>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

TEST(ColumnGain, UndoesACommonFactor) {
  const std::vector<std::int16_t> meant = {3, -4, 0, 7};
  const std::vector<double> actual = {2.4, -3.2, 0.0, 5.6};
  EXPECT_NEAR(column_gain(meant.data(), actual.data(), 4, 1), 1.25, 1e-12);
}

TEST(ColumnGain, HasNoBetterNeighbour) {
  const std::vector<std::int16_t> meant = {3, -4, 1, 7, -2};
  const std::vector<double> actual = {2.1, -3.9, 1.4, 5.0, -1.2};
  const auto squares = [&](double gain) {
    double sum = 0.0;
    for (std::size_t k = 0; k < meant.size(); ++k) sum += (meant[k] - gain * actual[k]) * (meant[k] - gain * actual[k]);
    return sum;
  };
  const double best = column_gain(meant.data(), actual.data(), meant.size(), 1);
  EXPECT_LT(squares(best), squares(best - 1e-4));
  EXPECT_LT(squares(best), squares(best + 1e-4));
}

TEST(ColumnGain, SkipsWhatLiesBetweenItsRows) {
  const std::vector<std::int16_t> meant = {2, 99, 4, 99};
  const std::vector<double> actual = {1.0, -5.0, 2.0, 17.0};
  EXPECT_DOUBLE_EQ(column_gain(meant.data(), actual.data(), 2, 2), 2.0);
}

TEST(ColumnGain, StaysWithinItsRangeAndIsOneWhereThereIsNothingToFit) {
  const std::vector<std::int16_t> meant = {8, 8}, none = {0, 0};
  const std::vector<double> weak = {1.0, 1.0}, strong = {80.0, 80.0}, nothing = {0.0, 0.0};
  EXPECT_EQ(column_gain(meant.data(), weak.data(), 2, 1), kLargestColumnGain);
  EXPECT_EQ(column_gain(meant.data(), strong.data(), 2, 1), kSmallestColumnGain);
  EXPECT_EQ(column_gain(none.data(), weak.data(), 2, 1), 1.0);
  EXPECT_EQ(column_gain(meant.data(), nothing.data(), 2, 1), 1.0);
}

}  // namespace
}  // namespace crossloom
