// Crossbars with wires: each physical array is solved as a circuit once, when it is programmed.
#include <utility>

#include "models/chip_programmer.h"
#include "models/circuit/transfer_products.h"

namespace crossloom {

namespace {

/// Which places belong to a block part, [wordline][physical column].
std::vector<bool> used_positions(const MappedCrossbar& placed, const LineOrder& lines, const ArrayLayout& layout) {
  std::vector<bool> used(std::size_t{layout.rows} * layout.columns, false);
  for (const BlockPart& part : placed.parts) {
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      for (std::size_t j = 0; j < part.columns.size(); ++j) {
        const auto row = part.first_wordline + static_cast<std::uint32_t>(i);
        const auto column = part.first_column + static_cast<std::uint32_t>(j);
        used[std::size_t{lines.wordline(row)} * layout.columns + lines.column(column)] = true;
      }
    }
  }
  return used;
}

/// The selectors of unused cells are off: those cells are open.
void cut_off(PhysicalArray& array, std::uint32_t index, const ArrayLayout& layout, const std::vector<bool>& used) {
  for (std::size_t at = 0; at < array.conductance_s.size(); ++at) {
    const auto bitline = static_cast<std::uint32_t>(at % array.bitlines);
    if (used[at / array.bitlines * layout.columns + layout.cell(index, bitline).column]) continue;
    array.conductance_s[at] = 0.0;
    if (!array.variance_s2.empty()) array.variance_s2[at] = 0.0;
  }
}

}  // namespace

void ChipProgrammer::add_wires(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                               const std::vector<std::vector<double>>& factors,
                               std::vector<PhysicalArray>& arrays) const {
  const ArrayLayout layout = layout_of(crossbar);
  const std::size_t rows = layout.rows;
  const bool selectors = spec_.crossbar.selector == Selector::cut_off;
  const std::vector<bool> used = selectors ? used_positions(placed, crossbar.lines_, layout) : std::vector<bool>();
  ArraySolver solver(layout.rows, layout.bitlines(), spec_.crossbar.wires);
  std::vector<double> delivered(rows * rows, 0.0);
  for (std::uint32_t a = 0; a < arrays.size(); ++a) {
    PhysicalArray& array = arrays[a];
    if (selectors) cut_off(array, a, layout, used);
    const ConductanceMatrix cells{array.wordlines, array.bitlines, std::move(array.conductance_s)};
    solver.solve(cells);
    TransferMatrix transfer = solver.transfer();
    for (std::size_t at = 0; at < delivered.size(); ++at) {
      delivered[at] += factors[a][at / rows] * factors[a][at % rows] * transfer.admittance[at];
    }
    if (!array.variance_s2.empty()) array.variance_s2 = transfer_variances(cells, transfer, array.variance_s2);
    array.conductance_s = std::move(transfer.siemens);
  }
  crossbar.interaction_.assign(rows * rows, 0);
  const auto wordline_of = [&](std::size_t row) { return crossbar.lines_.wordline(static_cast<std::uint32_t>(row)); };
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t first = wordline_of(i) * rows;
    crossbar.row_energy_[i] = read_energy(delivered[first + wordline_of(i)]);
    for (std::size_t k = 0; k < rows; ++k) {
      if (k != i) crossbar.interaction_[i * rows + k] = read_energy(2.0 * delivered[first + wordline_of(k)]);
    }
  }
}

}  // namespace crossloom
