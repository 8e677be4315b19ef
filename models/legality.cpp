#include "models/legality.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::size_t kMostOfAKind = 5;

// Collects reasons, but only a few of each kind: one slip in a mapper shows in thousands of weights.
class Faults {
 public:
  void add(const std::string& kind, const std::string& reason) {
    if (++counts_[kind] <= kMostOfAKind) reasons_.push_back(reason);
  }
  [[nodiscard]] std::vector<std::string> finish() {
    for (const auto& [kind, count] : counts_) {
      if (count > kMostOfAKind) reasons_.push_back(fmt::format("... and {} more of: {}", count - kMostOfAKind, kind));
    }
    return std::move(reasons_);
  }
  [[nodiscard]] bool none() const { return reasons_.empty(); }

 private:
  std::vector<std::string> reasons_;
  std::map<std::string, std::size_t> counts_;
};

struct Context {
  const MappedNetwork& mapped;
  const SpikingNetwork& network;
  const ChipSpec& chip;
  Faults& faults;
  std::set<std::string>& suggestions;
};

// Every index that a part or packet names exists in the network; the other checks rely on it.
void check_indices(const Context& in) {
  for (std::size_t x = 0; x < in.mapped.crossbars.size(); ++x) {
    for (const BlockPart& part : in.mapped.crossbars[CrossbarId(x)].parts) {
      if (part.layer.value() >= in.network.layers.size()) {
        in.faults.add("unknown layer",
                      fmt::format("crossbar {} has a part of layer {}, which does not exist", x, part.layer.value()));
      } else if (part.rows.back() >= in.network.layers[part.layer].rows() ||
                 part.columns.back() >= in.network.layers[part.layer].outputs) {
        in.faults.add("outside the matrix", fmt::format("crossbar {} has a part outside the matrix of layer {}", x,
                                                        in.network.layers[part.layer].name));
      }
    }
  }
  for (std::size_t p = 0; p < in.mapped.packet_groups.size(); ++p) {
    const PacketGroup& group = in.mapped.packet_groups[p];
    if (group.layer.value() >= in.network.layers.size() || group.rows.back() >= in.network.layers[group.layer].rows()) {
      in.faults.add("unknown packet rows", fmt::format("packet group {} carries inputs that do not exist", p));
    }
  }
  if (in.mapped.input_rows_per_crossbar != in.chip.crossbar.rows ||
      in.mapped.columns_per_crossbar != in.chip.crossbar.columns) {
    in.faults.add("crossbar size", fmt::format("mapped for crossbars of {} x {}, but the chip has {} x {}: map again",
                                               in.mapped.input_rows_per_crossbar, in.mapped.columns_per_crossbar,
                                               in.chip.crossbar.rows, in.chip.crossbar.columns));
  }
}

void check_coverage(const Context& in) {
  IdVector<LayerId, std::vector<std::uint8_t>> covered;
  for (const SpikingLayer& layer : in.network.layers) {
    covered.push_back(std::vector<std::uint8_t>(std::size_t{layer.rows()} * layer.outputs, 0));
  }
  for (const MappedCrossbar& crossbar : in.mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) {
      for (const std::uint32_t i : part.rows) {
        std::uint8_t* const row = covered[part.layer].data() + std::size_t{i} * in.network.layers[part.layer].outputs;
        for (const std::uint32_t j : part.columns) row[j] = static_cast<std::uint8_t>(std::min(row[j] + 1, 2));
      }
    }
  }
  for (std::size_t l = 0; l < in.network.layers.size(); ++l) {
    const SpikingLayer& layer = in.network.layers[LayerId(l)];
    const std::vector<std::uint8_t>& of_layer = covered[LayerId(l)];
    for (std::size_t k = 0; k < of_layer.size(); ++k) {
      const bool live = layer.live.empty() || layer.live[k] != 0;
      if (!live || of_layer[k] == 1) continue;
      const bool missing = of_layer[k] == 0;
      in.faults.add(
          missing ? "missing weight" : "weight placed twice",
          fmt::format("layer {}: the live weight from input {} to output {} lies in {}", layer.name, k / layer.outputs,
                      k % layer.outputs, missing ? "no crossbar" : "more than one block part"));
    }
  }
}

