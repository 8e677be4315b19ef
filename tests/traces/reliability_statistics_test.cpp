// Intervals, verdicts and budgets against numbers worked by hand.
#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "tests/traces/sample_study.h"
#include "traces/reliability.h"

namespace crossloom {
namespace {

using test::measured;
using test::points;
using test::too_large;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(LossInterval, IsStudentsOverChips) {
  // Mean 2, deviation 1, standard error 1/sqrt(3); t of 2 degrees is 4.302653 two-sided and 2.919986 one-sided.
  const LossInterval loss = loss_interval({1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(loss.mean, 2.0);
  EXPECT_NEAR(loss.half_width, 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(loss.upper, 2.0 + 2.919986 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(loss.lower, 2.0 - 2.919986 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(loss.chips, 3U);
}

TEST(LossInterval, HasNoWidthWhereChipsAreAlike) {
  const LossInterval loss = loss_interval({0.1, 0.1, 0.1});
  EXPECT_EQ(loss.mean, 0.1);
  EXPECT_EQ(loss.half_width, 0.0);
  EXPECT_EQ(loss.upper, 0.1);
}

TEST(LossInterval, OfOneChipIsInfinite) {
  const LossInterval loss = loss_interval({0.1});
  EXPECT_EQ(loss.mean, 0.1);
  EXPECT_TRUE(std::isinf(loss.upper));
  EXPECT_TRUE(std::isinf(loss.half_width));
}

TEST(ChipsEnough, AreTheFewestWhoseIntervalIsNarrow) {
  const SamplingRule rule{2, 5, 0.5};
  EXPECT_EQ(chips_enough({1.0}, rule), std::nullopt) << "fewer than the least";
  EXPECT_THAT(chips_enough({1.0, 1.0, 9.0}, rule), Optional(2U)) << "later chips do not count";
  EXPECT_EQ(chips_enough({1.0, 2.0}, rule), std::nullopt) << "half width 12.7 * 0.5";
  EXPECT_THAT(chips_enough({1.0, 2.0, 1.0, 2.0, 1.0, 2.0}, rule), Optional(5U)) << "the most are always enough";
}

TEST(SizeVerdict, LooksAtTheBoundsAndNotAtTheMean) {
  // Half the one-sided interval of two chips that differ by d is 6.3138 * d / 2.
  EXPECT_EQ(verdict_of(measured(16, {0.5, 0.6}), 0.01), SizeVerdict::reliable);
  EXPECT_EQ(verdict_of(measured(16, {0.4, 0.8}), 0.01), SizeVerdict::not_decided) << "mean 0.6 + 1.26";
  EXPECT_EQ(verdict_of(measured(16, {1.4, 1.5}), 0.01), SizeVerdict::unreliable) << "1.45 - 0.32";
  EXPECT_EQ(verdict_of(measured(16, {1.0, 1.0}), 0.01), SizeVerdict::reliable) << "exactly the limit";
  EXPECT_EQ(verdict_of(too_large(16), 0.01), SizeVerdict::does_not_fit);
}

TEST(DecideSize, TakesTheLargestOfWhichAllSmallerOnesAreReliable) {
  const SizeDecision decision =
      decide_size({measured(16, {0, 0}), measured(32, {0, 0}), measured(64, {2, 2}), measured(128, {3, 3})}, 0.01);
  EXPECT_THAT(decision.largest, Optional(1U));
  EXPECT_THAT(decision.exceptions, IsEmpty());
}

TEST(DecideSize, FlagsReliableSizesAboveOneThatIsNot) {
  const SizeDecision decision = decide_size(
      {measured(16, {0, 0}, 4.0), measured(32, {0.5, 3.0}, 1.0), measured(64, {0, 0}, 0.1), measured(128, {2, 2}, 0.1)},
      0.01);
  EXPECT_THAT(decision.largest, Optional(0U));
  EXPECT_THAT(decision.least_energy, Optional(0U)) << "an exception is no answer, however little it needs";
  EXPECT_THAT(decision.exceptions, ElementsAre(2U));
}

TEST(DecideSize, PassesOverSizesThatDoNotFit) {
  const SizeDecision decision =
      decide_size({too_large(16), measured(32, {0, 0}), too_large(48), measured(64, {0, 0})}, 0.01);
  EXPECT_THAT(decision.largest, Optional(3U));
}

TEST(DecideSize, IsNothingWhereNoSizeIsReliable) {
  const SizeDecision decision = decide_size({measured(16, {2, 2}), too_large(32)}, 0.01);
  EXPECT_EQ(decision.largest, std::nullopt);
  EXPECT_EQ(decision.least_energy, std::nullopt);
}

TEST(DecideSize, TakesTheLeastEnergyAmongTheReliableAndOfEqualsTheSmaller) {
  const SizeDecision decision = decide_size(
      {measured(16, {0, 0}, 3.0), measured(32, {0, 0}, 1.0), measured(64, {0, 0}, 1.0), measured(128, {2, 2}, 0.5)},
      0.01);
  EXPECT_THAT(decision.largest, Optional(2U));
  EXPECT_THAT(decision.least_energy, Optional(1U));
}

TEST(BudgetShares, AreDifferencesOfMeanLosses) {
  const BudgetShares shares = budget_shares(test::sample_budget(0));
  EXPECT_NEAR(shares.conversion, 0.005, 1e-12);
  EXPECT_THAT(shares.alone, ElementsAre(DoubleNear(0.011, 1e-12), DoubleNear(0.002, 1e-12)));
  EXPECT_THAT(shares.removed, ElementsAre(DoubleNear(0.022, 1e-12), DoubleNear(0.010, 1e-12)));
  EXPECT_NEAR(shares.all, 0.03, 1e-12);
  EXPECT_NEAR(shares.together(), 0.012, 1e-12) << "3.0 - 0.5 - 1.1 - 0.2 points";
}

TEST(BudgetShares, NeedEveryEntry) {
  ErrorBudget budget = test::sample_budget(0);
  budget.entries.pop_back();
  EXPECT_THROW(budget_shares(budget), Bug);
}

TEST(ParetoFront, KeepsWhatNothingElseBeats) {
  const std::vector<EnergyAccuracy> found = {{3, 0.9}, {1, 0.5}, {2, 0.5}, {4, 0.95}, {3, 0.8}, {5, 0.95}};
  EXPECT_THAT(pareto_front(found), ElementsAre(1U, 0U, 3U));
  EXPECT_THAT(pareto_front({{std::nan(""), 0.9}}), IsEmpty());
}

}  // namespace
}  // namespace crossloom
