// Comparisons of methods on a bit-serial chip by the real program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/comparison_run.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;
using testing::Not;

const std::string kConfigs = std::string(CROSSLOOM_SOURCE_DIR) + "/configs";

std::string experiment() {
  return "name: tiny_isaac\n"
         "seed: 3\n"
         "dataset: {name: digits, training_images: 500, test_images: 60}\n"
         "network:\n"
         "  name: tiny\n"
         "  input: {width: 28, height: 28, channels: 1}\n"
         "  layers:\n"
         "    - {name: first, conv2d: {outputs: 4, kernel: 5, stride: 3, activation: relu}}\n"
         "    - {name: hidden, dense: {outputs: 64, activation: relu}}\n"
         "    - {name: output, dense: {outputs: 10, activation: none}}\n"
         "training:\n"
         "  epochs: 2\n"
         "  batch: 50\n"
         "  optimiser: {method: adam}\n"
         "  learning_rate: 0.003\n"
         "  loss: cross_entropy\n"
         "  validation_images: 100\n"
         "  precision: f32\n"
         "chip: " +
         kConfigs +
         "/chips/isaac.yaml\n"
         "calibration_images: 20\n"
         "stimulus: {images: 4, stream_length: 2, images_in_flight: 2}\n"
         "variants:\n"
         "  - {name: original, transform: {method: none}}\n"
         "  - name: pruned\n"
         "    transform: {method: magnitude, threshold: density, density: 0.3, pruning_epochs: 1}\n"
         "  - name: rows\n"
         "    transform: {method: array, kept: 0.5, sparsify_epochs: 1, shrink_epochs: 1, "
         "retraining: {epochs: 2, batch: 50, learning_rate: 0.01}}\n";
}

std::string comparison(const std::string& more = "") {
  return "comparison:\n"
         "  largest_loss_points: 100\n"
         "  sweeps:\n"
         "    - {variant: rows, setting: kept, values: [0.5, 0.8]}\n"
         "  corner: {name: HfO2, device: " +
         kConfigs + "/devices/hfo2.yaml, settings: [chip.device.levels=4], chips: 2, images: 30}\n" + more;
}

ProgramResult compare_tiny(const TemporaryFolder& folder, const std::string& out,
                           const std::vector<std::string>& more = {}, const std::string& cache = "cache",
                           const std::string& text = comparison()) {
  return test::run_comparison(folder, experiment() + text, out, more, cache);
}

TEST(CompareBitSerial, ShowsEachMethodOnTheChipAndInTheCorner) {
  const TemporaryFolder folder;
  const ProgramResult result = compare_tiny(folder, "out");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Crossbars of 128 x 16 weights in arrays of 128 x 128 cells"));
  EXPECT_THAT(result.output, Not(HasSubstr("steps")));
  EXPECT_THAT(result.output, HasSubstr("in corner"));
  for (const char* name : {"accuracy_in_corner.svg", "accuracy_by_crossbars.svg", "tables/method_corner.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / name)) << name;
  }
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "out" / "summary.json"));
  EXPECT_EQ(summary.at("execution"), "bit_serial");
  EXPECT_FALSE(summary.contains("steps"));
  const auto& methods = summary.at("sizes").at(0).at("methods");
  ASSERT_EQ(methods.size(), 3U);
  EXPECT_EQ(methods[2].at("setting"), "kept = 0.5") << "the fewest crossbars, since any loss is allowed";
  EXPECT_LT(methods[2].at("crossbars"), methods[0].at("crossbars"));
  EXPECT_LT(methods[2].at("energy_per_inference_j"), methods[0].at("energy_per_inference_j"));
  EXPECT_LT(methods[2].at("array_area_mm2"), methods[0].at("array_area_mm2"));
  for (const auto& method : methods) {
    EXPECT_EQ(method.at("clipped_share"), 0.0);  // flip encoding
    EXPECT_EQ(method.at("chip_accuracy"), method.at("exact_accuracy"));
    EXPECT_GT(method.at("latency_per_inference_s"), 0.0);
    EXPECT_LE(method.at("corner").at("accuracy"), 1.0);
  }
}

TEST(CompareBitSerial, CornersAreOtherChipsEachAndTakenFromTheCache) {
  const TemporaryFolder folder;
  const std::string harsh = comparison().replace(comparison().find("chips: 2"), 8, "chips: 3");
  std::string text = harsh;
  text.replace(text.find("chip.device.levels=4"), 20, "chip.device.levels=4, chip.device.programming_error=0.3");
  ASSERT_EQ(compare_tiny(folder, "one", {}, "cache", text).exit_code, 0);
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "one" / "summary.json"));
  const auto& corner = summary.at("sizes").at(0).at("methods").at(0).at("corner");
  EXPECT_GT(corner.at("loss").get<double>(), 0.02) << "cells this bad cost accuracy";
  EXPECT_GT(corner.at("accuracy_half_width_95").get<double>(), 0.0) << "chips differ";
  const ProgramResult again = compare_tiny(folder, "two", {}, "cache", text);
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  for (const char* done : {"Training", "Simulating", "Corner"}) EXPECT_THAT(again.errors, Not(HasSubstr(done)));
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
  const ProgramResult fewer = compare_tiny(folder, "three", {"--set", "comparison.corner.images=10"}, "cache", text);
  ASSERT_EQ(fewer.exit_code, 0) << fewer.errors;
  EXPECT_THAT(fewer.errors, Not(HasSubstr("Simulating")));
  EXPECT_THAT(fewer.errors, HasSubstr("Corner"));
}

