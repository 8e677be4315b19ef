// Reliability studies by the real program: what lies in the folder, and that the bytes depend on nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <signal.h>

#include <chrono>
#include <cmath>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramOptions;
using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

const std::string kSmall =
    "  array_sizes: [16, 32]\n"
    "  chips: {least: 2, most: 3}\n"
    "  images: 40\n"
    "  test_images: 30\n"
    "  timed_images: 3\n"
    "  checked_images: 8\n";

const std::string kStudy =
    "reliability:\n" + kSmall +
    "  largest_loss_points: 100\n"
    "  causes:\n"
    "    - {name: programming, off: chip.device.programming_error=0}\n"
    "    - {name: stuck, off: [chip.device.stuck_at_minimum=0, chip.device.stuck_at_maximum=0]}\n"
    "  corners:\n"
    "    - {name: chip}\n"
    "    - name: bad\n"
    "      settings: [chip.device.programming_error=0.2, chip.device.stuck_at_minimum=0.05]\n"
    "  budget: {sizes: [16], corners: bad}\n";

ProgramResult study_tiny(const TemporaryFolder& folder, const std::string& out, std::vector<std::string> more = {},
                         const std::string& cache = "cache", const std::string& study = kStudy,
                         const ProgramOptions& options = {}) {
  const auto file = folder.write("tiny.yaml", test::tiny_experiment() + study);
  std::vector<std::string> arguments{"reliability", file.string(),
                                     "--out",       (folder.path() / out).string(),
                                     "--cache",     (folder.path() / cache).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments, options);
}

Json summary_of(const TemporaryFolder& folder, const std::string& out) {
  return Json::parse(read_file(folder.path() / out / "summary.json"));
}

/// A share of the 40 images, as images.
long images_of(const Json& share) { return std::lround(40.0 * share.get<double>()); }

TEST(ReliabilityFlow, CountsTheHoursOfTrainingsWhosePointsAreAllInTheCache) {
  const TemporaryFolder folder;
  const auto hours = [&](const std::string& out) {
    EXPECT_EQ(study_tiny(folder, out).exit_code, 0);
    const Json timing = Json::parse(read_file(folder.path() / out / "timing.json"));
    return std::make_pair(timing.at("hours_of_all_stages").get<double>(), timing.at("hours_of_this_run").get<double>());
  };
  const auto [all, fresh] = hours("out");
  EXPECT_GT(fresh, 0.0);
  const auto [again, none] = hours("again");
  EXPECT_NEAR(again, all, 1e-6 * all);
  EXPECT_EQ(none, 0.0);
}

TEST(ReliabilityFlow, StatesTheAnswersAndLeavesACompleteFolder) {
  const TemporaryFolder folder;
  const ProgramResult result = study_tiny(folder, "out");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Answers, at a loss of at most 100.00 points"));
  EXPECT_THAT(result.output, HasSubstr("chip, original: arrays up to 32 x 32 are reliable, the largest measured"));
  EXPECT_THAT(result.output, HasSubstr("Loss by cause, points: bad, original at 16 x 16"));
  for (const char* name :
       {"reliability.txt", "summary.json", "configuration.yaml", "timing.json", "accuracy_by_size.svg",
        "loss_by_size.svg", "energy_and_accuracy.svg", "error_budget.svg", "array_error_bad_original.svg",
        "tables/reliability_sizes.csv", "tables/reliability_chips.csv", "tables/reliability_layers.csv",
        "tables/reliability_answers.csv", "tables/reliability_budget.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out" / "scratch"));
  const Json summary = summary_of(folder, "out");
  EXPECT_GE(summary.at("corners").at(1).at("checked_images"), 8) << "timed beside untimed, over all its points";
  const Json& bad = summary.at("corners").at(1).at("variants").at(0).at("sizes").at(0);
  EXPECT_GT(bad.at("layer_errors").at("hidden"), 0.0);
  const Json& good = summary.at("corners").at(0).at("variants").at(0).at("sizes").at(1);
  EXPECT_EQ(good.at("test").at("loss").at("chips"), 2) << "decided sizes are confirmed on test images";
}

TEST(ReliabilityFlow, OnAChipWithoutErrorsEqualsTheIdealChipBitForBit) {
  const TemporaryFolder folder;
  ASSERT_EQ(study_tiny(folder, "out").exit_code, 0);
  const Json corner = summary_of(folder, "out").at("corners").at(0);
  for (const Json& variant : corner.at("variants")) {
    for (const Json& size : variant.at("sizes")) {
      EXPECT_EQ(images_of(size.at("chip_accuracy")), images_of(size.at("ideal_chip_accuracy")));
      EXPECT_EQ(images_of(size.at("loss").at("mean")),
                images_of(size.at("accuracy")) - images_of(size.at("ideal_chip_accuracy")));
      EXPECT_EQ(size.at("loss").at("half_width_95"), 0.0);
      EXPECT_EQ(size.at("loss").at("chips"), 2) << "chips that are all alike are not sampled further";
      EXPECT_EQ(size.at("layer_errors").at("hidden"), 0.0);
      EXPECT_EQ(size.at("layer_errors").at("output"), 0.0);
    }
  }
  const Json budget = summary_of(folder, "out").at("corners").at(1).at("variants").at(0).at("budgets").at(0);
  const Json& first = corner.at("variants").at(0).at("sizes").at(0);
  EXPECT_EQ(budget.at("conversion").get<double>(), first.at("loss").at("mean").get<double>())
      << "with every cause off a bad chip is an ideal one";
}

