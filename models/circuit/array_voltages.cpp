// Voltages inside a solved array: injected currents are carried up the blocks, voltages down.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "models/circuit/array_solver_state.h"

namespace crossloom {

namespace {

// Far above what rounding leaves (1e-13), far below what anybody could measure.
constexpr double kLargestResidual = 1e-9;

/// Currents of every branch added up at every node, with what they are to be compared with.
class NodeBalance {
 public:
  explicit NodeBalance(std::size_t nodes) : sums_(nodes, 0.0), sizes_(nodes, 0.0) {}
  void leaves(std::size_t node, double siemens, double from_volts, double to_volts) {
    sums_[node] += siemens * (from_volts - to_volts);
    sizes_[node] += siemens * (std::abs(from_volts) + std::abs(to_volts));
  }
  [[nodiscard]] double largest() const {
    double largest = 0.0;
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      if (sums_[k] == 0.0) continue;
      const double share = std::abs(sums_[k]) / sizes_[k];
      if (!(share <= largest)) largest = share;  // also where it is not a number
    }
    return largest;
  }

 private:
  std::vector<double> sums_, sizes_;
};

/// Kirchhoff's current law along one kind of line: `nodes` cells a line, `ends` the voltage at either end (or none).
struct LineEnd {
  double siemens = 0.0, volts = 0.0;
};

class LineCheck {
 public:
  LineCheck(std::size_t cells, double segment) : balance_(cells), segment_(segment) {}
  /// One line: its voltages and those at the other side of its cells, with strides.
  void add(const double* volts, const double* others, const double* siemens, std::size_t count, std::size_t stride,
           const LineEnd& first, const LineEnd& last) {
    // Without resistance the line is one node; with ends that hold its voltage there is nothing to check.
    const bool merged = segment_ == 0.0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t node = merged ? used_ : used_ + k, at = k * stride;
      balance_.leaves(node, siemens[at], volts[at], others[at]);
      if (!merged && k > 0) balance_.leaves(node, segment_, volts[at], volts[at - stride]);
      if (!merged && k + 1 < count) balance_.leaves(node, segment_, volts[at], volts[at + stride]);
    }
    balance_.leaves(used_, first.siemens, volts[0], first.volts);
    balance_.leaves(merged ? used_ : used_ + count - 1, last.siemens, volts[(count - 1) * stride], last.volts);
    used_ += count;
  }
  [[nodiscard]] double largest() const { return balance_.largest(); }

 private:
  NodeBalance balance_;
  double segment_;
  std::size_t used_ = 0;
};

}  // namespace

void ArraySolver::State::carry_up(const double* into_wordlines, const double* into_bit_lines,
                                  BlockValues& values) const {
  const std::vector<CircuitBlock>& blocks = plan.blocks();
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const CircuitBlock& block = blocks[b];
    std::vector<double>& currents = values[b];
    currents.assign(padded_nodes(block.inner) + padded_nodes(block.outer()), 0.0);
    if (block.is_cell()) {
      const std::size_t cell = std::size_t{block.row_begin} * bit_lines + block.line_begin;
      const ArrayPlan::CellNodes nodes = plan.cell_nodes(block);
      if (into_wordlines != nullptr) currents[nodes.wordline] += into_wordlines[cell];
      if (into_bit_lines != nullptr) currents[nodes.bit_line] += into_bit_lines[cell];
    }
    visit_runs(block, values, [&](const double* outer, const NodeRun& run) {
      for (std::size_t k = 0; k < run.length; ++k) currents[run.to + k] += outer[run.from + k];
    });
    for (std::size_t p = 0; p < block.inner; ++p) {
      currents[p] *= joined[b].scale[p];
      const double* const row = joined[b].panel.data() + p * currents.size();
      for (std::size_t q = p + 1; q < currents.size(); ++q) currents[q] += row[q] * currents[p];
    }
  }
}

CellVoltages ArraySolver::State::carry_down(BlockValues& values) const {
  const std::vector<CircuitBlock>& blocks = plan.blocks();
  CellVoltages result;
  result.wordline.resize(std::size_t{rows} * bit_lines);
  result.bit_line.resize(result.wordline.size());
  for (std::size_t b = blocks.size(); b-- > 0;) {
    const CircuitBlock& block = blocks[b];
    std::vector<double>& volts = values[b];
    for (std::size_t p = block.inner; p-- > 0;) {
      const double* const row = joined[b].panel.data() + p * volts.size();
      double sum = volts[p];
      for (std::size_t q = p + 1; q < volts.size(); ++q) sum += row[q] * volts[q];
      volts[p] = joined[b].scale[p] * sum;
    }
    if (block.is_cell()) {
      const std::size_t cell = std::size_t{block.row_begin} * bit_lines + block.line_begin;
      const ArrayPlan::CellNodes nodes = plan.cell_nodes(block);
      result.wordline[cell] = volts[nodes.wordline];
      result.bit_line[cell] = volts[nodes.bit_line];
    }
    visit_runs(block, values, [&](double* outer, const NodeRun& run) {
      for (std::size_t k = 0; k < run.length; ++k) outer[run.from + k] = volts[run.to + k];
    });
  }
  return result;
}

