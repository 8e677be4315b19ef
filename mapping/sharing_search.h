// Blocks into the fewest arrays by branch and bound. Private to block_sharing.h.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mapping/array_filling.h"

namespace crossloom {

/// Groups of blocks (indices into `needs`) in fewer arrays than `to_beat`, if it finds any: depth first, largest blocks
/// first, until nothing better is left or 200,000 states are used up.
std::optional<std::vector<std::vector<std::size_t>>> search_sharing(std::vector<SharingAmount> needs,
                                                                    const SharingAmount& limit, std::size_t to_beat);

}  // namespace crossloom
