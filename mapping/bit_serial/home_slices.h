// Which tile adds up, activates and keeps which channels of a node.
#pragma once

#include <vector>

#include "mapping/bit_serial/buffer_budget.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

[[nodiscard]] inline PlacedTileId tile_of(ProcessingElementId element, const BitSerialChipSpec& chip) {
  return PlacedTileId(element.value() / chip.tile.processing_elements);
}

/// Sets output_slices from the crossbars and copies: a column's home is the tile that holds most of its row parts (of
/// equals the first), that of a column without any the home of the column before; its pass that of its row parts.
void make_output_slices(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip);

/// Sets digital_slices from the output slices: a channel's home is that of the channel of its first input it comes
/// from, shared out evenly among the homes of that channel's copies; where the buffer there has no room, the next tile
/// that has, or a new one (placed.tiles grows). Throws DoesNotFit where no tile of the board can. A channel is made in
/// the pass that makes the last of what it reads. `budgets` has one entry a pass.
void make_digital_slices(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                         std::vector<BufferBudget>& budgets);

}  // namespace crossloom
