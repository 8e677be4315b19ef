#include "models/programmed_chip.h"

#include <array>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::range_of;
using test::small_chip;

const RandomKey kKey = RandomKey(5).child("devices");

struct Programmed {
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

Programmed program(const ChipSpec& chip, SpikingNetwork network, RandomKey key = kKey) {
  MappedNetwork mapped = grid_mapping(network, chip);
  ProgrammedChip programmed = ProgrammedChip::program(mapped, network, chip, key);
  return {chip, std::move(network), std::move(mapped), std::move(programmed)};
}

/// A layer of inputs x outputs on one crossbar of that size, 2 slices of 4 levels.
Programmed one_crossbar(ChipSpec chip, std::uint32_t inputs, std::uint32_t outputs, std::uint64_t seed = 1) {
  chip.crossbar.rows = inputs;
  chip.crossbar.columns = outputs;
  return program(chip, network_of({random_layer(inputs, outputs, 15, seed)}));
}

std::vector<std::uint16_t> some_rows(std::uint32_t rows, RandomStream& stream) {
  std::vector<std::uint16_t> driven;
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (stream.below(2) == 0) driven.push_back(static_cast<std::uint16_t>(row));
  }
  return driven;
}

/// Row energy from the cells themselves, in zeptojoules before rounding.
double cell_energy(const Programmed& p, const ProgrammedCrossbar& crossbar, std::uint32_t row, std::uint32_t first,
                   std::uint32_t last) {
  double conductance = 0.0;
  for (std::uint32_t column = first; column < last; ++column) {
    for (std::uint32_t polarity = 0; polarity < 2; ++polarity) {
      for (std::uint32_t slice = 0; slice < p.chip.crossbar.weight_slices; ++slice) {
        conductance += crossbar.cell(row, column, polarity, slice).actual.si();
      }
    }
  }
  const double voltage = p.chip.crossbar.read_voltage.si();
  return voltage * voltage * conductance * p.chip.crossbar.read_time.si() * 1e21;
}

TEST(ProgrammedChip, SplitsAWeightIntoDigitsOfItsPolarity) {
  SpikingLayer layer = random_layer(1, 3, 15, 1);
  layer.weights = {14, -7, 0};  // base 4: 14 = 3*4 + 2, 7 = 1*4 + 3
  ChipSpec chip = small_chip(1, 3, 2);
  const Programmed p = program(chip, network_of({layer}));
  const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
  const auto microsiemens = [&](std::uint32_t column, std::uint32_t polarity, std::uint32_t slice) {
    const CellReading reading = crossbar.cell(0, column, polarity, slice);
    EXPECT_EQ(reading.error(), Conductance());
    return std::round(reading.target.si() * 1e9) / 1e3;
  };
  EXPECT_EQ(microsiemens(0, 0, 0), 30.0);
  EXPECT_EQ(microsiemens(0, 0, 1), 40.0);
  EXPECT_EQ(microsiemens(0, 1, 0), 10.0);
  EXPECT_EQ(microsiemens(0, 1, 1), 10.0);
  EXPECT_EQ(microsiemens(1, 0, 0), 10.0);
  EXPECT_EQ(microsiemens(1, 1, 0), 40.0);
  EXPECT_EQ(microsiemens(1, 1, 1), 20.0);
  EXPECT_EQ(microsiemens(2, 0, 0), 10.0);
  EXPECT_EQ(microsiemens(2, 1, 1), 10.0);
  EXPECT_THROW((void)crossbar.cell(0, 3, 0, 0), Bug);
  EXPECT_THROW((void)crossbar.cell(0, 0, 2, 0), Bug);
  EXPECT_THROW((void)crossbar.cell(0, 0, 0, 2), Bug);
}

