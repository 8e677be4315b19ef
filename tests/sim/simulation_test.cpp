// The whole timed chip: exact cycles of a small case, conservation, independence, planted faults. Each test is a
// process.
#include "sim/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

/// Two inputs that spike every step, two neurons that fire every step, one crossbar, one router.
ScenarioSpec smallest() {
  ScenarioSpec spec;
  spec.layers = {2, 2};
  spec.steps = 2;
  spec.encoding = Encoding::deterministic;
  spec.adjust_chip = [](ChipSpec& chip) { chip.interconnect.tiles_per_router = 1; };
  return spec;
}

SimulationResult run_smallest(Scenario& scenario) {
  scenario.network.layers[LayerId(0)].weights = {9, 9, 9, 9};
  scenario.network.layers[LayerId(0)].threshold = 18;
  scenario.programmed = ProgrammedChip::program(scenario.mapped, scenario.network, scenario.chip, RandomKey(1));
  const std::vector<std::uint8_t> pixels{255, 255};
  return simulate(scenario.mapped, scenario.network, scenario.programmed, scenario.chip, scenario.encoder,
                  {{0, pixels.data()}});
}

// Cycles since the image began; 5 ns each, a slot is 2 cycles, all else as in ChipSpec's defaults.
//
//   host port   0 tests the packet of step 0; ready 1; token ready 2; both have left 3
//               3 tests step 1; packet ready 4, token 5
//   network     a message takes 1 (to the router) + 2 (router) + 1 (flit): the packets are there at 5 and 8, the tokens
//               at 6 and 9
//   step 0      ready 6, driven 7, slot 7-9, compare 9-10, fires 10; report ready 11, has left 12, with the host at 15
//   step 1      inputs there at 9, step 0 done at 10, output buffer free at 12: slot 12-14, compare 14-15, fires 15;
//               report ready 16, with the host at 20
TEST(Simulation, TakesTheCyclesOfTheWorkedExample) {
  Scenario scenario(smallest());
  const SimulationResult result = run_smallest(scenario);
  const TimedImage& image = result.images.at(0);
  EXPECT_EQ(image.outcome.output_spikes, (std::vector<std::uint32_t>{2, 2}));
  EXPECT_EQ(image.timing.latency_cycles, 20U);
  EXPECT_EQ(image.timing.first_spike_cycles, 10U);
  ASSERT_EQ(image.timing.layers.size(), 1U);
  EXPECT_EQ(image.timing.layers[0].first_cycle, 6U);
  EXPECT_EQ(image.timing.layers[0].last_cycle, 15U);
  EXPECT_EQ(result.elapsed_cycles, 20U);
}

TEST(Simulation, CountsEveryActionOfTheWorkedExample) {
  Scenario scenario(smallest());
  const SimulationResult result = run_smallest(scenario);
  const std::map<Action, std::uint64_t> tile{
      {Action::wordline_drive, 4},
      {Action::neuron_integrate, 4},
      {Action::neuron_compare, 4},
      {Action::neuron_fire, 4},
      {Action::input_buffer_write, 2},
      {Action::input_buffer_read, 2},
      {Action::tile_control, 2},
      {Action::router_traversal, 4},
      {Action::token, 4},  // two tokens received, two step credits returned
  };
  const std::map<Action, std::uint64_t> chip{
      {Action::input_memory_read, 2}, {Action::global_control, 2}, {Action::router_traversal, 2}, {Action::token, 2}};
  for (const Action action : all_actions()) {
    const std::size_t k = static_cast<std::size_t>(action);
    const auto expected = [action](const std::map<Action, std::uint64_t>& counts) {
      return counts.count(action) == 0 ? 0U : counts.at(action);
    };
    EXPECT_EQ(result.activity.at(TileId(0), LayerId(0)).actions[k], expected(tile)) << action_info(action).name;
    EXPECT_EQ(result.activity.chip.actions[k], expected(chip)) << action_info(action).name;
  }
  EXPECT_EQ(result.activity.at(TileId(0), LayerId(0)).array_drives, 2U);
  EXPECT_EQ(result.activity.chip.packets_sent, 2U);
}

ScenarioSpec wide() {
  ScenarioSpec spec;
  spec.layers = {60, 50, 40, 10};
  return spec;
}

