#include "mapping/bit_serial/home_slices.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/network_passes.h"

namespace crossloom {
namespace {

class SliceMaker {
 public:
  SliceMaker(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip)
      : placed_(placed), network_(network), chip_(chip), by_copy_(network.layers.size()) {
    for (std::size_t l = 0; l < network.layers.size(); ++l) by_copy_[LayerId(l)].resize(placed.copies[LayerId(l)]);
    for (std::size_t x = 0; x < placed.crossbars.size(); ++x) {
      const PlacedCrossbar& crossbar = placed.crossbars[PlacedCrossbarId(x)];
      for (std::uint32_t p = 0; p < crossbar.parts.size(); ++p) {
        const CrossbarPart& part = crossbar.parts[p];
        by_copy_[part.layer][part.copy].push_back({PlacedCrossbarId(x), p});
      }
    }
  }

  void make(LayerId layer, std::uint32_t copy) {
    const std::vector<Home> homes = homes_of(layer, copy);
    std::map<Home, std::uint32_t> slice_of_home;  // in placed_.output_slices
    const auto first = static_cast<std::uint32_t>(placed_.output_slices.size());
    for (std::uint32_t j = 0; j < homes.size(); ++j) {
      const auto [found, is_new] =
          slice_of_home.try_emplace(homes[j], static_cast<std::uint32_t>(placed_.output_slices.size()));
      if (is_new) placed_.output_slices.push_back({layer, copy, {}, PlacedTileId(homes[j].second), {}, homes[j].first});
      placed_.output_slices[found->second].columns.push_back(j);
    }
    std::vector<std::uint32_t> slice_of_column(homes.size());
    for (std::uint32_t j = 0; j < homes.size(); ++j) slice_of_column[j] = slice_of_home.at(homes[j]);
    std::vector<std::uint8_t> listed(placed_.output_slices.size() - first);
    for (const OutputSlice::RowPart& row_part : by_copy_[layer][copy]) {
      std::fill(listed.begin(), listed.end(), 0);
      for (const std::uint32_t j : placed_.crossbars[row_part.crossbar].parts[row_part.part].columns) {
        if (std::exchange(listed[slice_of_column[j] - first], 1) != 0) continue;
        placed_.output_slices[slice_of_column[j]].row_parts.push_back(row_part);
      }
    }
  }

 private:
  using Home = std::pair<std::uint32_t, std::uint32_t>;  // pass, tile

  [[nodiscard]] PlacedTileId tile_of_part(const OutputSlice::RowPart& row_part) const {
    return tile_of(placed_.crossbars[row_part.crossbar].element, chip_);
  }

  [[nodiscard]] std::vector<Home> homes_of(LayerId layer, std::uint32_t copy) {
    const std::vector<OutputSlice::RowPart>& parts = by_copy_[layer][copy];
    // (column, tile, row parts there): at most as many as columns of parts.
    std::vector<std::map<std::uint32_t, std::uint32_t>> held(network_.layers[layer].columns);
    std::vector<std::uint32_t> passes(network_.layers[layer].columns, 0);
    for (const OutputSlice::RowPart& row_part : parts) {
      const PlacedCrossbar& crossbar = placed_.crossbars[row_part.crossbar];
      const std::uint32_t tile = tile_of_part(row_part).value();
      for (const std::uint32_t j : crossbar.parts[row_part.part].columns) {
        ++held[j][tile];
        passes[j] = crossbar.pass;
      }
      last_pass_ = std::max(last_pass_, crossbar.pass);
    }
    Home before = parts.empty()
                      ? Home{last_pass_, 0}
                      : Home{placed_.crossbars[parts.front().crossbar].pass, tile_of_part(parts.front()).value()};
    std::vector<Home> homes;
    for (std::size_t j = 0; j < held.size(); ++j) {
      std::uint32_t most = 0;
      for (const auto& [tile, count] : held[j]) {
        if (count <= most) continue;
        most = count;
        before = {passes[j], tile};
      }
      homes.push_back(before);
    }
    return homes;
  }

