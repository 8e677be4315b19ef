#include "mapping/bit_serial/buffer_budget.h"

#include <algorithm>

namespace crossloom {

std::uint64_t BufferBudget::more(std::uint32_t tile, const Need& need) const {
  const std::uint64_t value_bits = network_.nodes[need.source].format.bits;
  const Kept* kept = nullptr;
  if (tile < tiles_.size()) {
    const auto found = tiles_[tile].kept.find(need.source.value());
    if (found != tiles_[tile].kept.end()) kept = &found->second;
  }
  if (kept == nullptr) return std::uint64_t{need.depth} * need.channels.size() * value_bits;
  const auto new_ones = static_cast<std::uint64_t>(std::count_if(
      need.channels.begin(), need.channels.end(), [&](std::uint32_t c) { return kept->channels[c] == 0; }));
  const std::uint64_t depth = std::max(kept->depth, need.depth);
  return (depth * (kept->count + new_ones) - kept->depth * kept->count) * value_bits;
}

void BufferBudget::add(std::uint32_t tile, const Need& need) {
  const std::uint64_t bits = more(tile, need);
  Tile& at_tile = at(tile);
  at_tile.bits += bits;
  Kept& kept = at_tile.kept[need.source.value()];
  if (kept.channels.empty()) kept.channels.resize(network_.nodes[need.source].shape.channels, 0);
  kept.depth = std::max(kept.depth, need.depth);
  for (const std::uint32_t c : need.channels) {
    kept.count += kept.channels[c] == 0 ? 1 : 0;
    kept.channels[c] = 1;
  }
}

}  // namespace crossloom
