#include "traces/bit_serial_report.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/files.h"
#include "traces/bit_serial_programming.h"
#include "traces/engineering.h"
#include "traces/observation_tables.h"
#include "traces/sqlite_writer.h"
#include "traces/table_cells.h"
#include "traces/text_table.h"

namespace crossloom {

namespace {

using Json = nlohmann::ordered_json;

double mean_of(const BitSerialVariantReport& variant,
               double (*figure)(const BitSerialSeedReport&, const BitSerialChipSpec&), const BitSerialChipSpec& chip) {
  double sum = 0.0;
  for (const BitSerialSeedReport& seed : variant.seeds) sum += figure(seed, chip);
  return sum / static_cast<double>(variant.seeds.size());
}

/// A column of the printed comparison.
struct Figure {
  const char* name;
  const char* heading[2];
  double (*value)(const BitSerialSeedReport&, const BitSerialChipSpec&);
  std::string (*show)(double);
};

using Seed = BitSerialSeedReport;
using Chip = BitSerialChipSpec;
std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.2f} %", 100.0 * share) : "-"; }
std::string joules(double value) { return format_engineering(value, "J"); }
std::string seconds(double value) { return format_engineering(value, "s"); }
std::string watts(double value) { return format_engineering(value, "W"); }
std::string per_second(double value) { return format_engineering(value, "/s"); }
std::string significant(double value) { return format_significant(value); }

const std::vector<Figure>& figures() {
  static const std::vector<Figure> kFigures = {
      {"accuracy", {"accuracy", "network"}, [](const Seed& s, const Chip&) { return s.accuracy; }, percent},
      {"exact_accuracy",
       {"accuracy", "integers"},
       [](const Seed& s, const Chip&) { return s.exact_accuracy; },
       percent},
      {"chip_accuracy", {"accuracy", "on chip"}, [](const Seed& s, const Chip&) { return s.chip_accuracy; }, percent},
      {"synapses",
       {"", "synapses"},
       [](const Seed& s, const Chip&) { return static_cast<double>(s.synapses); },
       format_count},
      {"crossbars",
       {"cross-", "bars"},
       [](const Seed& s, const Chip&) { return static_cast<double>(s.crossbars); },
       format_count},
      {"tiles", {"", "tiles"}, [](const Seed& s, const Chip&) { return static_cast<double>(s.tiles); }, format_count},
      {"utilisation", {"utili-", "sation"}, [](const Seed& s, const Chip&) { return s.utilisation; }, percent},
      {"used_area_mm2",
       {"used", "mm2"},
       [](const Seed& s, const Chip&) { return s.used_area.si() * 1e6; },
       significant},
      {"clipped_share",
       {"", "clipped"},
       [](const Seed& s, const Chip& c) { return headline(s, c).clipped_share; },
       percent},
      {"energy_per_inference_j",
       {"", "energy"},
       [](const Seed& s, const Chip& c) { return headline(s, c).energy_per_inference_j; },
       joules},
      {"latency_per_inference_s",
       {"", "latency"},
       [](const Seed& s, const Chip& c) { return headline(s, c).latency_per_inference_s; },
       seconds},
      {"throughput_per_s",
       {"through-", "put"},
       [](const Seed& s, const Chip& c) { return headline(s, c).throughput_per_s; },
       per_second},
      {"power_w", {"", "power"}, [](const Seed& s, const Chip& c) { return headline(s, c).power_w; }, watts},
      {"tops_per_w",
       {"", "TOPS/W"},
       [](const Seed& s, const Chip& c) { return headline(s, c).tops_per_w; },
       significant},
  };
  return kFigures;
}

std::string energy_text(const BitSerialReport& report) {
  const BitSerialSeedReport& seed = report.variants.front().seeds.front();
  const auto images = static_cast<double>(seed.result.images.size());
  const std::string cell_write = bit_serial_action_info(BitSerialAction::cell_write).name;
  TextColumn names{{"energy of one inference", report.variants.front().name}};
  std::vector<TextColumn> columns = {TextColumn{{"", "energy"}}, TextColumn{{"", "share"}},
                                     TextColumn{{"of dynamic", "energy"}}, TextColumn{{"published", "share"}}};
  for (const BitSerialComponent component : all_bit_serial_components()) {
    const Energy all = seed.cost.of(component);
    if (all == Energy()) continue;
    Energy leakage, writing;
    for (const BitSerialEnergyEntry& entry : seed.cost.energy) {
      if (entry.component != component) continue;
      if (entry.action == "leakage") leakage += entry.energy;
      if (component == BitSerialComponent::array && entry.action == cell_write) writing += entry.energy;
    }
    const char* name = bit_serial_component_info(component).name;
    std::string published = "";
    for (const auto& [of, share] : report.chip.published.power_shares) {
      if (of == name) published = percent(share) + " of power";
    }
    const auto add = [&](const std::string& row, Energy energy, Energy dynamic, const std::string& beside) {
      names.cells.push_back(row);
      columns[0].cells.push_back(joules(energy.si() / images));
      columns[1].cells.push_back(percent(energy / seed.cost.total()));
      columns[2].cells.push_back(percent(dynamic / seed.cost.dynamic));
      columns[3].cells.push_back(beside);
    };
    add(name, all - writing, all - leakage - writing, published);
    if (writing > Energy()) add(fmt::format("{}, cells written", name), writing, writing, "");
  }
  return block_text(names, columns);
}

Table comparison_table(const BitSerialReport& report) {
  std::vector<Column> columns = {table_cells::variant_column(), table_cells::seed_column()};
  for (const Figure& figure : figures()) columns.push_back({figure.name, ColumnType::real, "mean over images"});
  Table table("comparison", columns);
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      std::vector<Cell> row = {variant.name, std::to_string(seed.seed)};
      for (const Figure& figure : figures()) row.push_back(table_cells::real_cell(figure.value(seed, report.chip)));
      table.add(std::move(row));
    }
  }
  return table;
}

