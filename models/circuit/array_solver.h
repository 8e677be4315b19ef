// Exact solutions of an array's circuit: transfer matrices, and the voltages at every cell.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/circuit/array_wiring.h"

namespace crossloom {

/// What the drivers see and the sense ends get: I_j = sum over i of V_i T_ij. Reading is thread-safe.
struct TransferMatrix {
  std::uint32_t rows = 0, bit_lines = 0;
  /// Siemens, [row][bit line]; never negative.
  std::vector<double> siemens;
  /// Siemens, [row][row], symmetric: driver i delivers I_i = sum over k of V_k Y_ik (both sides of it together), so the
  /// array takes sum over i, k of V_i Y_ik V_k.
  std::vector<double> admittance;
  [[nodiscard]] double at(std::uint32_t row, std::uint32_t bit_line) const {
    return siemens[std::size_t{row} * bit_lines + bit_line];
  }
};

/// Voltages of the wordline and the bit line at every cell, in volt, [row][bit line].
struct CellVoltages {
  std::vector<double> wordline, bit_line;
};

/// Solves arrays of one size and one kind of wires, one after another. Not for use by several threads at once; memory
/// is kept between calls. Conductances are only added, multiplied and divided (see mesh_elimination.h), so that every
/// entry of T is good to about 1e-13 of itself, at any ratio of wires to cells, and is the same bits on every machine.
class ArraySolver {
 public:
  /// Throws UserError for wires that check_wires refuses; Bug for an empty array.
  ArraySolver(std::uint32_t rows, std::uint32_t bit_lines, const WireSpec& wires);
  ~ArraySolver();
  ArraySolver(ArraySolver&&) noexcept;
  ArraySolver& operator=(ArraySolver&&) noexcept;

  /// Takes the nodes out of the circuit with these cells. `keep_steps` keeps what `voltages` needs, some 600 bytes a
  /// cell and bit of the size. Throws UserError as check_conductances does.
  void solve(const ConductanceMatrix& cells, bool keep_steps = false);
  /// Of the cells last solved. Throws UserError where numbers left the range of a double.
  [[nodiscard]] TransferMatrix transfer() const;
  /// Voltages with these voltages (in volt, one a row) at the drivers, and currents (in ampere, may be null, as many as
  /// cells) injected into the wordline and into the bit line at each cell. Needs keep_steps (Bug otherwise).
  [[nodiscard]] CellVoltages voltages(const double* driver_volts, const double* into_wordlines = nullptr,
                                      const double* into_bit_lines = nullptr) const;
  /// Currents into the sense ends, in ampere, one a bit line, for voltages that `voltages` gave with these drivers.
  [[nodiscard]] std::vector<double> sense_currents(const ConductanceMatrix& cells, const CellVoltages& volts) const;
  /// Largest sum of currents at a node, relative to what conductances times voltages there add up to in size.
  [[nodiscard]] double largest_residual(const ConductanceMatrix& cells, const CellVoltages& volts,
                                        const double* driver_volts) const;
  [[nodiscard]] const WireSpec& wires() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Kirchhoff's laws at a random input (voltages 0 to 1 V, from a fixed seed), in a solved circuit.
struct CircuitCheck {
  double residual = 0.0;  ///< ArraySolver::largest_residual
  /// Largest difference between an output's T v and the current through its sense end, relative to that current.
  double mismatch = 0.0;
  [[nodiscard]] bool passed() const;
};
/// The solver must have solved these cells with keep_steps.
CircuitCheck check_circuit(const ArraySolver& solver, const ConductanceMatrix& cells, const TransferMatrix& transfer);

/// The transfer matrix of one array, checked; throws UserError where input is refused, or where a circuit that is
/// nearly singular in double precision fails the check (with the figures).
TransferMatrix solve_transfer(const ConductanceMatrix& cells, const WireSpec& wires);

}  // namespace crossloom