  PlacedNetwork& placed_;
  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  IdVector<LayerId, std::vector<std::vector<OutputSlice::RowPart>>> by_copy_;  // in the order of crossbars
  std::uint32_t last_pass_ = 0;                                                // of the layers so far
};

// Homes of every channel of every node, first copy first.
class ChannelHomes {
 public:
  ChannelHomes(const PlacedNetwork& placed, const FixedPointNetwork& network)
      : network_(network), homes_(network.nodes.size()) {
    const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      homes_[NodeId(n)].resize(network.nodes[NodeId(n)].shape.channels);
    }
    for (const OutputSlice& slice : placed.output_slices) {
      for (const std::uint32_t j : slice.columns) homes_[nodes[slice.layer]][j].push_back(slice.home);
    }
  }

  // Homes of the channel that channel c of the node comes from at its first input (of concat: at the one that has it).
  [[nodiscard]] std::vector<PlacedTileId> before(NodeId node, std::uint32_t c) const {
    std::size_t input = 0;
    const FixedPointNode& described = network_.nodes[node];
    while (described.spec.kind == NodeKind::concat) {
      const std::uint32_t channels = network_.nodes[described.spec.inputs[input]].shape.channels;
      if (c < channels) break;
      c -= channels;
      ++input;
    }
    const NodeInput from = input_of(network_, node, input);
    return homes_[from.source][from.flattened ? c / positions_of(network_.nodes[from.source].shape) : c];
  }

  void set(NodeId node, std::uint32_t c, PlacedTileId home) { homes_[node][c] = {home}; }

 private:
  const FixedPointNetwork& network_;
  IdVector<NodeId, std::vector<std::vector<PlacedTileId>>> homes_;
};

// Puts channels of one node without weights into tiles.
class DigitalPlacer {
 public:
  DigitalPlacer(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                std::vector<BufferBudget>& budgets)
      : placed_(placed),
        network_(network),
        chip_(chip),
        budgets_(budgets),
        homes_(placed, network),
        passes_(passes_of_channels(placed, network)) {}

  // Runs of channels with the same homes are cut into as many pieces as there are different homes.
  void place(NodeId node) {
    const std::uint32_t channels = network_.nodes[node].shape.channels;
    for (std::uint32_t first = 0; first < channels;) {
      std::vector<PlacedTileId> shared = homes_.before(node, first);
      std::uint32_t end = first + 1;
      const std::uint32_t pass = pass_of(node, first);
      while (end < channels && homes_.before(node, end) == shared && pass_of(node, end) == pass) ++end;
      std::sort(shared.begin(), shared.end());
      shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
      if (shared.empty()) shared.push_back(PlacedTileId(0));  // of the image itself
      const auto pieces = std::min(end - first, static_cast<std::uint32_t>(shared.size()));
      for (std::uint32_t k = 0; k < pieces; ++k) {
        place_near(node, first + (end - first) * k / pieces, first + (end - first) * (k + 1) / pieces,
                   shared[k].value(), pass);
      }
      first = end;
    }
  }

 private:
  // That of the last of what the channel reads.
  [[nodiscard]] std::uint32_t pass_of(NodeId node, std::uint32_t channel) const {
    std::uint32_t pass = 0;
    for_each_read(network_, {node, channel, 1, PlacedTileId(0), 0},
                  [&](NodeId source, std::uint32_t c) { pass = std::max(pass, passes_[source][c]); });
    return pass;
  }

  // In the tile itself, then in those after it, then in those before it, then in a new one; as many channels in each as
  // fit.
  void place_near(NodeId node, std::uint32_t first, std::uint32_t end, std::uint32_t home, std::uint32_t pass) {
    std::uint32_t tile = home;
    while (first < end) {
      const std::uint32_t count = channels_that_fit(node, first, end, tile, pass);
      if (count > 0) {
        put(node, first, count, tile, pass);
        first += count;
        continue;
      }
      if (tile >= home && tile + 1 < placed_.tiles) {
        ++tile;
      } else if (tile >= home && home > 0) {
        tile = home - 1;
      } else if (tile < home && tile > 0) {
        --tile;
      } else if (placed_.tiles < chip_.tiles * chip_.chips &&
                 channels_that_fit(node, first, end, placed_.tiles, pass) > 0) {
        tile = home = placed_.tiles++;
      } else {
        throw DoesNotFit(
            fmt::format("no tile of {} has room in its buffer of {} bits for what {} reads and makes: a chip with "
                        "larger buffers or more tiles would have",
                        chip_.name, budgets_.front().capacity(), network_.nodes[node].spec.name));
      }
    }
  }

