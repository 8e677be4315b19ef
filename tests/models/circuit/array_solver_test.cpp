// Transfer matrices against closed forms, laws of circuits, and the shared workload W1.
#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"
#include "models/circuit/array_solver.h"
#include "tests/models/circuit/random_array.h"

namespace crossloom {
namespace {

using test::random_cells;
using test::wires_of;
using testing::HasSubstr;

/// Array n of the shared workload W1: sum of the column currents, and what it would be without wires.
struct Workload {
  double sum = 0.0, ideal = 0.0;
};
Workload shared_workload(std::uint32_t n) {
  std::uint32_t state = 12345;
  const auto next = [&state] {
    state = 1664525U * state + 1013904223U;
    return state / 4294967296.0;
  };
  ConductanceMatrix cells{n, n, {}};
  for (std::uint32_t k = 0; k < n * n; ++k) cells.siemens.push_back(1e-6 + next() * (1e-4 - 1e-6));
  const TransferMatrix transfer = solve_transfer(cells, wires_of(1.0, 1.0));
  Workload result;
  for (std::uint32_t i = 0; i < n; ++i) {
    const double volts = 0.2 * next();
    for (std::uint32_t j = 0; j < n; ++j) {
      result.sum += volts * transfer.at(i, j);
      result.ideal += volts * cells.at(i, j);
    }
  }
  return result;
}

TEST(ArraySolver, GivesTheSharedWorkloadToEveryPrintedDigit) {
  const auto expect = [](std::uint32_t n, double sum, double loss) {
    const Workload result = shared_workload(n);
    EXPECT_NEAR(result.sum, sum, 0.5001 * std::pow(10.0, std::floor(std::log10(sum)) - 9)) << n;
    EXPECT_NEAR(100.0 * (1.0 - result.sum / result.ideal), loss, 0.005001) << n;
  };
  expect(32, 4.631765829e-03, 3.59);
  expect(64, 1.917996364e-02, 12.51);
  expect(128, 5.209698117e-02, 35.00);
}

TEST(ArraySolver, OneCellIsItsWiresInSeries) {
  const ConductanceMatrix cell{1, 1, {1e-4}};
  const auto transfer = [&](const WireSpec& wires) { return solve_transfer(cell, wires).at(0, 0); };
  EXPECT_DOUBLE_EQ(transfer(wires_of(3, 5, 100, 20)), 1.0 / (1e4 + 3 + 5 + 100 + 20));
  EXPECT_DOUBLE_EQ(transfer(wires_of(3, 5, 100, 20, DriverSides::both)), 1.0 / (1e4 + 5 + 20 + 103.0 / 2));
  EXPECT_DOUBLE_EQ(transfer(wires_of(0, 0, 100, 0, DriverSides::both)), 1.0 / (1e4 + 50));
  EXPECT_DOUBLE_EQ(transfer(wires_of(0, 0, 0, 20)), 1.0 / (1e4 + 20));
  EXPECT_DOUBLE_EQ(transfer(wires_of(0, 0)), 1e-4);
}

TEST(ArraySolver, OneRowOfEqualCellsIsALadder) {
  // All cells end at 0 V behind the bit line segment: a ladder of series r and shunt R, solved from its far end.
  constexpr std::uint32_t kCells = 50;
  constexpr double kSegment = 7.0, kShunt = 1.0 / 2e-4 + 7.0;
  std::vector<double> into(kCells);  // resistance seen from node k onwards, its own shunt included
  for (std::uint32_t k = kCells; k-- > 0;) {
    into[k] = k + 1 == kCells ? kShunt : 1.0 / (1.0 / kShunt + 1.0 / (kSegment + into[k + 1]));
  }
  const ConductanceMatrix cells{1, kCells, std::vector<double>(kCells, 2e-4)};
  const TransferMatrix transfer = solve_transfer(cells, wires_of(kSegment, 7.0));
  double volts = 1.0;
  for (std::uint32_t k = 0; k < kCells; ++k) {
    volts *= into[k] / (kSegment + into[k]);
    EXPECT_NEAR(transfer.at(0, k), volts / kShunt, 1e-13 * volts / kShunt);
  }
}

TEST(ArraySolver, OneColumnIsALadderSeenFromItsSenseEnd) {
  // The bit line of cells with drivers at their other ends, by reciprocity: T_i0 is the current into driver i for 1 V
  // at the sense end.
  constexpr std::uint32_t kCells = 40;
  constexpr double kSegment = 3.0, kShunt = 1.0 / 1e-4 + 3.0 + 11.0;  // cell, wordline segment, driver
  std::vector<double> into(kCells);
  for (std::uint32_t i = 0; i < kCells; ++i) {
    into[i] = i == 0 ? kShunt : 1.0 / (1.0 / kShunt + 1.0 / (kSegment + into[i - 1]));
  }
  const ConductanceMatrix cells{kCells, 1, std::vector<double>(kCells, 1e-4)};
  const TransferMatrix transfer = solve_transfer(cells, wires_of(3.0, kSegment, 11.0));
  double volts = 1.0;
  for (std::uint32_t i = kCells; i-- > 0;) {
    volts *= into[i] / (kSegment + into[i]);
    EXPECT_NEAR(transfer.at(i, 0), volts / kShunt, 1e-13 * volts / kShunt);
  }
}

TEST(ArraySolver, WithoutWiresTheTransferMatrixIsTheCellsBitForBit) {
  RandomStream stream(RandomKey(1));
  for (const auto& [rows, lines] : {std::pair{1U, 1U}, {7U, 13U}, {64U, 128U}}) {
    const ConductanceMatrix cells = random_cells(rows, lines, stream, 100.0, 1e-4, 0.1);
    const TransferMatrix transfer = solve_transfer(cells, {});
    EXPECT_EQ(transfer.siemens, cells.siemens);
  }
}

TEST(ArraySolver, TheTransferMatrixTendsToTheCellsAsWiresVanish) {
  RandomStream stream(RandomKey(2));
  const ConductanceMatrix cells = random_cells(20, 30, stream);
  double last = 20.0;
  for (const double ohms : {10.0, 1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11}) {
    const TransferMatrix transfer = solve_transfer(cells, wires_of(ohms, ohms, ohms, ohms));
    double worst = 0.0;
    for (std::size_t k = 0; k < cells.siemens.size(); ++k) {
      worst = std::max(worst, std::abs(transfer.siemens[k] / cells.siemens[k] - 1.0));
    }
    EXPECT_LT(worst, std::max(last / 20.0, 1e-12)) << ohms;
    last = worst;
  }
}

TEST(ArraySolver, IsReciprocal) {
  // The transposed and reversed array with sense and drivers exchanged has the transposed and reversed transfer matrix.
  RandomStream stream(RandomKey(3));
  constexpr std::uint32_t kRows = 11, kLines = 17;
  const ConductanceMatrix cells = random_cells(kRows, kLines, stream, 1e4, 1e-3, 0.05);
  ConductanceMatrix turned{kLines, kRows, std::vector<double>(cells.siemens.size())};
  for (std::uint32_t i = 0; i < kRows; ++i) {
    for (std::uint32_t j = 0; j < kLines; ++j) {
      turned.siemens[std::size_t{kLines - 1 - j} * kRows + (kRows - 1 - i)] = cells.at(i, j);
    }
  }
  const TransferMatrix transfer = solve_transfer(cells, wires_of(2, 5, 100, 30));
  const TransferMatrix other = solve_transfer(turned, wires_of(5, 2, 30, 100));
  for (std::uint32_t i = 0; i < kRows; ++i) {
    for (std::uint32_t j = 0; j < kLines; ++j) {
      EXPECT_NEAR(transfer.at(i, j), other.at(kLines - 1 - j, kRows - 1 - i), 1e-12 * transfer.at(i, j));
    }
  }
}

TEST(ArraySolver, CurrentsAreConservedAndPowerIsWhatDriversDeliver) {
  RandomStream stream(RandomKey(4));
  for (const DriverSides sides : {DriverSides::one, DriverSides::both}) {
    const WireSpec wires = wires_of(2, 3, 50, 20, sides);
    const ConductanceMatrix cells = random_cells(9, 14, stream);
    ArraySolver solver(9, 14, wires);
    solver.solve(cells, true);
    const TransferMatrix transfer = solver.transfer();
    const std::vector<double> volts = test::random_volts(9, stream);
    const CellVoltages inside = solver.voltages(volts.data());
    double delivered = 0.0, sensed = 0.0, power = 0.0, dissipated = 0.0;
    for (std::uint32_t i = 0; i < 9; ++i) {
      double current = 0.0;
      for (std::uint32_t k = 0; k < 9; ++k) current += volts[k] * transfer.admittance[i * 9 + k];
      delivered += current;
      power += volts[i] * current;
    }
    for (const double current : solver.sense_currents(cells, inside)) {
      sensed += current;
      dissipated += current * current * 23.0;
    }
    for (std::uint32_t i = 0; i < 9; ++i) {
      const double* const w = inside.wordline.data() + i * 14;
      const double left = volts[i] - w[0], right = volts[i] - w[13];
      dissipated += left * left / 52.0 + (sides == DriverSides::both ? right * right / 52.0 : 0.0);
      for (std::uint32_t j = 0; j < 14; ++j) {
        const double across = w[j] - inside.bit_line[i * 14 + j];
        dissipated += across * across * cells.at(i, j);
        if (j > 0) dissipated += (w[j] - w[j - 1]) * (w[j] - w[j - 1]) / 2.0;
        if (i > 0) {
          const double drop = inside.bit_line[i * 14 + j] - inside.bit_line[(i - 1) * 14 + j];
          dissipated += drop * drop / 3.0;
        }
      }
    }
    EXPECT_NEAR(delivered, sensed, 1e-13 * sensed);
    EXPECT_NEAR(power, dissipated, 1e-12 * power);
  }
}

TEST(ArraySolver, VoltagesOfSumsAreSumsOfVoltages) {
  RandomStream stream(RandomKey(5));
  const ConductanceMatrix cells = random_cells(12, 8, stream, 100.0);
  ArraySolver solver(12, 8, wires_of(4, 4, 10, 10, DriverSides::both));
  solver.solve(cells, true);
  const std::vector<double> a = test::random_volts(12, stream), b = test::random_volts(12, stream);
  std::vector<double> sum(12), currents(96);
  for (std::size_t i = 0; i < 12; ++i) sum[i] = a[i] + b[i];
  for (double& current : currents) current = 1e-6 * stream.uniform();
  const CellVoltages of_a = solver.voltages(a.data(), currents.data()),
                     of_b = solver.voltages(b.data(), nullptr, currents.data());
  const CellVoltages of_sum = solver.voltages(sum.data(), currents.data(), currents.data());
  for (std::size_t k = 0; k < 96; ++k) {
    EXPECT_NEAR(of_sum.wordline[k], of_a.wordline[k] + of_b.wordline[k], 1e-14);
    EXPECT_NEAR(of_sum.bit_line[k], of_a.bit_line[k] + of_b.bit_line[k], 1e-14);
  }
}

TEST(ArraySolver, KirchhoffHoldsFarBeyondWhatDoublesCouldCancel) {
  // Wires of a micro-ohm beside cells of a gigaohm, and the other way round: fifteen orders of magnitude.
  RandomStream stream(RandomKey(6));
  for (const auto& [ohms, maximum] : {std::pair{1e-6, 1e-9}, {1e9, 1e-2}, {30.0, 1e-2}, {1e-12, 1e-4}}) {
    for (const DriverSides sides : {DriverSides::one, DriverSides::both}) {
      const ConductanceMatrix cells = random_cells(33, 21, stream, 1e4, maximum, 0.05);
      ArraySolver solver(33, 21, wires_of(ohms, ohms, 0.0, ohms, sides));
      solver.solve(cells, true);
      const CircuitCheck check = check_circuit(solver, cells, solver.transfer());
      EXPECT_LT(check.residual, 1e-14) << ohms;
      EXPECT_LT(check.mismatch, 1e-12) << ohms;
      EXPECT_TRUE(check.passed());
    }
  }
}

TEST(ArraySolver, ACheckFailsForATransferMatrixThatIsNotTheCircuits) {
  RandomStream stream(RandomKey(7));
  const ConductanceMatrix cells = random_cells(6, 6, stream);
  ArraySolver solver(6, 6, wires_of(1, 1));
  solver.solve(cells, true);
  TransferMatrix transfer = solver.transfer();
  transfer.siemens[7] *= 1.0 + 1e-6;
  EXPECT_FALSE(check_circuit(solver, cells, transfer).passed());
  ConductanceMatrix changed = cells;
  changed.siemens[8] *= 1.001;
  EXPECT_GT(check_circuit(solver, changed, solver.transfer()).residual, 1e-9);
}

TEST(ArraySolver, SolvesOneArrayAfterAnotherWithTheSameBits) {
  RandomStream stream(RandomKey(8));
  const ConductanceMatrix first = random_cells(40, 25, stream), second = random_cells(40, 25, stream);
  const WireSpec wires = wires_of(1, 2, 30, 4);
  ArraySolver solver(40, 25, wires);
  solver.solve(second);
  solver.solve(first);
  EXPECT_EQ(solver.transfer().siemens, solve_transfer(first, wires).siemens);
}

TEST(ArraySolver, OpenRowsAndColumnsCarryNothing) {
  RandomStream stream(RandomKey(9));
  ConductanceMatrix cells = random_cells(6, 5, stream);
  for (std::uint32_t j = 0; j < 5; ++j) cells.siemens[std::size_t{3} * 5 + j] = 0.0;
  for (std::uint32_t i = 0; i < 6; ++i) cells.siemens[std::size_t{i} * 5 + 2] = 0.0;
  const TransferMatrix transfer = solve_transfer(cells, wires_of(1, 1, 10, 10));
  for (std::uint32_t j = 0; j < 5; ++j) EXPECT_EQ(transfer.at(3, j), 0.0);
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(transfer.at(i, 2), 0.0);
  EXPECT_GT(transfer.at(0, 0), 0.0);
}

template <class Run>
std::string refusal(const Run& run) {
  try {
    run();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(ArraySolver, RefusesNonsenseAndSaysWhere) {
  const auto solve = [](std::vector<double> siemens, const WireSpec& wires) {
    return refusal([&] { solve_transfer({2, 2, std::move(siemens)}, wires); });
  };
  const std::vector<double> good(4, 1e-4);
  EXPECT_EQ(solve(good, wires_of(1, 1)), "");
  EXPECT_THAT(solve(good, wires_of(-1, 1)), HasSubstr("wordline resistance is -1 ohm"));
  EXPECT_THAT(solve(good, wires_of(1, std::nan(""))), HasSubstr("bitline resistance is nan"));
  EXPECT_THAT(solve(good, wires_of(1, 1, INFINITY)), HasSubstr("driver resistance"));
  EXPECT_THAT(solve(good, wires_of(1, 1, 0, 1e-300)),
              HasSubstr("sense resistance is 1e-300 ohm; it must be 0, or from"));
  EXPECT_THAT(solve({1e-4, 1e-4, -1e-9, 1e-4}, wires_of(1, 1)), HasSubstr("row 1, bit line 0 (from 0) is -1e-09 S"));
  EXPECT_THAT(solve({1e-4, std::nan(""), 1e-4, 1e-4}, wires_of(1, 1)), HasSubstr("row 0, bit line 1"));
  EXPECT_THAT(solve({1e-4}, wires_of(1, 1)), HasSubstr("take 4 conductances, got 1"));
  EXPECT_THAT(refusal([] { solve_transfer({0, 4, {}}, {}); }), HasSubstr("at least one row"));
}

}  // namespace
}  // namespace crossloom
