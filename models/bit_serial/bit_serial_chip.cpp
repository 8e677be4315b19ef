// What a bit-serial chip's parts are called and counted per, how a weight lies in cells, and times in cycles.
#include "models/bit_serial/bit_serial_chip.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr double kFemtosecondsPerSecond = 1e15;

using Level = BitSerialLevel;
constexpr std::array<BitSerialComponentInfo, kBitSerialComponents> kComponentInfo = {{
    {"array", "physical array", Level::array},
    {"dac", "wordline of a physical array", Level::array},
    {"sample_and_hold", "bit line of a physical array", Level::array},
    {"adc", "ADC", Level::processing_element},
    {"shift_adder", "shift-and-add unit of an element", Level::processing_element},
    {"input_register", "processing element", Level::processing_element},
    {"output_register", "processing element", Level::processing_element},
    {"element_control", "processing element", Level::processing_element},
    {"vector_unit", "processing element", Level::processing_element},
    {"element_memory", "processing element", Level::processing_element},
    {"tile_buffer", "tile", Level::tile},
    {"tile_bus", "tile", Level::tile},
    {"tile_adder", "adder of a tile", Level::tile},
    {"activation_unit", "activation unit of a tile", Level::tile},
    {"pool_unit", "pool unit of a tile", Level::tile},
    {"tile_register", "tile", Level::tile},
    {"tile_control", "tile", Level::tile},
    {"router", "router", Level::network},
    {"link", "link, one direction", Level::network},
    {"chip_link", "chip", Level::chip},
    {"chip_control", "chip", Level::chip},
}};

using C = BitSerialComponent;
constexpr std::array<BitSerialActionInfo, kBitSerialActions> kActionInfo = {{
    {"read", C::array, "physical array and input slice"},
    {"drive", C::dac, "driven wordline of a physical array and input slice"},
    {"sample", C::sample_and_hold, "bit line in use and input slice"},
    {"convert", C::adc, "conversion"},
    {"add", C::shift_adder, "conversion"},
    {"write", C::input_register, "value"},
    {"read", C::input_register, "input slice of a value"},
    {"write", C::output_register, "partial sum"},
    {"read", C::output_register, "partial sum"},
    {"product", C::element_control, "matrix-vector product of a crossbar"},
    {"operate", C::vector_unit, "partial sum leaving an element"},
    {"access", C::element_memory, "value entering or leaving an element"},
    {"read", C::tile_buffer, "access of a port"},
    {"write", C::tile_buffer, "access of a port"},
    {"transfer", C::tile_bus, "bit"},
    {"add", C::tile_adder, "partial sum"},
    {"activate", C::activation_unit, "value"},
    {"pool", C::pool_unit, "value"},
    {"access", C::tile_register, "value"},
    {"step", C::tile_control, "position of a node"},
    {"traverse", C::router, "flit and router"},
    {"traverse", C::link, "flit and link"},
    {"transfer", C::chip_link, "bit"},
    {"write", C::array, "write pulse"},
}};

std::uint32_t divided_up(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

}  // namespace

const BitSerialComponentInfo& bit_serial_component_info(BitSerialComponent component) {
  return kComponentInfo.at(static_cast<std::size_t>(component));
}

const BitSerialActionInfo& bit_serial_action_info(BitSerialAction action) {
  return kActionInfo.at(static_cast<std::size_t>(action));
}

std::vector<BitSerialComponent> all_bit_serial_components() {
  std::vector<BitSerialComponent> components;
  for (std::size_t i = 0; i < kBitSerialComponents; ++i) components.push_back(static_cast<BitSerialComponent>(i));
  return components;
}

std::vector<BitSerialAction> all_bit_serial_actions() {
  std::vector<BitSerialAction> actions;
  for (std::size_t i = 0; i < kBitSerialActions; ++i) actions.push_back(static_cast<BitSerialAction>(i));
  return actions;
}

std::uint32_t BitSerialChipSpec::cell_bits() const {
  std::uint32_t bits = 0;
  while ((std::uint64_t{2} << bits) <= device.levels) ++bits;
  CROSSLOOM_CHECK(bits >= 1 && (std::uint64_t{1} << bits) == device.levels,
                  "cells of a bit-serial chip have a power of two of levels");
  return bits;
}

double BitSerialChipSpec::unsettled_share() const {
  return dac.time_constant == Time{} ? 0.0 : std::exp(-array.read_time.si() / dac.time_constant.si());
}

std::uint32_t BitSerialChipSpec::polarities() const { return array.weight_encoding == WeightEncoding::offset ? 1 : 2; }

std::uint32_t BitSerialChipSpec::weight_slices() const {
  const std::uint32_t magnitude_bits = polarities() == 2 ? weight_bits - 1 : weight_bits;
  return divided_up(magnitude_bits, cell_bits());
}

std::uint32_t BitSerialChipSpec::input_slices(bool is_signed) const {
  return is_signed ? divided_up(activation_bits - 1, dac.bits) + 1 : divided_up(activation_bits, dac.bits);
}

std::uint32_t BitSerialChipSpec::bit_lines_per_weight() const {
  return array.slice_placement == SlicePlacement::columns ? weight_slices() * polarities() : 1;
}

std::uint32_t BitSerialChipSpec::logical_columns() const { return array.bit_lines / bit_lines_per_weight(); }

std::uint32_t BitSerialChipSpec::arrays_per_crossbar() const {
  return array.slice_placement == SlicePlacement::arrays ? weight_slices() * polarities() : 1;
}

std::uint32_t BitSerialChipSpec::crossbars_per_element() const {
  return processing_element.arrays / arrays_per_crossbar();
}

std::uint32_t BitSerialChipSpec::conversions_per_slice() const {
  const bool by_pair = array.weight_encoding == WeightEncoding::differential_analog;
  const std::uint32_t conversions = logical_columns() * weight_slices() * (by_pair ? 1 : polarities());
  const std::uint32_t adcs = std::max(1U, arrays_per_crossbar() * processing_element.adcs / processing_element.arrays);
  return divided_up(conversions, adcs);
}

std::uint64_t BitSerialChipSpec::period_fs() const {
  CROSSLOOM_CHECK(clock.si() > 0.0, "a chip needs a clock");
  return static_cast<std::uint64_t>(std::llround(kFemtosecondsPerSecond / clock.si()));
}

Cycles BitSerialChipSpec::cycles_for(Time time) const {
  CROSSLOOM_CHECK(time.si() >= 0.0 && time.si() < 9000.0, "a time between 0 s and 9000 s fits the femtosecond counter");
  const auto femtoseconds = static_cast<std::uint64_t>(std::llround(time.si() * kFemtosecondsPerSecond));
  return Cycles((femtoseconds + period_fs() - 1) / period_fs());
}

Time BitSerialChipSpec::time_of(Cycles cycles) const {
  return Time::from_si(static_cast<double>(cycles.count()) * static_cast<double>(period_fs()) / kFemtosecondsPerSecond);
}

std::uint64_t BitSerialChipSpec::processing_elements() const {
  return std::uint64_t{chips} * tiles * tile.processing_elements;
}

std::uint64_t BitSerialChipSpec::crossbars() const { return processing_elements() * crossbars_per_element(); }

}  // namespace crossloom
