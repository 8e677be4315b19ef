// Counts times costs.
#include "models/cost.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr double kZeptojoulesPerJoule = 1e21;

std::uint64_t tiles_on_chip(const MappedNetwork& mapped, const ChipSpec& chip) {
  const std::uint64_t tiles = chip.tiles ? *chip.tiles : mapped.tiles.size();
  CROSSLOOM_CHECK(mapped.tiles.size() <= tiles, "the mapping uses more tiles than the chip has");
  return tiles;
}

std::uint64_t per_tile(Component component, const ChipSpec& chip) {
  switch (component) {
    case Component::array:
      return chip.tile.crossbars * chip.crossbar.cells_per_crossbar();
    case Component::wordline_driver:
      return std::uint64_t{chip.tile.crossbars} * chip.crossbar.rows * chip.crossbar.arrays_per_crossbar();
    case Component::neuron:
      return chip.tile.neurons;
    case Component::analog_transfer:
    case Component::input_buffer:
    case Component::output_buffer:
    case Component::target_buffer:
    case Component::zero_check:
    case Component::control:
    case Component::synchronisation:
      return 1;
    case Component::router:
    case Component::link:
    case Component::input_memory:
    case Component::global_control:
    case Component::pool_counter:
      break;
  }
  return 0;
}

std::uint64_t routers_of(std::uint64_t tiles, const ChipSpec& chip) {
  const std::uint64_t per_router = chip.interconnect.tiles_per_router;
  return (tiles + per_router - 1) / per_router;
}

/// One-direction links between neighbours when `routers` fill a mesh of this width row by row.
std::uint64_t links_of(std::uint64_t routers, std::uint64_t width) {
  if (routers == 0) return 0;
  if (width == 0) width = static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(routers))));
  width = std::min(width, routers);
  const std::uint64_t full_rows = routers / width, rest = routers % width;
  const std::uint64_t horizontal = full_rows * (width - 1) + (rest > 0 ? rest - 1 : 0);
  const std::uint64_t vertical = (full_rows - 1) * width + rest;
  return 2 * (horizontal + vertical);
}

/// Counters count like shared parts: with `tiles: auto` those in use, however they lie in tiles.
std::uint64_t counters_in_use(const MappedNetwork& mapped) {
  std::uint64_t counters = 0;
  for (const NeuronBank& bank : mapped.banks) counters += bank.windows.size();
  return counters;
}

std::uint64_t shared_instances(Component component, std::uint64_t tiles, const MappedNetwork& mapped,
                               const ChipSpec& chip) {
  switch (component) {
    case Component::router:
      return routers_of(tiles, chip);
    case Component::link:
      return links_of(routers_of(tiles, chip), mapped.mesh_width);
    case Component::input_memory:
    case Component::global_control:
      return 1;
    case Component::pool_counter:
      return chip.tiles ? tiles * chip.tile.counters : counters_in_use(mapped);
    default:
      return 0;
  }
}

/// Cells and wordline drivers that this crossbar lacks beside one of the chip's size.
struct Lacking {
  std::uint64_t cells = 0, drivers = 0;
};

Lacking lacking_in(const MappedCrossbar& crossbar, const ChipSpec& chip) {
  if (!crossbar.size) return {};
  CrossbarSpec own = chip.crossbar;
  own.rows = crossbar.size->rows;
  own.columns = crossbar.size->columns;
  return {chip.crossbar.cells_per_crossbar() - own.cells_per_crossbar(),
          std::uint64_t{chip.crossbar.rows - own.rows} * own.arrays_per_crossbar()};
}

std::uint64_t lacking(Component component, const Lacking& of) {
  if (component == Component::array) return of.cells;
  return component == Component::wordline_driver ? of.drivers : 0;
}

/// In one tile: its crossbars in use are of their own size, the others of the chip's.
std::uint64_t in_tile(Component component, TileId tile, const MappedNetwork& mapped, const ChipSpec& chip) {
  std::uint64_t count = per_tile(component, chip);
  for (const CrossbarId id : mapped.tiles[tile].crossbars) {
    count -= lacking(component, lacking_in(mapped.crossbars[id], chip));
  }
  return count;
}