TEST(ReliabilityFlow, GivesTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  ASSERT_EQ(study_tiny(folder, "one", {"--threads", "1"}, "cache1").exit_code, 0);
  ASSERT_EQ(study_tiny(folder, "three", {"--threads", "3"}, "cache3").exit_code, 0);
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "three", {"timing.json"}));
}

TEST(ReliabilityFlow, TakesFinishedChipsFromTheCache) {
  const TemporaryFolder folder;
  ASSERT_EQ(study_tiny(folder, "one").exit_code, 0);
  const ProgramResult again = study_tiny(folder, "two");
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.errors, Not(HasSubstr("images on chips")));
  EXPECT_THAT(again.errors, Not(HasSubstr("Training")));
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
}

TEST(ReliabilityFlow, KilledOrInterruptedItGoesOnToTheSameBytes) {
  const TemporaryFolder folder;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(study_tiny(folder, "whole").exit_code, 0);
  const auto time = std::chrono::steady_clock::now() - begin;
  const auto whole = files_below(folder.path() / "whole", {"timing.json"});
  int stopped = 0;
  for (const auto& [signal, tenths] : {std::pair{SIGKILL, 2}, std::pair{SIGINT, 4}, std::pair{SIGKILL, 6}}) {
    const std::string name = "stopped" + std::to_string(tenths);
    ProgramOptions options;
    options.signal = signal;
    options.signal_after = std::chrono::duration_cast<std::chrono::microseconds>(time * tenths / 10);
    const ProgramResult result = study_tiny(folder, name, {}, name + "_cache", kStudy, options);
    const bool finished = result.exit_code == 0;
    stopped += finished ? 0 : 1;
    EXPECT_EQ(std::filesystem::exists(folder.path() / name), finished);
    const ProgramResult resumed = study_tiny(folder, name, {finished ? "--force" : "--quiet"}, name + "_cache");
    ASSERT_EQ(resumed.exit_code, 0) << resumed.errors;
    EXPECT_EQ(files_below(folder.path() / name, {"timing.json"}), whole) << "after signal " << signal;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / (name + ".partial")));
  }
  EXPECT_GT(stopped, 0) << "no signal hit: the moments do not test anything";
}

TEST(ReliabilityFlow, RefusesWhatCannotBeStudied) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& study, const std::string& message) {
    const ProgramResult result = study_tiny(folder, "out", {}, "cache", study);
    EXPECT_EQ(result.exit_code, 1) << message;
    EXPECT_THAT(result.errors, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out.partial"));
  };
  refused("", "no reliability: mapping");
  refused("reliability: {corners: [{name: a, settings: [chip.device.levles=4]}]}\n", "corner a at 64");
  refused("reliability: {corners: [{name: a, settings: [chip.device.stuck_at_minimum=2]}]}\n",
          "chip.device.stuck_at_minimum: expected a number from 0 to 1");
  refused("reliability: {images: 2000, corners: [{name: a}]}\n",
          "reliability.images: 2000 are wanted but there are 100 validation images");
  refused("reliability: {images: 10, test_images: 61, timed_images: 1, checked_images: 1, corners: [{name: a}]}\n",
          "reliability.test_images: 61 are wanted but there are 60 test images");
}

TEST(ReliabilityFlow, PassesOverSizesThatDoNotFitUnlessNoneDoes) {
  const TemporaryFolder folder;
  const std::string narrow =
      "  corners: [{name: narrow, settings: [chip.tile_group.tiles=1, chip.tile.crossbars=7]}]\n";
  const ProgramResult result = study_tiny(folder, "out", {}, "cache",
                                          "reliability:\n  array_sizes: [16, 128]\n  images: 40\n  test_images: 0\n"
                                          "  timed_images: 3\n  checked_images: 0\n  largest_loss_points: 100\n" +
                                              narrow);
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("16 x 16 does not fit"));
  EXPECT_THAT(result.output, HasSubstr("narrow, original: arrays up to 128 x 128 are reliable"));
  const ProgramResult none = study_tiny(folder, "none", {}, "cache", "reliability:\n" + kSmall + narrow);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none"));
}

}  // namespace
}  // namespace crossloom
