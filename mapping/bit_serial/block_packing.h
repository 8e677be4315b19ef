// Blocks of a layer chosen anew, so that what is not live takes no wordlines, bit lines and crossbars.
#pragma once

#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

/// The same weights and masks in the blocks that spec.packing asks for. Which rows an ADC sees together changes with
/// them, so references and ADC ranges are those of the network that comes out. Layers without a dead weight keep their
/// blocks. Compared for each layer, with the crossbars that cut_layer and pack_crossbars make of them:
///   1. the blocks as they are;
///   2. their rows and columns with a live weight;
///   3. of these, every crossbar's width of columns with the rows that are live in it;
///   4. a cover of the whole matrix by stripes of like columns or like rows, or by the boxes of a plain grid
///      (cover_leftovers), whatever the blocks are.
/// As 1 is among them no layer takes more crossbars (balanced: crossbars x partial sums) than as it is. Deterministic.
FixedPointNetwork pack_blocks(FixedPointNetwork network, const BitSerialChipSpec& chip,
                              const BitSerialMappingSpec& spec);

}  // namespace crossloom