TEST(ProgrammedChip, SumsIdealWeightsExactlyAtAnySize) {
  RandomStream stream(kKey.child("sizes"));
  for (std::uint64_t round = 0; round < 40; ++round) {
    const std::uint32_t rows = 1 + stream.below(130), columns = 1 + stream.below(130);
    const Programmed p = one_crossbar(small_chip(), rows, columns, round);
    ASSERT_TRUE(p.programmed.ideal());
    const std::vector<std::uint16_t> driven = some_rows(rows, stream);
    std::vector<std::int32_t> expected(columns, 0), sums(columns, 0);
    std::vector<double> real_sums(columns, 0.0);
    for (const std::uint16_t row : driven) {
      for (std::uint32_t j = 0; j < columns; ++j) {
        expected[j] += p.network.layers[LayerId(0)].weights[std::size_t{row} * columns + j];
      }
    }
    const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
    crossbar.integrate(driven.data(), driven.size(), sums.data());
    crossbar.integrate(driven.data(), driven.size(), real_sums.data());
    EXPECT_EQ(sums, expected);
    EXPECT_EQ(real_sums, std::vector<double>(expected.begin(), expected.end()));
  }
}

TEST(ProgrammedChip, SumsDisturbedCellsAsTheirConductancesSay) {
  ChipSpec chip = small_chip();
  chip.device.programming_error = 0.1;
  chip.device.stuck_at_maximum = 0.05;
  RandomStream stream(kKey.child("sizes"));
  const double step = 10e-6;
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint32_t rows = 1 + stream.below(80), columns = 1 + stream.below(80);
    const Programmed p = one_crossbar(chip, rows, columns, round);
    const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
    const std::vector<std::uint16_t> driven = some_rows(rows, stream);
    std::vector<double> sums(columns, 1.0);
    crossbar.integrate(driven.data(), driven.size(), sums.data());
    for (std::uint32_t j = 0; j < columns; ++j) {
      double expected = 1.0;
      for (const std::uint16_t row : driven) {
        for (std::uint32_t slice = 0; slice < 2; ++slice) {
          const Conductance difference =
              crossbar.cell(row, j, 0, slice).actual - crossbar.cell(row, j, 1, slice).actual;
          expected += difference.si() / step * (slice == 0 ? 1.0 : 4.0);
        }
      }
      EXPECT_NEAR(sums[j], expected, 1e-4);  // weights are kept in 32 bits
    }
  }
}

TEST(ProgrammedChip, SpendsVoltageSquaredTimesTheConductanceOfAllColumnsOfARow) {
  RandomStream stream(kKey.child("sizes"));
  for (const double error : {0.0, 0.1}) {
    ChipSpec chip = small_chip();
    chip.device.programming_error = error;
    for (std::uint64_t round = 0; round < 15; ++round) {
      const std::uint32_t rows = 1 + stream.below(130), columns = 1 + stream.below(130);
      const Programmed p = one_crossbar(chip, rows, columns, round);
      const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
      Zeptojoules all = 0;
      std::vector<std::uint16_t> driven;
      for (std::uint16_t row = 0; row < rows; ++row) {
        const Zeptojoules energy = crossbar.drive_energy(&row, 1);
        EXPECT_NEAR(static_cast<double>(energy), cell_energy(p, crossbar, row, 0, columns), 0.501);
        all += energy;
        driven.push_back(row);
      }
      EXPECT_EQ(crossbar.drive_energy(driven.data(), driven.size()), all);
      EXPECT_EQ(crossbar.drive_energy(driven.data(), 0), 0U);
    }
  }
}

TEST(ProgrammedChip, CountsUnusedCellsOfDrivenRowsUnlessASelectorCutsThemOff) {
  ChipSpec chip = small_chip(16, 16, 2);
  SpikingNetwork network = network_of({random_layer(4, 6, 15, 3)});
  const Programmed open = program(chip, network);
  chip.crossbar.selector = Selector::cut_off;
  const Programmed cut = program(chip, network);
  const std::uint16_t used = 2, unused = 9;
  const auto energy = [](const Programmed& p, std::uint16_t row) {
    return static_cast<double>(p.programmed.crossbar(CrossbarId(0)).drive_energy(&row, 1));
  };
  const double idle_cells =
      10 * 2 * 2 * 10e-6 * 1e-9 * 1e21;  // 10 columns, 2 polarities, 2 slices at G_min = 10 uS, 1 V, 1 ns
  EXPECT_NEAR(energy(open, used) - energy(cut, used), idle_cells, 1.0);
  EXPECT_NEAR(energy(cut, used), cell_energy(cut, cut.programmed.crossbar(CrossbarId(0)), used, 0, 6), 0.501);
  EXPECT_NEAR(energy(open, unused), idle_cells * 16 / 10, 1.0);
  EXPECT_EQ(energy(cut, unused), 0.0);
}

