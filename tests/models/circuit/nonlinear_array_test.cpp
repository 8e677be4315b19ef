// Cells that are not ohmic: laws by themselves, and arrays of them against ngspice.
#include <cmath>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "models/circuit/nonlinear_array.h"
#include "tests/models/circuit/random_array.h"
#include "tests/support/spice.h"

namespace crossloom {
namespace {

using test::random_cells;
using test::wires_of;

CellLaw sine_law(double volts) {
  CellLaw law;
  law.kind = CellLaw::Kind::hyperbolic_sine;
  law.sine_voltage = Voltage::from_si(volts);
  return law;
}
CellLaw transistor_law(double factor, double overdrive) {
  CellLaw law;
  law.kind = CellLaw::Kind::access_transistor;
  law.factor = TransconductanceFactor::from_si(factor);
  law.overdrive = Voltage::from_si(overdrive);
  return law;
}

TEST(CellLaw, SlopesAreTheDerivativesAndCurrentsAreOdd) {
  const Conductance cell = Conductance::from_si(3e-4);
  for (const CellLaw& law : {CellLaw(), sine_law(0.2), transistor_law(1e-3, 0.5)}) {
    for (const double volts : {0.01, 0.2, 0.6, 1.1}) {
      const auto current = [&](double v) { return law.at(cell, Voltage::from_si(v)).current.si(); };
      EXPECT_DOUBLE_EQ(current(-volts), -current(volts));
      const double slope = law.at(cell, Voltage::from_si(volts)).slope.si();
      EXPECT_NEAR(slope, (current(volts + 1e-6) - current(volts - 1e-6)) / 2e-6, 1e-7 * std::abs(slope) + 1e-12);
    }
    EXPECT_EQ(law.at(cell, Voltage()).current.si(), 0.0);
  }
}

TEST(CellLaw, ATransistorTakesItsShareOfTheVoltageAndThenSaturates) {
  const CellLaw law = transistor_law(1e-3, 0.5);
  const auto point = [&](double siemens, double volts) {
    return law.at(Conductance::from_si(siemens), Voltage::from_si(volts));
  };
  // At small voltages a resistor of 1 / (b V_ov) in series.
  EXPECT_NEAR(point(1e-4, 1e-6).slope.si(), 1.0 / (1e4 + 2e3), 1e-9);
  // The current satisfies both laws.
  const double current = point(1e-4, 0.4).current.si(), across = 0.4 - current / 1e-4;
  EXPECT_NEAR(current, 1e-3 * (0.5 - across / 2) * across, 1e-18);
  EXPECT_DOUBLE_EQ(point(1e-2, 3.0).current.si(), 0.5 * 1e-3 * 0.25);
  EXPECT_EQ(point(1e-2, 3.0).slope.si(), 0.0);
}

/// Largest difference from ngspice relative to the largest output, over three inputs one after another.
double difference(NonlinearArray& array, const test::SpiceCell& cell, RandomStream& stream, double largest_volts) {
  const std::uint32_t rows = array.cells().rows;
  std::vector<std::vector<double>> inputs;
  for (int v = 0; v < 3; ++v) inputs.push_back(test::random_volts(rows, stream, largest_volts));
  const auto expected = test::spice_currents(array.cells(), array.wires(), inputs, cell);
  double worst = 0.0;
  for (std::size_t v = 0; v < inputs.size(); ++v) {
    const std::vector<double> currents = array.solve(inputs[v].data()).currents;
    for (std::size_t j = 0; j < currents.size(); ++j) {
      worst = std::max(worst, std::abs(currents[j] - expected[v][j]) / std::abs(expected[v][j]));
    }
  }
  return worst;
}

class NonlinearAgainstSpice : public testing::TestWithParam<std::uint32_t> {};

WireSpec some_wires(std::uint32_t draw, RandomStream& stream) {
  const double ohms = 1.0 + 20.0 * stream.uniform();
  return wires_of(ohms, draw % 3 == 0 ? 0.0 : 0.7 * ohms, 100.0 * stream.uniform(), draw % 2 == 0 ? 0.0 : 50.0,
                  draw % 4 < 2 ? DriverSides::one : DriverSides::both);
}

TEST_P(NonlinearAgainstSpice, SineCellsAgree) {
  RandomStream stream(RandomKey(GetParam()).child("sine"));
  const std::uint32_t rows = 1 + stream.below(10), lines = 1 + stream.below(10);
  const double volts = 0.1 + 0.3 * stream.uniform();
  const WireSpec wires = some_wires(GetParam(), stream);
  NonlinearArray array(random_cells(rows, lines, stream, 20.0, 2e-4), wires, sine_law(volts));
  const test::SpiceCell cell = [&](const std::string& name, const std::string& from, const std::string& to,
                                   double siemens) {
    return fmt::format("b{0} {1} {2} I={3:.17g}*{4:.17g}*sinh(V({1},{2})/{4:.17g})\n", name, from, to, siemens, volts);
  };
  EXPECT_LT(difference(array, cell, stream, 0.5), 1e-4) << rows << " x " << lines << ", v0 " << volts;
}

TEST_P(NonlinearAgainstSpice, CellsBehindTransistorsAgree) {
  RandomStream stream(RandomKey(GetParam()).child("transistor"));
  const std::uint32_t rows = 1 + stream.below(8), lines = 1 + stream.below(8);
  const double overdrive = 0.4 + 0.6 * stream.uniform(), factor = 2e-4 + 1e-3 * stream.uniform();
  const WireSpec wires = some_wires(GetParam(), stream);
  NonlinearArray array(random_cells(rows, lines, stream, 20.0, 2e-4), wires, transistor_law(factor, overdrive));
  const test::SpiceCell cell = [&](const std::string& name, const std::string& from, const std::string& to,
                                   double siemens) {
    return fmt::format("r{0} {1} m{0} {3:.17g}\nb{0} m{0} {2} I={4:.17g}*({5:.17g}-V(m{0},{2})/2)*V(m{0},{2})\n", name,
                       from, to, 1.0 / siemens, factor, overdrive);
  };
  // Below saturation: the reference is the triode law alone.
  EXPECT_LT(difference(array, cell, stream, 0.35), 1e-4) << rows << " x " << lines;
}

INSTANTIATE_TEST_SUITE_P(RandomArrays, NonlinearAgainstSpice, testing::Range(0U, 8U));

TEST(NonlinearArray, OfOhmicCellsIsTheTransferMatrix) {
  RandomStream stream(RandomKey(1));
  const ConductanceMatrix cells = random_cells(12, 9, stream);
  const WireSpec wires = wires_of(3, 2, 10, 5);
  NonlinearArray array(cells, wires, {});
  const std::vector<double> volts = test::random_volts(12, stream);
  const NonlinearSolution solution = array.solve(volts.data());
  EXPECT_EQ(solution.iterations, 2U);  // the second finds that nothing moves
  const TransferMatrix transfer = solve_transfer(cells, wires);
  for (std::uint32_t j = 0; j < 9; ++j) {
    double current = 0.0;
    for (std::uint32_t i = 0; i < 12; ++i) current += volts[i] * transfer.at(i, j);
    EXPECT_NEAR(solution.currents[j], current, 1e-13 * current);
  }
}

TEST(NonlinearArray, WithoutWiresEachCellStandsAlone) {
  RandomStream stream(RandomKey(2));
  const ConductanceMatrix cells = random_cells(5, 4, stream);
  const CellLaw law = sine_law(0.1);
  NonlinearArray array(cells, {}, law);
  const std::vector<double> volts = test::random_volts(5, stream, 1.0);
  const std::vector<double> currents = array.solve(volts.data()).currents;
  for (std::uint32_t j = 0; j < 4; ++j) {
    double sum = 0.0;
    for (std::uint32_t i = 0; i < 5; ++i) {
      sum += law.at(Conductance::from_si(cells.at(i, j)), Voltage::from_si(volts[i])).current.si();
    }
    EXPECT_NEAR(currents[j], sum, 1e-12 * sum);
  }
}

TEST(NonlinearArray, AWarmStartTakesFewerStepsToTheSameAnswer) {
  RandomStream stream(RandomKey(3));
  NonlinearArray array(random_cells(16, 16, stream), wires_of(5, 5, 20, 20), sine_law(0.15));
  std::vector<double> volts = test::random_volts(16, stream, 0.6);
  const NonlinearSolution cold = array.solve(volts.data());
  std::vector<double> nearby = volts;
  for (double& value : nearby) value *= 1.001;
  const NonlinearSolution warm = array.solve(nearby.data());
  array.forget();
  const NonlinearSolution again = array.solve(nearby.data());
  EXPECT_LT(warm.iterations, again.iterations);
  for (std::size_t j = 0; j < 16; ++j) EXPECT_NEAR(warm.currents[j], again.currents[j], 1e-11 * again.currents[j]);
}

TEST(NonlinearArray, SteepExponentialsAndSaturatedTransistorsAreSolved) {
  RandomStream stream(RandomKey(4));
  const ConductanceMatrix cells = random_cells(10, 10, stream, 100.0, 1e-4, 0.05);
  const std::vector<double> volts = test::random_volts(10, stream, 2.0);
  for (const CellLaw& law : {sine_law(0.05), transistor_law(1e-4, 0.3)}) {
    NonlinearArray array(cells, wires_of(10, 10, 100, 100), law);
    const NonlinearSolution solution = array.solve(volts.data());
    EXPECT_LT(solution.iterations, 150U);
    // Every cell carries what its law says, and Kirchhoff's law holds in every bit line.
    for (std::uint32_t j = 0; j < 10; ++j) {
      double sum = 0.0;
      for (std::uint32_t i = 0; i < 10; ++i) {
        const std::size_t at = i * 10 + j;
        const double across = solution.volts.wordline[at] - solution.volts.bit_line[at];
        sum += law.at(Conductance::from_si(cells.siemens[at]), Voltage::from_si(across)).current.si();
      }
      EXPECT_NEAR(solution.currents[j], sum, 1e-9 * sum);
    }
  }
}

TEST(LinearisedArray, ItsErrorIsMeasuredAndVanishesForOhmicCells) {
  RandomStream stream(RandomKey(5));
  const ConductanceMatrix cells = random_cells(16, 12, stream);
  std::vector<double> samples;
  for (int s = 0; s < 5; ++s) {
    for (int i = 0; i < 16; ++i) samples.push_back(stream.uniform() < 0.5 ? 0.0 : 0.2);
  }
  const auto error = [&](const CellLaw& law) {
    NonlinearArray array(cells, wires_of(2, 2, 10, 10), law);
    const LinearisedArray linear = linearise(array, Voltage::from_si(0.2), samples.data(), 5);
    EXPECT_LE(linear.mean_error, linear.worst_error);
    return linear.worst_error;
  };
  EXPECT_LT(error({}), 1e-12);
  const double mild = error(sine_law(0.3)), strong = error(sine_law(0.1));
  EXPECT_GT(mild, 1e-5);
  EXPECT_GT(strong, mild);
  EXPECT_LT(strong, 0.05);  // all drivers at 0 V or at the read voltage: the fast path's own case
}

TEST(NonlinearArray, RefusesLawsThatAreNone) {
  const ConductanceMatrix cells{1, 1, {1e-4}};
  EXPECT_THROW(NonlinearArray(cells, {}, sine_law(0.0)), UserError);
  EXPECT_THROW(NonlinearArray(cells, {}, sine_law(-1.0)), UserError);
  EXPECT_THROW(NonlinearArray(cells, {}, transistor_law(std::nan(""), 0.5)), UserError);
  EXPECT_THROW(NonlinearArray(cells, {}, transistor_law(1e-3, 0.0)), UserError);
  EXPECT_THROW(NonlinearArray({1, 1, {-1.0}}, {}, sine_law(0.1)), UserError);
}

}  // namespace
}  // namespace crossloom
