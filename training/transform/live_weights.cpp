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

/// Rows that carry a unit without live inputs and without bias: its output is always 0.
std::uint64_t remove_silent_rows(Network& network, const UnitLinks& links) {
  std::uint64_t removed = 0;
  std::vector<LiveLines> lines;
  for (const Layer& layer : network.layers) lines.push_back(live_lines(layer));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& sources = links.rows[LayerId(l)];
    removed += remove_where(network.layers[LayerId(l)], [&](std::uint32_t i, std::uint32_t) {
      if (!sources[i]) return false;
      const bool has_bias = !network.layers[sources[i]->layer].bias.empty();
      return !has_bias && lines[sources[i]->layer.value()].columns[sources[i]->column] == 0;
    });
  }
  return removed;
}

/// Units that nothing reads.
std::uint64_t remove_unread_columns(Network& network, const UnitLinks& links) {
  std::vector<std::vector<std::uint8_t>> read;  // by layer and column
  for (const Layer& layer : network.layers) read.emplace_back(layer.weights.columns, std::uint8_t{0});
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LiveLines lines = live_lines(network.layers[LayerId(l)]);
    const auto& sources = links.rows[LayerId(l)];
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i] && lines.rows[i] != 0) read[sources[i]->layer.value()][sources[i]->column] = 1;
    }
  }
  std::uint64_t removed = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    if (links.only_rows[LayerId(l)] == 0) continue;
    removed +=
        remove_where(network.layers[LayerId(l)], [&](std::uint32_t, std::uint32_t j) { return read[l][j] == 0; });
  }
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

void mark_non_zero_live(Layer& layer) {
  layer.live.resize(layer.weights.values.size());
  std::transform(layer.weights.values.begin(), layer.weights.values.end(), layer.live.begin(),
                 [](float weight) { return static_cast<std::uint8_t>(weight != 0.0F ? 1 : 0); });
}

void mark_non_zero_live(Network& network) {
  for (Layer& layer : network.layers) mark_non_zero_live(layer);
}

std::uint64_t remove_dead_units(Network& network) {
  for (const Layer& layer : network.layers) {
    CROSSLOOM_CHECK(layer.live.size() == layer.weights.values.size(), "live weights are marked first");
  }
  const UnitLinks links = unit_links(network.spec);
  std::uint64_t removed = 0;
  for (bool changed = true; changed;) {
    const std::uint64_t in_this_round = remove_silent_rows(network, links) + remove_unread_columns(network, links);
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
