// The chip's numbers as text with their sources, for reports.
#include <string>

#include "base/table.h"
#include "models/chip_spec.h"

namespace crossloom {

namespace {

class ConstantList {
 public:
  /// Constants added from here on are called prefix.name and have this source.
  void start(std::string prefix, std::string source) {
    prefix_ = std::move(prefix);
    source_ = std::move(source);
  }
  void add(const char* name, std::string value) {
    constants_.push_back({prefix_.empty() ? name : prefix_ + "." + name, std::move(value), source_});
  }
  void add(const char* name, double value) { add(name, format_real(value)); }
  void add(const char* name, std::uint32_t value) { add(name, std::to_string(value)); }
  template <int S, int M, int V, int A, int K>
  void add(const char* name, Quantity<S, M, V, A, K> value) {
    add(name, format_quantity(value));
  }
  [[nodiscard]] std::vector<SourcedConstant> take() { return std::move(constants_); }

 private:
  std::string prefix_, source_;
  std::vector<SourcedConstant> constants_;
};

std::string joined(const std::vector<Conductance>& values) {
  std::string text;
  for (const Conductance value : values) text += (text.empty() ? "" : ", ") + format_quantity(value);
  return text;
}

void add_fit(ConstantList& list, const std::string& name, const LogarithmicFit& fit) {
  list.add(name.c_str(), "clip(" + format_real(fit.slope) + " ln(g) + " + format_real(fit.offset) + ", " +
                             format_real(fit.lowest) + ", " + format_real(fit.highest) + ")");
}

void add_faults(ConstantList& list, const FaultLaws& faults) {
  if (faults.clustered > 0.0) {
    list.add("faults.clustered", faults.clustered);
    list.add("faults.cluster_size", faults.cluster_size);
  }
  if (faults.broken_wordlines > 0.0) list.add("faults.broken_wordlines", faults.broken_wordlines);
  if (faults.broken_bitlines > 0.0) list.add("faults.broken_bitlines", faults.broken_bitlines);
  if (faults.stuck_low) list.add("faults.stuck_low", joined({faults.stuck_low->low, faults.stuck_low->high}));
  if (faults.stuck_high) list.add("faults.stuck_high", joined({faults.stuck_high->low, faults.stuck_high->high}));
}

void add_aging(ConstantList& list, const DeviceSpec& device) {
  if (device.time_after_programming.si() > 0.0) list.add("time_after_programming", device.time_after_programming);
  if (device.drift) {
    list.add("drift.reference_time", device.drift->reference_time);
    list.add("drift.full_scale", device.drift->full_scale);
    add_fit(list, "drift.mean", device.drift->mean);
    add_fit(list, "drift.deviation", device.drift->deviation);
  }
  if (device.retention) {
    list.add("retention.full_scale", device.retention->full_scale);
    for (const RetentionLaw::Fit& fit : device.retention->fits) {
      list.add(("retention.coefficients at " + format_quantity(fit.time)).c_str(), joined(fit.coefficients));
    }
  }
  if (device.temperature) {
    list.add("temperature.at", device.temperature->at);
    list.add("temperature.activation_at_minimum_ev", device.temperature->activation_at_minimum_ev);
    list.add("temperature.activation_at_maximum_ev", device.temperature->activation_at_maximum_ev);
  }
}

void add_read_noise(ConstantList& list, const ReadNoiseLaws& laws) {
  if (laws.relative > 0.0) list.add("read_noise.relative", laws.relative);
  if (laws.state_dependent) {
    list.add("read_noise.state_dependent.factor", laws.state_dependent->factor);
    list.add("read_noise.state_dependent.exponent", laws.state_dependent->exponent);
    list.add("read_noise.state_dependent.largest", laws.state_dependent->largest);
    list.add("read_noise.state_dependent.read_time", laws.state_dependent->read_time);
    list.add("read_noise.state_dependent.full_scale", laws.state_dependent->full_scale);
  }
  if (laws.thermal_and_shot_bandwidth) {
    list.add("read_noise.thermal_and_shot.bandwidth", *laws.thermal_and_shot_bandwidth);
  }
  if (laws.telegraph) {
    list.add("read_noise.telegraph.offset", laws.telegraph->offset);
    list.add("read_noise.telegraph.slope", laws.telegraph->slope);
    list.add("read_noise.telegraph.probability", laws.telegraph->probability);
  }
}

/// Laws beyond those that every device states; only those that are on.
void add_laws(ConstantList& list, const DeviceSpec& device) {
  if (!device.level_conductances.empty()) list.add("level_conductances", joined(device.level_conductances));
  if (device.programming_law) {
    if (device.programming_law->kind == ProgrammingLaw::Kind::polynomial) {
      list.add("programming_law.coefficients", joined(device.programming_law->coefficients));
      list.add("programming_law.full_scale", device.programming_law->full_scale);
    } else {
      list.add("programming_law.factor", device.programming_law->factor);
    }
  }
  if (device.variation) list.add("variation.sigma", device.variation->sigma);
  add_faults(list, device.faults);
  add_aging(list, device);
  add_read_noise(list, device.read_noise);
}

void add_neurons(ConstantList& list, const NeuronSpec& neurons) {
  if (neurons.ideal()) return;
  list.start("neurons", neurons.source);
  list.add("threshold_variation", neurons.threshold_variation);
  list.add("comparator_offset", neurons.comparator_offset);
  list.add("comparator_noise", neurons.comparator_noise);
}

void add_wires(ConstantList& list, const CrossbarSpec& crossbar) {
  if (crossbar.wires.ideal()) return;
  list.start("crossbar.wires", crossbar.wires_source);
  list.add("wordline", crossbar.wires.wordline);
  list.add("bitline", crossbar.wires.bitline);
  list.add("driver", crossbar.wires.driver);
  list.add("sense", crossbar.wires.sense);
  list.add("sides", crossbar.wires.sides == DriverSides::both ? "both" : "one");
}

void add_device(ConstantList& list, const DeviceSpec& device) {
  list.start("device", device.source);
  list.add("name", device.name);
  list.add("minimum_conductance", device.minimum_conductance);
  list.add("maximum_conductance", device.maximum_conductance);
  list.add("levels", device.levels);
  list.add("programming_error", format_real(device.programming_error));
  list.add("stuck_at_minimum", format_real(device.stuck_at_minimum));
  list.add("stuck_at_maximum", format_real(device.stuck_at_maximum));
  add_laws(list, device);
  list.add("write_energy", device.write_energy);
  list.add("write_time", device.write_time);
  list.add("write_pulses", device.write_pulses);
}

void add_crossbar(ConstantList& list, const CrossbarSpec& crossbar) {
  list.start("crossbar", crossbar.source);
  list.add("rows", crossbar.rows);
  list.add("columns", crossbar.columns);
  list.add("signed_scheme",
           crossbar.signed_scheme == SignedScheme::paired_columns ? "paired_columns" : "paired_arrays");
  list.add("weight_slices", crossbar.weight_slices);
  list.add("selector", crossbar.selector == Selector::none ? "none" : "cut_off");
  list.add("read_voltage", crossbar.read_voltage);
  list.add("read_time", crossbar.read_time);
  if (crossbar.write_verify) {
    list.add("write_verify.attempts", crossbar.write_verify->attempts);
    list.add("write_verify.tolerance", crossbar.write_verify->tolerance);
  }
  if (crossbar.calibration == Calibration::column_gain) list.add("calibration", std::string("column_gain"));
  if (crossbar.spare_columns > 0) list.add("spare_columns", crossbar.spare_columns);
  if (crossbar.driver_variation > 0.0) list.add("driver_variation", crossbar.driver_variation);
}

void add_tiles(ConstantList& list, const ChipSpec& chip) {
  list.start("tile", chip.tile.source);
  list.add("crossbars", chip.tile.crossbars);
  list.add("neurons", chip.tile.neurons);
  if (chip.tile.counters > 0) list.add("counters", chip.tile.counters);
  list.add("packet_bits", chip.tile.packet_bits);
  list.add("drive_cycles", chip.tile.drive_cycles);
  list.add("compare_cycles", chip.tile.compare_cycles);
  list.add("send_cycles", chip.tile.send_cycles);
  list.start("tile_group", chip.tile_group.source);
  list.add("tiles", chip.tile_group.tiles);
  list.add("analog_reach", chip.tile_group.analog_reach == AnalogReach::tile ? "tile" : "tile_group");
  list.add("analog_transfer_cycles", chip.tile_group.analog_transfer_cycles);
}

void add_interconnect(ConstantList& list, const InterconnectSpec& interconnect) {
  list.start("interconnect", interconnect.source);
  list.add("tiles_per_router", interconnect.tiles_per_router);
  list.add("flit_bits", interconnect.flit_bits);
  list.add("header_bits", interconnect.header_bits);
  list.add("buffer_flits", interconnect.buffer_flits);
  list.add("router_cycles", interconnect.router_cycles);
  list.add("link_cycles", interconnect.link_cycles);
  list.add("host_ports", interconnect.host_ports);
}

void add_costs(ConstantList& list, const ChipSpec& chip) {
  const CostTable& costs = chip.costs;
  for (const Component component : all_components()) {
    if (component == Component::pool_counter && chip.tile.counters == 0) continue;
    list.start(component_info(component).name, costs.of(component).source);
    list.add("area", costs.of(component).area);
    list.add("leakage", costs.of(component).leakage);
    for (const Action action : all_actions()) {
      if (action_info(action).component == component) list.add(action_info(action).name, costs.of(action));
    }
  }
}

}  // namespace

std::vector<SourcedConstant> sourced_constants(const ChipSpec& chip) {
  ConstantList list;
  list.start("", chip.source);
  list.add("technology", chip.technology);
  list.add("clock", chip.clock);
  if (chip.tiles) list.add("tiles", *chip.tiles);
  add_device(list, chip.device);
  add_crossbar(list, chip.crossbar);
  add_wires(list, chip.crossbar);
  add_neurons(list, chip.neurons);
  add_tiles(list, chip);
  add_interconnect(list, chip.interconnect);
  add_costs(list, chip);
  return list.take();
}

}  // namespace crossloom
