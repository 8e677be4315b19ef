// Whole runs of a tiny experiment: what lies in the run folder, and that the same experiment gives the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

/// Runs the tiny experiment into folder/NAME with further arguments.
ProgramResult run_tiny(const TemporaryFolder& folder, const std::string& out, std::vector<std::string> more = {}) {
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  std::vector<std::string> arguments{"run", file.string(), "--out", (folder.path() / out).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments);
}

TEST(RunFlow, PrintsOneRowAVariantAndLeavesACompleteRunFolder) {
  const TemporaryFolder folder;
  const ProgramResult result = run_tiny(folder, "run", {"--trace", "events"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("original"));
  EXPECT_THAT(result.output, HasSubstr("pruned"));
  for (const char* name : {"training_curves.svg", "tables/training_curves.csv", "configuration.yaml", "summary.json",
                           "comparison.txt", "comparison.svg", "results.sqlite", "run.report", "timing.json",
                           "tables/energy.csv", "tables/latency.csv", "tables/spikes.csv", "tables/programming.csv",
                           "tables/constants.csv", "trace/original.json.gz", "trace/pruned.json.gz"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "run" / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run" / "scratch"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run.partial"));
}

TEST(RunFlow, SummaryHasEveryPromisedFigureOfEveryVariant) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "run").exit_code, 0);
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "run" / "summary.json"));
  ASSERT_EQ(summary.at("variants").size(), 2U);
  for (const auto& variant : summary.at("variants")) {
    for (const char* key : {"accuracy", "chip_accuracy", "synapses", "crossbars", "physical_arrays", "utilisation",
                            "area_mm2", "energy_per_inference_j", "latency_per_inference_s", "power_w"}) {
      ASSERT_TRUE(variant.contains(key)) << key;
      EXPECT_GE(variant.at(key).get<double>(), 0.0) << key;
    }
  }
  EXPECT_GT(summary["variants"][0]["energy_per_inference_j"].get<double>(), 0.0);
  EXPECT_LT(summary["variants"][1]["synapses"], summary["variants"][0]["synapses"]);
}

TEST(RunFlow, GivesTheSameBytesForAnyNumberOfThreadsAndWorkers) {
  const TemporaryFolder folder;
  const std::vector<std::string> watch = {"--trace", "events", "--observe", "all", "--vcd-signals", "*"};
  for (const auto& [name, threads] : {std::pair{"one", "1"}, std::pair{"two", "2"}}) {
    std::vector<std::string> arguments = {"--threads", threads};
    arguments.insert(arguments.end(), watch.begin(), watch.end());
    ASSERT_EQ(run_tiny(folder, name, arguments).exit_code, 0);
  }
  const auto one = files_below(folder.path() / "one", {"timing.json"});
  const auto two = files_below(folder.path() / "two", {"timing.json"});
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(two.count(name) == 1 && two.at(name) == bytes) << name;
}

TEST(RunFlow, ObservingAddsTablesAndPicturesAndChangesNoOther) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "plain").exit_code, 0);
  ASSERT_EQ(run_tiny(folder, "observed", {"--observe", "all", "--observe-window", "50"}).exit_code, 0);
  const auto plain = files_below(folder.path() / "plain", {"timing.json", "run.report", "results.sqlite"});
  const auto observed = files_below(folder.path() / "observed", {});
  for (const auto& [name, bytes] : plain) EXPECT_TRUE(observed.count(name) == 1 && observed.at(name) == bytes) << name;
  for (const char* name : {"tables/utilisation.csv", "tables/utilisation_by_image.csv", "tables/critical_path.csv",
                           "tables/critical_path_shares.csv", "tables/energy_over_time.csv", "utilisation.svg",
                           "mesh_original.svg", "energy_over_time.svg"}) {
    EXPECT_EQ(observed.count(name), 1U) << name;
  }
}

TEST(RunFlow, RefusesRangesAndSignalsThatAreNone) {
  const TemporaryFolder folder;
  const ProgramResult range = run_tiny(folder, "run", {"--observe", "3..1"});
  EXPECT_EQ(range.exit_code, 1);
  EXPECT_THAT(range.errors, HasSubstr("--observe takes a range such as 0..3"));
  const ProgramResult signal = run_tiny(folder, "run", {"--vcd-signals", "crosbar*"});
  EXPECT_NE(signal.exit_code, 0);
  EXPECT_THAT(signal.errors, HasSubstr("no signal is named 'crosbar*'"));
}

TEST(RunFlow, AnotherSeedGivesOtherResults) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "one").exit_code, 0);
  ASSERT_EQ(run_tiny(folder, "two", {"--seed", "4"}).exit_code, 0);
  EXPECT_NE(read_file(folder.path() / "one" / "tables" / "spikes.csv"),
            read_file(folder.path() / "two" / "tables" / "spikes.csv"));
}

TEST(RunFlow, AnotherEnergyTableChangesNoCycleAndNoSpike) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "one").exit_code, 0);
  ASSERT_EQ(run_tiny(folder, "two", {"--set", "chip.costs.neuron.fire=77 pJ"}).exit_code, 0);
  for (const char* table : {"latency.csv", "spikes.csv", "layer_latency.csv"}) {
    EXPECT_EQ(read_file(folder.path() / "one" / "tables" / table), read_file(folder.path() / "two" / "tables" / table));
  }
  EXPECT_NE(read_file(folder.path() / "one" / "tables" / "energy.csv"),
            read_file(folder.path() / "two" / "tables" / "energy.csv"));
}

TEST(RunFlow, RefusesAnExistingFolderAndReplacesItWithForce) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "run").exit_code, 0);
  const ProgramResult refused = run_tiny(folder, "run");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("exists already"));
  EXPECT_EQ(run_tiny(folder, "run", {"--force"}).exit_code, 0);
}

TEST(RunFlow, NeverReplacesAFolderThatIsNoRun) {
  const TemporaryFolder folder;
  folder.write("precious/thesis.txt", "years of work");
  const ProgramResult result = run_tiny(folder, "precious", {"--force"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(read_file(folder.path() / "precious" / "thesis.txt"), "years of work");
}

TEST(RunFlow, PrintedConfigurationReadsBackToTheSame) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  const ProgramResult first = run_program({"run", file.string(), "--print-config"});
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  const auto again = folder.write("again.yaml", first.output);
  const ProgramResult second = run_program({"run", again.string(), "--print-config"});
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_EQ(first.output, second.output);
}

TEST(RunFlow, ANetworkThatDoesNotFitGivesExitCodeTwoAndSaysWhatWould) {
  const TemporaryFolder folder;
  const ProgramResult result = run_tiny(folder, "run", {"--set", "chip.tiles=1"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("tiles"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run"));
}

TEST(RunFlow, AFolderThatCannotBeWrittenIsReported) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  const ProgramResult result = run_program({"run", file.string(), "--out", "/proc/no/such/run"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr("/proc/no/such/run"));
}

}  // namespace
}  // namespace crossloom
