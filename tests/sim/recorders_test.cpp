// Laws of what observers are told: time of every unit without gaps, paths without gaps, actions without loss; and that
// telling changes nothing. SystemC elaborates once a process, so each test runs one simulation.
#include "sim/recorders.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "tests/support/gap_finder.h"
#include "tests/support/spiking_scenario.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

/// Several tiles and tile groups, a bias, blocks with holes, arrays in other tiles than their neurons, narrow buffers.
ScenarioSpec crowded() {
  ScenarioSpec spec;
  spec.layers = {90, 70, 40, 10};
  spec.bias = true;
  spec.block_rows = spec.block_columns = 10;
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.tile.crossbars = 2;
    chip.interconnect.buffer_flits = 2;
    chip.interconnect.flit_bits = 40;
    chip.interconnect.host_ports = 2;
    chip.tile_group.tiles = 6;
  };
  return spec;
}

void expect_no_gaps(const ScenarioSpec& spec) {
  test::GapFinder finder;
  const Scenario scenario(spec);
  SimulationOptions options;
  options.observers = {{&finder, {0, 2}}};
  scenario.simulate_images({0, 1, 2}, options);
  EXPECT_GT(finder.told_until.size(), 20U);
  EXPECT_GE(finder.reasons.size(), 4U);
}
TEST(UnitTime, HasNoGapsAndNoOverlapsOnACrowdedChip) { expect_no_gaps(crowded()); }
TEST(UnitTime, HasNoGapsAndNoOverlapsOnAWideChip) {
  ScenarioSpec spec;
  spec.layers = {60, 50, 40, 10};
  expect_no_gaps(spec);
}
TEST(UnitTime, HasNoGapsAndNoOverlapsWhereCrossbarsAreShared) {
  ScenarioSpec spec = crowded();
  spec.block_rows = 4;
  spec.block_columns = 6;
  spec.seed = 5;
  expect_no_gaps(spec);
}

/// The worked example of docs/timing.md: two inputs that spike every step, two neurons that fire every step, one
/// crossbar, one router, two steps.
Observations record_worked_example() {
  ScenarioSpec spec;
  spec.layers = {2, 2};
  spec.steps = 2;
  spec.encoding = Encoding::deterministic;
  spec.adjust_chip = [](ChipSpec& chip) { chip.interconnect.tiles_per_router = 1; };
  Scenario scenario(spec);
  scenario.network.layers[LayerId(0)].weights = {9, 9, 9, 9};
  scenario.network.layers[LayerId(0)].threshold = 18;
  scenario.programmed = ProgrammedChip::program(scenario.mapped, scenario.network, scenario.chip, RandomKey(1));
  const std::vector<std::uint8_t> pixels{255, 255};
  Recording recording(kActions, 16);
  SimulationOptions options;
  recording.watch({0, 0}, options.observers);
  simulate(scenario.mapped, scenario.network, scenario.programmed, scenario.chip, scenario.encoder,
           {{0, pixels.data()}}, options);
  return recording.observations();
}

TEST(WorkedExample, HasTheCriticalPathThatItsTableShows) {
  std::vector<std::pair<std::string, std::uint64_t>> path;
  for (const PathPlace& place : record_worked_example().path) path.emplace_back(place.label, place.duration_cycles);
  const std::vector<std::pair<std::string, std::uint64_t>> expected = {
      {"send", 1},      {"token", 1},     {"link", 1},    {"router", 2}, {"link", 1},  // the token of step 0 at cycle 6
      {"drive", 1},     {"integrate", 2}, {"compare", 1},                              // fires at 10
      {"token", 1},     {"send", 1},  // the output buffer is free at 12
      {"integrate", 2}, {"compare", 1},   {"token", 1},   {"link", 1},   {"router", 2}, {"link", 1}};
  EXPECT_EQ(path, expected);
}

TEST(WorkedExample, HasTheBusyAndWaitingCyclesThatItsTableShows) {
  const Observations seen = record_worked_example();
  EXPECT_EQ(seen.elapsed_cycles, 20U);
  std::map<UnitKind, UnitUse> uses;
  for (const UnitUse& use : seen.units) uses.emplace(use.unit.kind, use);
  // input, step before, buffer, credit, latency, unit, done
  EXPECT_EQ(uses.at(UnitKind::neuron_bank).busy_cycles, 6U);
  EXPECT_EQ(uses.at(UnitKind::neuron_bank).wait_cycles, (WaitCycles{6, 0, 2, 0, 1, 0, 5}));
  EXPECT_EQ(uses.at(UnitKind::crossbar).busy_cycles, 4U);
  EXPECT_EQ(uses.at(UnitKind::crossbar).wait_cycles, (WaitCycles{6, 1, 2, 0, 1, 0, 6}));
  EXPECT_EQ(uses.at(UnitKind::host_unit).busy_cycles, 4U);
  EXPECT_EQ(uses.at(UnitKind::host_unit).wait_cycles, (WaitCycles{0, 0, 1, 0, 0, 0, 15}));
  EXPECT_EQ(uses.at(UnitKind::tile_input).busy_cycles, 4U);
  EXPECT_EQ(uses.at(UnitKind::tile_output).busy_cycles, 2U);
}

struct Recorded {
  SimulationResult result;
  Observations observations;
};
Recorded record(const ScenarioSpec& spec, std::uint64_t window_cycles = 16) {
  Recording recording(kActions, window_cycles);
  const Scenario scenario(spec);
  SimulationOptions options;
  recording.watch({0, 3}, options.observers);
  Recorded recorded{scenario.simulate_images({0, 1, 2, 3}, options), {}};
  recorded.observations = recording.observations();
  return recorded;
}

