#include "models/bit_serial/bit_serial_cost.h"

#include <algorithm>
#include <map>
#include <utility>

#include "models/bit_serial/weight_writing.h"
#include "models/interconnect/topology.h"

namespace crossloom {

namespace {

using C = BitSerialComponent;
using A = BitSerialAction;

constexpr double kZeptojoulesPerJoule = 1e21;

std::uint64_t chips_in_use(const PlacedNetwork& placed) {
  return placed.chips.empty() ? 0 : *std::max_element(placed.chips.begin(), placed.chips.end()) + 1;
}

/// Counts of parts that the run does not count by itself follow from what enters and leaves elements.
BitSerialCounts with_derived(BitSerialCounts counts) {
  counts.actions[static_cast<std::size_t>(A::vector_operation)] = counts.of(A::output_register_read);
  counts.actions[static_cast<std::size_t>(A::element_memory_access)] =
      counts.of(A::input_register_write) + counts.of(A::output_register_read);
  return counts;
}

bool is_charged(BitSerialAction action, const BitSerialChipSpec& chip) {
  return action != A::array_read || chip.array.energy == ArrayEnergy::constant;
}

Energy energy_of(const BitSerialCounts& counts, const BitSerialChipSpec& chip) {
  Energy sum = Energy::from_si(static_cast<double>(counts.array_zeptojoules) / kZeptojoulesPerJoule);
  for (const A action : all_bit_serial_actions()) {
    if (is_charged(action, chip)) sum += chip.costs.of(action) * static_cast<double>(counts.of(action));
  }
  return sum;
}

class Ledger {
 public:
  explicit Ledger(const BitSerialChipSpec& chip) : chip_(chip) {}

  void add_activity(const BitSerialCounts& counted, std::optional<NodeId> node, std::optional<PlacedTileId> tile) {
    const BitSerialCounts counts = with_derived(counted);
    for (const A action : all_bit_serial_actions()) {
      if (counts.of(action) == 0 || !is_charged(action, chip_)) continue;
      const BitSerialActionInfo& info = bit_serial_action_info(action);
      const Energy energy = chip_.costs.of(action) * static_cast<double>(counts.of(action));
      add_dynamic({info.component, info.name, node, tile, counts.of(action), energy});
    }
    if (counts.array_zeptojoules > 0) {
      const Energy energy = Energy::from_si(static_cast<double>(counts.array_zeptojoules) / kZeptojoulesPerJoule);
      add_dynamic({C::array, "dissipated", node, tile, counts.of(A::array_read), energy});
    }
  }
  void add_leakage(C component, double count, Time elapsed) {
    const Energy energy = chip_.costs.of(component).leakage * count * elapsed;
    if (energy == Energy()) return;
    cost_.leakage += energy;
    cost_.energy.push_back({component, "leakage", std::nullopt, std::nullopt, 0, energy});
  }
  [[nodiscard]] BitSerialCost take() { return std::move(cost_); }

 private:
  void add_dynamic(BitSerialEnergyEntry entry) {
    cost_.dynamic += entry.energy;
    cost_.energy.push_back(std::move(entry));
  }

