// How many copies of each layer's weights there are.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/bit_serial/network_placement.h"

namespace crossloom {

/// Copies of each layer as the spec asks for. `crossbars` holds those of one copy, by layer; `budget` what all copies
/// together may take when they are balanced: then a layer of p positions gets ceil(p / t) copies with the smallest t
/// that fits (ISAAC replicates early layers by their number of positions, Shafiee et al., ISCA 2016, section V). At
/// least 1 and at most one a position.
IdVector<LayerId, std::uint32_t> choose_copies(const FixedPointNetwork& network, const BitSerialMappingSpec& spec,
                                               const IdVector<LayerId, std::uint64_t>& crossbars, std::uint64_t budget);

}  // namespace crossloom
