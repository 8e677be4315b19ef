// Blocks are joined from the cells upwards; what a block is to the rest of the array is a mesh between its outer nodes.
#include "models/circuit/array_solver.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "models/circuit/array_solver_state.h"

namespace crossloom {

ArraySolver::State::State(std::uint32_t row_count, std::uint32_t line_count, const WireSpec& spec)
    : rows(row_count), bit_lines(line_count), wires(spec), siemens(spec), plan(row_count, line_count, spec) {
  const std::vector<CircuitBlock>& blocks = plan.blocks();
  joined.resize(blocks.size());
  std::size_t top = 0, largest = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (!blocks[b].is_cell()) top = joined[static_cast<std::size_t>(blocks[b].parts[0])].outer_begin;
    joined[b].outer_begin = top;
    top += blocks[b].outer() * padded_nodes(blocks[b].outer());
    largest = std::max(largest, top);
  }
  stack = AlignedVector<double>(largest);
}

void ArraySolver::State::add_cell(const CircuitBlock& block, double cell_siemens) {
  const auto joined_by = [&](std::size_t a, std::size_t b, double value) {
    mesh.join(std::min(a, b), std::max(a, b), value);
  };
  const ArrayPlan::CellNodes nodes = plan.cell_nodes(block);
  joined_by(nodes.wordline, nodes.bit_line, cell_siemens);
  if (nodes.before != ArrayPlan::kNowhere) joined_by(nodes.wordline, nodes.before, siemens.driver);
  if (nodes.behind != ArrayPlan::kNowhere) {
    joined_by(nodes.wordline, nodes.behind, block.line_end < bit_lines ? siemens.wordline : siemens.driver);
  }
  if (nodes.below != ArrayPlan::kNowhere) {
    joined_by(nodes.bit_line, nodes.below, block.row_end < rows ? siemens.bitline : siemens.sense);
  }
}

void ArraySolver::State::add_part(const CircuitBlock& block, std::size_t which) {
  const auto index = static_cast<std::size_t>(block.parts[which]);
  const std::size_t stride = padded_nodes(plan.blocks()[index].outer()), first_outer = mesh.first_outer();
  const double* const from = stack.data() + joined[index].outer_begin;
  const auto runs = plan.runs(block, which);
  for (const NodeRun& down : runs) {
    for (const NodeRun& across : runs) {
      const bool inner_row = down.to < first_outer, inner_column = across.to < first_outer;
      if (!inner_row && inner_column) continue;  // kept once, in the inner node's row
      for (std::size_t i = 0; i < down.length; ++i) {
        const double* const source = from + (down.from + i) * stride + across.from;
        double* const target = inner_row ? mesh.inner_row(down.to + i) + across.to
                                         : mesh.outer_row(down.to + i - first_outer) + (across.to - first_outer);
        for (std::size_t j = 0; j < across.length; ++j) target[j] += source[j];
      }
    }
  }
}

void ArraySolver::State::add_ends(const CircuitBlock& block) {
  const double sides = wires.sides == DriverSides::both ? 2.0 : 1.0;
  std::size_t inner = 0;
  if (plan.merged_wordlines() && siemens.driver > 0.0) {
    for (std::uint32_t i = 0; i < rows; ++i) mesh.join(inner++, mesh.first_outer() + i, sides * siemens.driver);
  }
  if (plan.merged_bit_lines() && siemens.sense > 0.0) {
    const std::size_t bottom = mesh.first_outer() + block.first_bottom();
    for (std::uint32_t j = 0; j < bit_lines; ++j) mesh.join(inner++, bottom + j, siemens.sense);
  }
}

ArraySolver::ArraySolver(std::uint32_t rows, std::uint32_t bit_lines, const WireSpec& wires) {
  CROSSLOOM_CHECK(rows > 0 && bit_lines > 0, "an array has rows and bit lines");
  check_wires(wires);
  state_ = std::make_unique<State>(rows, bit_lines, wires);
}
ArraySolver::~ArraySolver() = default;
ArraySolver::ArraySolver(ArraySolver&&) noexcept = default;
ArraySolver& ArraySolver::operator=(ArraySolver&&) noexcept = default;

const WireSpec& ArraySolver::wires() const { return state_->wires; }

void ArraySolver::solve(const ConductanceMatrix& cells, bool keep_steps) {
  State& state = *state_;
  CROSSLOOM_CHECK(cells.rows == state.rows && cells.bit_lines == state.bit_lines, "cells of another array");
  check_conductances(cells);
  const std::vector<CircuitBlock>& blocks = state.plan.blocks();
  state.steps_kept = keep_steps;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const CircuitBlock& block = blocks[b];
    state.mesh.reset(block.inner, block.outer());
    if (block.is_cell()) {
      state.add_cell(block, cells.at(block.row_begin, block.line_begin));
    } else {
      state.add_part(block, 0);
      if (block.parts[1] != CircuitBlock::kNone)
        state.add_part(block, 1);
      else
        state.add_ends(block);
    }
    state.mesh.eliminate();
    JoinedBlock& joined = state.joined[b];
    const Mesh& mesh = state.mesh;
    std::copy_n(mesh.outer_part(), mesh.outer() * mesh.outer_stride(), state.stack.data() + joined.outer_begin);
    if (keep_steps) {
      joined.panel.assign(mesh.panel(), mesh.panel() + mesh.inner() * mesh.width());
      joined.scale = mesh.scale();
    }
  }
  state.solved = true;
}

TransferMatrix ArraySolver::transfer() const {
  const State& state = *state_;
  CROSSLOOM_CHECK(state.solved, "nothing has been solved");
  const CircuitBlock& whole = state.plan.blocks().back();
  const double* const outer = state.stack.data() + state.joined.back().outer_begin;
  const std::size_t stride = padded_nodes(whole.outer()), rows = state.rows, sides = whole.right > 0 ? 2 : 1;
  TransferMatrix result{state.rows, state.bit_lines, {}, {}};
  result.siemens.resize(rows * state.bit_lines);
  result.admittance.assign(rows * rows, 0.0);
  for (std::size_t i = 0; i < rows; ++i) {
    double delivered = 0.0;
    const auto add_up = [&](std::size_t first, std::size_t from_sides, std::size_t to_sides) {
      double sum = 0.0;
      for (std::size_t s = 0; s < from_sides * to_sides; ++s) {
        sum += outer[(s % from_sides * rows + i) * stride + s / from_sides * rows + first];
      }
      delivered += sum;
      return sum;
    };
    for (std::size_t j = 0; j < state.bit_lines; ++j) {
      result.siemens[i * state.bit_lines + j] = add_up(whole.first_bottom() + j, sides, 1);
    }
    for (std::size_t k = 0; k < rows; ++k) {
      if (k != i) result.admittance[i * rows + k] = -add_up(k, sides, sides);
    }
    result.admittance[i * rows + i] = delivered;
    if (!std::isfinite(delivered)) {
      throw UserError(
          fmt::format("the circuit of {} x {} cells leaves the range of double precision at driver {}: "
                      "conductances of cells and wires are too far apart",
                      state.rows, state.bit_lines, i));
    }
  }
  return result;
}

}  // namespace crossloom
