// Convolutions as sequences of positions: the kernel's matrix is packed like any other, and every position becomes a
// bank that uses its arrays. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/pack.h"
#include "models/chip_spec.h"
#include "models/spiking_network.h"

namespace crossloom {

/// The kernel's matrix with its mask and blocks as a layer of its own: SharedKernel::rows() inputs, output channels for
/// outputs, and the bias row. Throws Bug where positions of the layer disagree about a weight.
SpikingLayer kernel_layer(const SpikingLayer& layer);

/// Positions that one copy of a kernel's stripe of so many columns can serve: their neurons lie within one analog
/// reach.
std::uint32_t most_positions(std::uint32_t columns, const ChipSpec& chip);

/// Adds the banks of a layer to `packed`: for each stripe of the kernel's matrix its copies, and for each copy the
/// banks of its positions. Positions are dealt to copies in runs of nearly equal length, row by row of the output
/// plane, so that a copy needs a band of the input. There are `replication` copies, or more where that many positions
/// have no room for their neurons, but at most one a position.
void add_kernel_banks(const SpikingLayer& layer, LayerId id, const std::vector<PackedBank>& stripes,
                      std::uint32_t replication, const ChipSpec& chip, PackedNetwork& packed);

}  // namespace crossloom
