// Banks of packed row parts to tile groups and tiles. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/pack.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"

namespace crossloom {

/// Widest bank whose neurons find room in one tile.
std::uint32_t stripe_width(const ChipSpec& chip);

/// Crossbars, banks and tiles (without sites and packets) in as few whole tiles as the search finds: banks fill one
/// analog reach after the other by best subset sums. Within a reach, arrays with the same inputs share tiles, and a
/// bank's home is the tile that holds most of its row parts, then the one with fewest banks. Throws DoesNotFit.
MappedNetwork assign_tiles(const std::vector<PackedBank>& banks, const SpikingNetwork& network, const ChipSpec& chip);

}  // namespace crossloom
