// The bit-serial chip's YAML: every key with its range, and what must hold between keys.
#include <fmt/format.h>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/bit_serial_reading.h"
#include "models/spec_reading.h"

namespace crossloom {

namespace {

using spec_reading::count;
using spec_reading::read_source;

constexpr std::uint32_t kMostCycles = 1'000'000;
constexpr std::uint32_t kMostBits = 1'000'000'000;

BitSerialArraySpec read_array(ConfigReader reader) {
  BitSerialArraySpec spec;
  spec.rows = count(reader, "rows", 1, 4096);
  spec.bit_lines = count(reader, "bit_lines", 1, 4096);
  spec.weight_encoding =
      reader.choice<WeightEncoding>("weight_encoding", {{"offset", WeightEncoding::offset},
                                                        {"differential", WeightEncoding::differential},
                                                        {"differential_analog", WeightEncoding::differential_analog}});
  spec.slice_placement = reader.choice<SlicePlacement>(
      "slice_placement", {{"columns", SlicePlacement::columns}, {"arrays", SlicePlacement::arrays}});
  spec.flip_encoding = reader.boolean_or("flip_encoding", false);
  spec.selector = reader.choice_or<Selector>("selector", Selector::none,
                                             {{"none", Selector::none}, {"cut_off", Selector::cut_off}});
  spec.read_voltage = reader.quantity<Voltage>("read_voltage", {Voltage::from_si(0.001), 5_V});
  spec.read_time = reader.quantity<Time>("read_time", {1_ps, Time::from_si(1e-4)});
  spec.energy = reader.choice_or<ArrayEnergy>(
      "energy", ArrayEnergy::constant, {{"constant", ArrayEnergy::constant}, {"dissipated", ArrayEnergy::dissipated}});
  spec.wires = spec_reading::read_wires(reader, spec.wires_source);
  spec.source = read_source(reader);
  if (spec.flip_encoding && spec.weight_encoding != WeightEncoding::offset) {
    reader.problem("flip_encoding", "is for weight_encoding: offset only; differential weights have small sums anyway");
  }
  return spec;
}

ConverterErrors read_converter_errors(ConfigReader& converter) {
  ConverterErrors errors;
  std::optional<ConfigReader> reader = converter.optional_section("errors");
  if (!reader) return errors;
  errors.offset = reader->real_or("offset", 0.0, {0.0, 1000.0});
  errors.gain = reader->real_or("gain", 0.0, {0.0, 1.0});
  errors.integral_nonlinearity = reader->real_or("integral_nonlinearity", 0.0, {0.0, 1000.0});
  errors.differential_nonlinearity = reader->real_or("differential_nonlinearity", 0.0, {0.0, 10.0});
  errors.noise = reader->real_or("noise", 0.0, {0.0, 1000.0});
  errors.source = read_source(*reader);
  return errors;
}

DacSpec read_dac(ConfigReader reader) {
  DacSpec spec;
  spec.bits = count(reader, "bits", 1, 8);
  spec.time_constant = reader.quantity_or<Time>("time_constant", Time{}, {Time{}, Time::from_si(1e-4)});
  spec.errors = read_converter_errors(reader);
  spec.source = read_source(reader);
  return spec;
}

AdcSpec read_adc(ConfigReader reader) {
  AdcSpec spec;
  spec.bits = count(reader, "bits", 1, 16);
  spec.range = reader.choice_or<AdcRange>(
      "range", AdcRange::unit,
      {{"unit", AdcRange::unit}, {"full", AdcRange::full}, {"calibrated", AdcRange::calibrated}});
  spec.calibration_percentile = reader.real_or("calibration_percentile", 99.99, {50.0, 100.0});
  spec.conversion_time = reader.quantity<Time>("conversion_time", {1_ps, Time::from_si(1e-4)});
  spec.sample_and_hold_stages = count(reader, "sample_and_hold_stages", 0, 16);
  spec.errors = read_converter_errors(reader);
  spec.source = read_source(reader);
  return spec;
}

ProcessingElementSpec read_element(ConfigReader reader, const BitSerialChipSpec& chip) {
  ProcessingElementSpec spec;
  spec.arrays = count(reader, "arrays", 1, 4096);
  spec.adcs = count(reader, "adcs", 1, 65536);
  spec.shift_adders = count(reader, "shift_adders", 1, 65536);
  spec.input_register_bits = count(reader, "input_register_bits", 1, kMostBits);
  spec.output_register_bits = count(reader, "output_register_bits", 1, kMostBits);
  spec.crossbars_in_parallel = reader.boolean_or("crossbars_in_parallel", true);
  spec.load_cycles = Cycles(count(reader, "load_cycles", 0, kMostCycles));
  spec.finish_cycles = Cycles(count(reader, "finish_cycles", 0, kMostCycles));
  spec.source = read_source(reader);
  if (reader.has("adcs") && spec.arrays % spec.adcs != 0 && spec.adcs % spec.arrays != 0) {
    reader.problem("adcs", fmt::format("{} ADCs cannot be shared evenly by {} arrays: give a divisor or a multiple",
                                       spec.adcs, spec.arrays));
  }
  const std::uint64_t input_bits = std::uint64_t{chip.array.rows} * chip.activation_bits;
  if (reader.has("input_register_bits") && spec.input_register_bits < input_bits) {
    reader.problem("input_register_bits",
                   fmt::format("holds {} bits, fewer than the {} inputs of {} bits of one array "
                               "need ({})",
                               spec.input_register_bits, chip.array.rows, chip.activation_bits, input_bits));
  }
  return spec;
}

BitSerialTileSpec read_tile(ConfigReader reader, const BitSerialChipSpec& chip) {
  BitSerialTileSpec spec;
  spec.processing_elements = count(reader, "processing_elements", 1, 4096);
  spec.buffer_bits = static_cast<std::uint64_t>(reader.integer("buffer_bits", {1, std::int64_t{1} << 40}));
  spec.buffer_port_bits = count(reader, "buffer_port_bits", 1, 1'000'000);
  spec.buffer_ports = count(reader, "buffer_ports", 1, 1024);
  spec.buffer_cycles = Cycles(count(reader, "buffer_cycles", 0, kMostCycles));
  spec.bus_bits = count(reader, "bus_bits", 1, 1'000'000);
  spec.adders = count(reader, "adders", 1, 65536);
  spec.activation_units = count(reader, "activation_units", 1, 65536);
  spec.pool_units = count(reader, "pool_units", 1, 65536);
  spec.activation_cycles = Cycles(count(reader, "activation_cycles", 0, kMostCycles));
  spec.pool_cycles = Cycles(count(reader, "pool_cycles", 0, kMostCycles));
  spec.source = read_source(reader);
  if (reader.has("buffer_port_bits") && spec.buffer_port_bits < chip.activation_bits) {
    reader.problem("buffer_port_bits", fmt::format("a port of {} bits is narrower than one value ({} bits)",
                                                   spec.buffer_port_bits, chip.activation_bits));
  }
  return spec;
}

void read_chip_link(ConfigReader& chip, BitSerialChipSpec& spec) {
  if (std::optional<ConfigReader> reader = chip.optional_section("chip_link")) {
    spec.chip_link.emplace();
    spec.chip_link->bits_per_second = reader->real("bits_per_second", {1.0, 1e15});
    spec.chip_link->latency = reader->quantity<Time>("latency", {Time(), Time::from_si(1e-3)});
    spec.chip_link->source = read_source(*reader);
  }
  if (spec.chips > 1 && !spec.chip_link) {
    chip.problem("chips", fmt::format("{} chips need a chip_link between them", spec.chips));
  }
}

ArrayWritingSpec read_writing(ConfigReader& chip, const BitSerialChipSpec& spec) {
  ArrayWritingSpec writing;
  std::optional<ConfigReader> reader = chip.optional_section("writing");
  if (!reader) return writing;
  writing.cells_at_once = static_cast<std::uint32_t>(reader->integer_or("cells_at_once", 1, {1, 4096}));
  if (reader->has("arrays_at_once")) writing.arrays_at_once = count(*reader, "arrays_at_once", 1, 4096);
  if (reader->has("endurance")) writing.endurance = reader->real("endurance", {1.0, 1e18});
  writing.source = read_source(*reader);
  if (writing.arrays_at_once && *writing.arrays_at_once > spec.processing_element.arrays) {
    reader->problem("arrays_at_once", fmt::format("an element has {} arrays only", spec.processing_element.arrays));
  }
  if (writing.cells_at_once > spec.array.bit_lines) {
    reader->problem("cells_at_once", fmt::format("a wordline has {} cells only", spec.array.bit_lines));
  }
  return writing;
}

/// What no single section can see.
void check_across(ConfigReader& reader, const BitSerialChipSpec& chip) {
  const std::uint32_t levels = chip.device.levels;
  if (levels < 2 || (levels & (levels - 1)) != 0 || levels > 256) {
    reader.problem("device",
                   fmt::format("a digit of a weight needs a power of two of levels, from 2 to 256; the device "
                               "has {}",
                               levels));
    return;  // nothing else can be said about cells
  }
  if (chip.bit_lines_per_weight() > chip.array.bit_lines) {
    reader.problem("array",
                   fmt::format("one weight of {} bits takes {} bit lines of {}-bit cells, more than the {} of "
                               "an array; use slice_placement: arrays or cells with more levels",
                               chip.weight_bits, chip.bit_lines_per_weight(), chip.cell_bits(), chip.array.bit_lines));
  }
  const std::uint32_t arrays = chip.arrays_per_crossbar();
  if (chip.processing_element.arrays % arrays != 0) {
    reader.problem("processing_element", fmt::format("arrays: {} is not a whole number of crossbars; the slices of one "
                                                     "take {} arrays",
                                                     chip.processing_element.arrays, arrays));
  }
  if (reader.has("tiles") && chip.tiles > chip.interconnect.nodes()) {
    reader.problem("interconnect", fmt::format("has {} nodes for {} tiles; give it one node a tile at least",
                                               chip.interconnect.nodes(), chip.tiles));
  }
  if (chip.dac.bits > chip.activation_bits) {
    reader.problem(
        "dac", fmt::format("a DAC of {} bits is wider than the inputs ({} bits)", chip.dac.bits, chip.activation_bits));
  }
}

}  // namespace

ChipExecution read_chip_execution(ConfigReader chip) {
  return chip.choice_or<ChipExecution>(
      "execution", ChipExecution::spiking,
      {{"spiking", ChipExecution::spiking}, {"bit_serial", ChipExecution::bit_serial}});
}

BitSerialChipSpec read_bit_serial_chip(ConfigReader reader) {
  BitSerialChipSpec chip;
  reader.choice<ChipExecution>("execution", {{"bit_serial", ChipExecution::bit_serial}});
  chip.name = spec_reading::non_empty_text(reader, "name", "the chip a name");
  chip.technology = spec_reading::non_empty_text(reader, "technology", "the process and the devices");
  chip.source = read_source(reader);
  chip.clock = spec_reading::read_clock(reader);
  chip.device = read_device_spec(reader.section("device"));
  chip.weight_bits = count(reader, "weight_bits", 2, 16);
  chip.activation_bits = count(reader, "activation_bits", 1, 16);
  chip.array = read_array(reader.section("array"));
  chip.dac = read_dac(reader.section("dac"));
  chip.adc = read_adc(reader.section("adc"));
  chip.processing_element = read_element(reader.section("processing_element"), chip);
  chip.tile = read_tile(reader.section("tile"), chip);
  chip.tiles = count(reader, "tiles", 1, 1'000'000);
  chip.interconnect = read_network_on_chip(reader.section("interconnect"));
  chip.power_gating = reader.boolean_or("power_gating", false);
  chip.chips = static_cast<std::uint32_t>(reader.integer_or("chips", 1, {1, 4096}));
  read_chip_link(reader, chip);
  chip.writing = read_writing(reader, chip);
  chip.costs = bit_serial_reading::read_costs(reader.section("costs"), chip.device);
  if (std::optional<ConfigReader> published = reader.optional_section("published")) {
    chip.published = bit_serial_reading::read_published_figures(*published);
  }
  check_across(reader, chip);
  return chip;
}

}  // namespace crossloom
