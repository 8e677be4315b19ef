// What a solver holds between calls. Private to circuit.
#pragma once

#include <vector>

#include "models/circuit/array_plan.h"
#include "models/circuit/array_solver.h"
#include "models/circuit/mesh_elimination.h"

namespace crossloom {

/// Conductances of the wires, 0 where the nodes are one.
struct WireConductances {
  double wordline = 0.0, bitline = 0.0, driver = 0.0, sense = 0.0;  ///< siemens; driver and sense with their segment
  explicit WireConductances(const WireSpec& wires) {
    const auto inverse = [](Resistance resistance) { return resistance.si() > 0.0 ? 1.0 / resistance.si() : 0.0; };
    wordline = inverse(wires.wordline);
    bitline = inverse(wires.bitline);
    driver = inverse(wires.driver + wires.wordline);
    sense = inverse(wires.sense + wires.bitline);
  }
};

/// What is kept of a joined block.
struct JoinedBlock {
  std::size_t outer_begin = 0;  ///< of the conductances between its outer nodes, rows of padded length, in State::stack
  std::vector<double> panel;    ///< of Mesh, inner rows (keep_steps only)
  std::vector<double> scale;
};

/// A current or a voltage for each node of the mesh of each block.
using BlockValues = std::vector<std::vector<double>>;

struct ArraySolver::State {
  State(std::uint32_t row_count, std::uint32_t line_count, const WireSpec& spec);

  void add_cell(const CircuitBlock& block, double cell_siemens);
  void add_part(const CircuitBlock& block, std::size_t which);
  void add_ends(const CircuitBlock& block);
  /// Currents injected into a node that goes flow on to its neighbours in proportion to the conductances.
  void carry_up(const double* into_wordlines, const double* into_bit_lines, BlockValues& values) const;
  /// The voltage of a node that went is the mean of its neighbours', weighted by the conductances.
  CellVoltages carry_down(BlockValues& values) const;
  /// visit(outer values of a part, run) for the outer nodes of each part of a block.
  template <class Visit>
  void visit_runs(const CircuitBlock& block, BlockValues& values, const Visit& visit) const {
    for (std::size_t which = 0; which < 2 && block.parts[which] != CircuitBlock::kNone; ++which) {
      const auto part = static_cast<std::size_t>(block.parts[which]);
      double* const outer = values[part].data() + padded_nodes(plan.blocks()[part].inner);
      for (const NodeRun& run : plan.runs(block, which)) visit(outer, run);
    }
  }

  std::uint32_t rows, bit_lines;
  WireSpec wires;
  WireConductances siemens;
  ArrayPlan plan;
  Mesh mesh;
  std::vector<JoinedBlock> joined;
  AlignedVector<double> stack;  ///< what blocks leave behind lies where their parts lay
  bool solved = false;
  bool steps_kept = false;
};

}  // namespace crossloom
