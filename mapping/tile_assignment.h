// Banks of packed row parts to tile groups and tiles. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/pack.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"

namespace crossloom {

PackingRoom packing_room(const ChipSpec& chip);

/// Crossbars, banks and tiles (without sites and packets). Banks that share a crossbar share a reach. A reach gets more
/// tiles than its crossbars need where its neurons need them; where no reach has room for the neurons of banks that
/// share crossbars, nothing is shared. Of the candidate packings of banks into analog reaches it takes those with the
/// fewest tiles, and of these the one that needs the fewest packets, then the fewest step-done tokens. Within a reach,
/// arrays with the same inputs share tiles (tile_filling.h) and banks whose neurons are wanted together share homes
/// (home_tiles.h); for the homes found, no more packets than with arrays dealt bank after bank. Throws DoesNotFit.
MappedNetwork assign_tiles(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip);

}  // namespace crossloom
