#include "training/optimiser.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

TrainingSpec with(const OptimiserSpec& optimiser, double decay = 0.0) {
  TrainingSpec spec;
  spec.optimiser = optimiser;
  spec.weight_decay = decay;
  return spec;
}

std::vector<float> after_steps(Optimiser& optimiser, std::vector<float> values, const std::vector<float>& gradient,
                               int steps) {
  for (int s = 0; s < steps; ++s) {
    optimiser.begin_step(0.1);
    optimiser.take(0, 0, values.size(), gradient.data(), values.data());
  }
  return values;
}

TEST(Optimiser, SgdWithMomentumFollowsItsRecurrence) {
  Optimiser optimiser(with(SgdSpec{0.5}), {1}, {true});
  // v: 2, 3, 3.5
  EXPECT_NEAR(static_cast<double>(after_steps(optimiser, {1.0F}, {2.0F}, 3)[0]), 1.0 - 0.1 * (2 + 3 + 3.5), 1e-6);
}

TEST(Optimiser, AdamFollowsThePublishedFormulas) {
  const AdamSpec adam;
  Optimiser optimiser(with(adam), {1}, {true});
  const float got = after_steps(optimiser, {1.0F}, {0.3F}, 5)[0];
  double w = 1.0, m = 0.0, v = 0.0;
  for (int t = 1; t <= 5; ++t) {
    m = 0.9 * m + 0.1 * 0.3;
    v = 0.999 * v + 0.001 * 0.09;
    w -= 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + adam.epsilon);
  }
  EXPECT_NEAR(static_cast<double>(got), w, 1e-5);
}

TEST(Optimiser, WeightDecayShrinksWeightsAndNeverBiasesOrGradients) {
  for (const OptimiserSpec& kind : {OptimiserSpec(SgdSpec{0.0}), OptimiserSpec(AdamSpec{})}) {
    Optimiser optimiser(with(kind, 0.5), {1, 1}, {true, false});
    std::vector<float> weight{2.0F}, bias{2.0F}, gradient{0.0F};
    optimiser.begin_step(0.1);
    optimiser.take(0, 0, 1, gradient.data(), weight.data());
    optimiser.take(1, 0, 1, gradient.data(), bias.data());
    EXPECT_FLOAT_EQ(weight[0], 2.0F - 0.1F * 0.5F * 2.0F);
    EXPECT_EQ(bias[0], 2.0F);
    EXPECT_EQ(gradient[0], 0.0F);
  }
}

TEST(Optimiser, MaskedWeightsStayZeroAndForgetTheirMoments) {
  for (const OptimiserSpec& kind : {OptimiserSpec(SgdSpec{0.9}), OptimiserSpec(AdamSpec{})}) {
    Optimiser optimiser(with(kind), {2}, {true});
    auto values = after_steps(optimiser, {1.0F, 1.0F}, {1.0F, 1.0F}, 2);
    optimiser.set_live(0, {1, 0});
    values[1] = 0.0F;
    values = after_steps(optimiser, values, {1.0F, 1.0F}, 2);
    EXPECT_NE(values[0], 0.0F);
    EXPECT_EQ(values[1], 0.0F);
    optimiser.set_live(0, {});
    values = after_steps(optimiser, values, {0.0F, 0.0F}, 1);
    EXPECT_EQ(values[1], 0.0F) << "a moment survived the mask";
  }
}

TEST(Optimiser, GoesOnFromWhatItSavedToTheSameBytes) {
  for (const OptimiserSpec& kind : {OptimiserSpec(SgdSpec{0.9}), OptimiserSpec(AdamSpec{})}) {
    Optimiser first(with(kind), {3}, {true});
    const std::vector<float> gradient{0.1F, -0.2F, 0.3F};
    auto values = after_steps(first, {1.0F, 2.0F, 3.0F}, gradient, 3);
    first.set_live(0, {1, 1, 0});
    Archive archive("test", 1);
    first.save(archive);
    Optimiser second(with(kind), {3}, {true});
    second.restore(archive);
    EXPECT_EQ(second.live(0), first.live(0));
    EXPECT_EQ(after_steps(second, values, gradient, 4), after_steps(first, values, gradient, 4));
    Optimiser other(with(kind), {4}, {true});
    EXPECT_THROW(other.restore(archive), UserError);
  }
}

}  // namespace
}  // namespace crossloom
