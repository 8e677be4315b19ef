#include "models/position_tile.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace crossloom {
namespace {

constexpr std::uint64_t kFar = std::numeric_limits<std::uint64_t>::max();

std::uint64_t parts(std::uint64_t whole, std::uint64_t part) { return (whole + part - 1) / part; }

std::uint64_t blocks_of(const PositionTile& tile, const ImageShape& out) {
  return parts(out.channels, tile.channels) * parts(out.width, tile.width) * parts(out.height, tile.height);
}

/// Places of an input plane that the windows of a tile's positions see.
std::uint64_t places_seen(const WindowSpec& window, const PositionTile& tile) {
  return ((tile.width - 1) * std::uint64_t{window.stride} + window.size) *
         ((tile.height - 1) * std::uint64_t{window.stride} + window.size);
}

/// Every tile of `out` with no more positions and channels than an array has columns.
template <class Visit>
void for_each_tile(const ImageShape& out, ArraySize array, const Visit& visit) {
  for (std::uint32_t height = 1; height <= std::min(out.height, array.columns); ++height) {
    for (std::uint32_t width = 1; width <= std::min(out.width, array.columns / height); ++width) {
      const std::uint32_t most = std::min(out.channels, array.columns / (width * height));
      for (std::uint32_t channels = 1; channels <= most; ++channels) visit(PositionTile{width, height, channels});
    }
  }
}

}  // namespace

PositionTile position_tile(const WindowSpec& window, std::uint32_t input_channels, const ImageShape& out,
                           ArraySize array) {
  PositionTile best;
  auto least = std::make_tuple(kFar, kFar);
  for_each_tile(out, array, [&](const PositionTile& tile) {
    const std::uint64_t blocks = blocks_of(tile, out);
    const std::uint64_t rows = input_channels * places_seen(window, tile);
    const auto cost = std::make_tuple(blocks * parts(rows, array.rows), blocks);
    if (tile.channels != std::min(out.channels, array.columns / (tile.width * tile.height)) || cost >= least) return;
    least = cost;
    best = tile;
  });
  return best;
}

PositionTile pool_tile(const WindowSpec& window, const ImageShape& out, ArraySize array) {
  PositionTile best;
  auto least = std::make_tuple(kFar, kFar, kFar, std::uint32_t{0});
  for_each_tile(out, array, [&](const PositionTile& tile) {
    const std::uint64_t blocks = blocks_of(tile, out);
    const std::uint64_t places = places_seen(window, tile);
    const auto cost =
        std::make_tuple(blocks * parts(tile.channels * places, array.rows), places, blocks, tile.width + tile.height);
    if (cost >= least) return;
    least = cost;
    best = tile;
  });
  return best;
}

}  // namespace crossloom
