#include "traces/observation_tables.h"

#include <array>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/table_cells.h"

namespace crossloom {

using namespace table_cells;

namespace {

constexpr double kZeptojoulesPerJoule = 1e21;

/// By WaitReason.
constexpr std::array<const char*, kWaitReasons> kReasons = {
    "until what it works on came",
    "until the step before was done",
    "until its output buffer was free",
    "until its receiver had room",
    "for a fixed delay, such as wordlines being driven",
    "until another unit that it needs was free",
    "with nothing left to do in the image",
};

Column unit_kind_column() {
  return text("unit_kind",
              "host_unit, host_port, tile_input, crossbar, neuron_bank, output_unit, tile_output or router_output");
}

std::vector<Column> wait_columns(const char* unit) {
  std::vector<Column> columns;
  for (std::size_t k = 0; k < kWaitReasons; ++k) {
    columns.push_back(integer(fmt::format("wait_{}_cycles", wait_reason_name(static_cast<WaitReason>(k))),
                              fmt::format("cycles {}it waited {}", unit, kReasons[k])));
  }
  return columns;
}

void append(std::vector<Column>& to, const std::vector<Column>& columns) {
  to.insert(to.end(), columns.begin(), columns.end());
}

void append(std::vector<Cell>& row, const WaitCycles& waits) {
  for (const std::uint64_t cycles : waits) row.push_back(count_cell(cycles));
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

Table utilisation_table(const RunReport& report) {
  std::vector<Column> columns = {variant_column(),
                                 seed_column(),
                                 unit_kind_column(),
                                 integer("unit", "which: number of the tile, crossbar, neuron bank, router or port"),
                                 integer("port",
                                         "of a router: 0 east, 1 west, 2 north, 3 south (and the link behind "
                                         "it), from 4 on its tiles, then the host"),
                                 integer("elapsed_cycles", "of all observed images"),
                                 integer("busy_cycles", "in which it served"),
                                 real("busy_share", "busy_cycles / elapsed_cycles")};
  append(columns, wait_columns(""));
  Table table("utilisation", columns);
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const Observations& seen = seed.simulation.observations;
    for (const UnitUse& use : seen.units) {
      const bool ported = use.unit.kind == UnitKind::router_output;
      std::vector<Cell> row = {variant.name,
                               seed_cell(seed),
                               unit_kind_name(use.unit.kind),
                               count_cell(use.unit.index),
                               ported ? count_cell(use.unit.port) : Cell(),
                               count_cell(seen.elapsed_cycles),
                               count_cell(use.busy_cycles),
                               real_cell(share(use.busy_cycles, seen.elapsed_cycles))};
      append(row, use.wait_cycles);
      table.add(std::move(row));
    }
  });
  return table;
}

Table utilisation_by_image_table(const RunReport& report) {
  std::vector<Column> columns = {variant_column(),
                                 seed_column(),
                                 integer("image", "index of the image in its data set"),
                                 unit_kind_column(),
                                 integer("units", "of that kind"),
                                 integer("elapsed_cycles", "of the image, until nothing happened any more"),
                                 integer("busy_cycles", "in which they served, of all of them"),
                                 real("busy_share", "busy_cycles / (units x elapsed_cycles)"),
                                 real("most_busy_share", "share of the time that the busiest one served")};
  append(columns, wait_columns("of all of them that "));
  Table table("utilisation_by_image", columns);
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (const KindUse& use : seed.simulation.observations.kinds_by_image) {
      std::vector<Cell> row = {variant.name,
                               seed_cell(seed),
                               count_cell(use.image),
                               unit_kind_name(use.kind),
                               count_cell(use.units),
                               count_cell(use.elapsed_cycles),
                               count_cell(use.busy_cycles),
                               real_cell(share(use.busy_cycles, use.units * use.elapsed_cycles)),
                               real_cell(share(use.most_busy_cycles, use.elapsed_cycles))};
      append(row, use.wait_cycles);
      table.add(std::move(row));
    }
  });
  return table;
}

