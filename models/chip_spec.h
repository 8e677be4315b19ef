// The chip as its YAML describes it: technology, device, crossbar, tile, tile group, interconnect, and what each part
// costs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/units.h"
#include "models/circuit/array_wiring.h"
#include "models/device/device_spec.h"

namespace crossloom {

// ---- crossbar and neurons ------------------------------------------------------------------------------------------

enum class SignedScheme { paired_columns, paired_arrays };
enum class Selector { none, cut_off };

/// What is done about cells that miss their target, beyond writing them.
enum class Calibration {
  none,
  /// One factor a column, fitted once on the programmed cells: least squares of the weights meant over the column's
  /// rows in use, held within [1/2, 2] (models/device/column_gain.h).
  column_gain,
};

/// A cell is read after each write and written again, up to `attempts` times, until its conductance is within
/// `tolerance` of the state aimed at. Each write draws its error anew; each read costs one read of the cell.
struct WriteVerify {
  std::uint32_t attempts = 1;
  double tolerance = 0.0;  ///< share of G_max - G_min
};

/// rows and columns count weights (semantics: a differential weight is a pair of cells in any scheme).
struct CrossbarSpec {
  std::uint32_t rows = 64;
  std::uint32_t columns = 64;
  SignedScheme signed_scheme = SignedScheme::paired_columns;
  std::uint32_t weight_slices = 1;  ///< cells a polarity; slice s weighs levels^s
  Selector selector = Selector::none;
  Voltage read_voltage;
  Time read_time;  ///< one drive of the wordlines until the currents were integrated (one slot)
  std::optional<WriteVerify> write_verify;
  Calibration calibration = Calibration::none;
  /// Columns beyond `columns` in every physical array; fault-aware assignment (mapping.fault_aware) uses them instead
  /// of faulty ones.
  std::uint32_t spare_columns = 0;
  WireSpec wires;  ///< of every physical array; ideal unless given
  std::string wires_source;
  double driver_variation = 0.0;  ///< standard deviation of a wordline driver's voltage, as a share of read_voltage
  std::string source;             ///< of sizes, voltage and time
  /// Physical arrays for one logical crossbar.
  [[nodiscard]] std::uint32_t arrays_per_crossbar() const {
    return weight_slices * (signed_scheme == SignedScheme::paired_arrays ? 2U : 1U);
  }
  /// Cells for one logical crossbar, spare columns included; the same number in any scheme.
  [[nodiscard]] std::uint64_t cells_per_crossbar() const {
    return std::uint64_t{rows} * physical_columns() * weight_slices * 2U;
  }
  [[nodiscard]] std::uint32_t physical_columns() const { return columns + spare_columns; }
};

/// Integrate-and-fire circuits that are not alike. Shares of the layer's threshold.
struct NeuronSpec {
  double threshold_variation = 0.0;  ///< standard deviation of a neuron's own threshold, drawn once a neuron
  double comparator_offset = 0.0;    ///< every comparator fires by so much too late (or early, if negative)
  double comparator_noise = 0.0;     ///< standard deviation at each comparison
  std::string source;
  [[nodiscard]] bool ideal() const {
    return threshold_variation == 0.0 && comparator_offset == 0.0 && comparator_noise == 0.0;
  }
};

// ---- cost tables ---------------------------------------------------------------------------------------------------

/// Things with area and leakage. Per what one counts is in component_info().counted_per.
enum class Component {
  array,            ///< per cell, so that it grows with the size of the array
  wordline_driver,  ///< per wordline of a physical array
  neuron,           ///< per neuron circuit
  analog_transfer,  ///< per tile: gated wires and current control
  input_buffer,     ///< per tile
  output_buffer,    ///< per tile
  target_buffer,    ///< per tile
  zero_check,       ///< per tile
  control,          ///< per tile
  router,           ///< per router
  link,             ///< per link (one direction between neighbouring routers)
  synchronisation,  ///< per tile: token counters
  input_memory,     ///< per chip
  global_control,   ///< per chip
  pool_counter,     ///< per digital counter of a mean pool
};
inline constexpr std::size_t kComponents = 15;

/// Things that happen and cost energy; each belongs to one component. The array's own energy is not here: it depends on
/// data and is counted as dissipated energy (activity.h).
enum class Action {
  wordline_drive,    ///< per driven row and drive; counted once a logical row, charged for each physical array (cost.h)
  neuron_integrate,  ///< per column and slot
  neuron_compare,    ///< per neuron and step
  neuron_fire,       ///< per spike
  analog_transfer,   ///< per column and slot whose array is in another tile than the neuron
  input_buffer_write,   ///< per packet received
  input_buffer_read,    ///< per packet read out to wordlines
  output_buffer_write,  ///< per packet sent
  target_lookup,        ///< per packet sent
  zero_check,           ///< per packet tested, sent or saved
  tile_control,         ///< per tile, layer and step
  router_traversal,     ///< per flit and router
  link_traversal,       ///< per flit and link
  token,                ///< per step-done token sent, and per step credit returned
  input_memory_read,    ///< per input packet tested
  global_control,       ///< per image and step
  pool_count,           ///< per spike that a counter counts, and per spike that it sends (a subtraction)
};
inline constexpr std::size_t kActions = 17;

enum class CostGroup { array, periphery, network };

struct ComponentInfo {
  const char* name;         ///< as in YAML and reports
  const char* counted_per;  ///< e.g. "cell", "tile"
  CostGroup group;
};
struct ActionInfo {
  const char* name;  ///< as in YAML (below its component) and reports
  Component component;
  const char* counted_per;  ///< e.g. "driven wordline and drive"
};
const ComponentInfo& component_info(Component component);
const ActionInfo& action_info(Action action);
std::vector<Component> all_components();
std::vector<Action> all_actions();

struct ComponentCost {
  Area area;
  Power leakage;
  std::string source;  ///< paper, tool or "recalled: ..." for area, leakage and the energies of its actions
};

struct CostTable {
  std::array<ComponentCost, kComponents> components{};
  std::array<Energy, kActions> actions{};
  [[nodiscard]] const ComponentCost& of(Component component) const {
    return components[static_cast<std::size_t>(component)];
  }
  [[nodiscard]] Energy of(Action action) const { return actions[static_cast<std::size_t>(action)]; }
};

// ---- tile, group, interconnect, chip -------------------------------------------------------------------------------

/// How far apart the row parts of one neuron may lie (semantics: analog neurons add in the analog domain).
enum class AnalogReach { tile, tile_group };

struct TileSpec {
  std::uint32_t crossbars = 4;       ///< logical crossbars
  std::uint32_t neurons = 256;       ///< neuron circuits
  std::uint32_t counters = 0;        ///< digital counters for mean pools (`mapping.pooling: counters`)
  std::uint32_t packet_bits = 64;    ///< rows a packet carries at most, 1..64
  std::uint32_t drive_cycles = 1;    ///< from step ready to wordlines driven
  std::uint32_t compare_cycles = 1;  ///< threshold comparison and reset after the last slot
  std::uint32_t send_cycles = 1;     ///< per packet tested at the output (zero check and target look-up)
  std::string source;
};

struct TileGroupSpec {
  std::uint32_t tiles = 16;
  AnalogReach analog_reach = AnalogReach::tile_group;
  std::uint32_t analog_transfer_cycles = 1;  ///< added to a slot whose array is in another tile
  std::string source;
};

/// A mesh with dimension-order (x, then y) routing, virtual cut-through, credits by flit, and two classes that never
/// block each other: data packets, and step-done tokens.
struct InterconnectSpec {
  /// A router has 64 ports at most (the mesh keeps them as bits of a word): four neighbours, its tiles, a host port.
  static constexpr std::uint32_t kMaximumTilesPerRouter = 59;
  std::uint32_t tiles_per_router = 4;  ///< 1 to kMaximumTilesPerRouter
  std::uint32_t flit_bits = 80;
  std::uint32_t header_bits = 16;
  std::uint32_t buffer_flits = 8;   ///< per router input port and class; at least one data packet
  std::uint32_t router_cycles = 2;  ///< arrival to earliest departure, at least 1
  std::uint32_t link_cycles = 1;    ///< at least 1
  std::uint32_t host_ports = 1;     ///< host injection ports on routers of column 0, one a row of the mesh at most
  std::string source;
  /// Flits of a data packet; a token is always one flit.
  [[nodiscard]] std::uint32_t packet_flits(std::uint32_t packet_bits) const {
    return (header_bits + packet_bits + flit_bits - 1) / flit_bits;
  }
};

struct ChipSpec {
  std::string name;
  std::string technology;  ///< free text, e.g. "45 nm CMOS, Ag-Si memristors"
  Frequency clock;         ///< its period must be a whole number of femtoseconds
  std::string source;      ///< of the clock and of what the chip as a whole is
  DeviceSpec device;
  CrossbarSpec crossbar;
  NeuronSpec neurons;
  TileSpec tile;
  TileGroupSpec tile_group;
  InterconnectSpec interconnect;
  std::optional<std::uint32_t> tiles;  ///< the chip's own tiles; absent = auto: as many as the network needs
  bool power_gating = false;           ///< unused tiles do not leak
  CostTable costs;