TEST(Simulation, CountsAsManySpikesAndPacketsAsTheRasterHas) {
  const Scenario scenario(wide());
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = scenario.simulate_images({0, 1, 2}, options);
  const std::uint32_t layers = result.activity.layers;
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    ActivityCounts counts;
    for (std::size_t t = 0; t < scenario.mapped.tiles.size(); ++t)
      counts += result.activity.at(TileId(t), LayerId(layer));
    std::uint64_t spikes = 0;
    for (const TimedImage& image : result.images) spikes += image.outcome.layer_spikes[layer + 1];
    EXPECT_EQ(counts.actions[static_cast<std::size_t>(Action::neuron_fire)], spikes);
  }
  std::uint64_t nonempty = 0, groups = 0;
  for (const PacketGroup& packets : scenario.mapped.packet_groups) {
    for (const Raster& raster : result.rasters) {
      for (const std::vector<std::uint32_t>& fired : raster.spikes[packets.layer.value()]) {
        ++groups;
        nonempty += std::any_of(packets.rows.begin(), packets.rows.end(), [&fired](std::uint32_t row) {
          return std::binary_search(fired.begin(), fired.end(), row);
        });
      }
    }
  }
  const ActivityCounts total = result.activity.total();
  EXPECT_EQ(total.packets_sent, nonempty);
  EXPECT_EQ(total.packets_saved, groups - nonempty);
  EXPECT_EQ(total.actions[static_cast<std::size_t>(Action::input_buffer_write)], nonempty);
}

TEST(Simulation, TellsItsObserversOfUnitsThatNeverServeTwoAtOnce) {
  struct Observer : SimulationObserver {
    void on_busy(const BusyInterval& interval) override {
      units[{interval.unit.kind, interval.unit.index, interval.unit.port}].push_back(interval);
    }
    void on_image_begin(std::uint32_t image, std::uint64_t cycle) override { begun.emplace_back(image, cycle); }
    void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t) override {
      ended.emplace_back(image, cycle);
    }
    std::map<std::tuple<UnitKind, std::uint32_t, std::uint32_t>, std::vector<BusyInterval>> units;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> begun, ended;
  } observer;
  const Scenario scenario(wide());
  SimulationOptions options;
  options.observers = {{&observer, {1, 2}}};
  const SimulationResult result = scenario.simulate_images({5, 6, 7, 8}, options);
  ASSERT_EQ(observer.begun.size(), 2U);
  EXPECT_EQ(observer.begun[0].first, 6U);
  EXPECT_EQ(observer.ended[1].first, 7U);
  EXPECT_EQ(observer.ended[0].second - observer.begun[0].second, result.images[1].timing.latency_cycles);
  std::map<UnitKind, std::size_t> kinds;
  std::map<std::uint64_t, std::vector<BusyInterval>> flows;
  for (auto& [unit, intervals] : observer.units) {
    kinds[std::get<0>(unit)] += intervals.size();
    std::sort(intervals.begin(), intervals.end(),
              [](const BusyInterval& a, const BusyInterval& b) { return a.start_cycle < b.start_cycle; });
    for (std::size_t k = 0; k < intervals.size(); ++k) {
      const std::uint64_t free_at = k == 0 ? 0 : intervals[k - 1].start_cycle + intervals[k - 1].duration_cycles;
      EXPECT_GE(intervals[k].start_cycle, free_at);
      EXPECT_GE(intervals[k].start_cycle, observer.begun[0].second);
      if (intervals[k].flow) flows[*intervals[k].flow].push_back(intervals[k]);
    }
  }
  EXPECT_EQ(kinds.size(), 8U) << "every kind of unit was busy";
  for (const auto& [flow, steps] : flows) {
    std::size_t sent = 0, received = 0;
    for (const BusyInterval& step : steps) {
      sent += step.unit.kind == UnitKind::host_port || step.unit.kind == UnitKind::tile_output;
      received += step.unit.kind == UnitKind::tile_input;
    }
    EXPECT_EQ(sent, 1U) << flow;
    EXPECT_LE(received, 1U) << flow;
  }
}

