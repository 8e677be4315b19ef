#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "models/legality_checks.h"

namespace crossloom {
namespace {

using RowsOfTile = std::map<std::pair<LayerId, TileId>, std::vector<std::uint8_t>>;

// 1 where a tile's parts need the row from elsewhere: not the bias row, and not from a neuron that cannot fire.
RowsOfTile rows_to_deliver(const LegalityContext& in,
                           const IdVector<LayerId, std::vector<std::optional<TileId>>>& homes) {
  RowsOfTile needed;
  for (const MappedCrossbar& crossbar : in.mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) {
      const SpikingLayer& layer = in.network.layers[part.layer];
      std::vector<std::uint8_t>& rows = needed[{part.layer, crossbar.tile}];
      rows.resize(layer.rows(), 0);
      for (std::uint32_t use = 0; use < part.uses(); ++use) {
        for (const std::uint32_t row : part.rows_of(use)) {
          const bool from_host = part.layer.value() == 0;
          if (row < layer.inputs && (from_host || homes[LayerId(part.layer.value() - 1)][row])) rows[row] = 1;
        }
      }
    }
  }
  for (const NeuronBank& bank : in.mapped.banks) {
    if (bank.windows.empty()) continue;
    std::vector<std::uint8_t>& rows = needed[{bank.layer, bank.home}];
    rows.resize(in.network.layers[bank.layer].rows(), 0);
    for (const std::vector<std::uint32_t>& window : bank.windows) {
      for (const std::uint32_t row : window) {
        const bool from_host = bank.layer.value() == 0;
        if (from_host || homes[LayerId(bank.layer.value() - 1)][row]) rows[row] = 1;
      }
    }
  }
  return needed;
}

}  // namespace

void check_packets(const LegalityContext& in) {
  IdVector<LayerId, std::vector<std::optional<TileId>>> homes;
  for (std::size_t l = 0; l < in.network.layers.size(); ++l) {
    homes.push_back(in.mapped.homes(LayerId(l), in.network.layers[LayerId(l)].outputs));
  }
  RowsOfTile left = rows_to_deliver(in, homes);
  for (std::size_t p = 0; p < in.mapped.packet_groups.size(); ++p) {
    const PacketGroup& group = in.mapped.packet_groups[p];
    if (group.rows.size() > in.chip.tile.packet_bits) {
      in.faults.add("packet size", fmt::format("packet group {} has {} rows, but a packet carries {}", p,
                                               group.rows.size(), in.chip.tile.packet_bits));
    }
    std::vector<std::uint8_t>& rows = left[{group.layer, group.destination}];
    rows.resize(in.network.layers[group.layer].rows(), 0);
    for (const std::uint32_t row : group.rows) {
      if (rows[row] == 0) {
        in.faults.add("packet row not needed",
                      fmt::format("packet group {} brings tile {} the input {} of layer {} twice or without need", p,
                                  group.destination.value(), row, in.network.layers[group.layer].name));
        continue;
      }
      rows[row] = 0;
      const std::optional<TileId> holder =
          group.layer.value() == 0 ? std::nullopt : homes[LayerId(group.layer.value() - 1)][row];
      if (holder != group.source) {
        in.faults.add("wrong source",
                      fmt::format("packet group {} takes input {} of layer {} from a tile that does not hold it", p,
                                  row, in.network.layers[group.layer].name));
      }
    }
  }
  for (const auto& [where, rows] : left) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows[row] == 0) continue;
      in.faults.add("missing packet row", fmt::format("tile {} needs input {} of layer {}, but no packet brings it",
                                                      where.second.value(), row, in.network.layers[where.first].name));
    }
  }
}

}  // namespace crossloom
