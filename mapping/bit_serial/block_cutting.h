// A layer's blocks cut into rectangles that fit crossbars, and small rectangles put together in one crossbar.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// Parts of one copy of a layer by the rule of CrossbarPart, at wordline and column 0 of copy 0. As many columns as the
/// crossbars of a processing element hold stay together: of these, all parts of the first row part come first (they
/// share an element's input register), then those of the next. Parts without a live weight are left out.
std::vector<CrossbarPart> cut_layer(const FixedPointLayer& layer, LayerId id, const BitSerialChipSpec& chip);

/// Parts in crossbars, in the order of each crossbar's first one. Parts that fill neither the rows nor the columns of a
/// crossbar are put together, up to `most` of them (block_sharing.h), without common wordlines and columns.
std::vector<std::vector<CrossbarPart>> pack_crossbars(std::vector<CrossbarPart> parts, const BitSerialChipSpec& chip,
                                                      std::uint32_t most);

}  // namespace crossloom
