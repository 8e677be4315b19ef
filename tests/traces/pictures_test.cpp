// The pictures of a run: they show every variant, and are the same bytes each time.
#include "traces/pictures.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/traces/sample_report.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> all_pictures(const RunReport& report) {
  return {comparison_svg(report), energy_svg(report), accuracy_by_steps_svg(report)};
}

TEST(Pictures, NameEveryVariantAndTheExperiment) {
  for (const std::string& svg : all_pictures(sample_report())) {
    EXPECT_THAT(svg, HasSubstr(">original"));
    EXPECT_THAT(svg, HasSubstr(">pruned"));
    EXPECT_THAT(svg, HasSubstr(">mnist_mlp: "));
  }
}

TEST(Pictures, AreTheSameBytesEachTime) { EXPECT_EQ(all_pictures(sample_report()), all_pictures(sample_report())); }

TEST(Pictures, SurviveAChipWithoutCosts) {
  RunReport report = sample_report(1);
  for (VariantReport& variant : report.variants) variant.seeds[0].cost = {};
  for (const std::string& svg : all_pictures(report)) {
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
  }
}

TEST(ComparisonPicture, ShowsRelativeFigures) {
  const std::string svg = comparison_svg(sample_report());
  for (const char* hint : {"pruned, synapses: 0.250", "pruned, crossbars: 0.250", "pruned, area: 0.250",
                           "pruned, energy: 0.250", "pruned, latency: 1.00"}) {
    EXPECT_THAT(svg, HasSubstr(hint));
  }
}

TEST(EnergyPicture, ShowsGroupsWithLeakageAndComponentsWithoutIt) {
  const std::string svg = energy_svg(sample_report());
  EXPECT_THAT(svg, HasSubstr("original, leakage: 2.50"));
  EXPECT_THAT(svg, HasSubstr("original, array: 4.00"));
  EXPECT_THAT(svg, HasSubstr("neuron, original: 1.25"));
  EXPECT_THAT(svg, HasSubstr("energy per inference / nJ"));
  // Only its leakage costs anything.
  EXPECT_THAT(svg, Not(HasSubstr("global control")));
}

TEST(AccuracyPicture, ShowsEachStep) {
  const std::string svg = accuracy_by_steps_svg(sample_report(1));
  EXPECT_THAT(svg, HasSubstr("original, 1.00: 25.00"));
  EXPECT_THAT(svg, HasSubstr("original, 4.00: 100.0"));
  EXPECT_THAT(svg, HasSubstr("original, real-valued"));
}

}  // namespace
}  // namespace crossloom
