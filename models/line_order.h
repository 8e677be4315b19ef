// Which wordline and which column of the physical arrays each row and column of a crossbar has.
//
// Rows and columns of a logical crossbar are interchangeable: whoever decides where they lie
// (mapping/line_assignment.h) changes what wires, faults of arrays and drivers do to them, and nothing else. See
// docs/physics.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/id.h"
#include "models/mapped_network.h"

namespace crossloom {

/// Of one crossbar, all its slices and polarities alike. Empty = in order.
struct LineOrder {
  std::vector<std::uint16_t> wordlines;  ///< [row]: its physical wordline; a permutation
  std::vector<std::uint16_t> columns;    ///< [column, spare ones last]: its physical column; a permutation
  [[nodiscard]] std::uint32_t wordline(std::uint32_t row) const { return wordlines.empty() ? row : wordlines[row]; }
  [[nodiscard]] std::uint32_t column(std::uint32_t column) const { return columns.empty() ? column : columns[column]; }
  friend bool operator==(const LineOrder& a, const LineOrder& b) {
    return a.wordlines == b.wordlines && a.columns == b.columns;
  }
};

/// Of all crossbars; empty = all in order.
using LineAssignment = IdVector<CrossbarId, LineOrder>;

/// order[k] -> k, for a permutation.
std::vector<std::uint16_t> inverse_order(const std::vector<std::uint16_t>& order);
/// Whether `order` is empty or holds 0 .. count - 1 once each.
bool is_order(const std::vector<std::uint16_t>& order, std::size_t count);

}  // namespace crossloom