Table energy_table(const BitSerialReport& report) {
  Table table("energy", {table_cells::variant_column(),
                         table_cells::seed_column(),
                         {"component", ColumnType::text, ""},
                         {"action", ColumnType::text, ""},
                         {"node", ColumnType::text, "empty: no node (leakage, host)"},
                         {"tile", ColumnType::integer, "empty: the whole chip"},
                         {"count", ColumnType::integer, "over all simulated images"},
                         {"energy_j", ColumnType::real, "over all simulated images"}});
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      for (const BitSerialEnergyEntry& entry : seed.cost.energy) {
        table.add({variant.name, std::to_string(seed.seed), bit_serial_component_info(entry.component).name,
                   entry.action, entry.node ? Cell(report.node_names.at(entry.node->value())) : Cell(),
                   entry.tile ? table_cells::count_cell(entry.tile->value()) : Cell(),
                   table_cells::count_cell(entry.count), entry.energy.si()});
      }
    }
  }
  return table;
}

Table latency_table(const BitSerialReport& report) {
  Table table("latency", {table_cells::variant_column(),
                          table_cells::seed_column(),
                          {"image", ColumnType::integer, "position in the stimulus"},
                          {"label", ColumnType::integer, ""},
                          {"predicted", ColumnType::integer, ""},
                          {"latency_cycles", ColumnType::integer, "first value sent to last output"},
                          {"latency_s", ColumnType::real, ""}});
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      for (std::size_t k = 0; k < seed.result.images.size(); ++k) {
        const BitSerialImage& image = seed.result.images[k];
        table.add({variant.name, std::to_string(seed.seed), static_cast<std::int64_t>(k),
                   static_cast<std::int64_t>(seed.labels[k]), static_cast<std::int64_t>(image.predicted),
                   static_cast<std::int64_t>(image.latency_cycles()),
                   report.chip.time_of(Cycles(image.latency_cycles())).si()});
      }
    }
  }
  return table;
}

Table stalls_table(const BitSerialReport& report) {
  Table table("stalls", {table_cells::variant_column(),
                         table_cells::seed_column(),
                         {"waiting_for", ColumnType::text, ""},
                         {"cycles", ColumnType::integer, "summed over whoever waited and all images"}});
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      for (std::size_t i = 0; i < kBitSerialStalls; ++i) {
        table.add({variant.name, std::to_string(seed.seed), name_of(static_cast<BitSerialStall>(i)),
                   static_cast<std::int64_t>(seed.result.use.stalls[i])});
      }
    }
  }
  return table;
}

Table components_table(const BitSerialReport& report) {
  Table table("components", {{"component", ColumnType::text, ""},
                             {"count", ColumnType::integer, "of one chip"},
                             {"area_mm2", ColumnType::real, "of all of them"},
                             {"peak_power_w", ColumnType::real, ""},
                             {"leakage_w", ColumnType::real, ""},
                             {"source", ColumnType::text, ""}});
  for (const BitSerialPart& part : parts_of_chip(report.chip)) {
    table.add({bit_serial_component_info(part.component).name, static_cast<std::int64_t>(part.count),
               part.area.si() * 1e6, part.active_power.si(), part.leakage.si(),
               report.chip.costs.of(part.component).source});
  }
  return table;
}

Table pairs_table(const char* name, const char* first, const char* second,
                  const std::vector<std::pair<std::string, std::string>>& pairs) {
  Table table(name, {{first, ColumnType::text, ""}, {second, ColumnType::text, ""}});
  for (const auto& [one, other] : pairs) table.add({one, other});
  return table;
}

}  // namespace

