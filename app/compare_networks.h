// What a comparison says about the networks themselves: how full their clusters are, and what their layers look like.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/network.h"
#include "traces/method_comparison.h"

namespace crossloom {

/// Live weights within a block.
std::uint64_t live_in(const Layer& layer, const Block& block);

/// Counts the clusters of all layers by quality: live weights in the block / its rows x columns.
void count_qualities(const Network& network, QualityHistogram& histogram);

/// One picture a layer into `folder`: live weights in the order of the matrix, and in that of the blocks.
void write_connectivity(const Network& network, const std::string& title, const std::filesystem::path& folder);

}  // namespace crossloom
