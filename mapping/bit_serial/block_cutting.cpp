#include "mapping/bit_serial/block_cutting.h"

#include <algorithm>
#include <utility>

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

struct OpenCrossbar {
  std::size_t index = 0;
  std::uint32_t rows = 0, columns = 0;  ///< taken, from the first on
};

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
                                                      bool share) {
  std::vector<std::vector<CrossbarPart>> crossbars;
  std::vector<OpenCrossbar> open;
  for (CrossbarPart& part : parts) {
    const auto rows = static_cast<std::uint32_t>(part.rows.size());
    const auto columns = static_cast<std::uint32_t>(part.columns.size());
    if (!share || 2 * rows > chip.array.rows || 2 * columns > chip.logical_columns()) {
      crossbars.push_back({std::move(part)});
      continue;
    }
    const auto room = std::find_if(open.begin(), open.end(), [&](const OpenCrossbar& crossbar) {
      return crossbar.rows + rows <= chip.array.rows && crossbar.columns + columns <= chip.logical_columns();
    });
    if (room == open.end()) {
      open.push_back({crossbars.size(), rows, columns});
      crossbars.push_back({std::move(part)});
      continue;
    }
    part.first_wordline = std::exchange(room->rows, room->rows + rows);
    part.first_column = std::exchange(room->columns, room->columns + columns);
    crossbars[room->index].push_back(std::move(part));
  }
  return crossbars;
}

}  // namespace crossloom
