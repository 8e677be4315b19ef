// When weights are in their cells: what they pass, and what is written at the same time.
#include "models/bit_serial/weight_writing.h"

#include <map>

#include <gtest/gtest.h>

#include "models/bit_serial/bit_serial_cost.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

/// Crossbars of full rows of 4 weights (16 cells of 10 cycles) in the elements given, all of them in one tile.
struct OneTile {
  BitSerialChipSpec chip = test::small_bit_serial_chip();
  FixedPointNetwork network;
  PlacedNetwork placed;
  explicit OneTile(const std::vector<std::uint32_t>& elements, std::uint32_t rows = 16) {
    test::ConvolutionOptions options;
    options.layers = "  - {name: only, dense: {outputs: 64, activation: none}}\n";
    options.input = "width: 4, height: 4, channels: 1";
    FixedPointSpec spec;
    spec.weight_bits = spec.activation_bits = 8;
    network = test::random_fixed_point_network(options, spec);
    chip.device.write_time = 10_ns;
    chip.device.write_energy = 1_pJ;
    chip.costs.actions[static_cast<std::size_t>(BitSerialAction::cell_write)] = 1_pJ;
    chip.tiles = 1;
    chip.interconnect.width = chip.interconnect.height = 1;
    chip.interconnect.flit_bits = chip.interconnect.header_bits = 32;
    chip.tile.bus_bits = 32;
    placed.tiles = 1;
    placed.sites = placed.chips = {0};
    std::map<std::uint32_t, std::uint32_t> taken;
    for (const std::uint32_t element : elements) {
      PlacedCrossbar crossbar;
      crossbar.element = ProcessingElementId(element);
      crossbar.first_array = taken[element]++;
      CrossbarPart part;
      for (std::uint32_t i = 0; i < rows; ++i) part.rows.push_back(i);
      const auto first = 4 * static_cast<std::uint32_t>(placed.crossbars.size());
      part.columns = {first, first + 1, first + 2, first + 3};
      crossbar.parts = {part};
      placed.crossbars.push_back(crossbar);
    }
  }
  [[nodiscard]] WeightWriting write() const { return write_weights(placed, network, chip, 0); }
  /// Until the first row is off the bus.
  [[nodiscard]] std::uint64_t first() const { return 1 + chip.interconnect.zero_load_cycles(1, 2) + 1; }
};

TEST(WeightWriting, WritesRowAfterRowOfAnArrayAndArraysAtTheSameTime) {
  EXPECT_EQ(OneTile({0}).write().array_cycles, Cycles(16 * 160));
  EXPECT_EQ(OneTile({0, 0, 1, 1}).write().array_cycles, Cycles(16 * 160));
  EXPECT_EQ(OneTile({0}).write().cells, 16U * 4 * 4);
}

TEST(WeightWriting, WritesSeveralCellsOfARowAndFewerArraysWhereTheChipSaysSo) {
  OneTile setup({0, 0, 1, 1});
  setup.chip.writing.cells_at_once = 8;
  EXPECT_EQ(setup.write().array_cycles, Cycles(16 * 20));
  setup.chip.writing.cells_at_once = 5;  // 16 cells in 4 goes
  EXPECT_EQ(setup.write().array_cycles, Cycles(16 * 40));
  setup.chip.writing.cells_at_once = 1;
  setup.chip.writing.arrays_at_once = 1;  // of each element's two
  EXPECT_EQ(setup.write().array_cycles, Cycles(2 * 16 * 160));
  setup.chip.device.write_pulses = 3;
  EXPECT_EQ(setup.write().array_cycles, Cycles(3 * 2 * 16 * 160));
  EXPECT_EQ(setup.write().pulses, 3 * setup.write().cells);
}

TEST(WeightWriting, TakesARowWhileItWritesTheOneBeforeAndNoneEarlier) {
  // Rows of 160 cycles come every 2: only the first one's way is seen.
  EXPECT_EQ(OneTile({0}).write().cycles, Cycles(OneTile({0}).first() + 16 * 160));
  // Rows that are written faster than the port sends them (2 flits a row): the last one's way, and its writing.
  OneTile fast({0});
  fast.chip.device.write_time = Time::from_si(0.0625e-9);  // 16 cells in one cycle
  EXPECT_EQ(fast.write().cycles, Cycles(15 * 2 + fast.first() + 1));
  EXPECT_EQ(fast.write().array_cycles, Cycles(16));
}

TEST(WeightWriting, IsHeldUpByTheSlowestOfLinkPortAndBus) {
  OneTile setup({0, 0, 1, 1}, 1);  // four rows of 32 bits, one each
  setup.chip.device.write_time = Time::from_si(0.0625e-9);
  EXPECT_EQ(setup.write().cycles, Cycles(3 * 2 + setup.first() + 1));
  setup.chip.tile.bus_bits = 8;  // four cycles a row
  EXPECT_EQ(setup.write().cycles, Cycles(3 * 4 + setup.first() + 3 + 1));
  setup.chip.chip_link = ChipLinkSpec{2e9, 20_ns, ""};  // sixteen cycles a row
  EXPECT_EQ(setup.write().cycles, Cycles(4 * 16 + 20 + setup.first() + 3 + 1));
  EXPECT_EQ(setup.write().activity.total().of(BitSerialAction::chip_link_transfer), 4U * 32);
}

TEST(WeightWriting, CountsEveryPulseFlitAndBitAtTheTileAndLayerItIsFor) {
  OneTile setup({0, 1});
  setup.chip.device.write_pulses = 2;
  const WeightWriting writing = setup.write();
  const BitSerialCounts& counts = writing.activity.at(PlacedTileId(0), NodeId(1));
  EXPECT_EQ(counts, writing.activity.total());
  EXPECT_EQ(counts.of(BitSerialAction::cell_write), 2U * 2 * 16 * 16);
  EXPECT_EQ(counts.of(BitSerialAction::router_traversal), 2U * 16 * 2);
  EXPECT_EQ(counts.of(BitSerialAction::bus_transfer), 2U * 16 * 32);
}

TEST(WeightWriting, OfSeveralPassesAddsUpToAllWeightsAndCountsTheWritesOfACell) {
  OneTile setup({0, 0, 1, 1});
  const std::uint64_t cells = setup.write().cells;
  setup.placed.passes = 2;
  setup.placed.crossbars[PlacedCrossbarId(2)].pass = setup.placed.crossbars[PlacedCrossbarId(3)].pass = 1;
  const BitSerialProgramming programming = programming_of(setup.placed, setup.network, setup.chip);
  ASSERT_EQ(programming.passes.size(), 2U);
  EXPECT_EQ(programming.total().cells, cells);
  EXPECT_EQ(programming.most_writes_of_a_cell, 1U);
  EXPECT_NEAR(programming.total().cell_energy.si(), 1e-12 * static_cast<double>(cells), 1e-20);
  setup.placed.crossbars[PlacedCrossbarId(2)].element = ProcessingElementId(0);
  setup.placed.crossbars[PlacedCrossbarId(2)].first_array = 0;
  EXPECT_EQ(programming_of(setup.placed, setup.network, setup.chip).most_writes_of_a_cell, 2U);
}

}  // namespace
}  // namespace crossloom