  /// Every weight is exactly what it was meant to be and every neuron like the others: sums are integers.
  [[nodiscard]] bool ideal() const {
    return device.ideal() && crossbar.driver_variation == 0.0 && crossbar.wires.ideal() && neurons.ideal();
  }
  /// Clock period in femtoseconds.
  [[nodiscard]] std::uint64_t period_fs() const;
  /// Fewest whole cycles that last at least `time` (taken to the nearest femtosecond).
  [[nodiscard]] Cycles cycles_for(Time time) const;
  [[nodiscard]] Time time_of(Cycles cycles) const;
  /// Cycles of one integration slot.
  [[nodiscard]] Cycles slot_cycles() const { return cycles_for(crossbar.read_time); }
};

/// Reads and cross-checks the `chip:` mapping, whose keys are the fields above word for word
/// (configs/chips/resparc.yaml); problems go to the reader. `costs` holds one section a component with area, leakage,
/// source and the energies of the component's actions.
ChipSpec read_chip_spec(ConfigReader reader);

/// Largest weight in units of one level, levels^slices - 1, or absent where that does not fit the 16 bits a weight has.
std::optional<std::int32_t> weight_level_limit(std::uint32_t levels, std::uint32_t slices);

/// Every number of the chip with its source, for the report's list of sources: name ("neuron.fire"), value text,
/// source.
struct SourcedConstant {
  std::string name;
  std::string value;
  std::string source;
};
std::vector<SourcedConstant> sourced_constants(const ChipSpec& chip);

}  // namespace crossloom
