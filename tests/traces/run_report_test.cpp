// Means, intervals and headline figures against values computed by hand.
#include "traces/run_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/traces/sample_report.h"

namespace crossloom {
namespace {

TEST(StudentT, AgreesWithPrintedTables) {
  EXPECT_NEAR(student_t_95(1), 12.706, 5e-4);
  EXPECT_NEAR(student_t_95(2), 4.303, 5e-4);
  EXPECT_NEAR(student_t_95(4), 2.776, 5e-4);
  EXPECT_NEAR(student_t_95(9), 2.262, 5e-4);
  EXPECT_NEAR(student_t_95(30), 2.042, 5e-4);
  EXPECT_NEAR(student_t_95(100000), 1.960, 5e-4);
}

TEST(Estimate, OfThreeSamplesIsTheHandComputedMeanAndHalfWidth) {
  // Standard deviation 1, so that the half width is 4.3027 / sqrt(3).
  const Estimate result = estimate({1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(result.mean, 2.0);
  EXPECT_NEAR(result.half_width, 2.48414, 1e-5);
  EXPECT_EQ(result.samples, 3U);
}

TEST(Estimate, OfOneSampleHasNoHalfWidth) {
  const Estimate result = estimate({0.7});
  EXPECT_EQ(result.mean, 0.7);
  EXPECT_EQ(result.half_width, 0.0);
  EXPECT_EQ(result.samples, 1U);
}

TEST(Estimate, OfEqualSamplesIsExactlyThatSample) {
  const Estimate result = estimate({0.1, 0.1, 0.1});
  EXPECT_EQ(result.mean, 0.1);
  EXPECT_EQ(result.half_width, 0.0);
}

TEST(Estimate, OfNoSampleIsABug) { EXPECT_THROW(estimate({}), Bug); }

TEST(Headline, DividesByImagesAndByTheElapsedTime) {
  const Headline figures = headline(sample_seed(1, 1.0, 0.98, 3), Frequency::from_si(200e6));
  EXPECT_NEAR(figures.energy_per_inference_j, 10e-9, 1e-20);
  EXPECT_NEAR(figures.latency_per_inference_s, 575e-9, 1e-18);
  EXPECT_NEAR(figures.throughput_per_s * figures.latency_per_inference_s, 1.0, 1e-12);
  EXPECT_NEAR(figures.power_w, 40e-9 / 2.3e-6, 1e-12);
  EXPECT_NEAR(figures.energy_delay_product_js, 10e-9 * 575e-9, 1e-26);
  // 2 x 2,000,000 operations for 10 nJ.
  EXPECT_NEAR(figures.tops_per_w, 400.0, 1e-9);
  EXPECT_NEAR(figures.area_mm2, 4.0, 1e-12);
  EXPECT_EQ(figures.chip_accuracy, 0.75);
}

TEST(Headline, IsInfiniteAndNotWrongWhereNothingCostsAnything) {
  SeedReport seed = sample_seed(1, 1.0, 0.98, 3);
  seed.cost = {};
  EXPECT_TRUE(std::isinf(headline(seed, Frequency::from_si(1e9)).tops_per_w));
}

TEST(CorrectAfter, CountsTheImagesAnsweredRightByThatStep) {
  const SeedReport seed = sample_seed(1, 1.0, 0.98, 3);
  EXPECT_EQ(correct_after(seed, 1), 1U);
  EXPECT_EQ(correct_after(seed, 2), 2U);
  EXPECT_EQ(correct_after(seed, 3), 3U);
  EXPECT_EQ(correct_after(seed, 5), 3U);
}

TEST(ProblemOf, FindsNothingInACompleteReport) { EXPECT_EQ(problem_of(sample_report()), std::nullopt); }

TEST(ProblemOf, NamesVariantSeedAndListThatDoNotBelongTogether) {
  RunReport report = sample_report();
  report.variants[1].seeds[2].labels.pop_back();
  EXPECT_EQ(problem_of(report), "variant pruned, seed 3: its labels are not one an image");
  report = sample_report();
  report.variants[0].seeds[0].simulation.images[2].outcome.predicted_by_step.pop_back();
  EXPECT_EQ(problem_of(report), "variant original, seed 1: image 102: its predictions are not one a step");
  report = sample_report();
  report.variants[1].name = "original";
  EXPECT_EQ(problem_of(report), "two variants are called original");
  report = sample_report();
  report.variants[0].seeds[0].simulation.images.clear();
  EXPECT_EQ(problem_of(report), "variant original, seed 1: no image was simulated");
  report = sample_report();
  report.layer_neurons.pop_back();
  EXPECT_EQ(problem_of(report), "layer_neurons is not one number a layer and one for the input");
  report = sample_report();
  report.variants[0].seeds[0].cost.energy[0].layer = LayerId(2);
  EXPECT_EQ(problem_of(report), "variant original, seed 1: an energy belongs to a layer that has no name");
}

}  // namespace
}  // namespace crossloom
