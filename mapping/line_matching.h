// The cheapest one-to-one assignment of lines to places. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

namespace crossloom {

/// What it costs to put a line in a place; at least 0.
using LineCosts = std::vector<std::vector<std::int64_t>>;  ///< [line][place], square

/// place[line] of least total cost among those that give every line one of its `candidates` cheapest places (ties: the
/// lower) or the place it has in `start`; never dearer than `start`, a permutation. With as many candidates as places
/// it is the least of all. Minimum-cost flow by successive shortest paths (Boost.Graph).
std::vector<std::uint16_t> match_lines(const LineCosts& costs, const std::vector<std::uint16_t>& start,
                                       std::size_t candidates);

}  // namespace crossloom
