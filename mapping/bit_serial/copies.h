// How many copies of each layer's weights there are, and how many parts may take turns in a crossbar.
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

struct Turns {
  IdVector<LayerId, std::uint32_t> copies;
  /// Parts of the layer in one crossbar, at most; 1 = none share.
  IdVector<LayerId, std::uint32_t> parts;
};

/// Parts that share a crossbar are read one after another, so a layer whose crossbars hold k of them takes k reads a
/// position. Unless spec.packing asks for the fewest crossbars, only as many share as leave their layer at most a
/// sixteenth of the turns (reads of a crossbar for an image) of the layer that takes most while nothing is shared: an
/// image then takes hardly longer. Copies are those of crossbars that nothing shares. Throws as choose_copies does.
Turns choose_turns(const FixedPointNetwork& network, const BitSerialChipSpec& chip, const BitSerialMappingSpec& spec);

}  // namespace crossloom