TEST(ProgrammedChip, PlacesPartsAtTheirWordlinesAndColumns) {
  const ChipSpec chip = small_chip(8, 8, 2);
  SpikingNetwork network = network_of({random_layer(10, 10, 15, 4), random_layer(10, 10, 15, 5)});
  MappedNetwork mapped;
  MappedCrossbar crossbar;
  crossbar.parts.push_back({LayerId(0), 0, 0, {1, 4, 9}, {0, 7}, NeuronBankId(0)});
  crossbar.parts.push_back({LayerId(1), 3, 2, {0, 2}, {3, 5, 8}, NeuronBankId(1)});
  mapped.crossbars.push_back(crossbar);
  const ProgrammedChip programmed = ProgrammedChip::program(mapped, network, chip, kKey);
  const ProgrammedCrossbar& cells = programmed.crossbar(CrossbarId(0));
  std::uint64_t placed = 0;
  for (std::uint32_t row = 0; row < 8; ++row) {
    for (std::uint32_t column = 0; column < 8; ++column) {
      std::int32_t expected = 0;
      for (const BlockPart& part : crossbar.parts) {
        if (row < part.first_wordline || row >= part.first_wordline + part.rows.size()) continue;
        if (column < part.first_column || column >= part.first_column + part.columns.size()) continue;
        const std::size_t at = part.rows[row - part.first_wordline] * 10U + part.columns[column - part.first_column];
        expected = network.layers[part.layer].weights[at];
        ++placed;
      }
      EXPECT_EQ(cells.target_weight(row, column), expected) << row << " " << column;
    }
  }
  EXPECT_EQ(placed, 12U);
  EXPECT_EQ(programmed.report().cells, 12U * 2 * 2);
}

TEST(ProgrammedChip, WritesWithTheEnergyAndTimeOfItsPulses) {
  ChipSpec chip = small_chip(8, 8, 2);                                // 2 pJ and 10 ns a pulse, 3 pulses
  SpikingNetwork network = network_of({random_layer(10, 5, 15, 4)});  // parts of 8x5 and 2x5
  const ProgrammingReport paired_columns = program(chip, network).programmed.report();
  EXPECT_EQ(paired_columns.cells, 50U * 2 * 2);
  EXPECT_EQ(paired_columns.stuck_cells, 0U);
  EXPECT_DOUBLE_EQ(paired_columns.energy.si(), 200 * 3 * 2e-12);
  EXPECT_DOUBLE_EQ(paired_columns.time.si(), 40 * 2 * 3 * 10e-9);  // both polarities of one slice in one array
  chip.crossbar.signed_scheme = SignedScheme::paired_arrays;
  const ProgrammingReport paired_arrays = program(chip, network).programmed.report();
  EXPECT_DOUBLE_EQ(paired_arrays.energy.si(), paired_columns.energy.si());
  EXPECT_DOUBLE_EQ(paired_arrays.time.si(), 40 * 3 * 10e-9);
}

TEST(ProgrammedChip, RefusesAMappingThatDoesNotBelongToTheChipOrNetwork) {
  const ChipSpec chip = small_chip(8, 8, 2);
  const SpikingNetwork network = network_of({random_layer(8, 8, 15, 4)});
  const MappedNetwork mapped = grid_mapping(network, chip);
  EXPECT_THROW(ProgrammedChip::program(mapped, network, small_chip(4, 8, 2), kKey), Bug);
  EXPECT_THROW(ProgrammedChip::program(mapped, network, small_chip(8, 8, 1), kKey), Bug);
}

