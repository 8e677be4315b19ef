// Blocks of a layer: whether they are sound, and their file form. Private to models.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.h"
#include "models/network.h"

namespace crossloom {

/// Reasons why `blocks` do not cover each live weight of a rows x columns matrix exactly once; `live` has one value a
/// weight or is empty (all live). At most a few reasons.
std::vector<std::string> block_faults(const std::vector<Block>& blocks, const std::vector<std::uint8_t>& live,
                                      std::uint32_t rows, std::uint32_t columns);

void put_blocks(Archive& archive, const std::string& name, const std::vector<Block>& blocks);
std::vector<Block> get_blocks(const Archive& archive, const std::string& name);

/// Reads {"input": {"width", "height", "channels"}}; throws UserError where it is no image of at least one value.
ImageShape image_shape_from_header(const std::string& kind, const nlohmann::json& header);

}  // namespace crossloom