std::vector<Table> bit_serial_tables(const BitSerialReport& report) {
  std::vector<std::pair<std::string, std::string>> inputs;
  for (const InputDigest& input : report.inputs) inputs.emplace_back(input.name, input.sha256);
  std::vector<Table> tables = {comparison_table(report),
                               energy_table(report),
                               latency_table(report),
                               stalls_table(report),
                               bit_serial_programming_table(report),
                               components_table(report),
                               pairs_table("inputs", "name", "sha256", inputs),
                               pairs_table("versions", "name", "version", report.versions)};
  const ObservedRun run = observed_run(report);
  if (run.seeds.empty()) return tables;
  for (Table& table : observation_tables(run)) tables.push_back(std::move(table));
  return tables;
}

std::string bit_serial_summary_json(const BitSerialReport& report) {
  Json json = {{"execution", "bit_serial"}, {"experiment", report.experiment},    {"dataset", report.dataset},
               {"chip", report.chip.name},  {"clock_hz", report.chip.clock.si()}, {"seed", report.seed}};
  for (const BitSerialVariantReport& variant : report.variants) {
    Json entry = {{"name", variant.name}};
    for (const Figure& figure : figures()) entry[figure.name] = mean_of(variant, figure.value, report.chip);
    for (const BitSerialSeedReport& seed : variant.seeds) {
      Json of_seed = {{"seed", seed.seed}};
      for (const Figure& figure : figures()) of_seed[figure.name] = figure.value(seed, report.chip);
      of_seed["images"] = seed.result.images.size();
      of_seed["images_equal_to_exact"] = seed.equal_to_exact;
      of_seed["chips"] = seed.chips;
      of_seed["passes"] = seed.passes;
      of_seed["copies"] = seed.copies;
      of_seed["chip_area_mm2"] = seed.chip_area.si() * 1e6;
      of_seed["multiply_accumulates"] = seed.multiply_accumulates;
      of_seed["dynamic_energy_j"] = seed.cost.dynamic.si() / static_cast<double>(seed.result.images.size());
      of_seed["leakage_energy_j"] = seed.cost.leakage.si() / static_cast<double>(seed.result.images.size());
      of_seed["programming_energy_j"] = seed.programming.total().energy.si();
      of_seed["programming_time_s"] = seed.programming.total().time.si();
      of_seed["programmed_times"] = seed.programmed_times;
      of_seed["writes_of_a_cell"] = seed.programmed_times * seed.programming.most_writes_of_a_cell;
      if (report.chip.writing.endurance)
        of_seed["endurance_share"] = endurance_share(seed, *report.chip.writing.endurance);
      entry["seeds"].push_back(std::move(of_seed));
    }
    json["variants"].push_back(std::move(entry));
  }
  return json.dump(2) + "\n";
}

std::string bit_serial_comparison_text(const BitSerialReport& report) {
  const BitSerialSeedReport& seed = report.variants.front().seeds.front();
  std::string text = wrapped_words(
      fmt::format("{}: {} on {} at {}, {} images on the chip, {} seed{}", report.experiment, report.dataset,
                  report.chip.name, format_quantity(report.chip.clock), seed.result.images.size(),
                  report.variants.front().seeds.size(), report.variants.front().seeds.size() == 1 ? "" : "s"),
      120);
  TextColumn names{{"", "variant"}};
  std::vector<TextColumn> columns;
  for (const Figure& figure : figures()) columns.push_back(TextColumn{{figure.heading[0], figure.heading[1]}});
  for (const BitSerialVariantReport& variant : report.variants) {
    names.cells.push_back(shortened(variant.name));
    for (std::size_t f = 0; f < figures().size(); ++f) {
      columns[f].cells.push_back(figures()[f].show(mean_of(variant, figures()[f].value, report.chip)));
    }
  }
  for (const auto& block : wrapped(names, columns, 120)) text += "\n" + block_text(names, block);
  text += "\nEnergy and latency of one inference; used: the tiles in use; clipped: of all conversions.\n";
  text += fmt::format("All outputs of {} of {} images are those of exact integers ({}).\n\n", seed.equal_to_exact,
                      seed.result.images.size(), report.variants.front().name);
  const std::string left_out = left_out_text(observed_run(report));
  if (!left_out.empty()) text += left_out + "\n";
  text += energy_text(report);
  text += "\n" + bit_serial_programming_text(report);
  return text;
}

void write_bit_serial_report(const BitSerialReport& report, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "tables");
  const std::vector<Table> tables = bit_serial_tables(report);
  for (const Table& table : tables) {
    write_file_atomically(folder / "tables" / (table.name() + ".csv"), table.to_csv());
  }
  write_file_atomically(folder / "results.sqlite",
                        sqlite_database(tables, {{"experiment", report.experiment}, {"chip", report.chip.name}}));
  write_file_atomically(folder / "summary.json", bit_serial_summary_json(report));
  write_file_atomically(folder / "comparison.txt", bit_serial_comparison_text(report));
  for (const auto& [name, picture] : observation_pictures(observed_run(report))) {
    write_file_atomically(folder / name, picture);
  }
}

}  // namespace crossloom
