// A network that is larger than the board, in passes.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/bit_serial/buffer_budget.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// The crossbars of one copy of a layer, each with its parts.
using PackedLayer = std::vector<std::vector<CrossbarPart>>;

/// Which crossbars of a layer must be there in the same pass: all row parts of a column are added up in one, so
/// crossbars that share a column belong together, and what they belong together with as well. By crossbar, units
/// numbered by their first one.
std::vector<std::uint32_t> column_units(const PackedLayer& layer);

/// Sets crossbars, tiles and passes: layers in order, as many column units of one as the board still has elements and
/// buffers for, the rest in the next pass. Elements are filled without gaps. Returns what each pass puts into
/// buffers. Throws DoesNotFit where a unit fits no empty board.
std::vector<BufferBudget> fill_in_passes(const IdVector<LayerId, PackedLayer>& layers, const FixedPointNetwork& network,
                                         const BitSerialChipSpec& chip, PlacedNetwork& placed);

/// Sets kept_slices, once all slices are there: where values wait that a later pass reads, of `images` images. A
/// channel waits in the buffer of its home if there is room beside what the tile needs in each of the passes until
/// then, otherwise in those of the tiles after it; tiles beyond those in use are taken last. What one pass makes of a
/// node waits off the chips if it does not fit into their buffers as a whole.
void keep_between_passes(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                         const std::vector<BufferBudget>& budgets, std::uint32_t images);

}  // namespace crossloom
