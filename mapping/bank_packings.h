// Which packings of banks into analog reaches have room for crossbars and neurons. Private to mapping.
#pragma once

#include <vector>

#include "mapping/pack.h"
#include "mapping/reach_packing.h"
#include "models/chip_spec.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Widest bank whose neurons find room in one tile.
std::uint32_t stripe_width(const ChipSpec& chip);

/// Of banks into reaches that have room for crossbars and neurons; none where sharing crossbars leaves too little.
/// Throws DoesNotFit where a bank is too large for any reach.
std::vector<Packing> packings_of(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip);

/// Packings that a chip of fixed size has groups for; all of them otherwise. Throws DoesNotFit where there is none.
std::vector<Packing> packings_that_fit(std::vector<Packing> packings, const ChipSpec& chip);

}  // namespace crossloom
