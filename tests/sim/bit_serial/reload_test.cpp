// Weights that are written in passes: the values of the `chip` reference, what is conserved, and cycles worked out by
// hand.
#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/weight_writing.h"
#include "sim/bit_serial/simulation.h"
#include "tests/support/board_run.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

using test::BoardOptions;
using test::BoardRun;
using test::fixed_point_layers;
using test::small_bit_serial_chip;

/// A network on a board that may be too small for it.
struct Scenario {
  BitSerialChipSpec chip;
  FixedPointNetwork network;
  PlacedNetwork placed;
  std::vector<std::vector<std::uint8_t>> images;

  Scenario(BitSerialChipSpec on, FixedPointNetwork of, std::uint32_t count, Folding folding = Folding::folded)
      : chip(std::move(on)), network(std::move(of)) {
    BitSerialMappingSpec spec;
    spec.folding = folding;
    spec.packing = BlockPacking::fewest_crossbars;  // small parts share crossbars without limit
    spec.reload = true;
    spec.images_a_pass = count;
    placed = place_network(network, chip, spec, RandomKey(1)).placed;
    for (std::uint32_t k = 0; k < count; ++k) {
      images.push_back(test::random_pixels(network.nodes[NodeId(0)].shape.size(), 100 + k));
    }
  }
  [[nodiscard]] ProgrammedArrays arrays() const {
    return ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
  }
  void keep_all_off_chip() {
    for (KeptSlice& slice : placed.kept_slices) slice.tile.reset();
  }
  [[nodiscard]] BoardRun run(const BoardOptions& options = {}) const {
    return test::run_board(network, placed, arrays(), images, options);
  }
  [[nodiscard]] std::string difference(const BoardRun& run) const {
    return test::difference_from_reference(network, chip, run, images);
  }
};

BitSerialChipSpec chip_of(std::uint32_t tiles) {
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = tiles;
  chip.device.write_time = 10_ns;
  chip.device.write_pulses = 2;
  return chip;
}

/// Boards on which the network takes several passes, from the smallest on that holds the row parts of a column.
template <class Check>
std::size_t for_each_small_board(const std::string& layers, double density, Folding folding, Check check) {
  std::size_t boards = 0;
  for (std::uint32_t tiles = 1; tiles < 12 && boards < 3; ++tiles) {
    try {
      Scenario scenario(chip_of(tiles), test::eight_bit_network(layers, density), 3, folding);
      if (scenario.placed.passes == 1) break;
      EXPECT_THAT(placed_network_faults(scenario.placed, scenario.network), testing::IsEmpty());
      ++boards;
      check(scenario);
    } catch (const DoesNotFit&) {
    }
  }
  return boards;
}

TEST(Reload, GivesTheValuesOfTheChipReferenceWhereverValuesWait) {
  for (const std::string& layers : fixed_point_layers()) {
    for (const double density : {1.0, 0.4}) {
      const std::size_t boards = for_each_small_board(layers, density, Folding::folded, [](Scenario& scenario) {
        for (const std::uint32_t in_flight : {1U, 3U}) {
          BoardOptions options;
          options.images_in_flight = in_flight;
          EXPECT_EQ(scenario.difference(scenario.run(options)), "");
        }
        scenario.keep_all_off_chip();
        EXPECT_EQ(scenario.difference(scenario.run()), "");
        scenario.chip.chip_link = ChipLinkSpec{2e9, 20_ns, ""};
        EXPECT_EQ(scenario.difference(scenario.run()), "");
      });
      EXPECT_GT(boards, 0U);
    }
  }
}

TEST(Reload, GivesTheValuesOfTheChipReferenceWithCopiesOverAMeshAndOnSeveralChips) {
  std::size_t with_copies = 0, on_two_chips = 0;
  for (const std::string& layers : fixed_point_layers()) {
    with_copies += for_each_small_board(layers, 1.0, Folding::semi_folded,
                                        [](Scenario& scenario) { EXPECT_EQ(scenario.difference(scenario.run()), ""); });
    for (std::uint32_t tiles = 1; tiles < 3; ++tiles) {
      BitSerialChipSpec chip = chip_of(tiles);
      chip.chips = 2;
      chip.chip_link = ChipLinkSpec{4e9, 20_ns, ""};
      chip.interconnect.width = tiles + 1;
      chip.interconnect.height = 1;
      chip.interconnect.flit_bits = 32;
      try {
        Scenario scenario(chip, test::eight_bit_network(layers), 2);
        if (scenario.placed.passes == 1) continue;
        ++on_two_chips;
        BoardOptions options;
        options.network = chip.interconnect;
        EXPECT_EQ(scenario.difference(scenario.run(options)), "");
        scenario.keep_all_off_chip();
        EXPECT_EQ(scenario.difference(scenario.run(options)), "");
      } catch (const DoesNotFit&) {  // the row parts of a column are more than the board
      }
    }
  }
  EXPECT_GT(with_copies, 0U);
  EXPECT_GT(on_two_chips, 0U);
}

