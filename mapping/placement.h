// Tiles to mesh sites. Private to mapping; the traffic graph is a Boost.Graph graph inside placement.cpp only.
#pragma once

#include <cstdint>

#include "base/progress.h"
#include "base/random.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"

namespace crossloom {

/// Sum over packet groups of the routers that they pass.
double traffic_hops(const MappedNetwork& mapped, const InterconnectSpec& interconnect);

/// Sets mesh size, sites and ports: tile t at the t-th port, routers row by row.
void place_in_order(MappedNetwork& mapped, const ChipSpec& chip);

/// Moves and swaps tiles by simulated annealing (Kirkpatrick et al., Science 1983) so that traffic_hops falls, starting
/// from the sites that the tiles have; the best placement seen is kept, so it never rises. Effort is a fixed number of
/// moves a tile: same arguments, same result.
void anneal_placement(MappedNetwork& mapped, const ChipSpec& chip, RandomKey key, ProgressSink& progress);

}  // namespace crossloom