  const BitSerialChipSpec& chip_;
  BitSerialCost cost_;
};

}  // namespace

std::uint64_t instances_per_element(BitSerialComponent component, const BitSerialChipSpec& chip) {
  const ProcessingElementSpec& element = chip.processing_element;
  switch (component) {
    case C::array:
      return element.arrays;
    case C::dac:
      return std::uint64_t{element.arrays} * chip.array.rows;
    case C::sample_and_hold:
      return std::uint64_t{element.arrays} * chip.array.bit_lines;
    case C::adc:
      return element.adcs;
    case C::shift_adder:
      return element.shift_adders;
    default:
      return bit_serial_component_info(component).level == BitSerialLevel::processing_element ? 1 : 0;
  }
}

std::uint64_t instances_per_tile(BitSerialComponent component, const BitSerialChipSpec& chip) {
  switch (component) {
    case C::tile_adder:
      return chip.tile.adders;
    case C::activation_unit:
      return chip.tile.activation_units;
    case C::pool_unit:
      return chip.tile.pool_units;
    default:
      if (bit_serial_component_info(component).level == BitSerialLevel::tile) return 1;
      return instances_per_element(component, chip) * chip.tile.processing_elements;
  }
}

std::uint64_t instances_per_chip(BitSerialComponent component, const BitSerialChipSpec& chip) {
  switch (bit_serial_component_info(component).level) {
    case BitSerialLevel::network:
      return component == C::router ? chip.interconnect.routers() : Topology(chip.interconnect).links();
    case BitSerialLevel::chip:
      return 1;
    default:
      return instances_per_tile(component, chip) * chip.tiles;
  }
}

std::vector<BitSerialPart> parts_of_chip(const BitSerialChipSpec& chip) {
  std::vector<BitSerialPart> parts;
  for (const C component : all_bit_serial_components()) {
    const std::uint64_t count = instances_per_chip(component, chip);
    const BitSerialComponentCost& cost = chip.costs.of(component);
    const auto times = static_cast<double>(count);
    parts.push_back({component, count, cost.area * times, cost.leakage * times, cost.active_power * times});
  }
  return parts;
}

Area area_of(const std::vector<BitSerialPart>& parts) {
  Area sum;
  for (const BitSerialPart& part : parts) sum += part.area;
  return sum;
}

Power leakage_of(const std::vector<BitSerialPart>& parts) {
  Power sum;
  for (const BitSerialPart& part : parts) sum += part.leakage;
  return sum;
}

Power peak_power_of(const std::vector<BitSerialPart>& parts) {
  Power sum;
  for (const BitSerialPart& part : parts) sum += part.active_power;
  return sum;
}

CrossbarProduct crossbar_product(const BitSerialChipSpec& chip) {
  CrossbarProduct product;
  const std::uint64_t rows = chip.array.rows, columns = chip.logical_columns();
  const std::uint64_t arrays = chip.arrays_per_crossbar(), slices = chip.input_slices(false);
  product.multiply_accumulates = rows * columns;

  const std::uint64_t read = chip.cycles_for(chip.array.read_time).count();
  const std::uint64_t convert =
      chip.cycles_for(chip.adc.conversion_time * static_cast<double>(chip.conversions_per_slice())).count();
  const std::uint64_t period = chip.adc.sample_and_hold_stages > 0 ? std::max(read, convert) : read + convert;
  product.interval = chip.time_of(Cycles(slices * period));
  product.latency =
      chip.time_of(Cycles((slices - 1) * period + read + convert) + chip.processing_element.finish_cycles);

  BitSerialCounts& counts = product.counts;
  const bool by_pair = chip.array.weight_encoding == WeightEncoding::differential_analog;
  const std::uint64_t unit_line = chip.array.weight_encoding == WeightEncoding::offset ? 1 : 0;
  const std::uint64_t bit_lines = columns * chip.weight_slices() * chip.polarities() + unit_line;
  const std::uint64_t conversions = slices * (by_pair ? bit_lines / 2 : bit_lines);
  counts.count(A::array_read, arrays * slices);
  counts.count(A::dac_drive, rows * arrays * slices);
  counts.count(A::sample, bit_lines * slices);
  counts.count(A::conversion, conversions);
  counts.count(A::shift_add, conversions);
  counts.count(A::input_register_write, rows);
  counts.count(A::input_register_read, rows * slices);
  counts.count(A::output_register_write, columns);

  product.energy = energy_of(counts, chip);
  for (const C component :
       {C::array, C::dac, C::sample_and_hold, C::adc, C::shift_adder, C::input_register, C::output_register}) {
    const double share = static_cast<double>(instances_per_element(component, chip)) / chip.crossbars_per_element();
    product.energy += chip.costs.of(component).leakage * share * product.latency;
  }
  return product;
}

PeakPerformance peak_performance(const BitSerialChipSpec& chip) {
  const CrossbarProduct product = crossbar_product(chip);
  const std::uint64_t elements = std::uint64_t{chip.tiles} * chip.tile.processing_elements;
  const std::uint64_t at_once = chip.processing_element.crossbars_in_parallel ? chip.crossbars_per_element() : 1;
  PeakPerformance peak;
  peak.operations_per_second = 2.0 * static_cast<double>(product.multiply_accumulates) *
                               static_cast<double>(elements * at_once) / product.interval.si();
  const std::vector<BitSerialPart> parts = parts_of_chip(chip);
  const double square_millimetres = area_of(parts).si() * 1e6;
  if (square_millimetres > 0.0) peak.gops_per_mm2 = peak.operations_per_second / 1e9 / square_millimetres;
  if (peak_power_of(parts) > Power()) peak.gops_per_watt = peak.operations_per_second / 1e9 / peak_power_of(parts).si();
  return peak;
}

WholeChipProgramming whole_chip_programming(const BitSerialChipSpec& chip) {
  const std::uint64_t cells_of_array = std::uint64_t{chip.array.rows} * chip.array.bit_lines;
  WholeChipProgramming programming;
  programming.cells = instances_per_chip(C::array, chip) * cells_of_array;
  const DeviceSpec& device = chip.device;
  const std::uint32_t arrays = chip.processing_element.arrays;
  const std::uint32_t at_once = chip.writing.arrays_at_once.value_or(arrays);
  programming.time = row_write_time(chip.array.bit_lines, chip) *
                     static_cast<double>(chip.array.rows * ((arrays + at_once - 1) / at_once));
  programming.energy =
      device.write_energy * static_cast<double>(device.write_pulses) * static_cast<double>(programming.cells);
  return programming;
}

Energy BitSerialCost::of(BitSerialComponent component) const {
  Energy sum;
  for (const BitSerialEnergyEntry& entry : energy) {
    if (entry.component == component) sum += entry.energy;
  }
  return sum;
}

std::vector<BitSerialEnergyEntry> dynamic_energy(const BitSerialCounts& counts, const BitSerialChipSpec& chip) {
  Ledger ledger(chip);
  ledger.add_activity(counts, std::nullopt, std::nullopt);
  return ledger.take().energy;
}

BitSerialCost cost_of(const BitSerialActivity& activity, Time elapsed, const PlacedNetwork& placed,
                      const BitSerialChipSpec& chip) {
  Ledger ledger(chip);
  const std::size_t tiles = activity.nodes == 0 ? 0 : activity.by_tile_and_node.size() / activity.nodes;
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    for (std::size_t node = 0; node < activity.nodes; ++node) {
      ledger.add_activity(activity.at(PlacedTileId(tile), NodeId(node)), NodeId(node), PlacedTileId(tile));
    }
  }
  ledger.add_activity(activity.chip, std::nullopt, std::nullopt);
  const std::uint64_t chips = chip.power_gating ? chips_in_use(placed) : chip.chips;
  const double all_tiles = static_cast<double>(chips) * chip.tiles;
  const double powered = chip.power_gating ? static_cast<double>(placed.tiles) : all_tiles;
  for (const C component : all_bit_serial_components()) {
    const BitSerialLevel level = bit_serial_component_info(component).level;
    double count = static_cast<double>(instances_per_tile(component, chip)) * powered;
    if (level == BitSerialLevel::network || level == BitSerialLevel::chip) {
      count = static_cast<double>(instances_per_chip(component, chip) * chips);
      if (level == BitSerialLevel::network && all_tiles > 0.0) count *= powered / all_tiles;
    }
    ledger.add_leakage(component, count, elapsed);
  }
  return ledger.take();
}

ProgrammedPass BitSerialProgramming::total() const {
  ProgrammedPass sum;
  for (const ProgrammedPass& pass : passes) {
    sum.cells += pass.cells;
    sum.time += pass.time;
    sum.array_time += pass.array_time;
    sum.energy += pass.energy;
    sum.cell_energy += pass.cell_energy;
  }
  return sum;
}

BitSerialProgramming programming_of(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                    const BitSerialChipSpec& chip) {
  BitSerialProgramming programming;
  for (const WeightWriting& writing : write_all_passes(placed, network, chip)) {
    const Time time = chip.time_of(writing.cycles);
    programming.passes.push_back({writing.cells, time, chip.time_of(writing.array_cycles),
                                  cost_of(writing.activity, time, placed, chip).total(),
                                  chip.costs.of(A::cell_write) * static_cast<double>(writing.pulses)});
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> writes;  // by element and first array
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    std::uint32_t& count = writes[{crossbar.element.value(), crossbar.first_array}];
    programming.most_writes_of_a_cell = std::max(programming.most_writes_of_a_cell, ++count);
  }
  return programming;
}

}  // namespace crossloom
