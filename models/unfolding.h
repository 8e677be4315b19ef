// Convolutions and mean pools as plain matrices: each position of a window with its own columns, so that they are
// converted, run and checked like dense layers.
#pragma once

#include "models/array_size.h"
#include "models/network.h"

namespace crossloom {

/// Throws UserError, with the node and the reason, where the network is no sequence of dense layers, convolutions and
/// mean pools once batch norms are folded and a softmax at the end is dropped, where outputs are quantised, or where
/// the matrices would pass kMostUnfoldedWeights positions.
NetworkSpec unfolded(const NetworkSpec& spec);
constexpr std::uint64_t kMostUnfoldedWeights = std::uint64_t{1} << 28;

/// The same function as a chain of dense layers: a convolution's matrix has a row for each input value and a column for
/// each output channel and position (plane after plane), live where the window of that position holds a live weight; a
/// mean pool's weights are the reciprocals of the places that count. Blocks of a convolution are neighbouring positions
/// of some channels, sized for `array`, channels of one block in the kernel's matrix staying together; dense layers
/// keep theirs. Layers of a window remember it (Layer::kernel), save mean pools with padding, whose weights differ at
/// the edge. A chain of dense layers comes back as it is. Throws as unfolded() does.
Network unfold(const Network& network, ArraySize array);

/// A convolution's matrix (rows and columns as in models/network.h) from one with the shape of its unfolded matrix,
/// whose weights may differ between positions: each becomes the mean over the positions whose window has it inside the
/// plane. The inverse of unfolding where they agree; 0 for a weight that is inside nowhere.
Matrix fold(const Matrix& unfolded, const SharedKernel& kernel, std::uint32_t groups);

}  // namespace crossloom
