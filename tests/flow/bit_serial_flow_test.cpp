// Whole runs on a bit-serial chip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

std::string experiment() {
  return R"(
name: tiny_isaac
seed: 3
dataset: {name: digits, training_images: 400, test_images: 60}
network:
  name: tiny
  input: {width: 28, height: 28, channels: 1}
  layers:
    - name: hidden
      dense: {outputs: 20, bias: true, activation: relu}
    - name: output
      dense: {outputs: 10, bias: true, activation: none}
training:
  epochs: 2
  batch: 50
  optimiser: {method: sgd, momentum: 0.9}
  learning_rate: 0.05
  loss: cross_entropy
  initialisation: {method: he_normal}
  validation_images: 50
  precision: f32
chip: )" +
         std::string(CROSSLOOM_SOURCE_DIR) +
         R"(/configs/chips/isaac.yaml
calibration_images: 20
stimulus: {images: 24, stream_length: 2, images_in_flight: 2}
variants:
  - name: original
    transform: {method: none}
)";
}

ProgramResult run_tiny(const TemporaryFolder& folder, const std::string& out, std::vector<std::string> more = {}) {
  const auto file = folder.write("tiny.yaml", experiment());
  std::vector<std::string> arguments{"run", file.string(), "--out", (folder.path() / out).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments);
}

TEST(BitSerialFlow, RunsFromTrainingToAReportWithEnergyByComponent) {
  const TemporaryFolder folder;
  const ProgramResult result = run_tiny(folder, "run");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("adc"));
  EXPECT_THAT(result.output, HasSubstr("49.00 % of power"));
  for (const char* name : {"configuration.yaml", "summary.json", "comparison.txt", "results.sqlite", "timing.json",
                           "tables/energy.csv", "tables/latency.csv", "tables/stalls.csv", "tables/programming.csv",
                           "seed_3/original/fixed_point.network", "seed_3/original/placed.network"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "run" / name)) << name;
  }
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "run" / "summary.json"));
  const auto& variant = summary.at("variants").at(0);
  EXPECT_GT(variant.at("energy_per_inference_j").get<double>(), 0.0);
  EXPECT_EQ(variant.at("clipped_share"), 0.0);  // flip encoding: ISAAC's ADCs clip nothing
  EXPECT_EQ(variant.at("chip_accuracy"), variant.at("exact_accuracy"));
  const std::string report = run_program({"report", (folder.path() / "run").string()}).output;
  EXPECT_EQ(result.output.substr(0, report.size()), report);
  EXPECT_THAT(report, HasSubstr("programming"));
}

TEST(BitSerialFlow, GivesTheSameBytesForAnyNumberOfWorkers) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "one", {"--threads", "1"}).exit_code, 0);
  ASSERT_EQ(run_tiny(folder, "two", {"--threads", "2"}).exit_code, 0);
  const auto one = files_below(folder.path() / "one", {"timing.json"});
  const auto two = files_below(folder.path() / "two", {"timing.json"});
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(two.count(name) == 1 && two.at(name) == bytes) << name;
}

using Rows = std::vector<std::map<std::string, std::string>>;

/// A table without quoted cells.
Rows table_of(const std::filesystem::path& run, const std::string& name) {
  std::istringstream lines(read_file(run / "tables" / (name + ".csv")));
  const auto cells = [](std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> all{""};
    for (const char c : line) {
      if (c == ',') {
        all.emplace_back();
      } else {
        all.back() += c;
      }
    }
    return all;
  };
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = cells(line);
  Rows rows;
  while (std::getline(lines, line)) {
    const std::vector<std::string> values = cells(line);
    auto& row = rows.emplace_back();
    for (std::size_t k = 0; k < names.size(); ++k) row[names[k]] = values.at(k);
  }
  return rows;
}

double sum_of(const Rows& rows, const std::string& column) {
  double sum = 0.0;
  for (const auto& row : rows) sum += std::stod(row.at(column));
  return sum;
}

