#include "mapping/bit_serial/block_cutting.h"

#include <algorithm>
#include <utility>

#include "mapping/block_sharing.h"

namespace crossloom {
namespace {

using Numbers = std::vector<std::uint32_t>;

// Columns of the block with a live weight in these rows.
Numbers live_columns(const FixedPointLayer& layer, const Numbers& rows, const Numbers& columns) {
  if (layer.live.empty()) return columns;
  std::vector<std::uint8_t> is_live(columns.size(), 0);
  for (const std::uint32_t i : rows) {
    const std::uint8_t* const live = layer.live.data() + std::size_t{i} * layer.columns;
    for (std::size_t k = 0; k < columns.size(); ++k) is_live[k] |= live[columns[k]];
  }
  Numbers result;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (is_live[k] != 0) result.push_back(columns[k]);
  }
  return result;
}

// Runs of at most `most` columns of one group each.
std::vector<Numbers> column_runs(const Numbers& columns, std::uint32_t columns_per_group, std::uint32_t most) {
  std::vector<Numbers> runs;
  for (const std::uint32_t j : columns) {
    if (runs.empty() || runs.back().size() == most || runs.back().back() / columns_per_group != j / columns_per_group) {
      runs.emplace_back();
    }
    runs.back().push_back(j);
  }
  return runs;
}

}  // namespace

std::vector<CrossbarPart> cut_layer(const FixedPointLayer& layer, LayerId id, const BitSerialChipSpec& chip) {
  const std::uint32_t most_rows = chip.array.rows;
  const std::uint32_t runs_together = std::max(1U, chip.crossbars_per_element());
  std::vector<CrossbarPart> parts;
  for (std::uint32_t b = 0; b < layer.blocks.size(); ++b) {
    const Block& block = layer.blocks[b];
    std::vector<Numbers> row_parts;
    std::vector<std::vector<Numbers>> runs;  // by row part
    std::size_t most_runs = 0;
    for (std::size_t first = 0; first < block.rows.size(); first += most_rows) {
      const std::size_t end = std::min(first + most_rows, block.rows.size());
      row_parts.emplace_back(block.rows.begin() + static_cast<std::ptrdiff_t>(first),
                             block.rows.begin() + static_cast<std::ptrdiff_t>(end));
      runs.push_back(column_runs(live_columns(layer, row_parts.back(), block.columns), layer.columns / layer.groups,
                                 chip.logical_columns()));
      most_runs = std::max(most_runs, runs.back().size());
    }
    for (std::size_t first = 0; first < most_runs; first += runs_together) {
      for (std::size_t k = 0; k < row_parts.size(); ++k) {
        for (std::size_t m = first; m < std::min(first + runs_together, runs[k].size()); ++m) {
          CrossbarPart part;
          part.layer = id;
          part.block = b;
          part.rows = row_parts[k];
          part.columns = runs[k][m];
          parts.push_back(std::move(part));
        }
      }
    }
  }
  return parts;
}

std::vector<std::vector<CrossbarPart>> pack_crossbars(std::vector<CrossbarPart> parts, const BitSerialChipSpec& chip,
                                                      std::uint32_t most) {
  const ArraySize array{chip.array.rows, chip.logical_columns()};
  std::vector<std::size_t> small;  // parts beside which there is room
  std::vector<SharableBlock> blocks;
  for (std::size_t p = 0; most > 1 && p < parts.size(); ++p) {
    // Each brings a turn along, of which a crossbar has so many.
    const SharableBlock block{static_cast<std::uint32_t>(parts[p].rows.size()),
                              static_cast<std::uint32_t>(parts[p].columns.size()), 1};
    if (block.rows >= array.rows || block.columns >= array.columns) continue;
    small.push_back(p);
    blocks.push_back(block);
  }
  std::vector<std::vector<std::size_t>> group_of(parts.size());  // by its first part
  std::vector<std::uint8_t> follows(parts.size(), 0);
  for (std::size_t p = 0; p < parts.size(); ++p) group_of[p] = {p};
  for (const std::vector<std::size_t>& group : share_arrays(blocks, SharingLimit{array, most})) {
    std::vector<std::size_t>& members = group_of[small[group.front()]];
    for (std::size_t k = 1; k < group.size(); ++k) {
      members.push_back(small[group[k]]);
      follows[small[group[k]]] = 1;
    }
  }
  std::vector<std::vector<CrossbarPart>> crossbars;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (follows[p] != 0) continue;
    crossbars.emplace_back();
    std::uint32_t wordline = 0, column = 0;
    for (const std::size_t member : group_of[p]) {
      CrossbarPart& part = parts[member];
      part.first_wordline = wordline;
      part.first_column = column;
      wordline += static_cast<std::uint32_t>(part.rows.size());
      column += static_cast<std::uint32_t>(part.columns.size());
      crossbars.back().push_back(std::move(part));
    }
  }
  return crossbars;
}

}  // namespace crossloom
