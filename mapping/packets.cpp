#include "mapping/packets.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace crossloom {
namespace {

// 0 = host, tile + 1 otherwise: sorts as packet groups do, the host first.
std::uint32_t source_rank(const std::optional<TileId>& source) { return source ? source->value() + 1 : 0; }

void add_groups(std::vector<std::uint32_t> rows, const SpikingLayer& layer, LayerId id, TileId destination,
                const std::vector<std::optional<TileId>>& homes, std::uint32_t packet_bits,
                std::vector<PacketGroup>& groups) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  std::map<std::uint32_t, PacketGroup> open;
  for (const std::uint32_t row : rows) {
    if (row >= layer.inputs) continue;
    const bool from_host = id.value() == 0;
    if (!from_host && !homes[row]) continue;
    const std::optional<TileId> source = from_host ? std::nullopt : homes[row];
    PacketGroup& group = open.emplace(source_rank(source), PacketGroup{source, destination, id, {}}).first->second;
    group.rows.push_back(row);
    if (group.rows.size() == packet_bits) {
      groups.push_back(group);
      group.rows.clear();
    }
  }
  for (auto& [rank, group] : open) {
    if (!group.rows.empty()) groups.push_back(std::move(group));
  }
}

}  // namespace

std::vector<PacketGroup> make_packet_groups(const MappedNetwork& mapped, const SpikingNetwork& network,
                                            std::uint32_t packet_bits) {
  IdVector<LayerId, std::vector<std::optional<TileId>>> sources;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const bool first = l == 0;
    sources.push_back(first ? std::vector<std::optional<TileId>>()
                            : mapped.homes(LayerId(l - 1), network.layers[LayerId(l - 1)].outputs));
  }
  std::vector<PacketGroup> groups;
  for (std::size_t t = 0; t < mapped.tiles.size(); ++t) {
    std::map<LayerId, std::vector<std::uint32_t>> needed;
    for (const CrossbarId crossbar : mapped.tiles[TileId(t)].crossbars) {
      for (const BlockPart& part : mapped.crossbars[crossbar].parts) {
        std::vector<std::uint32_t>& rows = needed[part.layer];
        for (std::uint32_t use = 0; use < part.uses(); ++use) {
          const std::vector<std::uint32_t>& of_use = part.rows_of(use);
          rows.insert(rows.end(), of_use.begin(), of_use.end());
        }
      }
    }
    for (const NeuronBankId id : mapped.tiles[TileId(t)].banks) {
      const NeuronBank& bank = mapped.banks[id];
      for (const std::vector<std::uint32_t>& window : bank.windows) {
        std::vector<std::uint32_t>& rows = needed[bank.layer];
        rows.insert(rows.end(), window.begin(), window.end());
      }
    }
    for (auto& [layer, rows] : needed) {
      add_groups(std::move(rows), network.layers[layer], layer, TileId(t), sources[layer], packet_bits, groups);
    }
  }
  std::sort(groups.begin(), groups.end(), [](const PacketGroup& a, const PacketGroup& b) {
    return std::make_tuple(a.layer, source_rank(a.source), a.destination, a.rows.front()) <
           std::make_tuple(b.layer, source_rank(b.source), b.destination, b.rows.front());
  });
  return groups;
}

}  // namespace crossloom
