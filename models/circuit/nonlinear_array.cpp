#include "models/circuit/nonlinear_array.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr std::uint32_t kMostSteps = 200;
constexpr double kVoltageTolerance = 1e-12;

/// The array with every cell replaced by its tangent: a resistor, and a current source beside it.
struct TangentArray {
  ConductanceMatrix cells;
  std::vector<double> into_wordlines, into_bit_lines;

  TangentArray(const ConductanceMatrix& nonlinear, const CellLaw& law, const std::vector<double>& cell_volts)
      : cells{nonlinear.rows, nonlinear.bit_lines, std::vector<double>(cell_volts.size())},
        into_wordlines(cell_volts.size()),
        into_bit_lines(cell_volts.size()) {
    for (std::size_t k = 0; k < cell_volts.size(); ++k) {
      const CellLaw::Point point = law.at(Conductance::from_si(nonlinear.siemens[k]), Voltage::from_si(cell_volts[k]));
      cells.siemens[k] = point.slope.si();
      const double source = point.current.si() - point.slope.si() * cell_volts[k];
      into_wordlines[k] = -source;
      into_bit_lines[k] = source;
    }
  }
};

/// Resistors that take the currents of the cells at these voltages.
ConductanceMatrix secants_of(ConductanceMatrix cells, const CellLaw& law, const CellVoltages& volts) {
  for (std::size_t k = 0; k < cells.siemens.size(); ++k) {
    const double across = volts.wordline[k] - volts.bit_line[k];
    if (across == 0.0) continue;
    const Conductance cell = Conductance::from_si(cells.siemens[k]);
    cells.siemens[k] = law.at(cell, Voltage::from_si(across)).current.si() / across;
  }
  return cells;
}

}  // namespace

NonlinearArray::NonlinearArray(ConductanceMatrix cells, const WireSpec& wires, const CellLaw& law)
    : cells_((check_conductances(cells), std::move(cells))), law_(law), solver_(cells_.rows, cells_.bit_lines, wires) {
  check_cell_law(law_);
}

void NonlinearArray::forget() { cell_volts_.clear(); }

NonlinearSolution NonlinearArray::solve(const double* driver_volts) {
  NonlinearSolution solution;
  double largest = 0.0;
  for (std::uint32_t i = 0; i < cells_.rows; ++i) largest = std::max(largest, std::abs(driver_volts[i]));
  if (cell_volts_.empty()) cell_volts_.assign(cells_.siemens.size(), 0.0);
  for (solution.iterations = 1; solution.iterations <= kMostSteps; ++solution.iterations) {
    const TangentArray tangent(cells_, law_, cell_volts_);
    solver_.solve(tangent.cells, true);
    solution.volts = solver_.voltages(driver_volts, tangent.into_wordlines.data(), tangent.into_bit_lines.data());
    double moved = 0.0;
    for (std::size_t k = 0; k < cell_volts_.size(); ++k) {
      const double found = solution.volts.wordline[k] - solution.volts.bit_line[k];
      moved = std::max(moved, std::abs(found - cell_volts_[k]));
      cell_volts_[k] = law_.next_voltage(Voltage::from_si(cell_volts_[k]), Voltage::from_si(found)).si();
    }
    if (!std::isfinite(moved)) break;
    if (moved > kVoltageTolerance * largest) continue;
    solution.currents = solver_.sense_currents(secants_of(cells_, law_, solution.volts), solution.volts);
    return solution;
  }
  forget();
  throw UserError(
      fmt::format("Newton's method found no solution of the array of {} x {} cells in {} steps: voltages are "
                  "too far beyond what the law of the cells is meant for",
                  cells_.rows, cells_.bit_lines, kMostSteps));
}

LinearisedArray linearise(NonlinearArray& array, Voltage read_voltage, const double* samples, std::size_t count) {
  const std::uint32_t rows = array.cells().rows, bit_lines = array.cells().bit_lines;
  const std::vector<double> reading(rows, read_voltage.si());
  const CellVoltages volts = array.solve(reading.data()).volts;
  LinearisedArray result;
  result.transfer = solve_transfer(secants_of(array.cells(), array.law(), volts), array.wires());
  for (std::size_t s = 0; s < count; ++s) {
    const double* const input = samples + s * rows;
    const NonlinearSolution exact = array.solve(input);
    result.newton_steps += exact.iterations;
    double largest = 0.0;
    for (const double current : exact.currents) largest = std::max(largest, std::abs(current));
    for (std::uint32_t j = 0; j < bit_lines; ++j) {
      double current = 0.0;
      for (std::uint32_t i = 0; i < rows; ++i) current += input[i] * result.transfer.at(i, j);
      const double error = largest > 0.0 ? std::abs(current - exact.currents[j]) / largest : 0.0;
      result.worst_error = std::max(result.worst_error, error);
      result.mean_error += error / (static_cast<double>(count) * bit_lines);
    }
  }
  return result;
}

}  // namespace crossloom
