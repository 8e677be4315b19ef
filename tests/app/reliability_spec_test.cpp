// Reading `reliability:` and what each point of a study sets.
#include <gmock/gmock.h>

#include "app/reliability_points.h"
#include "app/reliability_spec.h"
#include "base/error.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ReliabilitySpec read(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "x.yaml");
  ReliabilitySpec spec = read_reliability_spec(document.root(), {"original", "array"});
  document.finish();
  return spec;
}

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

const std::string kCauses =
    "causes:\n"
    "  - {name: wires, off: chip.wires=0 ohm}\n"
    "  - {name: noise, off: [chip.noise=0, chip.offset=0]}\n";

TEST(ReliabilitySpec, HasDefaultsForAllButTheCorners) {
  const ReliabilitySpec spec = read("corners: [{name: typical}]\n");
  EXPECT_THAT(spec.array_sizes, IsEmpty());
  EXPECT_THAT(spec.variants, ElementsAre("original", "array"));
  EXPECT_EQ(spec.least_chips, 4U);
  EXPECT_EQ(spec.most_chips, 10U);
  EXPECT_DOUBLE_EQ(spec.largest_loss, 0.01);
  EXPECT_DOUBLE_EQ(spec.interval, 0.002);
  EXPECT_EQ(spec.images, 2000U);
  EXPECT_FALSE(spec.budget.has_value());
  EXPECT_THAT(spec.corners.at(0).device, IsEmpty());
}

TEST(ReliabilitySpec, PutsSizesInAscendingOrder) {
  const ReliabilitySpec spec = read("array_sizes: [64, 16, 32x64]\ncorners: [{name: typical}]\n");
  ASSERT_EQ(spec.array_sizes.size(), 3U);
  EXPECT_EQ(spec.array_sizes[0].rows, 16U);
  EXPECT_EQ(spec.array_sizes[1].rows, 32U);
  EXPECT_EQ(spec.array_sizes[2].rows, 64U);
}

TEST(ReliabilitySpec, ReadsCornersWithTheCausesThatActThere) {
  const ReliabilitySpec spec = read(kCauses +
                                    "corners:\n"
                                    "  - {name: typical, settings: [chip.noise=0.1, spiking.steps=8]}\n"
                                    "  - {name: quiet, causes: wires}\n"
                                    "budget: {sizes: decided, chips: 3, corners: [typical]}\n");
  ASSERT_EQ(spec.corners.size(), 2U);
  EXPECT_EQ(spec.corners[0].settings.at(1).path, "spiking.steps");
  EXPECT_EQ(spec.corners[0].settings.at(1).value, "8");
  EXPECT_THAT(spec.corners[0].causes, ElementsAre("wires", "noise"));
  EXPECT_THAT(spec.corners[1].causes, ElementsAre("wires"));
  EXPECT_EQ(spec.causes.at(0).off.at(0).value, "0 ohm");
  EXPECT_EQ(spec.budget->chips, 3U);
  EXPECT_TRUE(has_budget(spec, spec.corners[0]));
  EXPECT_FALSE(has_budget(spec, spec.corners[1]));
}

TEST(ReliabilitySpec, LeavesOnlyTheCornersAskedFor) {
  const std::string study = kCauses + "corners: [{name: a}, {name: b}, {name: c}]\nbudget: {corners: [a, b]}\n";
  const ReliabilitySpec spec = read(study + "only_corners: [b]\n");
  ASSERT_EQ(spec.corners.size(), 1U);
  EXPECT_EQ(spec.corners[0].name, "b");
  EXPECT_TRUE(has_budget(spec, spec.corners[0]));
  EXPECT_EQ(read(study).corners.size(), 3U);
  EXPECT_THAT(error_of(study + "only_corners: [d]\n"), HasSubstr("there is no corner 'd'; there are: a, b, c"));
  EXPECT_THAT(error_of(study + "only_corners: []\n"), HasSubstr("at least one corner is needed"));
}

