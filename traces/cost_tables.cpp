// Tables of what things cost: energy, area, programming, packets.
#include <fmt/format.h>

#include "base/error.h"
#include "traces/table_cells.h"
#include "traces/tables.h"

namespace crossloom {

using namespace table_cells;

const char* group_name(CostGroup group) {
  switch (group) {
    case CostGroup::array:
      return "array";
    case CostGroup::periphery:
      return "periphery";
    case CostGroup::network:
      return "network";
  }
  throw Bug("a group of costs has no name");
}

const char* energy_group(const EnergyEntry& entry) {
  return entry.action == "leakage" ? "leakage" : group_name(component_info(entry.component).group);
}

Table energy_table(const RunReport& report) {
  Table table("energy", {variant_column(), seed_column(), text("group", "array, periphery, network or leakage"),
                         text("component", "part of the chip that takes the energy"),
                         text("action", "what it did; array_read is the energy dissipated in the cells"),
                         text("layer", "layer served; empty: none in particular"),
                         integer("tile", "tile, counted from 0; empty: the whole chip"),
                         integer("count", "how often, over all simulated images; 0 for leakage"),
                         real("energy_j", "energy of all simulated images, J"),
                         real("energy_per_inference_j", "the same divided by the number of images, J")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (const EnergyEntry& entry : seed.cost.energy) {
      const double energy = entry.energy.si();
      table.add({variant.name, seed_cell(seed), energy_group(entry), component_info(entry.component).name, entry.action,
                 entry.layer ? Cell(report.layer_names.at(entry.layer->value())) : Cell(),
                 entry.tile ? count_cell(entry.tile->value()) : Cell(), count_cell(entry.count), real_cell(energy),
                 real_cell(energy / images_of(seed))});
    }
  });
  return table;
}

Table energy_groups_table(const RunReport& report) {
  Table table("energy_groups", {variant_column(), seed_column(), text("group", "array, periphery, network or leakage"),
                                real("energy_j", "energy of all simulated images, J"),
                                real("energy_per_inference_j", "the same divided by the number of images, J"),
                                real("share", "share of the variant's total energy, 0..1")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const std::pair<const char*, Energy> groups[] = {{"array", seed.cost.array},
                                                     {"periphery", seed.cost.periphery},
                                                     {"network", seed.cost.network},
                                                     {"leakage", seed.cost.leakage}};
    for (const auto& [name, energy] : groups) {
      table.add({variant.name, seed_cell(seed), name, real_cell(energy.si()), real_cell(energy.si() / images_of(seed)),
                 real_cell(energy / seed.cost.total())});
    }
  });
  return table;
}

Table area_table(const RunReport& report) {
  Table table("area", {variant_column(), seed_column(), text("component", "part of the chip"),
                       text("counted_per", "what one instance belongs to"), integer("count", "instances"),
                       real("area_mm2", "area of all of them, mm2")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (const AreaEntry& entry : seed.area.entries) {
      const ComponentInfo& info = component_info(entry.component);
      table.add({variant.name, seed_cell(seed), info.name, info.counted_per, count_cell(entry.count),
                 real_cell(entry.area.si() * 1e6)});
    }
  });
  return table;
}

Table programming_table(const RunReport& report) {
  Table table("programming",
              {variant_column(), seed_column(), integer("cells", "cells written: both polarities, all weight slices"),
               integer("stuck_cells", "of those, cells that do not take what is written"),
               real("energy_j", "cells x pulses x energy of a pulse, J"),
               real("time_s", "arrays side by side, the cells of an array one after another, s")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const ProgrammingReport& programming = seed.programming;
    table.add({variant.name, seed_cell(seed), count_cell(programming.cells), count_cell(programming.stuck_cells),
               real_cell(programming.energy.si()), real_cell(programming.time.si())});
  });
  return table;
}

Table packets_table(const RunReport& report) {
  Table table("packets",
              {variant_column(), seed_column(), text("layer", "layer whose inputs or outputs they are; empty: host"),
               integer("packets_sent", "packets that travelled, over all simulated images"),
               integer("packets_saved", "packets without a spike, which never travel"),
               integer("array_drives", "times that the wordlines of a crossbar were driven")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const Activity& activity = seed.simulation.activity;
    const std::size_t layers = report.layer_names.size();
    for (std::size_t layer = 0; layer < layers; ++layer) {
      std::uint64_t sent = 0, saved = 0, drives = 0;
      for (std::size_t i = layer; i < activity.by_tile_and_layer.size(); i += layers) {
        sent += activity.by_tile_and_layer[i].packets_sent;
        saved += activity.by_tile_and_layer[i].packets_saved;
        drives += activity.by_tile_and_layer[i].array_drives;
      }
      table.add({variant.name, seed_cell(seed), report.layer_names[layer], count_cell(sent), count_cell(saved),
                 count_cell(drives)});
    }
    table.add({variant.name, seed_cell(seed), Cell(), count_cell(activity.chip.packets_sent),
               count_cell(activity.chip.packets_saved), count_cell(activity.chip.array_drives)});
  });
  return table;
}

}  // namespace crossloom