TEST(CompareBitSerial, GivesTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  ASSERT_EQ(compare_tiny(folder, "one", {"--threads", "1"}, "cache1").exit_code, 0);
  ASSERT_EQ(compare_tiny(folder, "two", {"--threads", "2"}, "cache2").exit_code, 0);
  EXPECT_EQ(files_below(folder.path() / "one", {"timing.json"}), files_below(folder.path() / "two", {"timing.json"}));
}

TEST(CompareBitSerial, ArraySizesAreThoseOfPhysicalArraysWhoseCostGoesWithTheirCells) {
  const TemporaryFolder folder;
  const ProgramResult result = compare_tiny(folder, "out", {}, "cache",
                                            "comparison: {array_sizes: [64, 128, 64x128], largest_loss_points: 100}\n");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Crossbars of 64 x 8 weights in arrays of 64 x 64 cells"));
  EXPECT_THAT(result.output, HasSubstr("Crossbars of 64 x 16 weights in arrays of 64 x 128 cells"));
  const auto sizes = nlohmann::json::parse(read_file(folder.path() / "out" / "summary.json")).at("sizes");
  EXPECT_EQ(sizes[0].at("array_columns"), 64);
  EXPECT_EQ(sizes[0].at("crossbar_columns"), 8);
  EXPECT_GT(sizes[0].at("methods")[0].at("crossbars"), sizes[1].at("methods")[0].at("crossbars"));
}

TEST(CompareBitSerial, RefusesWhatCannotBeCompared) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text, const std::string& message) {
    const ProgramResult result = compare_tiny(folder, "out", {}, "cache", text);
    EXPECT_EQ(result.exit_code, 1) << message;
    EXPECT_THAT(result.errors, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
  };
  const std::string device = kConfigs + "/devices/hfo2.yaml";
  refused("comparison: {array_sizes: [128x4]}\n", "one weight of 16 bits takes 8 bit lines");
  refused("comparison: {array_sizes: [2048]}\n", "input_register_bits");
  refused("comparison: {corner: {name: bad}}\n", "a corner differs from the chip");
  refused("comparison: {corner: {name: bad, device: " + device + "}}\n", "add the setting chip.device.levels=4");
  refused("comparison: {corner: {name: bad, settings: [chip.weight_bits=8]}}\n", "weights would lie in other cells");
  refused("comparison: {corner: {name: bad, settings: [chip.array.rows=64]}}\n",
          "array sizes are given by array_sizes");
  refused("comparison: {corner: {name: bad, settings: [mapping.folding=unfolded]}}\n", "only chip. may differ");
  refused("comparison: {corner: {name: bad, settings: [chip.nothing=1]}}\n", "comparison.corner bad:");
  refused("comparison: {corner: {name: bad, settings: [chip.adc.errors.noise=1], chips: 1}}\n", "chips");
  refused("comparison: {corner: {settings: [chip.adc.errors.noise=1]}}\n", "name");
}

TEST(CompareBitSerial, PrunedNetworksEqualTheChipReferenceInTheirPackedBlocks) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tiny.yaml", experiment()).string();
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  ASSERT_EQ(run_program({"train", file, "--out", at("dense")}).exit_code, 0);
  const ProgramResult transformed =
      run_program({"transform", file, "--variant", "rows", "--network", at("dense"), "--out", at("rows")});
  ASSERT_EQ(transformed.exit_code, 0) << transformed.errors;
  ASSERT_EQ(run_program({"map", file, "--network", at("rows"), "--out", at("chip")}).exit_code, 0);
  const ProgramResult simulated = run_program({"simulate", file, "--chip", at("chip"), "--verify"});
  EXPECT_EQ(simulated.exit_code, 0) << simulated.errors;
  EXPECT_THAT(simulated.output, HasSubstr("every output of 4 images equals the chip reference's; 4 of them"));
}

TEST(CompareBitSerial, ACornerIsRefusedOnASpikingChip) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("spiking.yaml",
                   test::tiny_experiment() + "comparison: {corner: {name: bad, settings: [chip.device.levels=4]}}\n");
  const ProgramResult result = run_program({"check", file.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr("crossloom reliability tries corners of spiking chips"));
}

}  // namespace
}  // namespace crossloom
