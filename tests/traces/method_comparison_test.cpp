#include "traces/method_comparison.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace crossloom {
namespace {

using testing::HasSubstr;

MethodPoint point(const std::string& setting, std::uint64_t crossbars, std::vector<double> losses) {
  MethodPoint result{setting, {}};
  for (std::size_t k = 0; k < losses.size(); ++k) {
    PointSeed seed;
    seed.seed = k + 1;
    seed.dense_validation_accuracy = 0.98;
    seed.validation_accuracy = 0.98 - losses[k];
    seed.synapses = crossbars * 100;
    seed.unclustered = crossbars * 25;
    seed.crossbars = crossbars;
    result.seeds.push_back(seed);
  }
  return result;
}

TEST(OperatingPoint, IsTheFewestCrossbarsWithinTheMeanLoss) {
  const std::vector<MethodPoint> points = {point("a", 100, {0.0, 0.0}), point("b", 50, {0.003, 0.001}),
                                           point("c", 30, {0.001, 0.004})};
  const OperatingPoint chosen = choose_operating_point(points, 0.002);
  EXPECT_EQ(chosen.point, 1U) << "a mean loss of exactly the limit counts";
  EXPECT_TRUE(chosen.within_limit);
}

TEST(OperatingPoint, IsTheLeastLossWhereNoneIsWithinTheLimit) {
  const OperatingPoint chosen = choose_operating_point({point("a", 10, {0.05}), point("b", 100, {0.01})}, 0.002);
  EXPECT_EQ(chosen.point, 1U);
  EXPECT_FALSE(chosen.within_limit);
}

TEST(OperatingPoint, TakesFewerSynapsesAmongEqualCrossbars) {
  std::vector<MethodPoint> points = {point("a", 10, {0.0}), point("b", 10, {0.0})};
  points[1].seeds[0].synapses = 5;
  EXPECT_EQ(choose_operating_point(points, 0.002).point, 1U);
}

TEST(AccuracyDifference, OfFewSeedsHasTheIntervalOfPairedProportions) {
  // 100 images of which 4 only the first and 1 only this one gets right: variance (5/100 - 0.03^2) / 100.
  const AccuracyDifference one = accuracy_difference({{100, 4, 1}}, 0.002);
  EXPECT_DOUBLE_EQ(one.mean, -0.03);
  EXPECT_NEAR(one.half_width, 1.96 * 0.0221585, 1e-5);
  EXPECT_FALSE(one.over_seeds);
  EXPECT_EQ(one.verdict, Verdict::not_decided);
}

TEST(AccuracyDifference, OfThreeSeedsHasStudentsInterval) {
  const std::vector<PairedOutcome> outcomes = {{1000, 0, 1}, {1000, 0, 2}, {1000, 0, 3}};
  const AccuracyDifference three = accuracy_difference(outcomes, 0.002);
  EXPECT_DOUBLE_EQ(three.mean, 0.002);
  EXPECT_NEAR(three.half_width, 4.302653 * 0.001 / std::sqrt(3.0), 1e-8);
  EXPECT_TRUE(three.over_seeds);
  EXPECT_EQ(three.verdict, Verdict::equal);
  EXPECT_EQ(accuracy_difference(outcomes, 0.0004).verdict, Verdict::not_decided)
      << "the interval reaches 0.048 points below no difference";
}

TEST(AccuracyDifference, IsWorseOnlyWhereTheWholeIntervalIs) {
  EXPECT_EQ(accuracy_difference({{10000, 500, 0}}, 0.002).verdict, Verdict::worse);
  EXPECT_EQ(accuracy_difference({{10000, 25, 0}}, 0.002).verdict, Verdict::not_decided);
  EXPECT_EQ(accuracy_difference({{10000, 0, 0}}, 0.002).verdict, Verdict::equal);
}

MethodComparison sample() {
  MethodComparison comparison;
  comparison.experiment = "sample";
  comparison.dataset = "digits";
  comparison.chip = "chip";
  comparison.largest_loss = 0.002;
  comparison.relative_to = {0};
  comparison.steps = 40;
  comparison.simulated_images = 20;
  ComparedSize size{{64, 32}, {}};
  for (const std::uint64_t crossbars : {100U, 25U}) {
    ComparedMethod method;
    method.name = crossbars == 100 ? "original" : "clustered";
    method.points = {point(crossbars == 100 ? "" : "kept = 0.1", crossbars, {0.0, 0.0})};
    for (int seed = 0; seed < 2; ++seed) {
      Headline figures{};
      figures.accuracy = 0.98;
      figures.synapses = static_cast<double>(crossbars) * 100;
      figures.crossbars = static_cast<double>(crossbars);
      figures.energy_per_inference_j = 1e-9 * static_cast<double>(crossbars);
      method.chosen.figures.push_back(figures);
      method.chosen.outcomes.push_back({1000, 3, 2});
    }
    size.methods.push_back(method);
  }
  comparison.sizes = {size};
  return comparison;
}

TEST(MethodComparisonText, ShowsEachMethodAtItsPointAndRelativeToTheReference) {
  const std::string text = method_comparison_text(sample());
  EXPECT_THAT(text, HasSubstr("Crossbars of 64 x 32 weights"));
  EXPECT_THAT(text, HasSubstr("kept = 0.1"));
  EXPECT_THAT(text, HasSubstr("x0.250"));
  EXPECT_THAT(text, HasSubstr("25.0 nJ"));
  EXPECT_THAT(text, HasSubstr("not decided"));
}

TEST(MethodComparisonText, MarksAPointOutsideTheLimit) {
  MethodComparison comparison = sample();
  comparison.sizes[0].methods[1].chosen.within_limit = false;
  EXPECT_THAT(method_comparison_text(comparison), HasSubstr("kept = 0.1 (!)"));
}

TEST(MethodComparisonFiles, HoldEveryPointAndTheChosenFigures) {
  const std::vector<Table> tables = method_comparison_tables(sample());
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[1].rows().size(), 4U) << "two methods of one point and two seeds each";
  const auto json = nlohmann::json::parse(method_comparison_json(sample()));
  const auto& method = json["sizes"][0]["methods"][1];
  EXPECT_EQ(method["name"], "clustered");
  EXPECT_EQ(method["crossbars"], 25.0);
  EXPECT_EQ(method["unclustered"], 0.25);
  EXPECT_EQ(method["interval_over"], "images");
}

TEST(MethodCurves, DrawACurveAMethod) {
  const std::string svg = method_curves_svg(sample());
  EXPECT_THAT(svg, HasSubstr("clustered"));
  EXPECT_THAT(svg, HasSubstr("Crossbars of 64 x 32"));
}

}  // namespace
}  // namespace crossloom