TEST(BitSerialFlow, ObservingAddsTablesPicturesAndTracesAndChangesNoOther) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_tiny(folder, "plain").exit_code, 0);
  const std::vector<std::string> watch = {
      "--observe", "all",           "--observe-window",      "500", "--trace", "events", "--trace-images",
      "3..22",     "--vcd-signals", "crossbar_*.busy,tile_*"};
  std::vector<std::string> arguments = {"--threads", "1"};
  arguments.insert(arguments.end(), watch.begin(), watch.end());
  ASSERT_EQ(run_tiny(folder, "one", arguments).exit_code, 0);
  arguments[1] = "2";
  ASSERT_EQ(run_tiny(folder, "two", arguments).exit_code, 0);
  const auto plain = files_below(folder.path() / "plain", {"timing.json", "results.sqlite"});
  const auto one = files_below(folder.path() / "one", {"timing.json"});
  const auto two = files_below(folder.path() / "two", {"timing.json"});
  for (const auto& [name, bytes] : plain) EXPECT_TRUE(one.count(name) == 1 && one.at(name) == bytes) << name;
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(two.count(name) == 1 && two.at(name) == bytes) << name;
  for (const char* name : {"tables/utilisation.csv", "tables/utilisation_by_image.csv", "tables/critical_path.csv",
                           "utilisation.svg", "mesh_original.svg", "energy_over_time.svg"}) {
    EXPECT_EQ(one.count(name), 1U) << name;
  }
  // Both shares have some of the images.
  EXPECT_EQ(one.count("trace/original.json.gz"), 1U);
  EXPECT_EQ(one.count("trace/original_20.json.gz"), 1U);
  const std::string signals = read_file(folder.path() / "one/trace/original_20.vcd");
  EXPECT_THAT(signals, HasSubstr("$scope module crossbar_0 $end"));
  EXPECT_GT(std::count(signals.begin(), signals.end(), '#'), 20) << "they change";

  const auto run = folder.path() / "one";
  const double energy = sum_of(table_of(run, "energy"), "energy_j");
  EXPECT_NEAR(sum_of(table_of(run, "energy_over_time"), "energy_j") / energy, 1.0, 1e-9);
  EXPECT_EQ(sum_of(table_of(run, "critical_path_shares"), "cycles"),
            sum_of(table_of(run, "latency"), "latency_cycles"));
}

TEST(BitSerialFlow, RefusesSignalsThatAreNone) {
  const TemporaryFolder folder;
  const ProgramResult signal = run_tiny(folder, "run", {"--vcd-signals", "neuron_bank_*.busy"});
  EXPECT_NE(signal.exit_code, 0);
  EXPECT_THAT(signal.errors, HasSubstr("no signal is named 'neuron_bank_*.busy'; there are such as host_port_0.busy"));
}

TEST(BitSerialFlow, StagesAloneVerifyEveryOutputAgainstTheChipReference) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tiny.yaml", experiment()).string();
  const std::string network = (folder.path() / "dense.network").string(), chip = (folder.path() / "chip").string();
  ASSERT_EQ(run_program({"train", file, "--out", network}).exit_code, 0);
  const ProgramResult mapped = run_program({"map", file, "--network", network, "--out", chip});
  ASSERT_EQ(mapped.exit_code, 0) << mapped.errors;
  EXPECT_THAT(mapped.output, HasSubstr("crossbars of 128x16"));
  EXPECT_THAT(run_program({"program", file, "--chip", chip}).output, HasSubstr("cells take"));
  const std::string trace = (folder.path() / "events.json.gz").string(), vcd = (folder.path() / "s.vcd").string();
  const ProgramResult simulated =
      run_program({"simulate", file, "--chip", chip, "--verify", "--trace", trace, "--trace-cycles", "0..500", "--vcd",
                   vcd, "--vcd-signals", "element_0.*.busy"});
  EXPECT_EQ(simulated.exit_code, 0) << simulated.errors;
  EXPECT_THAT(simulated.output, HasSubstr("every output of 24 images equals the chip reference's; 24 of them"));
  EXPECT_THAT(read_file(vcd), HasSubstr("$scope module element_0 $end\n$scope module part_group_0 $end"));
  EXPECT_TRUE(std::filesystem::exists(trace));
}

TEST(BitSerialFlow, ChecksWithoutTrainingAndRefusesWhatIsForSpikingChips) {
  const TemporaryFolder folder;
  const std::string file = folder.write("tiny.yaml", experiment()).string();
  const ProgramResult checked = run_program({"check", file});
  EXPECT_EQ(checked.exit_code, 0) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("ISAAC-CE"));
  EXPECT_THAT(run_program({"check", file, "--set", "spiking.steps=4"}).errors, HasSubstr("spiking"));
  EXPECT_THAT(run_program({"check", file, "--set", "reliability.array_sizes=[32]"}).errors,
              HasSubstr("spiking chips so far"));
  EXPECT_THAT(run_program({"check", file, "--set", "fixed_point.weight_bits=8"}).errors,
              HasSubstr("slices for 16 bits"));
  EXPECT_THAT(run_program({"check", file, "--set", "stimulus.images_in_flight=9"}).errors,
              HasSubstr("raise stream_length"));
}

