// Crossbars whose rows and columns lie elsewhere in their physical arrays.
#include "models/line_order.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/circuit/array_solver.h"
#include "models/cost.h"
#include "models/programmed_chip.h"
#include "tests/models/device_laws.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

const LineOrder kOrder = {{5, 2, 0, 7, 1, 6, 3, 4}, {3, 5, 1, 0, 4, 2}};

struct Reordered {
  explicit Reordered(const ChipSpec& spec, const LineOrder& order = kOrder, std::uint32_t outputs = 6)
      : chip(spec),
        network(network_of({random_layer(8, outputs, 3, 3)})),
        mapped(grid_mapping(network, chip)),
        programmed(ProgrammedChip::program(mapped, network, chip, RandomKey(7), 1, LineAssignment(1, order))) {}
  [[nodiscard]] const ProgrammedCrossbar& crossbar() const { return programmed.crossbar(CrossbarId(0)); }
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

const std::vector<std::uint16_t> kDriven = {0, 1, 4, 6};

std::vector<double> sums_of(const ProgrammedCrossbar& crossbar) {
  std::vector<double> sums(crossbar.columns(), 0.0);
  crossbar.integrate(kDriven.data(), kDriven.size(), sums.data());
  return sums;
}

TEST(LineOrder, IsAPermutation) {
  EXPECT_TRUE(is_order({}, 3));
  EXPECT_TRUE(is_order({2, 0, 1}, 3));
  EXPECT_FALSE(is_order({2, 0}, 3));
  EXPECT_FALSE(is_order({2, 0, 2}, 3));
  EXPECT_FALSE(is_order({3, 0, 1}, 3));
  EXPECT_EQ(inverse_order({2, 0, 1}), (std::vector<std::uint16_t>{1, 2, 0}));
}

TEST(LineOrder, ChangesNothingWhereOnlyWeightsDrawAndNothingBelongsToPlaces) {
  for (const test::DeviceCorner& corner : test::device_corners()) {
    ChipSpec spec = small_chip(8, 6, 1);
    corner.apply(spec);
    spec.crossbar.wires = {};
    spec.crossbar.driver_variation = 0.0;
    spec.device.faults.clustered = spec.device.faults.broken_bitlines = spec.device.faults.broken_wordlines = 0.0;
    const Reordered moved(spec), in_order(spec, {});
    // Energies add the same conductances in another order.
    EXPECT_EQ(sums_of(moved.crossbar()), sums_of(in_order.crossbar())) << corner.name;
    EXPECT_NEAR(static_cast<double>(moved.crossbar().drive_energy(kDriven.data(), kDriven.size())),
                static_cast<double>(in_order.crossbar().drive_energy(kDriven.data(), kDriven.size())), 8.0);
  }
}

ChipSpec wired_chip() {
  ChipSpec chip = small_chip(8, 6, 1);
  chip.device.programming_error = 0.05;
  chip.crossbar.wires.wordline = Resistance::from_si(30.0);
  chip.crossbar.wires.bitline = Resistance::from_si(80.0);
  chip.crossbar.wires.driver = Resistance::from_si(100.0);
  return chip;
}

TEST(LineOrder, WithWiresIsTheCircuitOfTheCellsWhereTheyLie) {
  const Reordered p(wired_chip());
  ConductanceMatrix cells{8, 12, std::vector<double>(8 * 12)};
  for (std::uint32_t row = 0; row < 8; ++row) {
    for (std::uint32_t column = 0; column < 6; ++column) {
      for (std::uint32_t polarity = 0; polarity < 2; ++polarity) {
        cells.siemens[std::size_t{kOrder.wordlines[row]} * 12 + 2 * std::size_t{kOrder.columns[column]} + polarity] =
            p.crossbar().cell(row, column, polarity, 0).actual.si();
      }
    }
  }
  const TransferMatrix transfer = solve_transfer(cells, p.chip.crossbar.wires);
  const double step = CellLevels(p.chip.device).step.si();
  const std::vector<double> sums = sums_of(p.crossbar());
  for (std::uint32_t column = 0; column < 6; ++column) {
    double expected = 0.0;
    for (const std::uint16_t row : kDriven) {
      const std::uint32_t plus = 2 * std::uint32_t{kOrder.columns[column]};
      expected += (transfer.at(kOrder.wordlines[row], plus) - transfer.at(kOrder.wordlines[row], plus + 1)) / step;
    }
    EXPECT_NEAR(sums[column], expected, 1e-5);
  }
  double joules = 0.0;
  const double volts = p.chip.crossbar.read_voltage.si();
  for (const std::uint16_t a : kDriven) {
    for (const std::uint16_t b : kDriven) {
      joules += volts * volts * p.chip.crossbar.read_time.si() *
                transfer.admittance[std::size_t{kOrder.wordlines[a]} * 8 + kOrder.wordlines[b]];
    }
  }
  EXPECT_NEAR(static_cast<double>(p.crossbar().drive_energy(kDriven.data(), kDriven.size())), joules * 1e21, 20.0);
}

TEST(LineOrder, FaultsOfArraysStayWhereTheyAre) {
  ChipSpec spec = small_chip(8, 6, 1);
  spec.device.faults.clustered = 0.3;
  spec.device.faults.cluster_size = 1.0;
  const Reordered moved(spec), in_order(spec, {});
  for (std::uint32_t row = 0; row < 8; ++row) {
    for (std::uint32_t column = 0; column < 6; ++column) {
      for (std::uint32_t polarity = 0; polarity < 2; ++polarity) {
        const CellReading there = moved.crossbar().cell(row, column, polarity, 0);
        const CellReading same_place =
            in_order.crossbar().cell(kOrder.wordlines[row], kOrder.columns[column], polarity, 0);
        if (there.error() == Conductance()) continue;
        EXPECT_NEAR(there.actual.si(), same_place.actual.si(), 1e-11);
      }
    }
  }
  EXPECT_GT(moved.programmed.report().stuck_cells, 0U);
}

TEST(LineOrder, IsSavedWithTheChip) {
  const Reordered p(wired_chip());
  const Archive archive = p.programmed.to_archive();
  const ProgrammedChip loaded = ProgrammedChip::from_archive(archive, p.mapped, p.chip);
  EXPECT_EQ(loaded.crossbar(CrossbarId(0)).lines(), kOrder);
  EXPECT_EQ(sums_of(loaded.crossbar(CrossbarId(0))), sums_of(p.crossbar()));
  EXPECT_EQ(loaded.to_archive().to_bytes(), archive.to_bytes());
  Archive damaged = archive;
  auto lines = archive.get<std::uint16_t>("lines");
  lines[1] = lines[0];
  damaged.put("lines", lines);
  EXPECT_THROW(ProgrammedChip::from_archive(damaged, p.mapped, p.chip), UserError);
  lines.pop_back();
  damaged.put("lines", lines);
  EXPECT_THROW(ProgrammedChip::from_archive(damaged, p.mapped, p.chip), UserError);
}

TEST(LineOrder, ThatIsNoneIsABug) {
  const Reordered p(wired_chip());
  const auto program = [&](const LineAssignment& lines) {
    ProgrammedChip::program(p.mapped, p.network, p.chip, RandomKey(7), 1, lines);
  };
  EXPECT_THROW(program(LineAssignment(2)), Bug);
  EXPECT_THROW(program(LineAssignment(1, LineOrder{{0, 0, 1, 2, 3, 4, 5, 6}, {}})), Bug);
}

TEST(SpareColumns, HoldNoWeightTakeAreaAndLoadTheRows) {
  ChipSpec spec = wired_chip();
  spec.crossbar.columns = 4;
  const Reordered without(spec, {}, 4);
  spec.crossbar.spare_columns = 2;
  const Reordered spare(spec, kOrder, 4);
  EXPECT_EQ(spare.crossbar().columns(), 4U);
  EXPECT_EQ(sums_of(spare.crossbar()).size(), 4U);
  EXPECT_EQ(spare.chip.crossbar.cells_per_crossbar(), 8U * 6 * 2);
  EXPECT_GT(chip_area(spare.mapped, spare.chip).arrays, chip_area(without.mapped, without.chip).arrays);
  const Archive archive = spare.programmed.to_archive();
  EXPECT_EQ(ProgrammedChip::from_archive(archive, spare.mapped, spare.chip).to_archive().to_bytes(),
            archive.to_bytes());
  EXPECT_THROW(ProgrammedChip::from_archive(archive, without.mapped, without.chip), UserError);
  // Ideal cells: G_min of four more cells in each row.
  ChipSpec ideal = small_chip(8, 4, 1);
  const Reordered plain(ideal, {}, 4);
  ideal.crossbar.spare_columns = 2;
  const Reordered loaded(ideal, {}, 4);
  const std::uint16_t row = 0;
  const double volts = ideal.crossbar.read_voltage.si();
  const double more =
      volts * volts * 4.0 * ideal.device.minimum_conductance.si() * ideal.crossbar.read_time.si() * 1e21;
  EXPECT_NEAR(static_cast<double>(loaded.crossbar().drive_energy(&row, 1)),
              static_cast<double>(plain.crossbar().drive_energy(&row, 1)) + more, 2.0);
}

}  // namespace
}  // namespace crossloom