TEST(Reload, WritesTheCellsOfEveryPassOnceAStreamAndNoneWhereAllWeightsStay) {
  for (const std::string& layers : fixed_point_layers()) {
    for_each_small_board(layers, 0.4, Folding::folded, [](Scenario& scenario) {
      std::uint64_t cells = 0;
      for (const PlacedCrossbar& crossbar : scenario.placed.crossbars) {
        for (const CrossbarPart& part : crossbar.parts) cells += part.rows.size() * part.columns.size() * 4;
      }
      const BoardRun run = scenario.run();
      EXPECT_EQ(run.activity.total().of(BitSerialAction::cell_write), 2 * cells);
      // All cycles are either written or run.
      std::uint64_t sum = 0;
      for (std::uint32_t p = 0; p < scenario.placed.passes; ++p) sum += run.write_cycles[p] + run.run_cycles[p];
      EXPECT_EQ(run.images.back().end_cycle, sum);
      // Products do not depend on when weights are there.
      Scenario resident(chip_of(256), scenario.network, 3);
      ASSERT_EQ(resident.placed.passes, 1U);
      const BoardRun whole = resident.run();
      EXPECT_EQ(whole.activity.total().of(BitSerialAction::cell_write), 0U);
      EXPECT_EQ(whole.write_cycles, std::vector<std::uint64_t>{0});
      for (const BitSerialAction action :
           {BitSerialAction::conversion, BitSerialAction::array_read, BitSerialAction::activation}) {
        EXPECT_EQ(run.activity.total().of(action), whole.activity.total().of(action));
      }
    });
  }
}

/// One crossbar; 16 inputs, 4 hidden and 4 output units: a pass a layer.
Scenario two_layers(std::uint64_t buffer_bits, bool link) {
  BitSerialChipSpec chip = chip_of(1);
  chip.tile.processing_elements = 1;
  chip.processing_element.arrays = chip.processing_element.adcs = 1;
  chip.tile.buffer_bits = buffer_bits;
  chip.interconnect.width = chip.interconnect.height = 1;
  chip.interconnect.flit_bits = chip.interconnect.header_bits = 32;
  chip.interconnect.routing_cycles = 0;
  chip.interconnect.vc_allocation_cycles = chip.interconnect.switch_allocation_cycles = 1;
  chip.interconnect.switch_traversal_cycles = chip.interconnect.link_cycles = 1;
  if (link) chip.chip_link = ChipLinkSpec{2e9, 20_ns, ""};
  return Scenario(chip,
                  test::eight_bit_network("  - {name: hidden, dense: {outputs: 4, activation: relu}}\n"
                                          "  - {name: output, dense: {outputs: 4, activation: none}}\n",
                                          1.0, "width: 4, height: 4, channels: 1"),
                  1);
}

TEST(Reload, TakesTheCyclesWorkedOutByHandWhereValuesWaitInTheTile) {
  const Scenario scenario = two_layers(1 << 20, false);
  ASSERT_EQ(scenario.placed.passes, 2U);
  ASSERT_EQ(scenario.placed.kept_slices.size(), 1U);
  const BoardRun run = scenario.run();
  ASSERT_EQ(scenario.difference(run), "");
  // A row of 4 weights: two flits, in the network from cycle 1 on, there at 8, off the bus at 9. 16 cells x 2 pulses x
  // 10 cycles each; 16 rows, then 4.
  EXPECT_EQ(run.write_cycles, (std::vector<std::uint64_t>{9 + 16 * 320, 9 + 4 * 320}));
  // Two packets of 8 values: written at 9 and 11; load 2 + 1, from the first slice to the buffer 145 (as in
  // tile_pipeline_test, where there is one row part): 159. Then the value waits where it is.
  // Second pass: values at once; load 1 + 1, 145, read out 1, sent at 149, a flit, latency 4, and a cycle: 155.
  EXPECT_EQ(run.run_cycles, (std::vector<std::uint64_t>{159, 155}));
  EXPECT_EQ(run.began, (std::vector<std::uint64_t>{1 + 5129, 1 + 5129 + 159 + 1289}));
  EXPECT_EQ(run.images[0].begin_cycle, 0U);
  EXPECT_EQ(run.images[0].end_cycle, 5129U + 159 + 1289 + 155);
  EXPECT_EQ(run.activity.total().of(BitSerialAction::cell_write), 80U * 4 * 2);
  EXPECT_EQ(run.activity.total().of(BitSerialAction::router_traversal), 20U * 2);
}

