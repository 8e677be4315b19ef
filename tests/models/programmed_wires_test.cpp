// Programmed chips whose arrays have wires.
#include <cmath>

#include <gtest/gtest.h>

#include "models/circuit/array_solver.h"
#include "models/device/array_conductances.h"
#include "models/programmed_chip.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

struct Programmed {
  explicit Programmed(const ChipSpec& spec, std::uint32_t inputs = 21, std::uint32_t outputs = 13)
      : chip(spec),
        network(network_of({random_layer(inputs, outputs, 15, 3)})),
        mapped(grid_mapping(network, chip)),
        programmed(ProgrammedChip::program(mapped, network, chip, RandomKey(7), 2)) {}
  [[nodiscard]] const ProgrammedCrossbar& crossbar(std::size_t i = 0) const {
    return programmed.crossbar(CrossbarId(i));
  }
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

ChipSpec wired_chip(SignedScheme scheme, std::uint32_t slices, double ohms = 40.0) {
  ChipSpec chip = small_chip(16, 16, slices);
  if (slices == 1) chip.device.levels = 16;
  chip.crossbar.signed_scheme = scheme;
  chip.crossbar.wires.wordline = Resistance::from_si(ohms);
  chip.crossbar.wires.bitline = Resistance::from_si(0.5 * ohms);
  chip.crossbar.wires.driver = Resistance::from_si(5.0 * ohms);
  chip.crossbar.wires.sense = Resistance::from_si(2.0 * ohms);
  return chip;
}

const std::vector<std::uint16_t> kDriven = {0, 1, 4, 5, 9, 15};

std::vector<double> sums_of(const ProgrammedCrossbar& crossbar, const std::vector<std::uint16_t>& rows = kDriven) {
  std::vector<double> sums(crossbar.columns(), 0.0);
  crossbar.integrate(rows.data(), rows.size(), sums.data());
  return sums;
}

class WiredChip : public testing::TestWithParam<std::tuple<SignedScheme, std::uint32_t>> {};

TEST_P(WiredChip, SumsAreCurrentDifferencesOfItsArraysAndEnergyIsWhatDriversDeliver) {
  const auto [scheme, slices] = GetParam();
  const Programmed p(wired_chip(scheme, slices));
  EXPECT_FALSE(p.programmed.ideal());
  const ProgrammedCrossbar& crossbar = p.crossbar();
  const bool paired = scheme == SignedScheme::paired_columns;
  const double step = 30e-6 / (p.chip.device.levels - 1.0);
  std::vector<double> expected(16, 0.0);
  double joules = 0.0;
  // Array by array, cell by cell, by the layout's definition and not by its code.
  for (std::uint32_t slice = 0; slice < slices; ++slice) {
    for (std::uint32_t a = 0; a < (paired ? 1U : 2U); ++a) {
      const std::uint32_t lines = paired ? 32 : 16;
      ConductanceMatrix cells{16, lines, {}};
      for (std::uint32_t row = 0; row < 16; ++row) {
        for (std::uint32_t line = 0; line < lines; ++line) {
          const std::uint32_t column = paired ? line / 2 : line, polarity = paired ? line % 2 : a;
          cells.siemens.push_back(crossbar.cell(row, column, polarity, slice).actual.si());
        }
      }
      const TransferMatrix transfer = solve_transfer(cells, p.chip.crossbar.wires);
      for (const std::uint16_t row : kDriven) {
        for (std::uint32_t line = 0; line < lines; ++line) {
          const double sign = (paired ? line % 2 : a) == 0 ? 1.0 : -1.0;
          expected[paired ? line / 2 : line] +=
              sign * std::pow(p.chip.device.levels, slice) * transfer.at(row, line) / step;
        }
        for (const std::uint16_t other : kDriven) joules += transfer.admittance[row * 16 + other] * 1e-9;  // 1 V, 1 ns
      }
    }
  }
  const std::vector<double> sums = sums_of(crossbar);
  for (std::uint32_t j = 0; j < 16; ++j) EXPECT_NEAR(sums[j], expected[j], 2e-5) << j;
  EXPECT_NEAR(static_cast<double>(crossbar.drive_energy(kDriven.data(), kDriven.size())), joules * 1e21, 20.0);
}

TEST_P(WiredChip, VanishingWiresGiveTheWeightsAndNoneGivesThemBitForBit) {
  const auto [scheme, slices] = GetParam();
  const Programmed thin(wired_chip(scheme, slices, 1e-9)), none(wired_chip(scheme, slices, 0.0));
  ChipSpec plain_spec = small_chip(16, 16, slices);
  if (slices == 1) plain_spec.device.levels = 16;
  plain_spec.crossbar.signed_scheme = scheme;
  const Programmed plain(plain_spec);
  EXPECT_TRUE(none.programmed.ideal());
  EXPECT_EQ(none.programmed.to_archive().to_bytes(), plain.programmed.to_archive().to_bytes());
  for (std::size_t i = 0; i < plain.programmed.size(); ++i) {
    EXPECT_EQ(sums_of(none.crossbar(i)), sums_of(plain.crossbar(i)));
    EXPECT_EQ(none.crossbar(i).drive_energy(kDriven.data(), kDriven.size()),
              plain.crossbar(i).drive_energy(kDriven.data(), kDriven.size()));
    const std::vector<double> exact = sums_of(plain.crossbar(i)), almost = sums_of(thin.crossbar(i));
    for (std::size_t j = 0; j < exact.size(); ++j) EXPECT_NEAR(almost[j], exact[j], 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, WiredChip,
                         testing::Combine(testing::Values(SignedScheme::paired_columns, SignedScheme::paired_arrays),
                                          testing::Values(1U, 2U)));

TEST(WiredChip, RowsDrivenTogetherTakeLessThanEachByItself) {
  const Programmed p(wired_chip(SignedScheme::paired_columns, 2));
  Zeptojoules alone = 0;
  for (const std::uint16_t row : kDriven) alone += p.crossbar().drive_energy(&row, 1);
  const Zeptojoules together = p.crossbar().drive_energy(kDriven.data(), kDriven.size());
  EXPECT_LT(together, alone);
  EXPECT_GT(together, alone / 4);
  EXPECT_EQ(alone + p.crossbar().interaction_energy(kDriven.data(), kDriven.size()), together);
}

TEST(WiredChip, UnusedCellsLoadTheWiresUnlessTheyAreCutOff) {
  ChipSpec spec = wired_chip(SignedScheme::paired_columns, 2);
  const Programmed loaded(spec, 6, 5);
  spec.crossbar.selector = Selector::cut_off;
  const Programmed cut(spec, 6, 5);
  const std::vector<std::uint16_t> rows = {0, 2, 3, 5};
  const double loss_loaded = std::abs(sums_of(loaded.crossbar(), rows)[0]),
               loss_cut = std::abs(sums_of(cut.crossbar(), rows)[0]);
  EXPECT_GT(loss_cut, loss_loaded);
  EXPECT_LT(cut.crossbar().drive_energy(rows.data(), rows.size()),
            loaded.crossbar().drive_energy(rows.data(), rows.size()));
  const std::uint16_t unused = 10;
  EXPECT_EQ(cut.crossbar().drive_energy(&unused, 1), 0U);
}

TEST(WiredChip, BothSidesDrivenLoseLess) {
  ChipSpec spec = wired_chip(SignedScheme::paired_columns, 2);
  const Programmed one(spec);
  spec.crossbar.wires.sides = DriverSides::both;
  const Programmed both(spec);
  ChipSpec plain_spec = small_chip(16, 16, 2);
  const Programmed plain(plain_spec);
  const auto missed = [&](const Programmed& p) {
    const std::vector<double> sums = sums_of(p.crossbar()), exact = sums_of(plain.crossbar());
    double total = 0.0;
    for (std::size_t j = 0; j < sums.size(); ++j) total += std::abs(sums[j] - exact[j]);
    return total;
  };
  EXPECT_LT(missed(both), missed(one));
  EXPECT_GT(missed(both), 0.0);
}

}  // namespace
}  // namespace crossloom
