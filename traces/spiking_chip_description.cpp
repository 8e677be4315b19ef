#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "models/cost.h"
#include "traces/chip_description.h"
#include "traces/engineering.h"
#include "traces/text_table.h"

namespace crossloom {

namespace {

using Json = nlohmann::ordered_json;

/// What is described: the chip's own tiles, or one tile group of a chip without a number of its own.
struct Described {
  MappedNetwork tiles_only;
  ChipArea area;
  Power leakage;
  double operations_per_second = 0.0;  ///< two for each weight position and slot, all crossbars read all the time
  std::uint64_t cells = 0;
  Time programming_time;
  Energy programming_energy;

  explicit Described(const ChipSpec& chip) {
    const std::uint32_t tiles = chip.tiles ? *chip.tiles : chip.tile_group.tiles;
    for (std::uint32_t t = 0; t < tiles; ++t) tiles_only.tiles.push_back({});
    area = chip_area(tiles_only, chip);
    leakage = leakage_power(tiles_only, chip);
    const double crossbars = static_cast<double>(tiles) * chip.tile.crossbars;
    operations_per_second =
        crossbars * 2.0 * chip.crossbar.rows * chip.crossbar.columns / chip.time_of(chip.slot_cycles()).si();
    cells = std::uint64_t{tiles} * chip.tile.crossbars * chip.crossbar.cells_per_crossbar();
    const double pulses = chip.device.write_pulses;
    programming_time = chip.device.write_time * pulses * static_cast<double>(chip.crossbar.cells_per_crossbar());
    programming_energy = chip.device.write_energy * pulses * static_cast<double>(cells);
  }
};

double mm2(Area area) { return area.si() * 1e6; }

}  // namespace

std::string chip_text(const ChipSpec& chip) {
  const Described described(chip);
  const std::uint64_t tiles = described.tiles_only.tiles.size();
  std::string text = fmt::format("{}: {}, spiking, {}\n", chip.name, chip.technology, format_quantity(chip.clock));
  text += fmt::format("  {} {} tiles, {} in a tile group, {} on a router\n", chip.tiles ? "chip    " : "group   ",
                      tiles, chip.tile_group.tiles, chip.interconnect.tiles_per_router);
  text += fmt::format("  tile     {} crossbars, {} neurons\n", chip.tile.crossbars, chip.tile.neurons);
  text += fmt::format("  crossbar {}x{} weights in {} array{} of {} levels a cell\n\n", chip.crossbar.rows,
                      chip.crossbar.columns, chip.crossbar.arrays_per_crossbar(),
                      chip.crossbar.arrays_per_crossbar() == 1 ? "" : "s", chip.device.levels);
  TextColumn names{{"", "component"}};
  std::vector<TextColumn> columns = {TextColumn{{"", "count"}}, TextColumn{{"area", "mm2"}}, TextColumn{{"", "share"}},
                                     TextColumn{{"", "leakage"}}};
  for (const AreaEntry& entry : described.area.entries) {
    if (entry.count == 0) continue;
    names.cells.emplace_back(component_info(entry.component).name);
    columns[0].cells.push_back(format_count(static_cast<double>(entry.count)));
    columns[1].cells.push_back(format_significant(mm2(entry.area)));
    columns[2].cells.push_back(fmt::format("{:.1f} %", 100.0 * entry.area.si() / described.area.chip.si()));
    const Power leakage = chip.costs.of(entry.component).leakage * static_cast<double>(entry.count);
    columns[3].cells.push_back(format_engineering(leakage.si(), "W"));
  }
  text += block_text(names, columns) + "\n";
  text += fmt::format("area         {} mm2\nleakage      {}\n", format_significant(mm2(described.area.chip), 4),
                      format_engineering(described.leakage.si(), "W"));
  text += fmt::format("peak         {} synaptic operations (two a weight and slot of {}): {} GOPS/mm2\n",
                      format_engineering(described.operations_per_second, "OP/s"),
                      format_engineering(chip.time_of(chip.slot_cycles()).si(), "s"),
                      format_significant(described.operations_per_second / 1e9 / mm2(described.area.chip), 4));
  text += fmt::format("programming  {} cells in {} with {}, all crossbars at once\n",
                      format_count(static_cast<double>(described.cells)),
                      format_engineering(described.programming_time.si(), "s"),
                      format_engineering(described.programming_energy.si(), "J"));
  return text;
}

std::string chip_json(const ChipSpec& chip) {
  const Described described(chip);
  Json json = {{"chip", chip.name}, {"execution", "spiking"}, {"clock_hz", chip.clock.si()}};
  json["hierarchy"] = {{"tiles", described.tiles_only.tiles.size()},
                       {"tiles_per_group", chip.tile_group.tiles},
                       {"crossbars_per_tile", chip.tile.crossbars},
                       {"rows", chip.crossbar.rows},
                       {"columns", chip.crossbar.columns}};
  json["components"] = Json::array();
  for (const AreaEntry& entry : described.area.entries) {
    const Power leakage = chip.costs.of(entry.component).leakage * static_cast<double>(entry.count);
    json["components"].push_back({{"component", component_info(entry.component).name},
                                  {"count", entry.count},
                                  {"area_mm2", mm2(entry.area)},
                                  {"leakage_w", leakage.si()},
                                  {"source", chip.costs.of(entry.component).source}});
  }
  json["area_mm2"] = mm2(described.area.chip);
  json["leakage_w"] = described.leakage.si();
  json["peak"] = {{"synaptic_operations_per_s", described.operations_per_second},
                  {"gops_per_mm2", described.operations_per_second / 1e9 / mm2(described.area.chip)}};
  json["programming"] = {{"cells", described.cells},
                         {"time_s", described.programming_time.si()},
                         {"energy_j", described.programming_energy.si()}};
  return json.dump(2) + "\n";
}

}  // namespace crossloom