TEST(Reload, TakesTheCyclesWorkedOutByHandWhereValuesWaitBeyondTheLink) {
  // The first pass needs 128 bits of inputs and 64 of outputs: 8 are left, and 32 would have to wait.
  const Scenario scenario = two_layers(200, true);
  ASSERT_EQ(scenario.placed.kept_slices.size(), 1U);
  ASSERT_FALSE(scenario.placed.kept_slices[0].tile);
  const BoardRun run = scenario.run();
  ASSERT_EQ(scenario.difference(run), "");
  // A row is 16 cycles on the link and 20 under way: 36 later than without.
  EXPECT_EQ(run.write_cycles, (std::vector<std::uint64_t>{45 + 16 * 320, 45 + 4 * 320}));
  // First pass: in the buffer at 159, read out 160, at the port 166, taken a cycle later, on the link 16 and 20: 203.
  // Second: a flit, there at 6, taken at 7, in the buffer at 8; load 1 + 1, 145, read out 156, with the host at 163.
  EXPECT_EQ(run.run_cycles, (std::vector<std::uint64_t>{203, 163}));
  EXPECT_EQ(run.activity.total().of(BitSerialAction::chip_link_transfer), 80U * 8 + 32 + 32);
}

TEST(Reload, SystemcGivesTheValuesAndCyclesOfThePlainBoard) {
  Scenario scenario = [] {
    BitSerialChipSpec chip = chip_of(3);
    chip.interconnect.width = 2;
    chip.interconnect.height = 2;
    chip.interconnect.flit_bits = 32;
    return Scenario(chip, test::eight_bit_network(fixed_point_layers()[2]), 2);
  }();
  ASSERT_GT(scenario.placed.passes, 1U);
  const ProgrammedArrays arrays = scenario.arrays();
  std::vector<BitSerialStimulus> stimulus;
  for (std::uint32_t k = 0; k < 2; ++k) stimulus.push_back({k, scenario.images[k].data()});
  for (std::uint32_t k = 0; k < 2; ++k) stimulus.push_back({k, scenario.images[k].data()});
  BitSerialSimulationOptions options;
  options.stream_length = 2;
  options.images_in_flight = 2;
  options.keep_nodes = true;
  const BitSerialResult timed = simulate_bit_serial(scenario.network, scenario.placed, arrays, stimulus, options);
  BoardOptions plain;
  plain.network = scenario.chip.interconnect;
  plain.images_in_flight = 2;
  const BoardRun board = scenario.run(plain);
  ASSERT_EQ(scenario.difference(board), "");
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(timed.images[k].nodes.raw(), board.images[k % 2].nodes.raw());
    EXPECT_EQ(timed.images[k].outputs, board.images[k % 2].outputs);
    EXPECT_EQ(timed.images[k].end_cycle, board.images[k % 2].end_cycle);
  }
  EXPECT_EQ(timed.elapsed_cycles, 2 * board.images.back().end_cycle);
  EXPECT_DOUBLE_EQ(timed.cycles_per_image, static_cast<double>(board.images.back().end_cycle) / 2);
  EXPECT_EQ(timed.activity.total().of(BitSerialAction::cell_write),
            2 * board.activity.total().of(BitSerialAction::cell_write));
  EXPECT_EQ(timed.run_cycles[0], 2 * board.run_cycles[0]);
}

TEST(Reload, ReportsALostMessageAsDeadlock) {
  const std::size_t boards =
      for_each_small_board(fixed_point_layers()[1], 1.0, Folding::folded, [](Scenario& scenario) {
        scenario.keep_all_off_chip();
        BoardOptions lost;
        lost.faults.lose_one_message = true;
        EXPECT_THAT(scenario.difference(scenario.run(lost)), testing::HasSubstr("deadlock"));
      });
  EXPECT_GT(boards, 0U);
}

}  // namespace
}  // namespace crossloom