TEST(Recorders, CountBusyAndWaitingCyclesThatAddUpToTheElapsedTime) {
  const Recorded recorded = record(crowded());
  const Observations& seen = recorded.observations;
  EXPECT_EQ(seen.images, 4U);
  EXPECT_EQ(seen.elapsed_cycles, recorded.result.elapsed_cycles);
  std::map<UnitKind, std::uint64_t> busy;
  for (const UnitUse& use : seen.units) {
    EXPECT_EQ(std::accumulate(use.wait_cycles.begin(), use.wait_cycles.end(), use.busy_cycles), seen.elapsed_cycles);
    busy[use.unit.kind] += use.busy_cycles;
  }
  EXPECT_EQ(busy.size(), 8U);
  for (const auto& [kind, cycles] : busy) EXPECT_GT(cycles, 0U) << unit_kind_name(kind);
  std::map<UnitKind, std::uint64_t> by_image;
  for (const KindUse& use : seen.kinds_by_image) {
    EXPECT_EQ(std::accumulate(use.wait_cycles.begin(), use.wait_cycles.end(), use.busy_cycles),
              use.units * use.elapsed_cycles);
    EXPECT_LE(use.most_busy_cycles, use.elapsed_cycles);
    by_image[use.kind] += use.busy_cycles;
  }
  EXPECT_EQ(by_image, busy);
}

TEST(Recorders, FindPathsWhoseStepsAddUpToTheLatencyOfEachImage) {
  const Recorded recorded = record(crowded());
  const Observations& seen = recorded.observations;
  std::map<std::uint32_t, std::uint64_t> cycles;
  std::set<std::string> labels;
  for (const PathShare& share : seen.path_shares) {
    cycles[share.image] += share.cycles;
    labels.insert(share.label);
  }
  ASSERT_EQ(cycles.size(), 4U);
  for (const TimedImage& image : recorded.result.images) {
    EXPECT_EQ(cycles[image.outcome.image], image.timing.latency_cycles);
  }
  for (const char* label : {"drive", "integrate", "compare", "send", "token", "router", "link"}) {
    EXPECT_EQ(labels.count(label), 1U) << label;
  }
  std::uint64_t at = 0;
  for (const PathPlace& place : seen.path) {
    EXPECT_EQ(place.first_cycle, at);
    at += place.duration_cycles;
  }
  EXPECT_EQ(seen.path_image, 0U);
  EXPECT_EQ(at, recorded.result.images[0].timing.latency_cycles);
}

TEST(Recorders, PutEveryActionIntoOneWindow) {
  ScenarioSpec spec = crowded();
  spec.programming_error = 0.05;
  const Recorded recorded = record(spec);
  const ActionWindows& windows = recorded.observations.windows;
  const ActivityCounts total = recorded.result.activity.total();
  ASSERT_GT(windows.windows(), 10U);
  for (const Action action : all_actions()) {
    const std::size_t k = static_cast<std::size_t>(action);
    std::uint64_t count = 0;
    for (std::size_t w = 0; w < windows.windows(); ++w) count += windows.counts[w * kActions + k];
    EXPECT_EQ(count, total.actions[k]) << action_info(action).name;
  }
  const auto sum = [](const std::vector<std::uint64_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  };
  EXPECT_EQ(sum(windows.array_zeptojoules), total.array_energy);
  EXPECT_EQ(sum(windows.array_drives), total.array_drives);
}

/// All results of a run as bytes; it needs a process of its own.
std::string bytes_of_run(bool observed) {
  Recording recording(kActions, 16);
  const Scenario scenario(crowded());
  SimulationOptions options;
  options.keep_rasters = true;
  if (observed) recording.watch({0, 3}, options.observers);
  return to_archive(scenario.simulate_images({0, 1, 2, 3}, options)).to_bytes();
}

TEST(Recorders, ChangeNeitherSpikesNorCyclesNorActivity) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "unobserved";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write_file_atomically(file, bytes_of_run(false));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(bytes_of_run(true), read_file(file));
}

TEST(PathRecorder, LeavesOutAPathThatNeedsTooMuchMemory) {
  PathRecorder recorder(2);
  recorder.on_image_begin(7, 100);
  const UnitName unit{UnitKind::crossbar, 0, 0};
  for (std::uint32_t id = 1; id <= 3; ++id) recorder.on_path_step({id, id - 1, unit, 99 + id, 1, 0, 0, "integrate"});
  recorder.on_image_end(7, 103, 3);
  Observations observations;
  recorder.add_to(observations);
  EXPECT_EQ(observations.paths_left_out, 1U);
  EXPECT_TRUE(observations.path.empty());
}

TEST(PathRecorder, NoticesAStepThatDoesNotBeginWhereItsCauseEnds) {
  PathRecorder recorder;
  recorder.on_image_begin(7, 100);
  const UnitName unit{UnitKind::crossbar, 0, 0};
  recorder.on_path_step({1, 0, unit, 100, 2, 0, 0, "integrate"});
  recorder.on_path_step({2, 1, unit, 103, 2, 0, 0, "compare"});
  EXPECT_THROW(recorder.on_image_end(7, 105, 2), Bug);
}

TEST(UseRecorder, NoticesAUnitThatWasAtWorkForLongerThanTheImage) {
  UseRecorder recorder;
  const UnitName unit{UnitKind::crossbar, 0, 0};
  recorder.on_chip({unit}, {});
  recorder.on_image_begin(0, 10);
  recorder.on_busy({unit, 10, 5, 0, 0, 0, "drive", {}});
  recorder.on_busy({unit, 12, 5, 0, 0, 0, "drive", {}});
  EXPECT_THROW(recorder.on_image_end(0, 15, 0), Bug);
}

}  // namespace
}  // namespace crossloom
