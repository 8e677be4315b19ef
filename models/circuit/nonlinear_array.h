// Arrays whose cells are not linear: Newton's method, and the linear array that stands in for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/circuit/array_solver.h"
#include "models/circuit/cell_law.h"

namespace crossloom {

struct NonlinearSolution {
  std::vector<double> currents;  ///< into the sense ends, in ampere
  CellVoltages volts;
  std::uint32_t iterations = 0;
};

/// Not for use by several threads at once.
class NonlinearArray {
 public:
  /// Throws UserError where cells, wires or law are refused.
  NonlinearArray(ConductanceMatrix cells, const WireSpec& wires, const CellLaw& law);
  /// Solves for these driver voltages (in volt, one a row), beginning at the last solution (the first time, as if cells
  /// were ohmic). Newton's method: each step solves the array with each cell replaced by its tangent, until no cell's
  /// voltage moves by more than 1e-12 of the largest driver voltage. The solution is unique, since currents never fall
  /// with the voltage. Throws UserError where 200 steps do not do.
  NonlinearSolution solve(const double* driver_volts);
  /// Begin at ohmic cells again.
  void forget();
  [[nodiscard]] const ConductanceMatrix& cells() const { return cells_; }
  [[nodiscard]] const WireSpec& wires() const { return solver_.wires(); }
  [[nodiscard]] const CellLaw& law() const { return law_; }

 private:
  ConductanceMatrix cells_;
  CellLaw law_;
  ArraySolver solver_;
  std::vector<double> cell_volts_;  ///< where cells were linearised last; empty at the beginning
};

/// The fast path: each cell replaced by the resistor that takes the same current when all drivers are at the read
/// voltage. Every input then is one product; its error is measured, not assumed.
struct LinearisedArray {
  TransferMatrix transfer;
  /// Over the outputs of the sample inputs: difference from Newton's method, relative to the largest output current of
  /// that input.
  double worst_error = 0.0, mean_error = 0.0;
  std::uint32_t newton_steps = 0;  ///< of all samples together
};
/// `samples`: count inputs in volt, [sample][row].
LinearisedArray linearise(NonlinearArray& array, Voltage read_voltage, const double* samples, std::size_t count);

}  // namespace crossloom
