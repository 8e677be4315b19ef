#include "training/transform/live_weights.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {
namespace {

struct LiveLines {
  std::vector<std::uint8_t> rows, columns;  // 1 = has a live weight
};

LiveLines live_lines(const Layer& layer) {
  const Matrix& weights = layer.weights;
  LiveLines lines{std::vector<std::uint8_t>(weights.rows), std::vector<std::uint8_t>(weights.columns)};
  for (std::uint32_t i = 0; i < weights.rows; ++i) {
    for (std::uint32_t j = 0; j < weights.columns; ++j) {
      if (!layer.is_live(i, j)) continue;
      lines.rows[i] = 1;
      lines.columns[j] = 1;
    }
  }
  return lines;
}

template <class IsDead>
std::uint64_t remove_where(Layer& layer, const IsDead& is_dead) {
  std::uint64_t removed = 0;
  for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
    for (std::uint32_t j = 0; j < layer.weights.columns; ++j) {
      if (!layer.is_live(i, j) || !is_dead(i, j)) continue;
      layer.live[std::size_t{i} * layer.weights.columns + j] = 0;
      layer.weights.at(i, j) = 0.0F;
      ++removed;
    }
  }
  return removed;
}

std::uint64_t remove_between(Layer& before, Layer& after) {
  const LiveLines incoming = live_lines(before);
  const LiveLines outgoing = live_lines(after);
  std::uint64_t removed = 0;
  if (before.bias.empty()) {
    removed += remove_where(after, [&](std::uint32_t i, std::uint32_t) { return incoming.columns[i] == 0; });
  }
  removed += remove_where(before, [&](std::uint32_t, std::uint32_t j) { return outgoing.rows[j] == 0; });
  return removed;
}

std::vector<std::uint32_t> positions_of_ones(const std::vector<std::uint8_t>& flags) {
  std::vector<std::uint32_t> positions;
  for (std::uint32_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) positions.push_back(i);
  }
  return positions;
}

}  // namespace

void mark_non_zero_live(Network& network) {
  for (Layer& layer : network.layers) {
    layer.live.resize(layer.weights.values.size());
    std::transform(layer.weights.values.begin(), layer.weights.values.end(), layer.live.begin(),
                   [](float weight) { return static_cast<std::uint8_t>(weight != 0.0F ? 1 : 0); });
  }
}

std::uint64_t remove_dead_units(Network& network) {
  for (const Layer& layer : network.layers) {
    CROSSLOOM_CHECK(layer.live.size() == layer.weights.values.size(), "live weights are marked first");
  }
  std::uint64_t removed = 0;
  for (bool changed = true; changed;) {
    std::uint64_t in_this_round = 0;
    for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
      in_this_round += remove_between(network.layers[LayerId(l)], network.layers[LayerId(l + 1)]);
    }
    removed += in_this_round;
    changed = in_this_round > 0;
  }
  return removed;
}

Block live_block(const Layer& layer) {
  const LiveLines lines = live_lines(layer);
  return {positions_of_ones(lines.rows), positions_of_ones(lines.columns)};
}

}  // namespace crossloom
