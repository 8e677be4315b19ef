// Marking live weights, removing what carries nothing, and the block that live weights span.
#pragma once

#include "models/network.h"

namespace crossloom {

/// Marks exactly the weights that are not 0 as live.
void mark_non_zero_live(Layer& layer);
void mark_non_zero_live(Network& network);

/// Removes the weights of dead units until none is left: of a hidden unit with no live input and no bias (its output is
/// always 0) the outgoing ones, of a hidden unit with no live output the incoming ones. Outputs of the network do not
/// change by a bit. Every layer must have its live weights marked. Returns how many weights were removed.
std::uint64_t remove_dead_units(Network& network);

/// The rows and the columns that have a live weight, as one block; no rows and columns where nothing is live.
Block live_block(const Layer& layer);

}  // namespace crossloom
