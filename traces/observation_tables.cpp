#include "traces/observation_tables.h"

#include <array>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/table_cells.h"

namespace crossloom {

using namespace table_cells;

namespace {

/// By WaitReason.
constexpr std::array<const char*, kWaitReasons> kReasons = {
    "until what it works on came",
    "until the step before was done",
    "until its output buffer was free",
    "until its receiver had room",
    "for a fixed delay, such as wordlines being driven",
    "until another unit that it needs was free",
    "with nothing left to do in the image",
    "until its home was done with earlier positions",
    "until its element's input register had room",
    "until other parts of its crossbars had been driven",
    "until earlier sums were off its element's output register",
    "until earlier slices were converted",
    "for its weights to be there",
};

std::vector<Column> wait_columns(const ObservedRun& run, const char* unit) {
  std::vector<Column> columns;
  for (const WaitReason reason : run.reasons) {
    columns.push_back(
        integer(fmt::format("wait_{}_cycles", wait_reason_name(reason)),
                fmt::format("cycles {}it waited {}", unit, kReasons.at(static_cast<std::size_t>(reason)))));
  }
  return columns;
}

void append(std::vector<Column>& to, const std::vector<Column>& columns) {
  to.insert(to.end(), columns.begin(), columns.end());
}

void append(std::vector<Cell>& row, const ObservedRun& run, const WaitCycles& waits) {
  for (const WaitReason reason : run.reasons) row.push_back(count_cell(waits.at(static_cast<std::size_t>(reason))));
}

bool has_ports(UnitKind kind) {
  switch (kind) {
    case UnitKind::router_output:
    case UnitKind::router_port:
    case UnitKind::part_group:
    case UnitKind::buffer_port:
    case UnitKind::home:
    case UnitKind::sender:
      return true;
    default:
      return false;
  }
}

Cell port_cell(const UnitName& unit) { return has_ports(unit.kind) ? count_cell(unit.port) : Cell(); }

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

Table utilisation_table(const ObservedRun& run) {
  std::vector<Column> columns = {variant_column(),
                                 seed_column(),
                                 text("unit_kind", run.words.unit_kind),
                                 integer("unit", run.words.unit),
                                 integer("port", run.words.port),
                                 integer("elapsed_cycles", "of all observed images"),
                                 integer("busy_cycles", "in which it served"),
                                 real("busy_share", "busy_cycles / elapsed_cycles")};
  append(columns, wait_columns(run, ""));
  Table table("utilisation", columns);
  for (const ObservedSeed& seed : run.seeds) {
    for (const UnitUse& use : seed.seen->units) {
      std::vector<Cell> row = {seed.variant,
                               std::to_string(seed.seed),
                               unit_kind_name(use.unit.kind),
                               count_cell(use.unit.index),
                               port_cell(use.unit),
                               count_cell(seed.seen->elapsed_cycles),
                               count_cell(use.busy_cycles),
                               real_cell(share(use.busy_cycles, seed.seen->elapsed_cycles))};
      append(row, run, use.wait_cycles);
      table.add(std::move(row));
    }
  }
  return table;
}

Table utilisation_by_image_table(const ObservedRun& run) {
  std::vector<Column> columns = {variant_column(),
                                 seed_column(),
                                 integer("image", run.words.image),
                                 text("unit_kind", run.words.unit_kind),
                                 integer("units", "of that kind"),
                                 integer("elapsed_cycles", "of the image, until nothing happened any more"),
                                 integer("busy_cycles", "in which they served, of all of them"),
                                 real("busy_share", "busy_cycles / (units x elapsed_cycles)"),
                                 real("most_busy_share", "share of the time that the busiest one served")};
  append(columns, wait_columns(run, "of all of them that "));
  Table table("utilisation_by_image", columns);
  for (const ObservedSeed& seed : run.seeds) {
    for (const KindUse& use : seed.seen->kinds_by_image) {
      std::vector<Cell> row = {seed.variant,
                               std::to_string(seed.seed),
                               count_cell(use.image),
                               unit_kind_name(use.kind),
                               count_cell(use.units),
                               count_cell(use.elapsed_cycles),
                               count_cell(use.busy_cycles),
                               real_cell(share(use.busy_cycles, use.units * use.elapsed_cycles)),
                               real_cell(share(use.most_busy_cycles, use.elapsed_cycles))};
      append(row, run, use.wait_cycles);
      table.add(std::move(row));
    }
  }
  return table;
}

Table path_shares_table(const ObservedRun& run) {
  Table table("critical_path_shares",
              {variant_column(), seed_column(), integer("image", "index of the image in its data set"),
               text("what", run.words.what), text("unit_kind", run.words.unit_kind),
               integer("cycles", "of the image's critical path"),
               real("share", "of the image's latency; those of an image add up to 1")});
  for (const ObservedSeed& seed : run.seeds) {
    const std::vector<PathShare>& shares = seed.seen->path_shares;
    std::map<std::uint32_t, std::uint64_t> latency;
    for (const PathShare& one : shares) latency[one.image] += one.cycles;
    for (const PathShare& one : shares) {
      table.add({seed.variant, std::to_string(seed.seed), count_cell(one.image), one.label, unit_kind_name(one.kind),
                 count_cell(one.cycles), real_cell(share(one.cycles, latency[one.image]))});
    }
  }
  return table;
}

Table path_table(const ObservedRun& run) {
  Table table(
      "critical_path",
      {variant_column(), seed_column(), integer("image", "the first one observed"),
       integer("position", "in the chain, counted from 0"), text("what", "as in critical_path_shares"),
       text("unit_kind", run.words.unit_kind), integer("unit", "which"), integer("port", "as in utilisation"),
       text("layer", run.words.layer), integer("step", run.words.step), integer("first_cycle", "since the image began"),
       integer("duration_cycles", "until the next one could begin")});
  for (const ObservedSeed& seed : run.seeds) {
    for (std::size_t k = 0; k < seed.seen->path.size(); ++k) {
      const PathPlace& place = seed.seen->path[k];
      table.add({seed.variant, std::to_string(seed.seed), count_cell(seed.seen->path_image), count_cell(k), place.label,
                 unit_kind_name(place.unit.kind), count_cell(place.unit.index), port_cell(place.unit),
                 run.layer_names.at(place.layer), count_cell(place.step), count_cell(place.first_cycle),
                 count_cell(place.duration_cycles)});
    }
  }
  return table;
}

Table energy_over_time_table(const ObservedRun& run) {
  Table table("energy_over_time",
              {variant_column(), seed_column(), integer("first_cycle", "of the window, since the image began"),
               integer("window_cycles", "its length"), text("component", "part of the chip that took the energy"),
               text("group", run.words.energy_group), real("energy_j", run.words.energy)});
  for (const ObservedSeed& seed : run.seeds) {
    const std::uint64_t length = seed.seen->windows.window_cycles;
    for (std::size_t window = 0; window < seed.seen->windows.windows(); ++window) {
      for (const ComponentOverTime& one : seed.energy) {
        if (one.joules[window] == 0.0) continue;
        table.add({seed.variant, std::to_string(seed.seed), count_cell(window * length), count_cell(length),
                   one.component, one.group, real_cell(one.joules[window])});
      }
    }
  }
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

std::vector<Table> observation_tables(const ObservedRun& run) {
  return {utilisation_table(run), utilisation_by_image_table(run), path_shares_table(run), path_table(run),
          energy_over_time_table(run)};
}

}  // namespace crossloom