TEST(Simulation, GivesAnImageTheSameCyclesWhateverRanBefore) {
  const Scenario scenario(wide());
  const SimulationResult result = scenario.simulate_images({3, 9, 4, 3, 3}, {});
  for (const std::size_t k : std::vector<std::size_t>{3, 4}) {
    EXPECT_EQ(result.images[k].timing.latency_cycles, result.images[0].timing.latency_cycles);
    EXPECT_EQ(result.images[k].timing.first_spike_cycles, result.images[0].timing.first_spike_cycles);
    EXPECT_EQ(result.images[k].outcome.output_spikes, result.images[0].outcome.output_spikes);
    for (std::size_t layer = 0; layer < 3; ++layer) {
      EXPECT_EQ(result.images[k].timing.layers[layer].first_cycle, result.images[0].timing.layers[layer].first_cycle);
      EXPECT_EQ(result.images[k].timing.layers[layer].last_cycle, result.images[0].timing.layers[layer].last_cycle);
    }
  }
  EXPECT_NE(result.images[1].timing.latency_cycles, 0U);
}

std::uint64_t latency_with_energy(double scale) {
  ScenarioSpec spec = wide();
  spec.adjust_chip = [scale](ChipSpec& chip) {
    for (Energy& energy : chip.costs.actions) energy = scale * 1_pJ;
    for (ComponentCost& cost : chip.costs.components) cost.leakage = scale * 1_uW;
  };
  const Scenario scenario(spec);
  return scenario.simulate_images({3}, {}).images.at(0).timing.latency_cycles;
}

// SystemC elaborates once a process, so two runs are compared through a number; it changes where the timing
// rules or the mapping do.
constexpr std::uint64_t kLatencyOfWide = 262;
TEST(Simulation, TakesTheSameCyclesWithFreeEnergy) { EXPECT_EQ(latency_with_energy(0.0), kLatencyOfWide); }
TEST(Simulation, TakesTheSameCyclesWithDearEnergy) { EXPECT_EQ(latency_with_energy(1000.0), kLatencyOfWide); }

TEST(Simulation, RefusesToRunTwiceInAProcess) {
  const Scenario scenario;
  scenario.simulate_images({0}, {});
  EXPECT_THROW(scenario.simulate_images({0}, {}), Bug);
}

TEST(Simulation, PassesOnWhatAProcessThrewWithItsType) {
  struct Thrower : SimulationObserver {
    void on_busy(const BusyInterval& interval) override {
      if (interval.unit.kind == UnitKind::neuron_bank) throw std::domain_error("of its own type");
    }
  } thrower;
  const Scenario scenario;
  SimulationOptions options;
  options.observers = {{&thrower, {}}};
  EXPECT_THROW(scenario.simulate_images({0}, options), std::domain_error);
}

TEST(Simulation, RunsNoImagesWithoutComplaint) {
  const Scenario scenario;
  const SimulationResult result = scenario.simulate_images({}, {});
  EXPECT_TRUE(result.images.empty());
  EXPECT_EQ(result.elapsed_cycles, 0U);
}

TEST(Simulation, PrintsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const Scenario scenario;
  scenario.simulate_images({0}, {});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

std::string bug_of(const PlantedFaults& faults) {
  const Scenario scenario(wide());
  try {
    scenario.simulate_images({0}, {}, faults);
  } catch (const Bug& bug) {
    return bug.what();
  }
  return "";
}

TEST(PlantedFaults, ALostPacketIsADeadlockThatTheWatchdogExplains) {
  PlantedFaults faults;
  faults.lose_one_packet = true;
  const std::string text = bug_of(faults);
  EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
  EXPECT_NE(text.find("announced packets"), std::string::npos) << text;
  EXPECT_NE(text.find("step 1"), std::string::npos) << text;
}

TEST(PlantedFaults, ADoubledTokenIsNoticed) {
  PlantedFaults faults;
  faults.double_one_token = true;
  EXPECT_NE(bug_of(faults).find("twice"), std::string::npos);
}

TEST(PlantedFaults, TwoSwappedRowsChangeTheRaster) {
  const Scenario scenario(wide());
  SimulationOptions options;
  options.keep_rasters = true;
  PlantedFaults faults;
  faults.swap_two_rows = true;
  const SimulationResult result = scenario.simulate_images({0}, options, faults);
  EXPECT_FALSE(result.rasters[0] == scenario.reference(0).raster);
}

TEST(PlantedFaults, WithoutThemTheSameRunEqualsTheReference) {
  const Scenario scenario(wide());
  SimulationOptions options;
  options.keep_rasters = true;
  EXPECT_TRUE(scenario.simulate_images({0}, options).rasters[0] == scenario.reference(0).raster);
}

}  // namespace
}  // namespace crossloom
