// Activity x cost table -> energy, area and power. Pure arithmetic: no timing, no function.
//
// Counts of physical instances: a chip has `tiles: N` tiles, or with `auto` those in use; one router for each
// tiles_per_router of them, the last one perhaps with fewer; links as of a mesh of so many routers filled row by row;
// one input memory and one global control whatever its size; pool counters in use, or with `tiles: N` those of all
// tiles. Inside a tile: tile.crossbars logical crossbars of rows x columns x 2 x weight_slices cells, rows wordline
// drivers for each of their physical arrays, tile.neurons neuron circuits, one of everything else. A wordline is
// counted once a logical row in Activity and charged here for each physical array that it drives. See docs/energy.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/activity.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"

namespace crossloom {

/// One row of the energy table. Where `tile` is absent the row belongs to the whole chip; where `layer` is absent to no
/// layer (host, leakage of shared parts, unused tiles). Leakage of a tile that several layers share is split by the
/// weight positions that they hold there. Rows without counts are left out.
struct EnergyEntry {
  Component component;
  std::string action;  ///< action_info().name, "array_read" for dissipated array energy, "leakage" for leakage
  std::optional<LayerId> layer;
  std::optional<TileId> tile;
  std::uint64_t count = 0;  ///< actions; 0 for leakage
  Energy energy;
};

struct AreaEntry {
  Component component;
  std::uint64_t count = 0;  ///< instances
  Area area;                ///< of all of them
};

struct ChipArea {
  Area chip;    ///< whole tiles (used ones for `tiles: auto`, else all), routers and shared parts in proportion
  Area arrays;  ///< crossbars in use with their wordline drivers, the neuron circuits and pool counters in use
  std::uint64_t crossbars = 0;        ///< logical, in use
  std::uint64_t physical_arrays = 0;  ///< of those
  std::uint64_t tiles = 0;            ///< counted into `chip`
  std::vector<AreaEntry> entries;     ///< one a component; their sum is `chip`
};

/// Physical instances of a component in `chip` area: tiles() of them where it is counted per tile, and so on.
std::uint64_t instances(Component component, const MappedNetwork& mapped, const ChipSpec& chip);

struct CostBreakdown {
  std::vector<EnergyEntry> energy;
  Energy array, periphery, network, leakage;
  [[nodiscard]] Energy total() const { return array + periphery + network + leakage; }
};

/// What each action costs as it is counted in Activity (a wordline for all physical arrays that it drives), in the
/// order of Action.
struct ActionCost {
  Component component;
  std::string action;  ///< action_info().name
  Energy energy;
};
std::vector<ActionCost> action_costs(const ChipSpec& chip);

/// Area needs no simulation. Throws Bug where the mapping uses more tiles than the chip has.
ChipArea chip_area(const MappedNetwork& mapped, const ChipSpec& chip);
/// Static power of everything powered: used tiles always, unused tiles of a fixed-size chip unless power gated.
Power leakage_power(const MappedNetwork& mapped, const ChipSpec& chip);
/// Dynamic energy of the activity plus leakage over `elapsed`.
CostBreakdown cost_of(const Activity& activity, Time elapsed, const MappedNetwork& mapped, const ChipSpec& chip);

}  // namespace crossloom
