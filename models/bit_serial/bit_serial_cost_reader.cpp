// The `costs` and `published` sections of a bit-serial chip.
#include <algorithm>

#include <fmt/format.h>

#include "models/bit_serial/bit_serial_reading.h"
#include "models/spec_reading.h"

namespace crossloom::bit_serial_reading {

namespace {

using spec_reading::read_source;

// Bounds that no real part comes near: they catch a wrong prefix, not a bold design.
constexpr Range<Area> kAreaRange = {Area(), 100_mm2};
constexpr Range<Power> kPowerRange = {Power(), Power::from_si(100.0)};
constexpr Range<Energy> kEnergyRange = {Energy(), Energy::from_si(1e-6)};

/// Parts that some published chips do not have.
bool may_be_missing(BitSerialComponent component) {
  using C = BitSerialComponent;
  constexpr std::array<C, 7> kOptional = {C::element_control, C::vector_unit, C::element_memory, C::tile_register,
                                          C::tile_control,    C::chip_link,   C::chip_control};
  return std::find(kOptional.begin(), kOptional.end(), component) != kOptional.end();
}

BitSerialComponentCost read_component(ConfigReader reader, BitSerialComponent component, BitSerialCostTable& costs) {
  BitSerialComponentCost cost;
  cost.area = reader.quantity<Area>("area", kAreaRange);
  cost.leakage = reader.quantity<Power>("leakage", kPowerRange);
  cost.active_power = reader.quantity<Power>("active_power", kPowerRange);
  for (const BitSerialAction action : all_bit_serial_actions()) {
    const BitSerialActionInfo& info = bit_serial_action_info(action);
    if (info.component != component || action == BitSerialAction::cell_write) continue;
    costs.actions[static_cast<std::size_t>(action)] = reader.quantity<Energy>(info.name, kEnergyRange);
  }
  cost.source = read_source(reader);
  if (cost.leakage > cost.active_power) {
    reader.problem("active_power", fmt::format("is the power while working, leakage included: it cannot be less than "
                                               "leakage ({})",
                                               format_quantity(cost.leakage)));
  }
  return cost;
}

}  // namespace

BitSerialCostTable read_costs(ConfigReader reader, const DeviceSpec& device) {
  BitSerialCostTable costs;
  for (const BitSerialComponent component : all_bit_serial_components()) {
    const char* name = bit_serial_component_info(component).name;
    if (may_be_missing(component) && !reader.has(name)) continue;
    costs.components[static_cast<std::size_t>(component)] = read_component(reader.section(name), component, costs);
  }
  costs.actions[static_cast<std::size_t>(BitSerialAction::cell_write)] = device.write_energy;
  return costs;
}

PublishedFigures read_published_figures(ConfigReader reader) {
  PublishedFigures figures;
  if (reader.has("area")) figures.area = reader.quantity<Area>("area", {1_um2, Area::from_si(1.0)});
  if (reader.has("power")) figures.power = reader.quantity<Power>("power", {1_uW, Power::from_si(1e6)});
  if (reader.has("gops_per_mm2")) figures.gops_per_mm2 = reader.real("gops_per_mm2", {0.0, 1e9});
  if (reader.has("gops_per_watt")) figures.gops_per_watt = reader.real("gops_per_watt", {0.0, 1e9});
  if (reader.has("product_time")) {
    figures.product_time = reader.quantity<Time>("product_time", {1_ps, Time::from_si(1.0)});
  }
  if (reader.has("product_energy")) {
    figures.product_energy = reader.quantity<Energy>("product_energy", {1_fJ, Energy::from_si(1.0)});
  }
  if (auto shares = reader.optional_section("power_shares")) {
    for (const std::string& name : shares->keys())
      figures.power_shares.emplace_back(name, shares->real(name, {0.0, 1.0}));
  }
  figures.source = read_source(reader);
  return figures;
}

}  // namespace crossloom::bit_serial_reading