/// Deviations in units of the window, of cells whose target lies in the middle of it.
std::vector<double> middle_deviations(double error) {
  ChipSpec chip = small_chip(100, 100, 1);
  chip.device.levels = 3;
  chip.device.programming_error = error;
  SpikingLayer layer = random_layer(100, 100, 1, 6);
  for (auto& weight : layer.weights) weight = 1;
  const Programmed p = program(chip, network_of({layer}));
  std::vector<double> deviations;
  visit_cells(p.programmed, p.mapped, CrossbarId(0), [&](const ProgrammedCell& cell) {
    if (cell.polarity == 0) deviations.push_back(cell.reading.error().si() / 30e-6);
  });
  return deviations;
}

TEST(ProgrammedChip, ErrsByANormalShareOfTheWindow) {
  const std::vector<double> deviations = middle_deviations(0.1);
  ASSERT_EQ(deviations.size(), 10'000U);
  double sum = 0.0, squares = 0.0;
  std::size_t within_one = 0, within_two = 0;
  for (const double d : deviations) {
    sum += d;
    squares += d * d;
    within_one += std::abs(d) < 0.1;
    within_two += std::abs(d) < 0.2;
  }
  // Five standard errors of 10,000 draws.
  EXPECT_NEAR(sum / 1e4, 0.0, 5 * 0.1 / 100);
  EXPECT_NEAR(std::sqrt(squares / 1e4), 0.1, 5 * 0.1 / std::sqrt(2e4));
  EXPECT_NEAR(static_cast<double>(within_one) / 1e4, 0.6827, 5 * 0.0047);
  EXPECT_NEAR(static_cast<double>(within_two) / 1e4, 0.9545, 5 * 0.0021);
}

TEST(ProgrammedChip, KeepsEveryCellWithinTheWindow) {
  std::size_t at_a_limit = 0;
  for (const double d : middle_deviations(1.0)) {
    EXPECT_LE(std::abs(d), 0.5 * (1.0 + 1e-6));
    at_a_limit += std::abs(std::abs(d) - 0.5) < 1e-6;
  }
  EXPECT_NEAR(static_cast<double>(at_a_limit) / 1e4, 0.6171, 5 * 0.0049);  // 2 Phi(-0.5)
}

TEST(ProgrammedChip, SticksTheSharesOfCellsAskedFor) {
  ChipSpec chip = small_chip(100, 100, 1);
  chip.device.stuck_at_minimum = 0.03;
  chip.device.stuck_at_maximum = 0.07;
  SpikingLayer layer = random_layer(100, 100, 1, 6);  // levels 0 and 1 of 0..3: a cell at the top is stuck
  for (auto& weight : layer.weights) weight = 1;
  const Programmed p = program(chip, network_of({layer}));
  std::map<std::int64_t, std::size_t> cells;
  visit_cells(p.programmed, p.mapped, CrossbarId(0), [&](const ProgrammedCell& cell) {
    if (cell.polarity == 0) ++cells[std::llround(cell.reading.actual.si() * 1e6)];
  });
  EXPECT_EQ(cells.size(), 3U);
  EXPECT_NEAR(static_cast<double>(cells[10]) / 1e4, 0.03, 5 * 0.0017);
  EXPECT_NEAR(static_cast<double>(cells[40]) / 1e4, 0.07, 5 * 0.0026);
  EXPECT_EQ(cells[20] + cells[10] + cells[40], 10'000U);
  EXPECT_NEAR(static_cast<double>(p.programmed.report().stuck_cells) / 2e4, 0.10, 5 * 0.0022);
}

TEST(ProgrammedChip, LeavesCellsThatAreNotStuckExactWhereThereIsNoError) {
  ChipSpec chip = small_chip(100, 100, 2);
  chip.device.stuck_at_minimum = 0.01;
  const Programmed p = program(chip, network_of({random_layer(100, 100, 15, 7)}));
  std::size_t off = 0;
  visit_cells(p.programmed, p.mapped, CrossbarId(0), [&](const ProgrammedCell& cell) {
    if (cell.reading.error() == Conductance()) return;
    EXPECT_LT(cell.reading.error().si(), 0.0);
    ++off;
  });
  EXPECT_GT(off, 0U);
  EXPECT_LE(off, p.programmed.report().stuck_cells);
}

using CellName = std::array<std::uint32_t, 5>;

std::map<CellName, double> all_cells(const Programmed& p) {
  std::map<CellName, double> cells;
  for (std::size_t i = 0; i < p.programmed.size(); ++i) {
    visit_cells(p.programmed, p.mapped, CrossbarId(i), [&](const ProgrammedCell& cell) {
      const CellName name = {cell.layer.value(), cell.input, cell.output, cell.polarity, cell.slice};
      EXPECT_TRUE(cells.emplace(name, cell.reading.actual.si()).second);
    });
  }
  return cells;
}

ChipSpec disturbed_chip(std::uint32_t rows, std::uint32_t columns) {
  ChipSpec chip = small_chip(rows, columns, 2);
  chip.device.programming_error = 0.1;
  chip.device.stuck_at_minimum = 0.02;
  chip.device.stuck_at_maximum = 0.02;
  return chip;
}

TEST(ProgrammedChip, GivesAWeightTheSameDrawAtEveryTileSize) {
  const SpikingNetwork network = network_of({random_layer(90, 40, 15, 1), random_layer(40, 20, 15, 2)});
  const auto at_32 = all_cells(program(disturbed_chip(32, 32), network));
  const auto at_64 = all_cells(program(disturbed_chip(64, 64), network));
  EXPECT_EQ(at_32.size(), (90U * 40 + 40 * 20) * 4);
  EXPECT_EQ(at_32, at_64);
}

TEST(ProgrammedChip, DrawsAnewForEachKeyLayerPolarityAndSlice) {
  SpikingLayer layer = random_layer(30, 30, 15, 1);
  for (auto& weight : layer.weights) weight = 0;
  const SpikingNetwork network = network_of({layer, layer});
  ChipSpec chip = small_chip(32, 32, 2);
  chip.device.programming_error = 0.1;
  const auto cells = all_cells(program(chip, network));
  const auto others = all_cells(program(chip, network, RandomKey(6)));
  // About half of the cells end at G_min; the rest must all differ from one another.
  std::map<double, std::size_t> values;
  for (const auto& [name, conductance] : cells) ++values[conductance];
  EXPECT_GT(values.size(), cells.size() * 45 / 100);
  std::size_t same = 0;
  for (const auto& [name, conductance] : cells) same += others.at(name) == conductance && conductance > 10.0001e-6;
  EXPECT_LT(same, 5U);
}

TEST(ProgrammedChip, NeverDisturbsCellsOutsideBlockParts) {
  const Programmed p = program(disturbed_chip(16, 16), network_of({random_layer(4, 6, 15, 3)}));
  const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
  for (std::uint32_t row = 0; row < 16; ++row) {
    for (std::uint32_t column = row < 4 ? 6 : 0; column < 16; ++column) {
      EXPECT_EQ(crossbar.cell(row, column, 0, 0).actual, Conductance::from_si(10e-6));
      EXPECT_EQ(crossbar.cell(row, column, 1, 1).actual, Conductance::from_si(10e-6));
    }
  }
}

TEST(ProgrammedCells, AreFoundByTheirWeight) {
  const Programmed p = program(disturbed_chip(16, 16), network_of({random_layer(40, 20, 15, 3)}));
  const std::vector<ProgrammedCell> cells = cells_of_weight(p.programmed, p.mapped, LayerId(0), 35, 18);
  ASSERT_EQ(cells.size(), 4U);
  double weight = 0.0;
  for (const ProgrammedCell& cell : cells) {
    EXPECT_EQ(cell.row, 35U % 16);
    EXPECT_EQ(cell.column, 18U % 16);
    const double sign = cell.polarity == 0 ? 1.0 : -1.0;
    weight += sign * (cell.slice == 0 ? 1.0 : 4.0) * cell.reading.target.si() / 10e-6;
  }
  EXPECT_NEAR(weight, p.network.layers[LayerId(0)].weights[35 * 20 + 18], 1e-9);
  EXPECT_TRUE(cells_of_weight(p.programmed, p.mapped, LayerId(0), 40, 18).empty());
  EXPECT_TRUE(cells_of_weight(p.programmed, p.mapped, LayerId(1), 0, 0).empty());
}

}  // namespace
}  // namespace crossloom
