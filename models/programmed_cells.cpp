// Looking at single cells: what a user asks for, not what a run needs.
#include <algorithm>

#include "models/programmed_chip.h"

namespace crossloom {

namespace {

/// Visits the cells at row i, column j of a part.
template <class Visit>
void visit_position(const ProgrammedChip& chip, CrossbarId id, const BlockPart& part, std::size_t i, std::size_t j,
                    const Visit& visit) {
  ProgrammedCell cell;
  cell.crossbar = id;
  cell.row = part.first_wordline + static_cast<std::uint32_t>(i);
  cell.column = part.first_column + static_cast<std::uint32_t>(j);
  cell.layer = part.layer;
  cell.input = part.rows[i];
  cell.output = part.columns[j];
  for (cell.polarity = 0; cell.polarity < 2; ++cell.polarity) {
    for (cell.slice = 0; cell.slice < chip.weight_slices(); ++cell.slice) {
      cell.reading = chip.crossbar(id).cell(cell.row, cell.column, cell.polarity, cell.slice);
      visit(cell);
    }
  }
}

}  // namespace

void visit_cells(const ProgrammedChip& chip, const MappedNetwork& mapped, CrossbarId crossbar,
                 const std::function<void(const ProgrammedCell&)>& visit) {
  for (const BlockPart& part : mapped.crossbars.at(crossbar).parts) {
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      for (std::size_t j = 0; j < part.columns.size(); ++j) visit_position(chip, crossbar, part, i, j, visit);
    }
  }
}

std::vector<ProgrammedCell> cells_of_weight(const ProgrammedChip& chip, const MappedNetwork& mapped, LayerId layer,
                                            std::uint32_t input, std::uint32_t output) {
  std::vector<ProgrammedCell> cells;
  for (std::size_t index = 0; index < mapped.crossbars.size(); ++index) {
    const CrossbarId id(index);
    for (const BlockPart& part : mapped.crossbars[id].parts) {
      if (part.layer != layer) continue;
      for (std::uint32_t use = 0; use < part.uses(); ++use) {
        const std::vector<std::uint32_t>& rows = part.rows_of(use);
        const std::vector<std::uint32_t>& outputs = outputs_of(mapped, part, use);
        const auto row = std::lower_bound(rows.begin(), rows.end(), input);
        const auto column = std::lower_bound(outputs.begin(), outputs.end(), output);
        if (row == rows.end() || *row != input || column == outputs.end() || *column != output) continue;
        const std::uint32_t wordline = part.wordline(use, static_cast<std::size_t>(row - rows.begin()));
        visit_position(chip, id, part, wordline - part.first_wordline,
                       static_cast<std::size_t>(column - outputs.begin()),
                       [&](const ProgrammedCell& cell) { cells.push_back(cell); });
      }
    }
  }
  return cells;
}

}  // namespace crossloom