void check_clashes(const Context& in) {
  for (std::size_t x = 0; x < in.mapped.crossbars.size(); ++x) {
    std::vector<bool> wordlines(in.mapped.input_rows_per_crossbar, false);
    std::vector<bool> columns(in.mapped.columns_per_crossbar, false);
    const auto take = [&](std::vector<bool>& lines, std::uint32_t first, std::size_t count, const char* what) {
      for (std::size_t k = first; k < first + count; ++k) {
        if (lines[k])
          in.faults.add(fmt::format("shared {}", what),
                        fmt::format("crossbar {}: two block parts share {} {}", x, what, k));
        lines[k] = true;
      }
    };
    for (const BlockPart& part : in.mapped.crossbars[CrossbarId(x)].parts) {
      take(wordlines, part.first_wordline, part.rows.size(), "wordline");
      take(columns, part.first_column, part.columns.size(), "column");
    }
  }
}

void check_reach(const Context& in, std::uint32_t index, const NeuronBank& bank) {
  const MappedTile& home = in.mapped.tiles[bank.home];
  bool in_tile = true;
  bool in_group = true;
  for (const NeuronBank::RowPart& slot : bank.row_parts) {
    const TileId tile = in.mapped.crossbars[slot.crossbar].tile;
    in_tile = in_tile && tile == bank.home;
    in_group = in_group && in.mapped.tiles[tile].group == home.group;
  }
  const bool within = in.chip.tile_group.analog_reach == AnalogReach::tile ? in_tile : in_group;
  if (within) return;
  in.faults.add("analog reach",
                fmt::format("neuron bank {} of layer {}: a row part lies beyond its analog reach ({})", index,
                            in.network.layers[bank.layer].name, in_group ? "its tile" : "its tile group"));
  if (in_group) {
    in.suggestions.insert("tile_group.analog_reach: tile_group");
  } else {
    const std::uint64_t crossbars = in.chip.tile.crossbars;
    in.suggestions.insert(fmt::format("tile_group.analog_reach: tile_group with tile_group.tiles: {}",
                                      std::max<std::uint64_t>(1, (bank.row_parts.size() + crossbars - 1) / crossbars)));
  }
}

void check_banks(const Context& in) {
  IdVector<LayerId, std::vector<std::uint32_t>> banks_of;
  for (const SpikingLayer& layer : in.network.layers) banks_of.push_back(std::vector<std::uint32_t>(layer.outputs, 0));
  for (std::size_t b = 0; b < in.mapped.banks.size(); ++b) {
    const NeuronBank& bank = in.mapped.banks[NeuronBankId(b)];
    if (bank.layer.value() >= in.network.layers.size() ||
        bank.neurons.back() >= in.network.layers[bank.layer].outputs) {
      in.faults.add("unknown neuron", fmt::format("neuron bank {} has neurons that do not exist", b));
      continue;
    }
    for (const std::uint32_t neuron : bank.neurons) ++banks_of[bank.layer][neuron];
    std::optional<std::uint32_t> last;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const std::uint32_t first = in.mapped.crossbars[slot.crossbar].parts[slot.part].rows.front();
      if (last && first <= *last) {
        in.faults.add("slot order", fmt::format("neuron bank {}: its row parts are not in ascending order of rows", b));
      }
      last = first;
    }
    check_reach(in, static_cast<std::uint32_t>(b), bank);
  }
  for (std::size_t l = 0; l < in.network.layers.size(); ++l) {
    const SpikingLayer& layer = in.network.layers[LayerId(l)];
    std::vector<std::uint8_t> has_live(layer.outputs, layer.live.empty() ? 1 : 0);
    for (std::size_t k = 0; k < layer.live.size(); ++k) has_live[k % layer.outputs] |= layer.live[k];
    for (std::uint32_t j = 0; j < layer.outputs; ++j) {
      const std::uint32_t count = banks_of[LayerId(l)][j];
      if (count == 1 || (count == 0 && has_live[j] == 0)) continue;
      in.faults.add("neuron banks",
                    fmt::format("layer {}: neuron {} is in {} neuron banks instead of one", layer.name, j, count));
    }
  }
}

