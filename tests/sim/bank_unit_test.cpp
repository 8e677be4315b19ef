// Slots of a neuron bank: one after another, not before their tile part, none for parts that nothing drives.
#include "sim/bank_unit.h"

#include <gtest/gtest.h>

#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

constexpr Cycle kDrive = 3, kSlot = 2, kCompare = 4, kTransfer = 5;

/// One bank of 8 neurons with three row parts of 8 inputs.
struct Fixture {
  explicit Fixture(std::uint32_t crossbars_a_tile = 4, bool bias = false)
      : scenario(spec(crossbars_a_tile, bias)),
        tables(build_chip_tables(scenario.mapped, scenario.network, scenario.programmed, scenario.chip, {})),
        group(tables.groups[TileGroupId(0)]),
        driven(group),
        array_free(group.arrays),
        activity(scenario.mapped.tiles.size(), 1),
        observation({}),
        bank(group.banks.at(0), tables, group, activity) {
    for (const TilePartTable& table : group.parts) parts.emplace_back(table);
    for (TilePart& part : parts) part.begin_image(1);
    bank.begin_image(0, 1);
  }
  static ScenarioSpec spec(std::uint32_t crossbars_a_tile, bool bias) {
    ScenarioSpec made;
    made.layers = {bias ? 23U : 24U, 8};
    made.array_size = 8;
    made.bias = bias;
    made.adjust_chip = [crossbars_a_tile](ChipSpec& chip) {
      chip.tile.crossbars = crossbars_a_tile;
      chip.tile.drive_cycles = kDrive;
      chip.tile.compare_cycles = kCompare;
      chip.tile_group.analog_transfer_cycles = kTransfer;
    };
    return made;
  }
  void make_ready(std::uint32_t part, Cycle when) {
    for (std::uint32_t source = 0; source < group.parts[part].sources.size(); ++source) {
      parts[part].take_token(source, 0, 0, when);
    }
    ASSERT_EQ(parts[part].take_ready(), when);
    bank.part_ready(when);
  }
  void drive(std::uint32_t row_part, std::uint64_t bits) {
    const BitRun run{row_part, 0, 8, 0};
    driven.add(&run, &run + 1, 0, bits);
  }
  Cycle plan(Cycle now, Cycle released = 1) {
    BankSurroundings around{group, parts, driven, array_free, observation};
    return bank.plan(now, released, around);
  }

  const ProgrammedCrossbar& programmed_crossbar(std::uint32_t row_part) const {
    return scenario.programmed.crossbar(group.row_parts[row_part].crossbar);
  }

  Scenario scenario;
  ChipTables tables;
  const TileGroupTable& group;
  std::vector<TilePart> parts;
  DrivenRows driven;
  std::vector<Cycle> array_free;
  Activity activity;
  Observation observation;
  NeuronBankUnit bank;
};

TEST(NeuronBankUnit, TakesASlotForEachDrivenPartOneAfterAnother) {
  Fixture fixture;
  ASSERT_EQ(fixture.group.row_parts.size(), 3U);
  ASSERT_EQ(fixture.group.parts.size(), 1U);
  for (std::uint32_t k = 0; k < 3; ++k) fixture.drive(k, 0b1);
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(10), 10 + kDrive + 3 * kSlot + kCompare);
}

TEST(NeuronBankUnit, TakesNoSlotForAPartThatNothingDrives) {
  Fixture fixture;
  fixture.drive(1, 0b1);
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(10), 10 + kDrive + kSlot + kCompare);
  EXPECT_EQ(fixture.array_free[0], 0U);
  EXPECT_EQ(fixture.array_free[1], 10 + kDrive + kSlot);
}

TEST(NeuronBankUnit, ComparesInEveryStepEvenIfNothingIsDriven) {
  Fixture fixture;
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(10), 10 + kDrive + kCompare);
}

TEST(NeuronBankUnit, DrivesItsBiasRowInEveryStep) {
  Fixture fixture(4, true);
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(10), 10 + kDrive + kSlot + kCompare);
}

TEST(NeuronBankUnit, WaitsWithASlotForItsTilePartAndAddsTheTransferFromOtherTiles) {
  Fixture fixture(1);
  ASSERT_EQ(fixture.group.parts.size(), 3U);
  for (std::uint32_t k = 0; k < 3; ++k) fixture.drive(k, 0b1);
  fixture.make_ready(0, 10);
  fixture.make_ready(1, 40);
  fixture.make_ready(2, 20);
  Cycle cursor = 0;
  for (std::uint32_t k = 0; k < 3; ++k) {
    const Cycle ready = std::vector<Cycle>{10, 40, 20}[k] + kDrive;
    cursor = std::max(cursor, ready) + kSlot + (fixture.group.row_parts[k].remote ? kTransfer : 0);
  }
  EXPECT_EQ(fixture.plan(40), cursor + kCompare);
  std::size_t remote = 0;
  for (const RowPartTable& row : fixture.group.row_parts) remote += row.remote ? 1 : 0;
  EXPECT_EQ(remote, 2U);
}

TEST(NeuronBankUnit, WaitsForTilePartsThatDriveNothing) {
  Fixture fixture(1);
  fixture.drive(0, 0b1);
  fixture.make_ready(0, 10);
  fixture.make_ready(1, 90);
  fixture.make_ready(2, 20);
  EXPECT_EQ(fixture.plan(90), 90 + kDrive + kCompare);
}

