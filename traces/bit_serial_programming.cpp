#include "traces/bit_serial_programming.h"

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/table_cells.h"
#include "traces/text_table.h"

namespace crossloom {
namespace {

std::string joules(Energy energy) { return format_engineering(energy.si(), "J"); }
std::string seconds(Time time) { return format_engineering(time.si(), "s"); }

std::string wear_text(const BitSerialReport& report, const BitSerialSeedReport& seed) {
  const std::uint64_t writes = seed.programmed_times * seed.programming.most_writes_of_a_cell;
  std::string text = fmt::format("writes       {} of the cell written most often", writes);
  if (report.chip.writing.endurance) {
    text += fmt::format(", {} of the {} that it stands",
                        format_significant(endurance_share(seed, *report.chip.writing.endurance)),
                        format_significant(*report.chip.writing.endurance));
  }
  return text + "\n";
}

}  // namespace

double endurance_share(const BitSerialSeedReport& seed, double endurance) {
  return static_cast<double>(seed.programmed_times) * seed.programming.most_writes_of_a_cell / endurance;
}

Table bit_serial_programming_table(const BitSerialReport& report) {
  Table table("programming", {table_cells::variant_column(),
                              table_cells::seed_column(),
                              {"pass", ColumnType::integer, "one unless weights are reloaded"},
                              {"cells", ColumnType::integer, "written, all copies, slices and polarities"},
                              {"energy_j", ColumnType::real, "pulses, bringing the weights, leakage meanwhile"},
                              {"cell_energy_j", ColumnType::real, "pulses alone"},
                              {"time_s", ColumnType::real, "from the first weight sent to the last cell written"},
                              {"array_time_s", ColumnType::real, "if all weights were at their arrays"},
                              {"times", ColumnType::integer, "in the run; 1 without reloads, and then before it"},
                              {"run_cycles", ColumnType::integer, "with reloads: of the images of all streams"}});
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      for (std::size_t pass = 0; pass < seed.programming.passes.size(); ++pass) {
        const ProgrammedPass& written = seed.programming.passes[pass];
        const bool reloads = !seed.result.run_cycles.empty();
        table.add({variant.name, std::to_string(seed.seed), static_cast<std::int64_t>(pass),
                   table_cells::count_cell(written.cells), written.energy.si(), written.cell_energy.si(),
                   written.time.si(), written.array_time.si(), table_cells::count_cell(seed.programmed_times),
                   reloads ? table_cells::count_cell(seed.result.run_cycles.at(pass)) : Cell()});
      }
    }
  }
  return table;
}

std::string bit_serial_programming_text(const BitSerialReport& report) {
  const BitSerialSeedReport& seed = report.variants.front().seeds.front();
  const ProgrammedPass all = seed.programming.total();
  const std::string& name = report.variants.front().name;
  if (seed.result.run_cycles.empty()) {
    return fmt::format("programming  once, before the first image: {} cells, {} in {} ({} in the arrays alone) ({})\n",
                       format_count(static_cast<double>(all.cells)), joules(all.energy), seconds(all.time),
                       seconds(all.array_time), name) +
           wear_text(report, seed);
  }
  TextColumn names{{"weights reloaded", name}};
  std::vector<TextColumn> columns = {TextColumn{{"", "cells"}}, TextColumn{{"energy of", "writing"}},
                                     TextColumn{{"time of", "writing"}}, TextColumn{{"in arrays", "alone"}},
                                     TextColumn{{"time of", "images"}}};
  const auto times = static_cast<double>(seed.programmed_times);
  for (std::size_t pass = 0; pass < seed.programming.passes.size(); ++pass) {
    const ProgrammedPass& written = seed.programming.passes[pass];
    names.cells.push_back(fmt::format("pass {}", pass + 1));
    columns[0].cells.push_back(format_count(static_cast<double>(written.cells)));
    columns[1].cells.push_back(joules(written.energy));
    columns[2].cells.push_back(seconds(written.time));
    columns[3].cells.push_back(seconds(written.array_time));
    columns[4].cells.push_back(seconds(report.chip.time_of(Cycles(seed.result.run_cycles.at(pass))) / times));
  }
  return block_text(names, columns) +
         fmt::format("\nWritten for each stream of images, {} times; counted in the energies and latencies above.\n",
                     seed.programmed_times) +
         wear_text(report, seed);
}

}  // namespace crossloom