void check_tiles(const Context& in) {
  std::map<std::uint32_t, std::uint32_t> group_tiles;
  std::set<std::pair<std::uint64_t, std::uint32_t>> ports;
  for (std::size_t t = 0; t < in.mapped.tiles.size(); ++t) {
    const MappedTile& tile = in.mapped.tiles[TileId(t)];
    ++group_tiles[tile.group.value()];
    if (tile.crossbars.size() > in.chip.tile.crossbars) {
      in.faults.add("crossbars a tile", fmt::format("tile {} holds {} crossbars, but a tile has {}", t,
                                                    tile.crossbars.size(), in.chip.tile.crossbars));
      in.suggestions.insert(fmt::format("tile.crossbars: {}", tile.crossbars.size()));
    }
    std::size_t neurons = 0;
    for (const NeuronBankId bank : tile.banks) neurons += in.mapped.banks[bank].neurons.size();
    if (neurons > in.chip.tile.neurons) {
      in.faults.add("neurons a tile",
                    fmt::format("tile {} is home to {} neurons, but a tile has {}", t, neurons, in.chip.tile.neurons));
      in.suggestions.insert(fmt::format("tile.neurons: {}", neurons));
    }
    if (tile.local_port >= in.chip.interconnect.tiles_per_router) {
      in.faults.add("unknown port", fmt::format("tile {} is at port {} of its router, which has {} for tiles", t,
                                                tile.local_port, in.chip.interconnect.tiles_per_router));
    }
    const std::uint64_t site = std::uint64_t{tile.site.y} * in.mapped.mesh_width + tile.site.x;
    if (!ports.emplace(site, tile.local_port).second) {
      in.faults.add("port taken twice",
                    fmt::format("tile {}: port {} of the router at ({}, {}) is taken by another tile", t,
                                tile.local_port, tile.site.x, tile.site.y));
    }
  }
  const std::uint32_t per_group = in.chip.tile_group.tiles;
  std::uint32_t largest = 0;
  for (const auto& [group, tiles] : group_tiles) {
    largest = std::max(largest, tiles);
    if (tiles > per_group) {
      in.faults.add("tiles a group",
                    fmt::format("tile group {} has {} tiles, but a group holds {}", group, tiles, per_group));
    }
  }
  if (largest > per_group) in.suggestions.insert(fmt::format("tile_group.tiles: {}", largest));
  const auto used = static_cast<std::uint32_t>(in.mapped.tiles.size());
  const MeshSize mesh = mesh_for(in.chip.tiles.value_or(used), in.chip.interconnect.tiles_per_router);
  if (mesh.width != in.mapped.mesh_width || mesh.height != in.mapped.mesh_height) {
    in.faults.add("mesh", fmt::format("mapped on a mesh of {} x {}, but the chip has {} x {} routers",
                                      in.mapped.mesh_width, in.mapped.mesh_height, mesh.width, mesh.height));
  }
  if (!in.chip.tiles) return;
  const std::uint32_t last_group = *in.chip.tiles % per_group;
  const std::uint32_t groups = *in.chip.tiles / per_group + (last_group != 0 ? 1 : 0);
  const auto beyond_last = std::count_if(group_tiles.begin(), group_tiles.end(),
                                         [&](const auto& group) { return group.second > last_group; });
  const bool last_fits = last_group == 0 || beyond_last < groups || groups == 0;
  if (used > *in.chip.tiles || group_tiles.size() > groups || !last_fits) {
    in.faults.add("tiles on the chip", fmt::format("{} tiles in {} tile groups are used, but the chip has {} tiles",
                                                   used, group_tiles.size(), *in.chip.tiles));
    in.suggestions.insert(fmt::format("tiles: {} (or tiles: auto)",
                                      std::max<std::uint64_t>(used, std::uint64_t{group_tiles.size()} * per_group)));
  }
}

using RowsOfTile = std::map<std::pair<LayerId, TileId>, std::vector<std::uint8_t>>;

// 1 where a tile's parts need the row from elsewhere: not the bias row, and not from a neuron that cannot fire.
RowsOfTile rows_to_deliver(const Context& in, const IdVector<LayerId, std::vector<std::optional<TileId>>>& homes) {
  RowsOfTile needed;
  for (const MappedCrossbar& crossbar : in.mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) {
      const SpikingLayer& layer = in.network.layers[part.layer];
      std::vector<std::uint8_t>& rows = needed[{part.layer, crossbar.tile}];
      rows.resize(layer.rows(), 0);
      for (const std::uint32_t row : part.rows) {
        const bool from_host = part.layer.value() == 0;
        if (row < layer.inputs && (from_host || homes[LayerId(part.layer.value() - 1)][row])) rows[row] = 1;
      }
    }
  }
  return needed;
}

void check_packets(const Context& in) {
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

}  // namespace

std::vector<std::string> legality_faults(const MappedNetwork& mapped, const SpikingNetwork& network,
                                         const ChipSpec& chip, std::vector<std::string>* what_would_fit) {
  std::vector<std::string> structural = mapped_network_faults(mapped);
  if (!structural.empty()) return structural;
  Faults faults;
  std::set<std::string> suggestions;
  const Context in{mapped, network, chip, faults, suggestions};
  check_indices(in);
  if (!faults.none()) return faults.finish();
  check_coverage(in);
  check_clashes(in);
  check_banks(in);
  check_tiles(in);
  check_packets(in);
  if (what_would_fit != nullptr) what_would_fit->assign(suggestions.begin(), suggestions.end());
  return faults.finish();
}

}  // namespace crossloom