Lacking lacking_on_chip(const MappedNetwork& mapped, const ChipSpec& chip) {
  Lacking all;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    const Lacking own = lacking_in(crossbar, chip);
    all.cells += own.cells;
    all.drivers += own.drivers;
  }
  return all;
}

Power leakage_of(Component component, std::uint64_t count, const ChipSpec& chip) {
  return chip.costs.of(component).leakage * static_cast<double>(count);
}

std::uint64_t powered_tiles(const MappedNetwork& mapped, const ChipSpec& chip) {
  return chip.power_gating ? mapped.tiles.size() : tiles_on_chip(mapped, chip);
}

/// Which share of a tile each layer holds, by weight positions; one share without a layer where the tile holds none.
std::vector<std::pair<std::optional<LayerId>, double>> layer_shares(const MappedNetwork& mapped, TileId tile) {
  std::map<LayerId, std::uint64_t> positions;
  std::uint64_t all = 0;
  for (const CrossbarId id : mapped.tiles[tile].crossbars) {
    for (const BlockPart& part : mapped.crossbars[id].parts) {
      const std::uint64_t held = std::uint64_t{part.rows.size()} * part.columns.size();
      positions[part.layer] += held;
      all += held;
    }
  }
  if (all == 0) return {{std::nullopt, 1.0}};
  std::vector<std::pair<std::optional<LayerId>, double>> shares;
  shares.reserve(positions.size());
  for (const auto& [layer, held] : positions) {
    shares.emplace_back(layer, static_cast<double>(held) / static_cast<double>(all));
  }
  return shares;
}

/// How often one counted action is charged.
std::uint32_t charged_times(Action action, const ChipSpec& chip) {
  return action == Action::wordline_drive ? chip.crossbar.arrays_per_crossbar() : 1U;
}

class Ledger {
 public:
  explicit Ledger(const ChipSpec& chip) : chip_(chip) {}

  void add_activity(const ActivityCounts& counts, std::optional<LayerId> layer, std::optional<TileId> tile) {
    if (counts.array_drives != 0 || counts.array_energy != 0) {
      const Energy energy = Energy::from_si(static_cast<double>(counts.array_energy) / kZeptojoulesPerJoule);
      breakdown_.energy.push_back({Component::array, "array_read", layer, tile, counts.array_drives, energy});
      breakdown_.array += energy;
    }
    for (const Action action : all_actions()) {
      const std::uint64_t times = counts.actions[static_cast<std::size_t>(action)];
      if (times == 0) continue;
      const std::uint64_t count = times * charged_times(action, chip_);
      const Energy energy = chip_.costs.of(action) * static_cast<double>(count);
      const ActionInfo& info = action_info(action);
      breakdown_.energy.push_back({info.component, info.name, layer, tile, count, energy});
      sum_of(component_info(info.component).group) += energy;
    }
  }

  void add_leakage(Component component, std::uint64_t instances, double share, Time elapsed,
                   std::optional<LayerId> layer, std::optional<TileId> tile) {
    const Energy energy = leakage_of(component, instances, chip_) * elapsed * share;
    if (energy.si() == 0.0) return;
    breakdown_.energy.push_back({component, "leakage", layer, tile, 0, energy});
    breakdown_.leakage += energy;
  }

  CostBreakdown take() { return std::move(breakdown_); }

 private:
  Energy& sum_of(CostGroup group) {
    if (group == CostGroup::array) return breakdown_.array;
    return group == CostGroup::periphery ? breakdown_.periphery : breakdown_.network;
  }
  const ChipSpec& chip_;
  CostBreakdown breakdown_;
};