/// Three layers of random weights on a board of one tile: 26 crossbars on 16.
std::string random_weights(const std::string& more) {
  return R"(
name: reloaded
seed: 3
weights: random
network:
  name: tiny
  input: {width: 16, height: 16, channels: 1}
  layers:
    - {name: first, conv2d: {outputs: 32, kernel: 3, activation: relu}}
    - {name: pool, max_pool: {size: 2}}
    - {name: second, conv2d: {outputs: 32, kernel: 3, activation: relu}}
    - {name: output, dense: {outputs: 10, activation: none}}
chip: )" +
         std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/isaac.yaml\ncalibration_images: 2\n" + more;
}

TEST(BitSerialFlow, ReloadsWeightsInPassesAndGivesTheOutputsOfExactIntegers) {
  const TemporaryFolder folder;
  const std::string text = random_weights(
      "mapping: {reload: true}\nstimulus: {images: 4, stream_length: 2, images_in_flight: 2}\n"
      "variants:\n  - {name: original, transform: {method: none}}\n");
  const std::string file = folder.write("tiny.yaml", text).string();
  const std::string small = "chip.tile.processing_elements=1", one = "chip.tiles=1";
  const std::string out = (folder.path() / "run").string();
  const ProgramResult result =
      run_program({"run", file, "--set", small, "--set", one, "--set", "chip.writing.endurance=1e6", "--set",
                   "chip.writing.source=a guess", "--out", out, "--observe", "all", "--observe-window", "10000"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("All outputs of 4 of 4 images are those of exact integers"));
  EXPECT_THAT(result.output, HasSubstr("array, cells written"));
  EXPECT_THAT(result.output, HasSubstr("pass 2"));
  EXPECT_THAT(result.output, HasSubstr("Written for each stream of images, 2 times"));
  const auto summary = nlohmann::json::parse(read_file(folder.path() / "run" / "summary.json"));
  const auto& seed = summary.at("variants").at(0).at("seeds").at(0);
  EXPECT_GT(seed.at("passes").get<int>(), 1);
  EXPECT_TRUE(seed.at("accuracy").is_null());
  EXPECT_EQ(seed.at("programmed_times"), 2);
  EXPECT_GT(seed.at("endurance_share").get<double>(), 0.0);
  const Rows shares = table_of(out, "critical_path_shares");
  EXPECT_EQ(sum_of(shares, "cycles"), sum_of(table_of(out, "latency"), "latency_cycles"));
  EXPECT_TRUE(std::any_of(shares.begin(), shares.end(), [](const auto& row) { return row.at("what") == "reload"; }));
  EXPECT_NEAR(sum_of(table_of(out, "energy_over_time"), "energy_j") / sum_of(table_of(out, "energy"), "energy_j"), 1.0,
              1e-9);
  // Writing is part of the latency of an image.
  EXPECT_GT(seed.at("latency_per_inference_s").get<double>(), seed.at("programming_time_s").get<double>());
  const ProgramResult refused =
      run_program({"check", file, "--set", small, "--set", one, "--set", "mapping.reload=false"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("mapping.reload: true"));
}

TEST(BitSerialFlow, RandomWeightsStandBesideNothingThatNeedsDataOrTraining) {
  const TemporaryFolder folder;
  const std::string text = random_weights(
      "dataset: {name: digits}\ntraining: {epochs: 1}\nstimulus: {images: 1}\n"
      "variants:\n  - {name: original, transform: {method: none}}\n  - {name: pruned, transform: "
      "../training/magnitude_digits.yaml}\n");
  const std::string errors = run_program({"check", folder.write("tiny.yaml", text).string(), "--set",
                                          "variants[1].transform=" + std::string(CROSSLOOM_SOURCE_DIR) +
                                              "/configs/training/magnitude_digits.yaml"})
                                 .errors;
  EXPECT_THAT(errors, HasSubstr("tiny.yaml:15"));
  EXPECT_THAT(errors, HasSubstr("dataset: nothing is trained or measured with weights: random"));
  EXPECT_THAT(errors, HasSubstr("training: nothing is trained"));
  EXPECT_THAT(errors, HasSubstr("pruned: transformations retrain"));
}

}  // namespace
}  // namespace crossloom