TEST(ReliabilitySpec, RefusesWhatCannotBeMeasured) {
  const std::string corner = "corners: [{name: typical}]\n";
  EXPECT_THAT(error_of("array_sizes: [16]\n"), HasSubstr("corners: missing"));
  EXPECT_THAT(error_of("corners: []\n"), HasSubstr("at least one corner"));
  EXPECT_THAT(error_of("corners: [{name: a}, {name: a}]\n"), HasSubstr("two corners are called 'a'"));
  EXPECT_THAT(error_of("array_sizes: [16, 16]\n" + corner), HasSubstr("16 is given twice"));
  EXPECT_THAT(error_of("array_sizes: [0]\n" + corner), HasSubstr("'0' is no array size"));
  EXPECT_THAT(error_of("variants: [nobody]\n" + corner),
              HasSubstr("there is no variant 'nobody'; there are: original"));
  EXPECT_THAT(error_of("chips: {least: 1}\n" + corner), HasSubstr("chips.least: expected an integer from 2"));
  EXPECT_THAT(error_of("chips: {least: 5, most: 3}\n" + corner), HasSubstr("at most 3 chips, but at least 5"));
  EXPECT_THAT(error_of("settings: [chip.device]\n" + corner), HasSubstr("'chip.device' is no setting"));
  EXPECT_THAT(error_of("settings: [chip.crossbar.rows=8]\n" + corner), HasSubstr("given by array_sizes"));
  EXPECT_THAT(error_of("settings: [training.epochs=8]\n" + corner), HasSubstr("only chip., spiking. and mapping."));
  EXPECT_THAT(error_of("causes: [{name: wires}]\n" + corner), HasSubstr("off: missing"));
  EXPECT_THAT(error_of("budget: {chips: 2}\n" + corner), HasSubstr("a budget needs causes"));
  EXPECT_THAT(error_of(kCauses + corner + "budget: {sizes: [64]}\n"), HasSubstr("64 is none of the array_sizes"));
  EXPECT_THAT(error_of(kCauses + "corners: [{name: typical, causes: [rain]}]\n"), HasSubstr("no cause 'rain'"));
  EXPECT_THAT(error_of("corners: [{name: typical, device: {levels: 16}}]\n"),
              HasSubstr("x.yaml:1:35: corners[0].device.maximum_conductance: missing"));
}

/// The settings in the order in which the loader was given them.
std::vector<std::string> settings_at(const ReliabilitySpec& spec, const CausesOn& on) {
  std::vector<std::string> given;
  const ExperimentLoader load = [&](const std::vector<ConfigOverride>& overrides) {
    for (const ConfigOverride& item : overrides) given.push_back(item.path + "=" + item.value);
    return ExperimentFile();
  };
  (void)reliability_point(load, spec, {32, 64}, spec.corners.at(0), on);
  return given;
}

TEST(ReliabilityPoint, SetsSizeThenStudyThenCornerThenWhatIsOff) {
  const ReliabilitySpec spec = read(kCauses +
                                    "settings: [mapping.packing=balanced]\n"
                                    "corners: [{name: typical, settings: [chip.noise=0.1]}]\n");
  const std::vector<std::string> all = {"chip.crossbar.rows=32", "chip.crossbar.columns=64", "mapping.packing=balanced",
                                        "chip.noise=0.1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), all.begin(), all.end());
    return more;
  };
  EXPECT_EQ(settings_at(spec, {BudgetKind::all, ""}), all);
  EXPECT_EQ(settings_at(spec, {BudgetKind::alone, "wires"}), with({"chip.noise=0", "chip.offset=0"}));
  EXPECT_EQ(settings_at(spec, {BudgetKind::all_but, "wires"}), with({"chip.wires=0 ohm"}));
  EXPECT_EQ(settings_at(spec, {BudgetKind::none, ""}), with({"chip.wires=0 ohm", "chip.noise=0", "chip.offset=0"}));
}

TEST(ReliabilityPoint, LeavesCausesAloneThatDoNotActInTheCorner) {
  const ReliabilitySpec spec = read(kCauses + "corners: [{name: typical, causes: noise}]\n");
  EXPECT_THAT(settings_at(spec, {BudgetKind::none, ""}),
              ElementsAre("chip.crossbar.rows=32", "chip.crossbar.columns=64", "chip.noise=0", "chip.offset=0"));
  EXPECT_EQ(budget_points(spec.corners[0]).size(), 4U) << "none, alone, all but, all";
}

TEST(ReliabilityPoint, IsNamedWhereItIsNotValid) {
  const ReliabilitySpec spec = read(kCauses + "corners: [{name: typical}]\n");
  const ExperimentLoader load = [](const std::vector<ConfigOverride>&) -> ExperimentFile { throw UserError("bad"); };
  try {
    (void)reliability_point(load, spec, {32, 64}, spec.corners.at(0), {BudgetKind::alone, "wires"});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "reliability, corner typical at 32x64, causes: alone wires: bad");
  }
}

}  // namespace
}  // namespace crossloom
