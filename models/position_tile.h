// How the planes of an unfolded window operation are cut into blocks that fill crossbars.
#pragma once

#include <cstdint>

#include "models/array_size.h"
#include "models/network_spec.h"

namespace crossloom {

/// Positions and channels that share a block: how a plane is cut.
struct PositionTile {
  std::uint32_t width = 1, height = 1;  ///< positions
  std::uint32_t channels = 1;           ///< output channels
};
/// The cut of `out` (positions and output channels) whose blocks take the fewest arrays when each block's rows (windows
/// of `input_channels` planes that its positions see) are compacted; of equals the one with the fewest blocks.
PositionTile position_tile(const WindowSpec& window, std::uint32_t input_channels, const ImageShape& out,
                           ArraySize array);
/// The same for a mean pool, whose channels have rows of their own. Of equals the one whose blocks see the fewest
/// places of a plane, all channels of a position side by side as a convolution before it makes them, so that a block
/// gets its inputs from few tiles; of equals again the one with the fewest blocks, then the squarest.
PositionTile pool_tile(const WindowSpec& window, const ImageShape& out, ArraySize array);

}  // namespace crossloom
