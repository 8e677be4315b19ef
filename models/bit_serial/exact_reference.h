// What a fixed-point network computes where nothing clips: integer matrix products in straight loops.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

/// Outputs of every node for one image, by node: channel planes, each row by row.
using FixedPointOutputs = IdVector<NodeId, std::vector<std::int32_t>>;

/// Sums of one layer at one position, without bias: sums[j] for every column from `inputs`, one value a row of the
/// matrix and group, [group][row], 0 outside the plane. `is_signed`: what the inputs' format says.
using LayerProduct =
    std::function<void(LayerId layer, const std::vector<std::int32_t>& inputs, bool is_signed, std::int64_t* sums)>;

/// The outputs of every node, with the products of weighted layers as given. Position by position, in raster order.
/// Shares no code with the runs that it is compared with. Throws Bug where the image does not have one value an input.
FixedPointOutputs run_fixed_point(const FixedPointNetwork& network, const std::vector<std::uint8_t>& pixels,
                                  const LayerProduct& product);

/// The `exact` reference: every product is that of the integers.
FixedPointOutputs exact_reference(const FixedPointNetwork& network, const std::vector<std::uint8_t>& pixels);

/// The largest output of the last node, the first one of equals.
std::uint32_t class_of(const FixedPointOutputs& outputs);

}  // namespace crossloom
