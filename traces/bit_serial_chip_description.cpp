#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "models/bit_serial/bit_serial_cost.h"
#include "traces/chip_description.h"
#include "traces/engineering.h"
#include "traces/text_table.h"

namespace crossloom {

namespace {

using Json = nlohmann::ordered_json;

const char* name_of(BitSerialLevel level) {
  switch (level) {
    case BitSerialLevel::array:
      return "array";
    case BitSerialLevel::processing_element:
      return "processing_element";
    case BitSerialLevel::tile:
      return "tile";
    case BitSerialLevel::network:
      return "network";
    case BitSerialLevel::chip:
      return "chip";
  }
  return "";
}

const char* name_of(WeightEncoding encoding) {
  switch (encoding) {
    case WeightEncoding::offset:
      return "offset";
    case WeightEncoding::differential:
      return "differential";
    case WeightEncoding::differential_analog:
      return "differential, subtracted before conversion";
  }
  return "";
}

double mm2(Area area) { return area.si() * 1e6; }

/// Ours beside theirs: " (published 479, ours x1.01)", or nothing.
std::string beside(double ours, const std::optional<double>& published) {
  if (!published) return "";
  return fmt::format(" (published {}, ours x{:.3f})", format_significant(*published, 4), ours / *published);
}

template <class Q>
std::optional<double> si_of(const std::optional<Q>& quantity, double factor = 1.0) {
  if (!quantity) return std::nullopt;
  return quantity->si() * factor;
}

std::string hierarchy_text(const BitSerialChipSpec& chip) {
  const ProcessingElementSpec& element = chip.processing_element;
  std::string text = fmt::format("{}: {}, bit-serial, {}\n", chip.name, chip.technology, format_quantity(chip.clock));
  if (chip.chips > 1) text += fmt::format("  board    {} chips on a link\n", chip.chips);
  text += fmt::format("  chip     {} tiles, {} routers\n", chip.tiles, chip.interconnect.routers());
  text += fmt::format("  tile     {} processing elements, buffer of {} KB, bus of {} bits, {} activation units\n",
                      chip.tile.processing_elements, chip.tile.buffer_bits / 8192, chip.tile.bus_bits,
                      chip.tile.activation_units);
  text +=
      fmt::format("  element  {} arrays = {} crossbars of {}x{} weights, {} ADCs of {} bits\n", element.arrays,
                  chip.crossbars_per_element(), chip.array.rows, chip.logical_columns(), element.adcs, chip.adc.bits);
  text += fmt::format("  array    {}x{} cells of {} bits; a weight of {} bits ({}) takes {} of them in {} array{}\n",
                      chip.array.rows, chip.array.bit_lines, chip.cell_bits(), chip.weight_bits,
                      name_of(chip.array.weight_encoding), chip.weight_slices() * chip.polarities(),
                      chip.arrays_per_crossbar(), chip.arrays_per_crossbar() == 1 ? "" : "s");
  text += fmt::format("  weights  {} in all\n",
                      format_count(static_cast<double>(chip.crossbars() * chip.array.rows * chip.logical_columns())));
  return text;
}

std::string parts_text(const std::vector<BitSerialPart>& parts) {
  const double area = mm2(area_of(parts)), power = peak_power_of(parts).si();
  const auto share = [](double part, double all) {
    return all > 0.0 ? fmt::format("{:.1f} %", 100.0 * part / all) : "-";
  };
  TextColumn names{{"", "component"}};
  std::vector<TextColumn> columns = {
      TextColumn{{"", "level"}},     TextColumn{{"", "count"}}, TextColumn{{"area", "mm2"}}, TextColumn{{"", "share"}},
      TextColumn{{"peak", "power"}}, TextColumn{{"", "share"}}, TextColumn{{"", "leakage"}}};
  for (const BitSerialPart& part : parts) {
    if (part.area == Area() && part.active_power == Power()) continue;
    const BitSerialComponentInfo& info = bit_serial_component_info(part.component);
    names.cells.emplace_back(info.name);
    const std::string cells[] = {name_of(info.level),
                                 format_count(static_cast<double>(part.count)),
                                 format_significant(mm2(part.area)),
                                 share(mm2(part.area), area),
                                 format_engineering(part.active_power.si(), "W"),
                                 share(part.active_power.si(), power),
                                 format_engineering(part.leakage.si(), "W")};
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].cells.push_back(cells[c]);
  }
  return block_text(names, columns);
}

std::string figures_text(const BitSerialChipSpec& chip, const std::vector<BitSerialPart>& parts) {
  const PublishedFigures& published = chip.published;
  const PeakPerformance peak = peak_performance(chip);
  const CrossbarProduct product = crossbar_product(chip);
  const WholeChipProgramming programming = whole_chip_programming(chip);
  std::string text;
  text += fmt::format("area         {} mm2{}\n", format_significant(mm2(area_of(parts)), 4),
                      beside(mm2(area_of(parts)), si_of(published.area, 1e6)));
  text += fmt::format("peak power   {}{}\n", format_engineering(peak_power_of(parts).si(), "W"),
                      beside(peak_power_of(parts).si(), si_of(published.power)));
  text += fmt::format("peak         {}: a multiply-accumulate of {}x{} bits counts as two operations\n",
                      format_engineering(peak.operations_per_second, "OP/s"), chip.weight_bits, chip.activation_bits);
  text += fmt::format("             {} GOPS/mm2{}\n", format_significant(peak.gops_per_mm2, 4),
                      beside(peak.gops_per_mm2, published.gops_per_mm2));
  text += fmt::format("             {} GOPS/W{}\n", format_significant(peak.gops_per_watt, 4),
                      beside(peak.gops_per_watt, published.gops_per_watt));
  text += fmt::format("one product  {} multiply-accumulates in {}{}, the next after {}\n",
                      format_count(static_cast<double>(product.multiply_accumulates)),
                      format_engineering(product.latency.si(), "s"),
                      beside(product.latency.si() * 1e9, si_of(published.product_time, 1e9)),
                      format_engineering(product.interval.si(), "s"));
  text += fmt::format("             {}{}, {} each\n", format_engineering(product.energy.si(), "J"),
                      beside(product.energy.si() * 1e9, si_of(published.product_energy, 1e9)),
                      format_engineering(product.energy.si() / static_cast<double>(product.multiply_accumulates), "J"));
  text += fmt::format("programming  {} cells in {} with {}, all arrays at once\n",
                      format_count(static_cast<double>(programming.cells)),
                      format_engineering(programming.time.si(), "s"), format_engineering(programming.energy.si(), "J"));
  if (!published.source.empty()) text += "published     " + wrapped_words(published.source, 104) + "\n";
  return text;
}

Json published_json(const PublishedFigures& published) {
  Json json = Json::object();
  if (published.area) json["area_mm2"] = mm2(*published.area);
  if (published.power) json["peak_power_w"] = published.power->si();
  if (published.gops_per_mm2) json["gops_per_mm2"] = *published.gops_per_mm2;
  if (published.gops_per_watt) json["gops_per_w"] = *published.gops_per_watt;
  if (published.product_time) json["product_latency_s"] = published.product_time->si();
  if (published.product_energy) json["product_energy_j"] = published.product_energy->si();
  for (const auto& [name, value] : published.power_shares) json["power_shares"][name] = value;
  if (!published.source.empty()) json["source"] = published.source;
  return json;
}

}  // namespace

