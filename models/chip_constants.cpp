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

void add_device(ConstantList& list, const DeviceSpec& device) {
  list.start("device", device.source);
  list.add("name", device.name);
  list.add("minimum_conductance", device.minimum_conductance);
  list.add("maximum_conductance", device.maximum_conductance);
  list.add("levels", device.levels);
  list.add("programming_error", format_real(device.programming_error));
  list.add("stuck_at_minimum", format_real(device.stuck_at_minimum));
  list.add("stuck_at_maximum", format_real(device.stuck_at_maximum));
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
}

void add_tiles(ConstantList& list, const ChipSpec& chip) {
  list.start("tile", chip.tile.source);
  list.add("crossbars", chip.tile.crossbars);
  list.add("neurons", chip.tile.neurons);
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

void add_costs(ConstantList& list, const CostTable& costs) {
  for (const Component component : all_components()) {
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
  add_tiles(list, chip);
  add_interconnect(list, chip.interconnect);
  add_costs(list, chip.costs);
  return list.take();
}

}  // namespace crossloom
