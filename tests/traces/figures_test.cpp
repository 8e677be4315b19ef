// Relative figures, paired differences and how they are shown.
#include "traces/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/traces/sample_report.h"

namespace crossloom {
namespace {

const Figure& figure(const std::string& name) {
  for (const Figure& f : all_figures()) {
    if (name == f.name) return f;
  }
  throw std::out_of_range(name);
}

TEST(Compare, GivesRatiosOfMeans) {
  const RunReport report = sample_report();
  EXPECT_DOUBLE_EQ(compare(report, report.variants[1], figure("synapses")).ratio, 0.25);
  EXPECT_DOUBLE_EQ(compare(report, report.variants[1], figure("area_mm2")).ratio, 0.25);
  EXPECT_NEAR(compare(report, report.variants[1], figure("energy_per_inference_j")).ratio, 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(compare(report, report.variants[1], figure("latency_per_inference_s")).ratio, 1.0);
  for (const Figure& f : all_figures()) EXPECT_EQ(compare(report, report.variants[0], f).ratio, 1.0) << f.name;
}

TEST(Compare, PairsDifferencesBySeedSoThatACommonSpreadDropsOut) {
  const RunReport report = sample_report();
  const ComparedFigure compared = compare(report, report.variants[1], figure("accuracy"));
  ASSERT_TRUE(compared.difference);
  EXPECT_NEAR(compared.difference->mean, -0.001, 1e-12);
  EXPECT_LT(compared.difference->half_width, 1e-12);
  // Standard deviation 0.001 over three seeds.
  EXPECT_NEAR(compared.estimate.half_width, 0.001 * 2.48414, 1e-8);
}

TEST(Compare, PairsBySeedAndNotByPlace) {
  RunReport report = sample_report();
  std::swap(report.variants[1].seeds[0], report.variants[1].seeds[2]);
  EXPECT_LT(compare(report, report.variants[1], figure("accuracy")).difference->half_width, 1e-12);
}

TEST(Compare, HasNoDifferenceWhereNoSeedIsShared) {
  RunReport report = sample_report();
  for (SeedReport& seed : report.variants[1].seeds) seed.seed += 100;
  const ComparedFigure compared = compare(report, report.variants[1], figure("accuracy"));
  EXPECT_FALSE(compared.difference);
  EXPECT_EQ(show_relative(figure("accuracy"), compared), "-");
}

TEST(Show, UsesTheUnitAndTheDigitsOfTheFigure) {
  EXPECT_EQ(show(figure("accuracy"), 0.98523), "98.52 %");
  EXPECT_EQ(show(figure("utilisation"), 0.9234), "92.3 %");
  EXPECT_EQ(show(figure("crossbars"), 2627.0), "2,627");
  EXPECT_EQ(show(figure("area_mm2"), 0.0123), "0.0123");
  EXPECT_EQ(show(figure("energy_per_inference_j"), 12.3e-6), "12.3 uJ");
  EXPECT_EQ(show(figure("tops_per_w"), std::nan("")), "-");
}

TEST(ShowHalfWidth, HasThePrefixAndTheDecimalsOfItsMean) {
  EXPECT_EQ(show_half_width(figure("energy_per_inference_j"), {12.3e-6, 0.21e-6, 3}), "±0.2");
  EXPECT_EQ(show_half_width(figure("energy_per_inference_j"), {12.3e-6, 1.0e-3, 3}), "±1000.0");
  EXPECT_EQ(show_half_width(figure("accuracy"), {0.985, 0.0008, 3}), "±0.08");
  EXPECT_EQ(show_half_width(figure("synapses"), {2e6, 1234.4, 3}), "±1,234");
}

TEST(ShowHalfWidth, DoesNotCallASmallIntervalNothing) {
  EXPECT_EQ(show_half_width(figure("accuracy"), {0.985, 0.0000123, 3}), "±0.001");
  EXPECT_EQ(show_half_width(figure("synapses"), {2e6, 0.3, 3}), "±0.3");
  EXPECT_EQ(show_half_width(figure("accuracy"), {0.985, 0.0, 3}), "±0.00");
}

TEST(ShowRelative, IsAFactorButPointsForAccuracies) {
  const RunReport report = sample_report();
  const VariantReport& pruned = report.variants[1];
  EXPECT_EQ(show_relative(figure("crossbars"), compare(report, pruned, figure("crossbars"))), "x0.250");
  EXPECT_EQ(show_relative(figure("accuracy"), compare(report, pruned, figure("accuracy"))), "-0.10 pt");
}

}  // namespace
}  // namespace crossloom
