#include "training/dropout.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

TEST(Dropout, DropsTheShareAskedForAndKeepsTheMean) {
  for (const double share : {0.2, 0.5, 0.9}) {
    const Dropout dropout(RandomKey(1), share);
    std::vector<float> values(100000, 1.0F);
    dropout.apply(0, 0, values.size(), values.data());
    double dropped = 0.0, sum = 0.0;
    for (const float value : values) {
      dropped += value == 0.0F ? 1.0 : 0.0;
      sum += static_cast<double>(value);
    }
    const double n = static_cast<double>(values.size());
    EXPECT_NEAR(dropped / n, share, 5.0 * std::sqrt(share * (1.0 - share) / n));
    EXPECT_NEAR(sum / n, 1.0, 5.0 * std::sqrt(share / (1.0 - share) / n));
  }
}

TEST(Dropout, DrawsDifferWithStepRowAndKeyAndAreTheSameOtherwise) {
  const auto mask = [](std::uint64_t key, std::uint64_t step, std::uint32_t row) {
    std::vector<float> values(64, 1.0F);
    Dropout(RandomKey(key), 0.5).apply(step, row, values.size(), values.data());
    return values;
  };
  EXPECT_EQ(mask(1, 2, 3), mask(1, 2, 3));
  EXPECT_NE(mask(1, 2, 3), mask(2, 2, 3));
  EXPECT_NE(mask(1, 2, 3), mask(1, 3, 3));
  EXPECT_NE(mask(1, 2, 3), mask(1, 2, 4));
  EXPECT_NE(mask(1, 2, 3), mask(1, 2 + (1ULL << 32U), 3));
}

TEST(Dropout, TheFirstColumnsDoNotDependOnHowManyThereAre) {
  std::vector<float> few(11, 1.0F), many(50, 1.0F);
  const Dropout dropout(RandomKey(4), 0.5);
  dropout.apply(0, 0, few.size(), few.data());
  dropout.apply(0, 0, many.size(), many.data());
  EXPECT_EQ(few, std::vector<float>(many.begin(), many.begin() + 11));
}

}  // namespace
}  // namespace crossloom