TEST(NeuronBankUnit, WaitsForTheOutputBufferBeforeItsFirstSlot) {
  Fixture fixture;
  fixture.drive(0, 0b1);
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(50, 50), 50 + kSlot + kCompare);
}

TEST(NeuronBankUnit, WaitsForACrossbarThatAnotherBankUses) {
  Fixture fixture;
  fixture.drive(0, 0b1);
  fixture.array_free[0] = 60;
  fixture.make_ready(0, 10);
  EXPECT_EQ(fixture.plan(10), 60 + kSlot + kCompare);
}

TEST(NeuronBankUnit, CountsWhatItDoes) {
  Fixture fixture(1);
  fixture.drive(0, 0b1011);
  fixture.drive(2, 0b1);
  for (std::uint32_t k = 0; k < 3; ++k) fixture.make_ready(k, 10);
  fixture.plan(10);
  const std::size_t fired = fixture.bank.fire().size();
  fixture.bank.settle(fixture.driven);
  fixture.bank.settle(fixture.driven);  // counts nothing twice
  const ActivityCounts total = fixture.activity.total();
  const auto count = [&total](Action action) { return total.actions[static_cast<std::size_t>(action)]; };
  EXPECT_EQ(count(Action::wordline_drive), 4U);
  EXPECT_EQ(count(Action::neuron_integrate), 16U);
  EXPECT_EQ(count(Action::neuron_compare), 8U);
  EXPECT_EQ(count(Action::neuron_fire), fired);
  const bool home_is_0 = !fixture.group.row_parts[0].remote, home_is_2 = !fixture.group.row_parts[2].remote;
  EXPECT_EQ(count(Action::analog_transfer), home_is_0 || home_is_2 ? 8U : 16U);
  EXPECT_EQ(total.array_drives, 2U);
  Zeptojoules energy = 0;
  for (const std::uint16_t wordline : std::vector<std::uint16_t>{0, 1, 3}) {
    energy += fixture.programmed_crossbar(0).drive_energy(&wordline, 1);
  }
  const std::uint16_t first = 0;
  EXPECT_EQ(total.array_energy, energy + fixture.programmed_crossbar(2).drive_energy(&first, 1));
}

TEST(DrivenRows, KeepsTheTwoStepsApartAndEmptiesWhatIsTaken) {
  Fixture fixture;
  const BitRun run{1, 2, 3, 4};  // bits 2..4 are wordlines 4..6 of row part 1
  fixture.driven.add(&run, &run + 1, 0, 0b10111);
  fixture.driven.add(&run, &run + 1, 1, 0b01000);
  std::uint16_t rows[8];
  ASSERT_EQ(fixture.driven.take(1, 0, rows), 2U);
  EXPECT_EQ(rows[0], 4U);
  EXPECT_EQ(rows[1], 6U);
  EXPECT_EQ(fixture.driven.take(1, 0, rows), 0U);
  ASSERT_EQ(fixture.driven.take(1, 1, rows), 1U);
  EXPECT_EQ(rows[0], 5U);
}

TEST(DrivenRows, CountsHowOftenEachWordlineWasDriven) {
  Fixture fixture;
  const BitRun run{1, 0, 8, 0};
  std::uint16_t rows[8];
  const std::uint32_t drives = DrivenRows::kMostDrives;
  for (std::uint32_t k = 1; k <= drives; ++k) {
    fixture.driven.add(&run, &run + 1, k, 0b1U | (k % 2 == 0 ? 0b10U : 0U) | (k % 100 == 0 ? 0b100U : 0U));
    fixture.driven.take(1, k, rows);
  }
  std::array<std::uint64_t, 8> counts{};
  const auto add = [&counts](std::uint32_t exponent, std::uint32_t wordline) {
    counts.at(wordline) += std::uint64_t{1} << exponent;
  };
  fixture.driven.take_counts(1, add);
  EXPECT_EQ(counts, (std::array<std::uint64_t, 8>{drives, drives / 2, drives / 100}));
  fixture.driven.take_counts(1, add);
  EXPECT_EQ(counts[0], drives);
}

TEST(DrivenRows, SpreadsARunOverTwoWords) {
  ScenarioSpec spec;
  spec.layers = {120, 8};
  spec.array_size = 128;
  const Scenario scenario(spec);
  const ChipTables tables =
      build_chip_tables(scenario.mapped, scenario.network, scenario.programmed, scenario.chip, {});
  DrivenRows driven(tables.groups[TileGroupId(0)]);
  const BitRun run{0, 0, 64, 40};
  driven.add(&run, &run + 1, 0,
             std::uint64_t{1} | std::uint64_t{1} << 23 | std::uint64_t{1} << 24 | std::uint64_t{1} << 63);
  std::uint16_t rows[128];
  ASSERT_EQ(driven.take(0, 0, rows), 4U);
  EXPECT_EQ(rows[0], 40U);
  EXPECT_EQ(rows[1], 63U);
  EXPECT_EQ(rows[2], 64U);
  EXPECT_EQ(rows[3], 103U);
}

}  // namespace
}  // namespace crossloom