void add_all_leakage(Ledger& ledger, Time elapsed, const MappedNetwork& mapped, const ChipSpec& chip) {
  const std::uint64_t tiles = tiles_on_chip(mapped, chip);
  for (std::size_t index = 0; index < mapped.tiles.size(); ++index) {
    const TileId tile(index);
    for (const auto& [layer, share] : layer_shares(mapped, tile)) {
      for (const Component component : all_components()) {
        ledger.add_leakage(component, in_tile(component, tile, mapped, chip), share, elapsed, layer, tile);
      }
    }
  }
  const std::uint64_t idle = powered_tiles(mapped, chip) - mapped.tiles.size();
  for (const Component component : all_components()) {
    const std::uint64_t shared = shared_instances(component, tiles, mapped, chip);
    ledger.add_leakage(component, idle * per_tile(component, chip) + shared, 1.0, elapsed, std::nullopt, std::nullopt);
  }
}

}  // namespace

std::uint64_t instances(Component component, const MappedNetwork& mapped, const ChipSpec& chip) {
  const std::uint64_t tiles = tiles_on_chip(mapped, chip);
  return tiles * per_tile(component, chip) - lacking(component, lacking_on_chip(mapped, chip)) +
         shared_instances(component, tiles, mapped, chip);
}

ChipArea chip_area(const MappedNetwork& mapped, const ChipSpec& chip) {
  ChipArea area;
  area.tiles = tiles_on_chip(mapped, chip);
  area.crossbars = mapped.crossbars.size();
  area.physical_arrays = area.crossbars * chip.crossbar.arrays_per_crossbar();
  for (const Component component : all_components()) {
    const std::uint64_t count = instances(component, mapped, chip);
    const Area all = chip.costs.of(component).area * static_cast<double>(count);
    area.entries.push_back({component, count, all});
    area.chip += all;
  }
  std::uint64_t neurons = 0;
  for (const NeuronBank& bank : mapped.banks) neurons += bank.windows.empty() ? bank.neurons.size() : 0;
  const Lacking smaller = lacking_on_chip(mapped, chip);
  const std::uint64_t cells = area.crossbars * chip.crossbar.cells_per_crossbar() - smaller.cells;
  const std::uint64_t drivers = area.physical_arrays * chip.crossbar.rows - smaller.drivers;
  area.arrays = chip.costs.of(Component::array).area * static_cast<double>(cells) +
                chip.costs.of(Component::wordline_driver).area * static_cast<double>(drivers) +
                chip.costs.of(Component::neuron).area * static_cast<double>(neurons) +
                chip.costs.of(Component::pool_counter).area * static_cast<double>(counters_in_use(mapped));
  return area;
}

Power leakage_power(const MappedNetwork& mapped, const ChipSpec& chip) {
  const std::uint64_t tiles = tiles_on_chip(mapped, chip);
  Power power;
  for (const Component component : all_components()) {
    const std::uint64_t count = powered_tiles(mapped, chip) * per_tile(component, chip) -
                                lacking(component, lacking_on_chip(mapped, chip)) +
                                shared_instances(component, tiles, mapped, chip);
    power += leakage_of(component, count, chip);
  }
  return power;
}

std::vector<ActionCost> action_costs(const ChipSpec& chip) {
  std::vector<ActionCost> costs;
  for (const Action action : all_actions()) {
    const ActionInfo& info = action_info(action);
    costs.push_back(
        {info.component, info.name, chip.costs.of(action) * static_cast<double>(charged_times(action, chip))});
  }
  return costs;
}

CostBreakdown cost_of(const Activity& activity, Time elapsed, const MappedNetwork& mapped, const ChipSpec& chip) {
  CROSSLOOM_CHECK(activity.by_tile_and_layer.size() == mapped.tiles.size() * activity.layers,
                  "the activity was counted on another mapping");
  Ledger ledger(chip);
  for (std::size_t tile = 0; tile < mapped.tiles.size(); ++tile) {
    for (std::size_t layer = 0; layer < activity.layers; ++layer) {
      ledger.add_activity(activity.at(TileId(tile), LayerId(layer)), LayerId(layer), TileId(tile));
    }
  }
  ledger.add_activity(activity.chip, std::nullopt, std::nullopt);
  add_all_leakage(ledger, elapsed, mapped, chip);
  return ledger.take();
}

}  // namespace crossloom
