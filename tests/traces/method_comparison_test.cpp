#include "traces/method_comparison.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  ComparedSize size{{64, 32}, {64, 32}, {}};
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

TEST(MethodCurves, FillTheirPictureAndShowTheLeastAccuracyOfAnOperatingPoint) {
  MethodComparison comparison = sample();
  for (ComparedMethod& method : comparison.sizes[0].methods) {
    for (PointSeed& seed : method.points[0].seeds) {
      seed.dense_validation_accuracy = 0.42;
      seed.validation_accuracy = method.name == "original" ? 0.42 : 0.40;
    }
  }
  const std::string svg = method_curves_svg(comparison);
  EXPECT_THAT(svg, HasSubstr("least of an operating point"));
  EXPECT_THAT(svg, HasSubstr(">42.0<")) << "the axis ends at the highest accuracy";
  EXPECT_THAT(svg, HasSubstr(">40.0<")) << "and begins at the lowest";
  EXPECT_THAT(svg, Not(HasSubstr(">42.5<"))) << "and goes no further";
}

MethodComparison bit_serial_sample() {
  MethodComparison comparison = sample();
  comparison.bit_serial = true;
  comparison.steps = 0;
  comparison.corner = ComparedCorner{"noisy cells", 3, 100};
  comparison.sizes[0].array = {128, 128};
  comparison.sizes[0].crossbar = {128, 16};
  for (ComparedMethod& method : comparison.sizes[0].methods) {
    for (Headline& figures : method.chosen.figures) figures.tiles = 2.0;
    method.chosen.corner = {{100, 95, {90, 91, 92}}, {100, 95, {93, 94, 95}}};
  }
  return comparison;
}

TEST(CornerAccuracy, IsTheMeanOverChipsOfAllSeedsWithItsInterval) {
  const CornerAccuracy found = corner_accuracy({{100, 95, {90, 92}}, {100, 97, {91, 95}}});
  EXPECT_DOUBLE_EQ(found.accuracy.mean, 0.92);
  EXPECT_NEAR(found.loss.mean, (0.05 + 0.03 + 0.06 + 0.02) / 4.0, 1e-12);
  // Student's t of 3 degrees of freedom, 3.182, times the standard deviation of 0.05, 0.03, 0.06, 0.02 over 2.
  EXPECT_NEAR(found.loss.half_width, 3.182446 * 0.0182574 / 2.0, 1e-6);
}

TEST(MethodComparisonText, OfABitSerialChipNamesArraysAndCornerAndNoSteps) {
  const std::string text = method_comparison_text(bit_serial_sample());
  EXPECT_THAT(text, HasSubstr("Crossbars of 128 x 16 weights in arrays of 128 x 128 cells"));
  EXPECT_THAT(text, Not(HasSubstr("T =")));
  EXPECT_THAT(text, HasSubstr("92.50 % ±1.96"));
  EXPECT_THAT(text, HasSubstr("2.50 ±1.96"));
  EXPECT_THAT(text, HasSubstr("3 programmed chips of noisy cells a seed, the first 100 test images"));
  EXPECT_THAT(method_comparison_text(sample()), Not(HasSubstr("corner")));
}

TEST(MethodComparisonFiles, OfABitSerialChipHoldItsFiguresAndEveryChipOfTheCorner) {
  const std::vector<Table> tables = method_comparison_tables(bit_serial_sample());
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_EQ(tables[2].name(), "method_corner");
  EXPECT_EQ(tables[2].rows().size(), 2U * 2U * 3U);
  EXPECT_THAT(tables[0].to_csv(), HasSubstr("clipped_share"));
  const auto json = nlohmann::json::parse(method_comparison_json(bit_serial_sample()));
  EXPECT_EQ(json.at("corner").at("name"), "noisy cells");
  EXPECT_EQ(json.at("sizes")[0].at("crossbar_columns"), 16);
  EXPECT_NEAR(json.at("sizes")[0].at("methods")[0].at("corner").at("loss").get<double>(), 0.025, 1e-12);
  EXPECT_THAT(corner_svg(bit_serial_sample()), HasSubstr("noisy cells"));
}

}  // namespace
}  // namespace crossloom
