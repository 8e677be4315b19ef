// Activity x cost table -> energy, area and power. Pure arithmetic: no timing, no function.
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
/// layer (leakage of shared parts, unused tiles).
struct EnergyEntry {
  Component component;
  std::string action;              ///< action name, "array_read" for dissipated array energy, "leakage" for leakage
  std::optional<LayerId> layer;
  std::optional<TileId> tile;
  std::uint64_t count = 0;         ///< actions; 0 for leakage
  Energy energy;
};

struct AreaEntry {
  Component component;
  std::uint64_t count = 0;         ///< instances
  Area area;                       ///< of all of them
};

struct ChipArea {
  Area chip;                       ///< whole tiles (used ones for `tiles: auto`, else all), routers and shared parts in proportion
  Area arrays;                     ///< arrays in use with their wordline drivers and neurons
  std::uint64_t crossbars = 0;     ///< logical
  std::uint64_t physical_arrays = 0;
  std::uint64_t tiles = 0;         ///< counted into `chip`
  std::vector<AreaEntry> entries;
};

struct CostBreakdown {
  std::vector<EnergyEntry> energy;
  Energy array, periphery, network, leakage;
  [[nodiscard]] Energy total() const { return array + periphery + network + leakage; }
};

/// Area needs no simulation.
ChipArea chip_area(const MappedNetwork& mapped, const ChipSpec& chip);
/// Static power of everything powered: used tiles always, unused tiles of a fixed-size chip unless power gated.
Power leakage_power(const MappedNetwork& mapped, const ChipSpec& chip);
/// Dynamic energy of the activity plus leakage over `elapsed`.
CostBreakdown cost_of(const Activity& activity, Time elapsed, const MappedNetwork& mapped, const ChipSpec& chip);

}  // namespace crossloom
