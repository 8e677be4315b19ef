// What observers are told of a bit-serial chip: a scenario worked out by hand, and laws on random networks. Time of
// every unit without gaps, paths without gaps, actions without loss; and that telling changes nothing.
#include "sim/bit_serial/chip_observation.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "sim/recorders.h"
#include "tests/support/board_run.h"
#include "tests/support/gap_finder.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"
#include "tests/support/smallest_buffer.h"

namespace crossloom {
namespace {

using test::BoardOptions;
using test::BoardRun;
using test::fixed_point_layers;
using test::small_bit_serial_chip;

constexpr ImageSelection kAll{0, ~0U, 1};

struct Scenario {
  BitSerialChipSpec chip;
  FixedPointNetwork network;
  PlacedNetwork placed;
  std::vector<std::vector<std::uint8_t>> images;

  Scenario(const BitSerialChipSpec& on, FixedPointNetwork of, std::uint32_t count, BitSerialMappingSpec mapping = {})
      : chip(on), network(std::move(of)) {
    mapping.images_a_pass = count;
    placed = place_network(network, chip, mapping, RandomKey(1)).placed;
    for (std::uint32_t k = 0; k < count; ++k) {
      images.push_back(test::random_pixels(network.nodes[NodeId(0)].shape.size(), 100 + k));
    }
  }
  [[nodiscard]] BoardRun run(const BoardOptions& options) const {
    const ProgrammedArrays arrays =
        ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
    return test::run_board(network, placed, arrays, images, options);
  }
};

NetworkOnChipSpec mesh(std::uint32_t width, std::uint32_t height) {
  NetworkOnChipSpec spec;
  spec.width = width;
  spec.height = height;
  spec.flit_bits = 32;
  return spec;
}

/// Every kind of node on chips with their troubles: what is checked for each of them.
template <class Check>
void for_each_scenario(Check check) {
  for (const std::string& layers : fixed_point_layers()) {
    const FixedPointNetwork network = test::eight_bit_network(layers, "width: 7, height: 6, channels: 2");
    BoardOptions options;
    check("plain", Scenario(small_bit_serial_chip(), network, 1), options);
    options.images_in_flight = 2;
    check("in flight", Scenario(small_bit_serial_chip(), network, 3), options);
    BitSerialChipSpec chip = small_bit_serial_chip();
    chip.processing_element.adcs = 1;
    chip.adc.sample_and_hold_stages = 3;
    check("shared ADCs", Scenario(chip, network, 2), options);
    chip.processing_element.crossbars_in_parallel = false;
    chip.adc.sample_and_hold_stages = 0;
    check("one crossbar at a time", Scenario(chip, network, 2), options);
    chip = small_bit_serial_chip();
    chip.processing_element.input_register_bits = 128;
    chip.processing_element.output_register_bits = 20;
    chip.tile.bus_bits = 1;
    chip.adc.conversion_time = 200_ps;
    check("small registers", Scenario(chip, network, 2), options);
    chip = small_bit_serial_chip();
    chip.tiles = 2000;
    chip.tile.buffer_ports = 2;
    BitSerialMappingSpec copies;
    copies.folding = Folding::semi_folded;
    check("smallest buffers", Scenario(test::with_smallest_buffers(chip, network, copies), network, 3, copies),
          options);
    options.network = mesh(50, 40);
    chip.interconnect = *options.network;
    check("copies on a mesh", Scenario(chip, network, 2, copies), options);
  }
}

/// The same where the chips are too small: on two of them, and with weights written in passes.
template <class Check>
void for_each_small_board(Check check) {
  std::size_t on_two_chips = 0, in_passes = 0;
  for (const std::string& layers : fixed_point_layers()) {
    const FixedPointNetwork network = test::eight_bit_network(layers, "width: 7, height: 6, channels: 2");
    for (const std::uint32_t tiles : {1U, 2U, 3U, 12U}) {
      BitSerialChipSpec chip = small_bit_serial_chip();
      chip.tiles = tiles;
      chip.device.write_time = 10_ns;
      chip.chips = 2;
      chip.chip_link = ChipLinkSpec{4e9, 20_ns, ""};
      chip.interconnect = mesh(tiles + 1, 1);
      BitSerialMappingSpec mapping;
      mapping.reload = true;
      mapping.packing = BlockPacking::fewest_crossbars;  // small parts share crossbars without limit
      BoardOptions options;
      options.images_in_flight = 2;
      options.network = chip.interconnect;
      try {
        const Scenario scenario(chip, network, 2, mapping);
        in_passes += scenario.placed.passes > 1 ? 1U : 0U;
        on_two_chips += scenario.placed.chips.back() > 0 ? 1U : 0U;
        check("small board", scenario, options);
        Scenario off_chip = scenario;
        for (KeptSlice& slice : off_chip.placed.kept_slices) slice.tile.reset();
        check("values off chip", off_chip, options);
      } catch (const DoesNotFit&) {  // the row parts of a column are more than the board
      }
    }
  }
  EXPECT_GT(on_two_chips, 0U);
  EXPECT_GT(in_passes, 0U);
}

template <class Check>
void for_all(Check check) {
  for_each_scenario(check);
  for_each_small_board(check);
}

TEST(BitSerialUnitTime, HasNoGapsAndNoOverlaps) {
  std::set<WaitReason> reasons;
  for_all([&reasons](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    test::GapFinder finder;
    options.watches = {{&finder, kAll}};
    const BoardRun run = scenario.run(options);
    ASSERT_TRUE(run.finished) << run.waiting;
    // What it is busy with is what the run itself counts.
    const auto sum = [](const std::vector<std::uint64_t>& cycles) {
      return std::accumulate(cycles.begin(), cycles.end(), std::uint64_t{0});
    };
    EXPECT_EQ(finder.busy[UnitKind::crossbar] - finder.reloading, sum(run.use.crossbars));
    EXPECT_EQ(finder.reloading > 0, scenario.placed.passes > 1);
    EXPECT_EQ(finder.busy[UnitKind::tile_bus], sum(run.use.buses));
    EXPECT_EQ(finder.busy[UnitKind::adders], sum(run.use.adders));
    EXPECT_EQ(finder.busy[UnitKind::activation_units], sum(run.use.activation_units));
    EXPECT_EQ(finder.busy[UnitKind::pool_units], sum(run.use.pool_units));
    reasons.insert(finder.reasons.begin(), finder.reasons.end());
  });
  // Never output_register: a position is loaded only when its home has the one before last.
  for (const WaitReason reason :
       {WaitReason::input, WaitReason::buffer, WaitReason::credit, WaitReason::unit, WaitReason::done, WaitReason::home,
        WaitReason::input_register, WaitReason::crossbar, WaitReason::converter, WaitReason::weights}) {
    EXPECT_EQ(reasons.count(reason), 1U) << wait_reason_name(reason);
  }
}

TEST(BitSerialUse, AddsUpToTheElapsedTimeOfEveryUnit) {
  for_all([](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    UseRecorder recorder;
    options.watches = {{&recorder, kAll}};
    const BoardRun run = scenario.run(options);
    Observations seen;
    recorder.add_to(seen);
    EXPECT_GE(seen.elapsed_cycles, run.images.back().end_cycle);
    for (const UnitUse& use : seen.units) {
      EXPECT_EQ(std::accumulate(use.wait_cycles.begin(), use.wait_cycles.end(), use.busy_cycles), seen.elapsed_cycles);
    }
  });
}

TEST(BitSerialCriticalPath, AddsUpToTheLatencyOfEveryImage) {
  std::set<std::string> labels;
  for_all([&labels](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    PathRecorder recorder;  // finds gaps by itself
    options.watches = {{&recorder, kAll}};
    const BoardRun run = scenario.run(options);
    Observations seen;
    recorder.add_to(seen);
    std::vector<std::uint64_t> sums(run.images.size(), 0);
    for (const PathShare& share : seen.path_shares) {
      sums[share.image] += share.cycles;
      labels.insert(share.label);
    }
    for (std::size_t k = 0; k < sums.size(); ++k) EXPECT_EQ(sums[k], run.images[k].latency_cycles()) << "image " << k;
  });
  for (const char* label : {"load", "drive", "convert", "finish", "move", "add", "activate", "read", "pool", "keep",
                            "read_out", "write", "send", "network", "chip_link", "credit", "reload", "waiting"}) {
    EXPECT_EQ(labels.count(label), 1U) << label;
  }
}

TEST(BitSerialActions, OfAllWindowsAreThoseOfTheRun) {
  for_all([](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    ActionRecorder recorder(kBitSerialActions, 50);
    options.watches = {{&recorder, kAll}};
    const BoardRun run = scenario.run(options);
    Observations seen;
    recorder.add_to(seen);
    const BitSerialCounts total = run.activity.total();
    std::vector<std::uint64_t> sums(kBitSerialActions, 0);
    for (std::size_t k = 0; k < seen.windows.counts.size(); ++k) {
      sums[k % kBitSerialActions] += seen.windows.counts[k];
    }
    for (std::size_t action = 0; action < kBitSerialActions; ++action) {
      EXPECT_EQ(sums[action], total.actions[action])
          << bit_serial_action_info(static_cast<BitSerialAction>(action)).name;
    }
    const auto& joules = seen.windows.array_zeptojoules;
    EXPECT_EQ(std::accumulate(joules.begin(), joules.end(), std::uint64_t{0}), total.array_zeptojoules);
    const auto& elapsed = seen.windows.elapsed_cycles;
    EXPECT_EQ(std::accumulate(elapsed.begin(), elapsed.end(), std::uint64_t{0}), run.images.back().end_cycle);
  });
}

/// Levels must begin and end at 0 and never be less, and no more than their places.
struct LevelCheck : SimulationObserver {
  Interests interests() const override { return {false, false, false, false, true}; }
  void on_chip(const std::vector<UnitName>&, const std::vector<LevelStart>& levels) override {
    for (const LevelStart& level : levels) EXPECT_EQ(level.level, 0);
  }
  void on_level_change(const LevelChange& change) override {
    changes[{change.unit, change.name}][change.cycle] += change.change;
  }
  std::map<std::pair<UnitName, std::string>, std::map<std::uint64_t, std::int64_t>> changes;
};

TEST(BitSerialLevels, StayWithinTheTwoPlacesThatThereAre) {
  for_all([](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    LevelCheck check;
    options.watches = {{&check, kAll}};
    ASSERT_TRUE(scenario.run(options).finished);
    EXPECT_GT(check.changes.size(), 2U);
    for (const auto& [level, changes] : check.changes) {
      std::int64_t now = 0;
      for (const auto& [cycle, change] : changes) {
        now += change;
        EXPECT_GE(now, 0) << level.second << " at " << cycle;
        EXPECT_LE(now, 2) << level.second << " at " << cycle;
      }
      EXPECT_EQ(now, 0) << level.second;
    }
  });
}

/// The busy intervals of messages, in the order of their ways.
struct FlowCheck : SimulationObserver {
  void on_busy(const BusyInterval& i) override {
    for (std::uint32_t k = 0; i.flow && k < i.flows; ++k) flows[*i.flow + k].push_back(i);
    to_several += i.flow && i.flows > 1 ? 1U : 0U;
  }
  std::map<std::uint64_t, std::vector<BusyInterval>> flows;
  std::size_t to_several = 0;
};

TEST(BitSerialFlows, LeadFromWhereValuesAreReadToWhereTheyAreWritten) {
  std::size_t to_several = 0;
  for_all([&to_several](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    FlowCheck check;
    options.watches = {{&check, kAll}};
    ASSERT_TRUE(scenario.run(options).finished);
    std::size_t written = 0;
    for (const auto& [flow, way] : check.flows) {
      const std::string first = way.front().label;
      if (first == "write") {  // of what was handed over while the host's port sent other values
        EXPECT_EQ(way.size(), 1U);
        continue;
      }
      EXPECT_TRUE(first == "read_out" || first == "send") << first;
      ASSERT_LE(way.size(), 2U);  // 1: to the host, or kept beyond the link
      if (way.size() == 1) continue;
      ++written;
      EXPECT_EQ(std::string(way.back().label), "write");
      EXPECT_TRUE(way.back().flow_ends && !way.front().flow_ends);
      EXPECT_GT(way.back().start_cycle, way.front().start_cycle);
    }
    EXPECT_GT(written, 0U);
    to_several += check.to_several;
  });
  EXPECT_GT(to_several, 0U);
}

TEST(BitSerialObservation, ChangesNoCycleAndNoValue) {
  for_all([](const char* what, const Scenario& scenario, BoardOptions options) {
    SCOPED_TRACE(what);
    const BoardRun alone = scenario.run(options);
    Recording recording(kBitSerialActions, 100);
    recording.watch(kAll, options.watches);
    const BoardRun watched = scenario.run(options);
    EXPECT_EQ(watched.activity.total(), alone.activity.total());
    EXPECT_EQ(watched.use.stalls, alone.use.stalls);
    EXPECT_EQ(watched.began, alone.began);
    for (std::size_t k = 0; k < alone.images.size(); ++k) {
      EXPECT_EQ(watched.images[k].outputs, alone.images[k].outputs);
      EXPECT_EQ(watched.images[k].begin_cycle, alone.images[k].begin_cycle);
      EXPECT_EQ(watched.images[k].end_cycle, alone.images[k].end_cycle);
    }
  });
}

// ---- the worked example of docs/bit_serial.md, from the host's first values on -----------------------------------

/// Its load begins in cycle 15: four messages of 8 values, two flits each, leave the host at 0, 2, 4 and 6; one takes 1
/// to be handed over, 2 + 4 in the network, 1 to be acted on and 1 to be written.
Observations worked_example() {
  const Scenario scenario(small_bit_serial_chip(),
                          test::eight_bit_network("  - {name: only, dense: {outputs: 4, activation: relu}}\n",
                                                  "width: 8, height: 4, channels: 1"),
                          1);
  Recording recording(kBitSerialActions, 100);
  BoardOptions options;
  recording.watch(kAll, options.watches);
  EXPECT_EQ(scenario.run(options).images[0].latency_cycles(), 174U);
  return recording.observations();
}

TEST(BitSerialWorkedExample, HasTheCriticalPathWorkedOutByHand) {
  std::vector<std::string> path;
  for (const PathPlace& place : worked_example().path) {
    path.push_back(fmt::format("{} {} {}+{}", place.label, unit_kind_name(place.unit.kind), place.first_cycle,
                               place.duration_cycles));
  }
  // The second row part: it waits for the bus while the first is loaded.
  EXPECT_THAT(path, testing::ElementsAre("send host_port 0+2", "send host_port 2+2", "send host_port 4+2",
                                         "network router_port 6+8", "write buffer_port 14+1", "waiting part_group 15+2",
                                         "load part_group 17+2", "load part_group 19+1", "drive crossbar 20+10",
                                         "convert converter 30+128", "finish part_group 158+2", "move tile_bus 160+2",
                                         "add adders 162+1", "activate activation_units 163+2", "keep home 165+1",
                                         "read_out buffer_port 166+1", "network router_port 167+7"));
}

TEST(BitSerialWorkedExample, HasTheTimesWorkedOutByHand) {
  const Observations seen = worked_example();
  EXPECT_EQ(seen.elapsed_cycles, 174U);
  std::map<UnitKind, std::vector<UnitUse>> units;
  for (const UnitUse& use : seen.units) units[use.unit.kind].push_back(use);
  const auto busy = [&units](UnitKind kind) {
    std::vector<std::uint64_t> cycles;
    for (const UnitUse& use : units[kind]) cycles.push_back(use.busy_cycles);
    return cycles;
  };
  using Cycles = std::vector<std::uint64_t>;
  EXPECT_EQ(busy(UnitKind::crossbar), (Cycles{122, 122}));
  EXPECT_EQ(busy(UnitKind::converter), (Cycles{128, 128}));  // 8 slices of 16
  EXPECT_EQ(busy(UnitKind::tile_bus), Cycles{9});            // loads 2 + 2, moves 2 + 2, keep 1
  EXPECT_EQ(busy(UnitKind::buffer_port), Cycles{10});        // writes 4, loads 2 + 2, keep 1, read out 1
  EXPECT_EQ(busy(UnitKind::adders), Cycles{2});
  EXPECT_EQ(busy(UnitKind::activation_units), Cycles{1});
  EXPECT_EQ(busy(UnitKind::pool_units), Cycles{0});
  EXPECT_EQ(busy(UnitKind::host_port), Cycles{8});
  EXPECT_EQ(busy(UnitKind::home), Cycles{5});               // add 1 + 1, activate 2, keep 1
  EXPECT_EQ(busy(UnitKind::sender), (Cycles{8, 1}));        // the host's, the tile's
  EXPECT_EQ(busy(UnitKind::part_group), (Cycles{83, 83}));  // load 3, eight slices of 10
  const auto waits = [&units](std::size_t group, WaitReason reason) {
    return units[UnitKind::part_group][group].wait_cycles[static_cast<std::size_t>(reason)];
  };
  EXPECT_EQ(waits(0, WaitReason::input), 15U);
  EXPECT_EQ(waits(1, WaitReason::input), 15U);
  EXPECT_EQ(waits(0, WaitReason::unit), 0U);
  EXPECT_EQ(waits(1, WaitReason::unit), 2U);        // the bus
  EXPECT_EQ(waits(0, WaitReason::converter), 42U);  // slices 2 .. 8, 6 each
  EXPECT_EQ(waits(1, WaitReason::converter), 42U);
  EXPECT_EQ(waits(0, WaitReason::done), 34U);
  EXPECT_EQ(waits(1, WaitReason::done), 32U);
}

}  // namespace
}  // namespace crossloom