  [[nodiscard]] std::vector<BufferBudget::Need> needs(NodeId node, std::uint32_t first, std::uint32_t count) const {
    const FixedPointNode& described = network_.nodes[node];
    const bool concat = described.spec.kind == NodeKind::concat;
    std::vector<BufferBudget::Need> result;
    std::uint32_t before = 0;
    for (std::size_t k = 0; k < described.spec.inputs.size(); ++k) {
      const NodeInput from = input_of(network_, node, k);
      const std::uint32_t here = network_.nodes[described.spec.inputs[k]].shape.channels;
      std::vector<std::uint32_t> channels;
      for (std::uint32_t c = first; c < first + count; ++c) {
        if (concat && (c < before || c >= before + here)) continue;
        const std::uint32_t value = concat ? c - before : c;
        const std::uint32_t channel = from.flattened ? value / positions_of(network_.nodes[from.source].shape) : value;
        if (channels.empty() || channels.back() != channel) channels.push_back(channel);
      }
      before += here;
      if (!channels.empty()) result.push_back(budgets_.front().need_of(node, k, std::move(channels)));
    }
    return result;
  }

  [[nodiscard]] std::uint32_t channels_that_fit(NodeId node, std::uint32_t first, std::uint32_t end, std::uint32_t tile,
                                                std::uint32_t pass) const {
    const BufferBudget& budget = budgets_[pass];
    for (std::uint32_t count = end - first; count > 0; count /= 2) {
      std::uint64_t bits = budget.made_bits(node, count);
      for (const BufferBudget::Need& need : needs(node, first, count)) bits += budget.more(tile, need);
      if (budget.has_room(tile, bits)) return count;
    }
    return 0;
  }

  void put(NodeId node, std::uint32_t first, std::uint32_t count, std::uint32_t tile, std::uint32_t pass) {
    BufferBudget& budget = budgets_[pass];
    for (const BufferBudget::Need& need : needs(node, first, count)) budget.add(tile, need);
    budget.add_bits(tile, budget.made_bits(node, count));
    for (std::uint32_t c = first; c < first + count; ++c) {
      homes_.set(node, c, PlacedTileId(tile));
      passes_[node][c] = pass;
    }
    if (!placed_.digital_slices.empty()) {
      DigitalSlice& last = placed_.digital_slices.back();
      if (last.node == node && last.home == PlacedTileId(tile) && last.pass == pass) {
        last.channels += count;
        return;
      }
    }
    placed_.digital_slices.push_back({node, first, count, PlacedTileId(tile), pass});
  }

  PlacedNetwork& placed_;
  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  std::vector<BufferBudget>& budgets_;  // by pass
  ChannelHomes homes_;
  IdVector<NodeId, std::vector<std::uint32_t>> passes_;  // of each channel that is placed
};

}  // namespace

void make_output_slices(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip) {
  placed.output_slices.clear();
  SliceMaker maker(placed, network, chip);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (std::uint32_t copy = 0; copy < placed.copies[LayerId(l)]; ++copy) maker.make(LayerId(l), copy);
  }
}

void make_digital_slices(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                         std::vector<BufferBudget>& budgets) {
  placed.digital_slices.clear();
  DigitalPlacer placer(placed, network, chip, budgets);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const FixedPointNode& node = network.nodes[NodeId(n)];
    if (node.spec.kind == NodeKind::input || is_view(node.spec.kind) || is_weighted(node.spec.kind)) continue;
    placer.place(NodeId(n));
  }
}

}  // namespace crossloom
