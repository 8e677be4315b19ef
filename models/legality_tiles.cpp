#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "models/legality_checks.h"

namespace crossloom {
namespace {

void check_each_tile(const LegalityContext& in) {
  std::set<std::pair<std::uint64_t, std::uint32_t>> ports;
  for (std::size_t t = 0; t < in.mapped.tiles.size(); ++t) {
    const MappedTile& tile = in.mapped.tiles[TileId(t)];
    if (tile.crossbars.size() > in.chip.tile.crossbars) {
      in.faults.add("crossbars a tile", fmt::format("tile {} holds {} crossbars, but a tile has {}", t,
                                                    tile.crossbars.size(), in.chip.tile.crossbars));
      in.suggestions.insert(fmt::format("tile.crossbars: {}", tile.crossbars.size()));
    }
    std::size_t neurons = 0, counters = 0;
    for (const NeuronBankId id : tile.banks) {
      const NeuronBank& bank = in.mapped.banks[id];
      (bank.windows.empty() ? neurons : counters) += bank.neurons.size();
    }
    if (counters > in.chip.tile.counters) {
      in.faults.add("counters a tile",
                    fmt::format("tile {} has {} pools to count, but {} counters", t, counters, in.chip.tile.counters));
      in.suggestions.insert(fmt::format("tile.counters: {}", counters));
    }
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
}

std::map<std::uint32_t, std::uint32_t> tiles_of_groups(const MappedNetwork& mapped) {
  std::map<std::uint32_t, std::uint32_t> group_tiles;
  for (const MappedTile& tile : mapped.tiles) ++group_tiles[tile.group.value()];
  return group_tiles;
}

void check_groups(const LegalityContext& in) {
  const std::map<std::uint32_t, std::uint32_t> group_tiles = tiles_of_groups(in.mapped);
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
}

void check_chip(const LegalityContext& in) {
  const std::map<std::uint32_t, std::uint32_t> group_tiles = tiles_of_groups(in.mapped);
  const std::uint32_t per_group = in.chip.tile_group.tiles;
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

}  // namespace

void check_tiles(const LegalityContext& in) {
  check_each_tile(in);
  check_groups(in);
  check_chip(in);
}

}  // namespace crossloom
