// Where values wait between passes.
#include <algorithm>
#include <optional>

#include "mapping/bit_serial/passes.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/network_passes.h"

namespace crossloom {
namespace {

class Keeper {
 public:
  Keeper(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
         const std::vector<BufferBudget>& budgets, std::uint32_t images)
      : placed_(placed), network_(network), board_(chip.tiles * chip.chips), images_(images) {
    for (const BufferBudget& budget : budgets) {
      free_.emplace_back();
      for (std::uint32_t t = 0; t < board_; ++t) free_.back().push_back(budget.capacity() - budget.held(t));
    }
    homes_ = IdVector<NodeId, std::vector<std::uint32_t>>(network.nodes.size());
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      homes_[NodeId(n)].assign(network.nodes[NodeId(n)].shape.channels, 0);
    }
    const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
    for (const OutputSlice& slice : placed.output_slices) {
      if (slice.copy != 0) continue;
      for (const std::uint32_t j : slice.columns) homes_[nodes[slice.layer]][j] = slice.home.value();
    }
    for (const DigitalSlice& slice : placed.digital_slices) {
      for (std::uint32_t c = 0; c < slice.channels; ++c) {
        homes_[slice.node][slice.first_channel + c] = slice.home.value();
      }
    }
  }

  void keep_all() {
    const auto made = passes_of_channels(placed_, network_);
    const auto read = last_reading_passes(placed_, network_);
    for (std::size_t n = 1; n < network_.nodes.size(); ++n) {
      const NodeId node(n);
      for (std::uint32_t pass = 0; pass + 1 < placed_.passes; ++pass) {
        std::vector<KeptSlice> waiting;  // channels with the same last reader, none of them with a place yet
        for (std::uint32_t c = 0; c < made[node].size(); ++c) {
          if (made[node][c] != pass || read[node][c].value_or(0) <= pass) continue;
          const bool follows = !waiting.empty() && waiting.back().last_read == *read[node][c] &&
                               waiting.back().first_channel + waiting.back().channels == c;
          if (!follows) waiting.push_back({node, c, 0, pass, *read[node][c], {}});
          ++waiting.back().channels;
        }
        keep(waiting);
      }
    }
  }

 private:
  void keep(const std::vector<KeptSlice>& waiting) {
    const auto free = free_;
    const std::uint32_t tiles = placed_.tiles;
    std::vector<KeptSlice> on_chip;
    for (const KeptSlice& slice : waiting) {
      if (place(slice, on_chip)) continue;
      free_ = free;
      placed_.tiles = tiles;
      placed_.kept_slices.insert(placed_.kept_slices.end(), waiting.begin(), waiting.end());
      return;
    }
    placed_.kept_slices.insert(placed_.kept_slices.end(), on_chip.begin(), on_chip.end());
  }

  // Cuts it among tiles, each run of channels from its home on; whether all of it finds room.
  bool place(const KeptSlice& slice, std::vector<KeptSlice>& on_chip) {
    const FixedPointNode& node = network_.nodes[slice.node];
    const std::uint64_t bits = std::uint64_t{positions_of(node.shape)} * images_ * node.format.bits;
    std::uint32_t channel = slice.first_channel;
    const std::uint32_t end = slice.first_channel + slice.channels;
    while (channel < end) {
      std::uint32_t run = channel + 1;
      while (run < end && homes_[slice.node][run] == homes_[slice.node][channel]) ++run;
      const std::optional<std::uint32_t> tile = tile_with_room(homes_[slice.node][channel], slice, bits);
      if (!tile) return false;
      const auto count =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(run - channel, room_of(*tile, slice) / bits));
      for (std::uint32_t pass = slice.made; pass <= slice.last_read; ++pass) free_[pass][*tile] -= count * bits;
      placed_.tiles = std::max(placed_.tiles, *tile + 1);
      on_chip.push_back({slice.node, channel, count, slice.made, slice.last_read, PlacedTileId(*tile)});
      channel += count;
    }
    return true;
  }

  [[nodiscard]] std::uint64_t room_of(std::uint32_t tile, const KeptSlice& slice) const {
    std::uint64_t room = ~std::uint64_t{0};
    for (std::uint32_t pass = slice.made; pass <= slice.last_read; ++pass) room = std::min(room, free_[pass][tile]);
    return room;
  }

  // The home, tiles in use after it and before it, then new ones.
  [[nodiscard]] std::optional<std::uint32_t> tile_with_room(std::uint32_t home, const KeptSlice& slice,
                                                            std::uint64_t bits) const {
    for (std::uint32_t k = 0; k < placed_.tiles; ++k) {
      const std::uint32_t tile = (home + k) % placed_.tiles;
      if (room_of(tile, slice) >= bits) return tile;
    }
    if (placed_.tiles < board_ && room_of(placed_.tiles, slice) >= bits) return placed_.tiles;
    return std::nullopt;
  }

  PlacedNetwork& placed_;
  const FixedPointNetwork& network_;
  const std::uint32_t board_, images_;
  std::vector<std::vector<std::uint64_t>> free_;  // bits, by pass and tile of the board
  IdVector<NodeId, std::vector<std::uint32_t>> homes_;
};

}  // namespace

void keep_between_passes(PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                         const std::vector<BufferBudget>& budgets, std::uint32_t images) {
  placed.kept_slices.clear();
  if (placed.passes > 1) Keeper(placed, network, chip, budgets, images).keep_all();
}

}  // namespace crossloom
