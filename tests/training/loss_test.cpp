#include "training/loss.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

const std::vector<float> kOutputs{0.5F, -1.25F, 2.0F, 0.0F};

TEST(Loss, GradientsAgreeWithCentralDifferences) {
  constexpr float kStep = 1e-3F;
  for (const LossKind kind : {LossKind::mean_squared, LossKind::cross_entropy}) {
    for (std::uint32_t label = 0; label < 4; ++label) {
      std::vector<float> gradient(4);
      const double loss = loss_and_gradient(kind, kOutputs.data(), 4, label, 0.25F, gradient.data());
      EXPECT_DOUBLE_EQ(loss, loss_of(kind, kOutputs.data(), 4, label));
      for (std::size_t j = 0; j < 4; ++j) {
        std::vector<float> above = kOutputs;
        std::vector<float> below = kOutputs;
        above[j] += kStep;
        below[j] -= kStep;
        const double width = static_cast<double>(above[j]) - static_cast<double>(below[j]);
        const double slope = (loss_of(kind, above.data(), 4, label) - loss_of(kind, below.data(), 4, label)) / width;
        EXPECT_NEAR(static_cast<double>(gradient[j]), 0.25 * slope, 1e-6);
      }
    }
  }
}

TEST(Loss, MeanSquaredIsHalfTheSumOfSquares) {
  EXPECT_DOUBLE_EQ(loss_of(LossKind::mean_squared, kOutputs.data(), 4, 2), (0.25 + 1.5625 + 1.0 + 0.0) / 2.0);
}

TEST(Loss, CrossEntropyOfEqualOutputsIsTheLogarithmOfTheirNumber) {
  const std::vector<float> equal(10, 3.0F);
  EXPECT_NEAR(loss_of(LossKind::cross_entropy, equal.data(), 10, 4), std::log(10.0), 1e-12);
}

TEST(Loss, CrossEntropyStaysFiniteForHugeOutputs) {
  const std::vector<float> huge{1e30F, 0.0F};
  EXPECT_EQ(loss_of(LossKind::cross_entropy, huge.data(), 2, 0), 0.0);
  EXPECT_TRUE(std::isfinite(loss_of(LossKind::cross_entropy, huge.data(), 2, 1)));
}

TEST(Loss, TheFirstOfEqualOutputsIsPredicted) {
  EXPECT_EQ(predicted_class(kOutputs.data(), 4), 2U);
  const std::vector<float> equal{0.0F, 1.0F, 1.0F};
  EXPECT_EQ(predicted_class(equal.data(), 3), 1U);
}

}  // namespace
}  // namespace crossloom