Table path_shares_table(const RunReport& report) {
  Table table("critical_path_shares",
              {variant_column(), seed_column(), integer("image", "index of the image in its data set"),
               text("what",
                    "drive, integrate, compare, send (tests and leaving), token, credit, router, link, or waiting "
                    "for a unit that serves others"),
               unit_kind_column(), integer("cycles", "of the image's critical path"),
               real("share", "of the image's latency; those of an image add up to 1")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const std::vector<PathShare>& shares = seed.simulation.observations.path_shares;
    std::map<std::uint32_t, std::uint64_t> latency;
    for (const PathShare& one : shares) latency[one.image] += one.cycles;
    for (const PathShare& one : shares) {
      table.add({variant.name, seed_cell(seed), count_cell(one.image), one.label, unit_kind_name(one.kind),
                 count_cell(one.cycles), real_cell(share(one.cycles, latency[one.image]))});
    }
  });
  return table;
}

Table path_table(const RunReport& report) {
  Table table(
      "critical_path",
      {variant_column(), seed_column(), integer("image", "the first one observed"),
       integer("position", "in the chain, counted from 0"), text("what", "as in critical_path_shares"),
       unit_kind_column(), integer("unit", "which"), integer("port", "of a router, as in utilisation"),
       text("layer", "for which the unit was at work"), integer("step", "time step of the network"),
       integer("first_cycle", "since the image began"), integer("duration_cycles", "until the next one could begin")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const Observations& seen = seed.simulation.observations;
    for (std::size_t k = 0; k < seen.path.size(); ++k) {
      const PathPlace& place = seen.path[k];
      const bool ported = place.unit.kind == UnitKind::router_output;
      table.add({variant.name, seed_cell(seed), count_cell(seen.path_image), count_cell(k), place.label,
                 unit_kind_name(place.unit.kind), count_cell(place.unit.index),
                 ported ? count_cell(place.unit.port) : Cell(), report.layer_names.at(place.layer),
                 count_cell(place.step), count_cell(place.first_cycle), count_cell(place.duration_cycles)});
    }
  });
  return table;
}

Table energy_over_time_table(const RunReport& report) {
  Table table("energy_over_time",
              {variant_column(), seed_column(), integer("first_cycle", "of the window, since the image began"),
               integer("window_cycles", "its length"), text("component", "part of the chip that took the energy"),
               real("energy_j", "dynamic energy that it took in the window, all observed images together, J")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    const std::uint64_t length = seed.simulation.observations.windows.window_cycles;
    const std::vector<ComponentOverTime> components = energy_over_time(seed, report);
    for (std::size_t window = 0; window < seed.simulation.observations.windows.windows(); ++window) {
      for (const ComponentOverTime& one : components) {
        if (one.joules[window] == 0.0) continue;
        table.add({variant.name, seed_cell(seed), count_cell(window * length), count_cell(length),
                   component_info(one.component).name, real_cell(one.joules[window])});
      }
    }
  });
  return table;
}

}  // namespace

bool observed(const RunReport& report) {
  bool any = false;
  for_each_seed(report, [&any](const VariantReport&, const SeedReport& seed) {
    any = any || !seed.simulation.observations.empty();
  });
  return any;
}

std::vector<ComponentOverTime> energy_over_time(const SeedReport& seed, const RunReport& report) {
  const ActionWindows& windows = seed.simulation.observations.windows;
  std::vector<ComponentOverTime> all;
  if (report.action_costs.size() != windows.actions) return all;
  for (const Component component : all_components()) {
    ComponentOverTime one{component, std::vector<double>(windows.windows(), 0.0)};
    double total = 0.0;
    for (std::size_t w = 0; w < windows.windows(); ++w) {
      if (component == Component::array) {
        one.joules[w] = static_cast<double>(windows.array_zeptojoules[w]) / kZeptojoulesPerJoule;
      }
      for (std::size_t action = 0; action < windows.actions; ++action) {
        const ActionCost& cost = report.action_costs[action];
        if (cost.component != component) continue;
        one.joules[w] += (cost.energy * static_cast<double>(windows.counts[w * windows.actions + action])).si();
      }
      total += one.joules[w];
    }
    if (total > 0.0) all.push_back(std::move(one));
  }
  return all;
}

std::vector<Table> observation_tables(const RunReport& report) {
  return {utilisation_table(report), utilisation_by_image_table(report), path_shares_table(report), path_table(report),
          energy_over_time_table(report)};
}

}  // namespace crossloom
