// Comparisons of methods by the real program: what lies in the folder, the cache, and that the bytes are the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/comparison_run.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramResult;
using testing::HasSubstr;
using testing::Not;

const std::string kComparison =
    "comparison:\n"
    "  array_sizes: [16, 16x8]\n"
    "  largest_loss_points: 100\n"
    "  sweeps:\n"
    "    - {variant: pruned, setting: density, values: [0.3, 0.6]}\n";

ProgramResult compare_tiny(const TemporaryFolder& folder, const std::string& out,
                           const std::vector<std::string>& more = {}, const std::string& cache = "cache",
                           const std::string& comparison = kComparison) {
  return test::run_comparison(folder, test::tiny_experiment() + comparison, out, more, cache);
}

TEST(CompareFlow, ShowsEachMethodAtEachSizeAndLeavesACompleteFolder) {
  const TemporaryFolder folder;
  const ProgramResult result = compare_tiny(folder, "out");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Crossbars of 16 x 16 weights"));
  EXPECT_THAT(result.output, HasSubstr("Crossbars of 16 x 8 weights"));
  EXPECT_THAT(result.output, HasSubstr("density = 0.3")) << "the larger saving, since any loss is allowed";
  for (const char* name :
       {"comparison.txt", "summary.json", "configuration.yaml", "timing.json", "accuracy_by_crossbars.svg",
        "cluster_qualities.svg", "connectivity/16x8/pruned/hidden.svg", "tables/method_comparison.csv",
        "tables/method_points.csv", "tables/training_curves.csv", "training_curves.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out" / "scratch"));
}

TEST(CompareFlow, TakesFinishedPointsFromTheCache) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "one").exit_code, 0);
  const ProgramResult again = compare_tiny(folder, "two");
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.errors, Not(HasSubstr("Training")));
  EXPECT_THAT(again.errors, Not(HasSubstr("Simulating")));
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
}

TEST(CompareFlow, TrainsMethodsThatKnowNoArraysOnceForAllSizes) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "out").exit_code, 0);
  std::size_t networks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "cache" / "transformed")) {
    networks += entry.path().extension().empty() ? 1 : 0;
  }
  EXPECT_EQ(networks, 3U) << "original and two densities, although there are two sizes";
}

TEST(CompareFlow, GivesTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "one", {"--threads", "1"}, "cache1").exit_code, 0);
  ASSERT_EQ(compare_tiny(folder, "two", {"--threads", "2"}, "cache2").exit_code, 0);
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
}

TEST(CompareFlow, GoesOnWhereOneSettingLeavesALayerWithoutWeights) {
  const TemporaryFolder folder;
  const auto group = [](const std::string& values) {
    return "  - name: grouped\n"
           "    transform: {method: group, strength: 0.001, regularise_epochs: 1}\n"
           "comparison:\n"
           "  array_sizes: [16]\n"
           "  largest_loss_points: 100\n"
           "  sweeps: [{variant: grouped, setting: strength, values: " +
           values + "}]\n";
  };
  const ProgramResult result = compare_tiny(folder, "one", {}, "cache", group("[0.001, 5]"));
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("grouped, strength = 5: no result"));
  const ProgramResult none = compare_tiny(folder, "two", {}, "cache", group("[5]"));
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.errors, HasSubstr("no other setting of it has a result"));
}

TEST(CompareFlow, RefusesWhatCannotBeCompared) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& comparison, const std::string& message) {
    const ProgramResult result = compare_tiny(folder, "out", {}, "cache", comparison);
    EXPECT_EQ(result.exit_code, 1) << message;
    EXPECT_THAT(result.errors, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
  };
  refused("", "no comparison: mapping");
  refused("comparison: {array_sizes: [64y]}\n", "'64y' is no array size");
  refused("comparison: {relative_to: [nobody]}\n", "no variant 'nobody'; it has: original, pruned");
  refused("comparison: {sweeps: [{variant: pruned, setting: density, values: [7]}]}\n",
          "the sweep of pruned at density");
  refused("comparison: {sweeps: [{variant: pruned, setting: densty, values: [0.2]}]}\n", "densty");
}

TEST(CompareFlow, MethodsThatClusterAPrunedNetworkShareItsTrainingAcrossMethodsAndSizes) {
  const TemporaryFolder folder;
  const std::string pruning =
      "{threshold: density, density: 0.5, pruning_epochs: 1, retraining: {epochs: 1, batch: 50, learning_rate: 0.05}}";
  const ProgramResult result =
      compare_tiny(folder, "out", {}, "cache",
                   "  - name: offline\n    transform: {method: offline, pruning: " + pruning + "}\n" +
                       "  - name: autoncs\n    transform: {method: autoncs, pruning: " + pruning + "}\n" +
                       "comparison: {array_sizes: [32, 16], largest_loss_points: 100}\n");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  std::size_t networks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "cache" / "transformed")) {
    networks += entry.path().extension().empty() ? 1 : 0;
  }
  EXPECT_EQ(networks, 2U + 1U + 4U) << "original and pruned, one pruning, and two methods at two sizes";
}

TEST(CompareFlow, ADamagedRecordIsMadeAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "one").exit_code, 0);
  std::size_t damaged = 0;
  for (const char* stage : {"validated", "mapped", "predicted", "simulated"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "cache" / stage)) {
      if (!entry.path().extension().empty()) continue;
      const std::string text = read_file(entry.path());
      const std::string broken[] = {
          "", "{", "{}", "[1]", "{\"sha256\": 1, \"record\": {}}", text.substr(0, text.size() / 2)};
      write_file_atomically(entry.path(), broken[damaged++ % 6]);
    }
  }
  ASSERT_GE(damaged, 6U);
  const ProgramResult result = compare_tiny(folder, "two");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.errors, Not(HasSubstr("Training")));
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
}

TEST(CompareFlow, AFinishedComparisonClassifiesNoImageAgain) {
  const TemporaryFolder folder;
  const ProgramResult first = compare_tiny(folder, "one");
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_THAT(first.errors, HasSubstr("Classifying the test images"));
  const ProgramResult second = compare_tiny(folder, "two");
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_THAT(second.errors, Not(HasSubstr("Classifying the test images")));
}

TEST(CompareFlow, ADamagedNetworkInTheCacheIsNamed) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "one").exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "cache" / "transformed")) {
    if (entry.path().extension().empty()) write_file_atomically(entry.path(), read_file(entry.path()).substr(0, 100));
  }
  const ProgramResult result = compare_tiny(folder, "two");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr((folder.path() / "cache" / "transformed").string()));
}

}  // namespace
}  // namespace crossloom