std::string chip_text(const BitSerialChipSpec& chip) {
  const std::vector<BitSerialPart> parts = parts_of_chip(chip);
  return hierarchy_text(chip) + "\n" + parts_text(parts) + "\n" + figures_text(chip, parts);
}

std::string chip_json(const BitSerialChipSpec& chip) {
  const std::vector<BitSerialPart> parts = parts_of_chip(chip);
  const PeakPerformance peak = peak_performance(chip);
  const CrossbarProduct product = crossbar_product(chip);
  const WholeChipProgramming programming = whole_chip_programming(chip);
  Json json = {{"chip", chip.name}, {"execution", "bit_serial"}, {"clock_hz", chip.clock.si()}};
  json["hierarchy"] = {{"chips", chip.chips},
                       {"tiles", chip.tiles},
                       {"processing_elements_per_tile", chip.tile.processing_elements},
                       {"arrays_per_element", chip.processing_element.arrays},
                       {"crossbars_per_element", chip.crossbars_per_element()},
                       {"rows", chip.array.rows},
                       {"columns", chip.logical_columns()},
                       {"cell_bits", chip.cell_bits()},
                       {"weight_slices", chip.weight_slices()}};
  json["components"] = Json::array();
  for (const BitSerialPart& part : parts) {
    if (chip.costs.of(part.component).source.empty()) continue;  // the chip has none
    const BitSerialComponentInfo& info = bit_serial_component_info(part.component);
    json["components"].push_back({{"component", info.name},
                                  {"level", name_of(info.level)},
                                  {"count", part.count},
                                  {"area_mm2", mm2(part.area)},
                                  {"peak_power_w", part.active_power.si()},
                                  {"leakage_w", part.leakage.si()},
                                  {"source", chip.costs.of(part.component).source}});
  }
  json["area_mm2"] = mm2(area_of(parts));
  json["peak_power_w"] = peak_power_of(parts).si();
  json["leakage_w"] = leakage_of(parts).si();
  json["peak"] = {{"operations_per_s", peak.operations_per_second},
                  {"gops_per_mm2", peak.gops_per_mm2},
                  {"gops_per_w", peak.gops_per_watt}};
  json["product"] = {{"multiply_accumulates", product.multiply_accumulates},
                     {"latency_s", product.latency.si()},
                     {"interval_s", product.interval.si()},
                     {"energy_j", product.energy.si()}};
  json["programming"] = {
      {"cells", programming.cells}, {"time_s", programming.time.si()}, {"energy_j", programming.energy.si()}};
  json["published"] = published_json(chip.published);
  return json.dump(2) + "\n";
}

}  // namespace crossloom
