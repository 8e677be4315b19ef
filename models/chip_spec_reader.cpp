// The chip's YAML: every key with its range, and what must hold between keys.
#include <charconv>

#include <fmt/format.h>

#include "models/chip_spec.h"
#include "models/spec_reading.h"

namespace crossloom {

namespace {

using spec_reading::count;
using spec_reading::non_empty_text;
using spec_reading::read_source;

// Bounds that no real part comes near: they catch a wrong prefix (a 1 MW router, a chip of 0.2 m2), not a bold design.
constexpr Range<Area> kAreaRange = {Area::from_si(0.0), 100_mm2};
constexpr Range<Area> kCellAreaRange = {Area::from_si(0.0), 100_um2};
constexpr Range<Power> kLeakageRange = {Power::from_si(0.0), Power::from_si(10.0)};
constexpr Range<Energy> kEnergyRange = {Energy::from_si(0.0), Energy::from_si(1e-6)};
constexpr std::int64_t kMostTiles = 1'000'000;
// A row of cells that takes more in one read would burn, and its zeptojoules would fill the 64-bit counters.
constexpr double kLargestRowEnergy = 1e-10;

/// What is off unless asked for.
void read_crossbar_remedies(ConfigReader& reader, CrossbarSpec& spec) {
  if (auto verify = reader.optional_section("write_verify")) {
    spec.write_verify.emplace();
    spec.write_verify->attempts = count(*verify, "attempts", 1, 10'000);
    spec.write_verify->tolerance = verify->real("tolerance", {0.0, 1.0});
  }
  if (reader.has("calibration")) {
    spec.calibration = reader.choice<Calibration>(
        "calibration", {{"none", Calibration::none}, {"column_gain", Calibration::column_gain}});
  }
  spec.spare_columns = static_cast<std::uint32_t>(reader.integer_or("spare_columns", 0, {0, 4096}));
  if (reader.has("driver_variation")) spec.driver_variation = reader.real("driver_variation", {0.0, 1.0});
}

CrossbarSpec read_crossbar(ConfigReader reader, const DeviceSpec& device) {
  CrossbarSpec spec;
  spec.rows = count(reader, "rows", 1, 4096);
  spec.columns = count(reader, "columns", 1, 4096);
  spec.signed_scheme = reader.choice<SignedScheme>("signed_scheme", {{"paired_columns", SignedScheme::paired_columns},
                                                                     {"paired_arrays", SignedScheme::paired_arrays}});
  spec.weight_slices = static_cast<std::uint32_t>(reader.integer_or("weight_slices", 1, {1, 15}));
  spec.selector = reader.choice_or<Selector>("selector", Selector::none,
                                             {{"none", Selector::none}, {"cut_off", Selector::cut_off}});
  spec.read_voltage = reader.quantity<Voltage>("read_voltage", {Voltage::from_si(0.001), 5_V});
  spec.read_time = reader.quantity<Time>("read_time", {1_ps, Time::from_si(1e-4)});
  spec.wires = spec_reading::read_wires(reader, spec.wires_source);
  read_crossbar_remedies(reader, spec);
  spec.source = read_source(reader);

  if (device.levels >= 2 && !weight_level_limit(device.levels, spec.weight_slices)) {
    reader.problem("weight_slices", fmt::format("{} slices of {} levels make weights that do not fit 16 bits; "
                                                "levels^weight_slices - 1 may be at most 32767",
                                                spec.weight_slices, device.levels));
  }
  const double row_energy = spec.read_voltage.si() * spec.read_voltage.si() * device.maximum_conductance.si() *
                            spec.read_time.si() * 2.0 * spec.physical_columns() * spec.weight_slices;
  if (row_energy > kLargestRowEnergy) {
    reader.problem(
        "read_time",
        fmt::format("reading one row with all its cells at G_max would take {}, more than {}; lower "
                    "read_time, read_voltage or the conductances",
                    format_quantity(Energy::from_si(row_energy)), format_quantity(Energy::from_si(kLargestRowEnergy))));
  }
  return spec;
}

NeuronSpec read_neurons(ConfigReader& chip) {
  NeuronSpec spec;
  std::optional<ConfigReader> reader = chip.optional_section("neurons");
  if (!reader) return spec;
  spec.threshold_variation = reader->real_or("threshold_variation", 0.0, {0.0, 1.0});
  spec.comparator_offset = reader->real_or("comparator_offset", 0.0, {-1.0, 1.0});
  spec.comparator_noise = reader->real_or("comparator_noise", 0.0, {0.0, 1.0});
  spec.source = read_source(*reader);
  return spec;
}

TileSpec read_tile(ConfigReader reader, const CrossbarSpec& crossbar) {
  TileSpec spec;
  spec.crossbars = count(reader, "crossbars", 1, 1024);
  spec.neurons = count(reader, "neurons", 1, 1'000'000);
  spec.counters = static_cast<std::uint32_t>(reader.integer_or("counters", 0, {0, 1'000'000}));
  spec.packet_bits = count(reader, "packet_bits", 1, 64);
  spec.drive_cycles = count(reader, "drive_cycles", 0, 1'000'000);
  spec.compare_cycles = count(reader, "compare_cycles", 0, 1'000'000);
  spec.send_cycles = count(reader, "send_cycles", 0, 1'000'000);
  spec.source = read_source(reader);
  if (reader.has("neurons") && spec.neurons < crossbar.columns) {
    reader.problem("neurons",
                   fmt::format("a tile with {} neurons cannot serve one crossbar of {} columns; give at least {}",
                               spec.neurons, crossbar.columns, crossbar.columns));
  }
  return spec;
}

TileGroupSpec read_tile_group(ConfigReader reader) {
  TileGroupSpec spec;
  spec.tiles = count(reader, "tiles", 1, 4096);
  spec.analog_reach = reader.choice<AnalogReach>(
      "analog_reach", {{"tile", AnalogReach::tile}, {"tile_group", AnalogReach::tile_group}});
  spec.analog_transfer_cycles = count(reader, "analog_transfer_cycles", 0, 1'000'000);
  spec.source = read_source(reader);
  return spec;
}

InterconnectSpec read_interconnect(ConfigReader reader, const TileSpec& tile) {
  InterconnectSpec spec;
  spec.tiles_per_router = count(reader, "tiles_per_router", 1, InterconnectSpec::kMaximumTilesPerRouter);
  spec.flit_bits = count(reader, "flit_bits", 1, 4096);
  spec.header_bits = count(reader, "header_bits", 1, 4096);
  spec.buffer_flits = count(reader, "buffer_flits", 1, 65536);
  spec.router_cycles = count(reader, "router_cycles", 1, 1'000'000);
  spec.link_cycles = count(reader, "link_cycles", 1, 1'000'000);
  spec.host_ports = count(reader, "host_ports", 1, 4096);
  spec.source = read_source(reader);
  if (spec.header_bits > spec.flit_bits) {
    reader.problem("header_bits", fmt::format("a step-done token is one flit, so the header of {} bits must fit into "
                                              "flit_bits ({})",
                                              spec.header_bits, spec.flit_bits));
  }
  const std::uint32_t packet_flits = spec.packet_flits(tile.packet_bits);
  if (reader.has("buffer_flits") && spec.buffer_flits < packet_flits) {
    reader.problem("buffer_flits",
                   fmt::format("a buffer of {} flits cannot hold one packet of {} flits ({} header and {} "
                               "packet bits at {} bits a flit)",
                               spec.buffer_flits, packet_flits, spec.header_bits, tile.packet_bits, spec.flit_bits));
  }
  return spec;
}

ComponentCost read_component(ConfigReader reader, Component component, CostTable& costs) {
  ComponentCost cost;
  cost.area = reader.quantity<Area>("area", component == Component::array ? kCellAreaRange : kAreaRange);
  cost.leakage = reader.quantity<Power>("leakage", kLeakageRange);
  for (const Action action : all_actions()) {
    if (action_info(action).component != component) continue;
    costs.actions[static_cast<std::size_t>(action)] = reader.quantity<Energy>(action_info(action).name, kEnergyRange);
  }
  cost.source = read_source(reader);
  return cost;
}

CostTable read_costs(ConfigReader reader, const TileSpec& tile) {
  CostTable costs;
  for (const Component component : all_components()) {
    // Only chips with counters say what they cost.
    const bool may_be_missing = component == Component::pool_counter && tile.counters == 0;
    if (may_be_missing && !reader.optional_section(component_info(component).name)) continue;
    costs.components[static_cast<std::size_t>(component)] =
        read_component(reader.section(component_info(component).name), component, costs);
  }
  return costs;
}

std::optional<std::uint32_t> read_tiles(ConfigReader& reader) {
  const std::string text = reader.text_or("tiles", "auto");
  if (text == "auto") return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > kMostTiles) {
    if (!text.empty()) {
      reader.problem("tiles", fmt::format("expected auto or an integer from 1 to {}, got \"{}\"", kMostTiles, text));
    }
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(reader.integer("tiles", {1, kMostTiles}));
}

}  // namespace

ChipSpec read_chip_spec(ConfigReader reader) {
  ChipSpec chip;
  if (reader.has("execution")) reader.choice<int>("execution", {{"spiking", 0}});
  chip.name = non_empty_text(reader, "name", "the chip a name");
  chip.technology = non_empty_text(reader, "technology", "the process and the devices");
  chip.source = read_source(reader);
  chip.clock = spec_reading::read_clock(reader);
  chip.device = read_device_spec(reader.section("device"));
  chip.crossbar = read_crossbar(reader.section("crossbar"), chip.device);
  chip.neurons = read_neurons(reader);
  chip.tile = read_tile(reader.section("tile"), chip.crossbar);
  chip.tile_group = read_tile_group(reader.section("tile_group"));
  chip.interconnect = read_interconnect(reader.section("interconnect"), chip.tile);
  chip.tiles = read_tiles(reader);
  chip.power_gating = reader.boolean_or("power_gating", false);
  chip.costs = read_costs(reader.section("costs"), chip.tile);
  return chip;
}

}  // namespace crossloom
