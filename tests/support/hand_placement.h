// A placed network without a mapper: parts cut as placed_network.h says, two to a crossbar where they fit.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom::test {

/// The parts of one copy of a layer.
inline std::vector<CrossbarPart> cut_parts(const FixedPointLayer& layer, LayerId id, std::uint32_t copy,
                                           const BitSerialChipSpec& chip) {
  std::vector<CrossbarPart> parts;
  for (std::uint32_t b = 0; b < layer.blocks.size(); ++b) {
    const Block& block = layer.blocks[b];
    for (std::size_t first = 0; first < block.rows.size(); first += chip.array.rows) {
      const std::size_t last = std::min<std::size_t>(block.rows.size(), first + chip.array.rows);
      const std::vector<std::uint32_t> rows(block.rows.begin() + static_cast<std::ptrdiff_t>(first),
                                            block.rows.begin() + static_cast<std::ptrdiff_t>(last));
      std::map<std::uint32_t, std::vector<std::uint32_t>> by_group;
      for (const std::uint32_t j : block.columns) {
        const bool live = std::any_of(rows.begin(), rows.end(), [&](std::uint32_t i) {
          return layer.live.empty() || layer.live[std::size_t{i} * layer.columns + j] != 0;
        });
        if (live) by_group[j / (layer.columns / layer.groups)].push_back(j);
      }
      for (const auto& of_group : by_group) {
        const std::vector<std::uint32_t>& columns = of_group.second;
        for (std::size_t from = 0; from < columns.size(); from += chip.logical_columns()) {
          const std::size_t to = std::min<std::size_t>(columns.size(), from + chip.logical_columns());
          CrossbarPart part;
          part.layer = id;
          part.copy = copy;
          part.block = b;
          part.rows = rows;
          part.columns.assign(columns.begin() + static_cast<std::ptrdiff_t>(from),
                              columns.begin() + static_cast<std::ptrdiff_t>(to));
          parts.push_back(part);
        }
      }
    }
  }
  return parts;
}

/// Every layer `copies` times, crossbars in order; enough for what is computed without time. Tiles, sites and slices
/// are left empty.
inline PlacedNetwork place_by_hand(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                                   std::uint32_t copies = 1) {
  PlacedNetwork placed;
  placed.copies = IdVector<LayerId, std::uint32_t>(network.layers.size(), copies);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (std::uint32_t copy = 0; copy < copies; ++copy) {
      for (CrossbarPart& part : cut_parts(network.layers[LayerId(l)], LayerId(l), copy, chip)) {
        if (!placed.crossbars.empty()) {
          PlacedCrossbar& last = placed.crossbars.raw().back();
          const CrossbarPart& before = last.parts.back();
          part.first_wordline = before.first_wordline + static_cast<std::uint32_t>(before.rows.size());
          part.first_column = before.first_column + static_cast<std::uint32_t>(before.columns.size());
          if (part.first_wordline + part.rows.size() <= chip.array.rows &&
              part.first_column + part.columns.size() <= chip.logical_columns()) {
            last.parts.push_back(part);
            continue;
          }
        }
        part.first_wordline = part.first_column = 0;
        PlacedCrossbar crossbar;
        const auto number = static_cast<std::uint32_t>(placed.crossbars.size());
        crossbar.element = ProcessingElementId(number / chip.crossbars_per_element());
        crossbar.first_array = number % chip.crossbars_per_element() * chip.arrays_per_crossbar();
        crossbar.parts.push_back(part);
        placed.crossbars.push_back(crossbar);
      }
    }
  }
  return placed;
}

}  // namespace crossloom::test