CellVoltages ArraySolver::voltages(const double* driver_volts, const double* into_wordlines,
                                   const double* into_bit_lines) const {
  const State& state = *state_;
  CROSSLOOM_CHECK(state.steps_kept, "voltages need solve(..., keep_steps)");
  BlockValues values(state.plan.blocks().size());
  state.carry_up(into_wordlines, into_bit_lines, values);
  const CircuitBlock& whole = state.plan.blocks().back();
  double* const ends = values.back().data() + padded_nodes(whole.inner);
  std::fill_n(ends, whole.outer(), 0.0);
  std::copy_n(driver_volts, state.rows, ends);
  if (whole.right > 0) std::copy_n(driver_volts, state.rows, ends + whole.first_right());
  return state.carry_down(values);
}

std::vector<double> ArraySolver::sense_currents(const ConductanceMatrix& cells, const CellVoltages& volts) const {
  const State& state = *state_;
  std::vector<double> currents(state.bit_lines, 0.0);
  for (std::size_t j = 0; j < state.bit_lines; ++j) {
    const std::size_t last = (state.rows - 1) * std::size_t{state.bit_lines} + j;
    if (state.siemens.sense > 0.0) {
      currents[j] = state.siemens.sense * volts.bit_line[last];
      continue;
    }
    for (std::size_t at = j; at <= last; at += state.bit_lines) {
      currents[j] += cells.siemens[at] * (volts.wordline[at] - volts.bit_line[at]);
    }
  }
  return currents;
}

double ArraySolver::largest_residual(const ConductanceMatrix& cells, const CellVoltages& volts,
                                     const double* driver_volts) const {
  const State& state = *state_;
  const std::size_t lines = state.bit_lines, count = cells.siemens.size();
  LineCheck wordlines(count, state.siemens.wordline), bit_lines(count, state.siemens.bitline);
  if (state.siemens.driver > 0.0) {
    const double right = state.wires.sides == DriverSides::both ? state.siemens.driver : 0.0;
    for (std::size_t i = 0; i < state.rows; ++i) {
      const LineEnd left{state.siemens.driver, driver_volts[i]};
      wordlines.add(volts.wordline.data() + i * lines, volts.bit_line.data() + i * lines,
                    cells.siemens.data() + i * lines, lines, 1, left, {right, driver_volts[i]});
    }
  }
  if (state.siemens.sense > 0.0) {
    for (std::size_t j = 0; j < lines; ++j) {
      bit_lines.add(volts.bit_line.data() + j, volts.wordline.data() + j, cells.siemens.data() + j, state.rows, lines,
                    {}, {state.siemens.sense, 0.0});
    }
  }
  return std::max(wordlines.largest(), bit_lines.largest());
}

bool CircuitCheck::passed() const { return residual <= kLargestResidual && mismatch <= kLargestResidual; }

CircuitCheck check_circuit(const ArraySolver& solver, const ConductanceMatrix& cells, const TransferMatrix& transfer) {
  RandomStream stream(RandomKey(1).child("circuit_check"));
  std::vector<double> drivers(cells.rows);
  for (double& volts : drivers) volts = stream.uniform();
  const CellVoltages volts = solver.voltages(drivers.data());
  const std::vector<double> sensed = solver.sense_currents(cells, volts);
  CircuitCheck check;
  check.residual = solver.largest_residual(cells, volts, drivers.data());
  for (std::uint32_t j = 0; j < cells.bit_lines; ++j) {
    double current = 0.0;
    for (std::uint32_t i = 0; i < cells.rows; ++i) current += drivers[i] * transfer.at(i, j);
    if (current == sensed[j]) continue;
    const double share = std::abs(current - sensed[j]) / std::abs(sensed[j]);
    if (!(share <= check.mismatch)) check.mismatch = share;
  }
  return check;
}

TransferMatrix solve_transfer(const ConductanceMatrix& cells, const WireSpec& wires) {
  check_conductances(cells);
  ArraySolver solver(cells.rows, cells.bit_lines, wires);
  solver.solve(cells, true);
  TransferMatrix transfer = solver.transfer();
  const CircuitCheck check = check_circuit(solver, cells, transfer);
  if (!check.passed()) {
    throw UserError(
        fmt::format("the circuit of {} x {} cells is too near to singular for double precision: currents at a "
                    "node add up to {:.1e} of their size, outputs differ by {:.1e}",
                    cells.rows, cells.bit_lines, check.residual, check.mismatch));
  }
  return transfer;
}

}  // namespace crossloom
