// What tiles compute beside products: windows, rounding, pools, sums; for runs that go position by position.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

/// Inputs of one part at one position: values[k] is what row rows[k] of the layer's matrix carries for output channels
/// of `group`; 0 outside the plane. `input`: all outputs of the node before.
void gather_inputs(const FixedPointNetwork& network, const FixedPointNode& node, const std::vector<std::int32_t>& input,
                   const std::vector<std::uint32_t>& rows, std::uint32_t group, std::uint32_t position,
                   std::int32_t* values);

/// Output of a weighted node from its full sum without bias: bias, activation, rounding.
std::int32_t finished_sum(const FixedPointNetwork& network, const FixedPointNode& node, std::uint32_t column,
                          std::int64_t sum);

/// Output number `channel`, `position` of a node without weights from the outputs of all nodes before it. Throws Bug
/// for the input and for weighted nodes.
std::int32_t digital_output(const FixedPointNetwork& network, const FixedPointNode& node,
                            const IdVector<NodeId, std::vector<std::int32_t>>& outputs, std::uint32_t channel,
                            std::uint32_t position);

/// The input node's output for a pixel.
std::int32_t input_output(const FixedPointNode& node, std::uint8_t pixel);

}  // namespace crossloom
