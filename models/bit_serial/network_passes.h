// Which pass makes and reads what, of a network whose weights are reloaded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// In which pass each channel of each node is made; of the image and of views 0.
IdVector<NodeId, std::vector<std::uint32_t>> passes_of_channels(const PlacedNetwork& placed,
                                                                const FixedPointNetwork& network);

/// The last pass that reads each channel of each node; none where only the host does, or nobody.
IdVector<NodeId, std::vector<std::optional<std::uint32_t>>> last_reading_passes(const PlacedNetwork& placed,
                                                                                const FixedPointNetwork& network);

/// Calls visit(source, channel) for every channel that a digital slice reads, some more than once.
void for_each_read(const FixedPointNetwork& network, const DigitalSlice& slice,
                   const std::function<void(NodeId source, std::uint32_t channel)>& visit);

/// Passes in which no weight is written, a slice of another pass than its row parts, something read before it is made,
/// and what is read in a later pass but kept nowhere; empty = fine. The indices have been checked.
std::vector<std::string> pass_faults(const PlacedNetwork& placed, const FixedPointNetwork& network);

}  // namespace crossloom
