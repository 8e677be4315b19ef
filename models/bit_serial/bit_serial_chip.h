// A bit-serial chip as its YAML describes it: inputs go in bit slices through DACs, weights lie in slices over cells,
// ADCs read the bit lines, shift-and-add puts the slices together. Device, array, processing element, tile, chip,
// board.
//
// Published names: a processing element is ISAAC's IMA, PUMA's core, PRIME's FF mat group, PipeLayer's morphable
// subarray group; a crossbar (logical) is PUMA's MVMU.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config_reader.h"
#include "base/units.h"
#include "models/chip_spec.h"
#include "models/circuit/array_wiring.h"
#include "models/device/device_spec.h"
#include "models/interconnect/network_on_chip_spec.h"

namespace crossloom {

// ---- arrays and converters -----------------------------------------------------------------------------------------

/// How a signed weight w of B bits becomes digits of cells.
enum class WeightEncoding {
  offset,  ///< u = w + 2^(B-1) in base-2^cell_bits digits; 2^(B-1) x the sum of the inputs is taken off afterwards
  differential,         ///< |w| in digits of positive or negative cells, each polarity with conversions of its own
  differential_analog,  ///< the same, the currents subtracted before one conversion of a signed sum
};
/// Where the slices of a weight lie.
enum class SlicePlacement {
  columns,  ///< slices and polarities on neighbouring bit lines of one physical array
  arrays,   ///< each slice and polarity in a physical array of its own, side by side in the processing element
};

/// What a read of an array costs.
enum class ArrayEnergy {
  /// BitSerialAction::array_read for each physical array and input slice, as published tables have it.
  constant,
  /// What its cells dissipate: read_time x sum over driven rows of V^2 G, V = read_voltage x slice / (2^dac.bits - 1).
  /// Depends on the data.
  dissipated,
};

/// One physical array. A logical crossbar holds rows x logical_columns() weights.
struct BitSerialArraySpec {
  std::uint32_t rows = 128;       ///< wordlines of a physical array
  std::uint32_t bit_lines = 128;  ///< of a physical array
  WeightEncoding weight_encoding = WeightEncoding::offset;
  SlicePlacement slice_placement = SlicePlacement::columns;
  /// A bit line whose sum with all inputs on would pass the ADC's highest code holds the complement of its digits, and
  /// what was read is taken from (2^cell_bits - 1) x the sum of the inputs (ISAAC's flip encoding). offset only.
  bool flip_encoding = false;
  Selector selector = Selector::none;
  Voltage read_voltage;
  Time read_time;  ///< one input slice on the wordlines until the bit lines are sampled
  ArrayEnergy energy = ArrayEnergy::constant;
  WireSpec wires;  ///< of every physical array; ideal unless given
  std::string wires_source;
  std::string source;
};

/// Deviations of a converter from its ideal staircase, in units of its least significant bit unless said; all 0 =
/// ideal. Drawn once a converter (offset, gain, INL, DNL) or at each conversion (noise). docs/bit_serial.md has the
/// laws.
struct ConverterErrors {
  double offset = 0.0;                     ///< standard deviation over converters
  double gain = 0.0;                       ///< standard deviation of the factor's distance from 1
  double integral_nonlinearity = 0.0;      ///< amplitude of a smooth bow over the range
  double differential_nonlinearity = 0.0;  ///< standard deviation of each code's width
  double noise = 0.0;                      ///< standard deviation at each conversion
  std::string source;
  [[nodiscard]] bool ideal() const {
    return offset == 0.0 && gain == 0.0 && integral_nonlinearity == 0.0 && differential_nonlinearity == 0.0 &&
           noise == 0.0;
  }
};

struct DacSpec {
  std::uint32_t bits = 1;  ///< of an input slice, 1 to 8
  Time time_constant;      ///< of a wordline on its way to a new level; 0: there at once
  ConverterErrors errors;
  std::string source;
  [[nodiscard]] bool ideal() const { return errors.ideal() && time_constant == Time{}; }
};

/// What one step of the ADC is worth, in units of one level of one cell driven by one unit of input.
enum class AdcRange {
  unit,        ///< 1: exact until it saturates at the highest code
  full,        ///< the smallest power of two with which no sum saturates
  calibrated,  ///< by layer and weight slice, the smallest power of two that saturates at most
               ///< AdcSpec::calibration_percentile of the sums over calibration images
};

struct AdcSpec {
  std::uint32_t bits = 8;  ///< 1 to 16
  AdcRange range = AdcRange::unit;
  double calibration_percentile = 99.99;
  Time conversion_time;                      ///< of one bit line
  std::uint32_t sample_and_hold_stages = 1;  ///< 1: conversions of a slice overlap the next slice's read
  ConverterErrors errors;
  std::string source;
};

// ---- hierarchy -----------------------------------------------------------------------------------------------------

struct ProcessingElementSpec {
  std::uint32_t arrays = 8;        ///< physical arrays, a whole number of logical crossbars
  std::uint32_t adcs = 8;          ///< shared by the arrays in equal groups (a divisor or multiple of arrays)
  std::uint32_t shift_adders = 4;  ///< conversions put together a conversion_time, each
  std::uint32_t input_register_bits = 16384;
  std::uint32_t output_register_bits = 2048;
  /// Crossbars of one element may work at the same time (ISAAC), or one after another.
  bool crossbars_in_parallel = true;
  Cycles load_cycles;    ///< from the tile's bus into the input register, after the last bit came
  Cycles finish_cycles;  ///< from the last conversion to the sums in the output register (last shift-and-add, write)
  std::string source;
};

struct BitSerialTileSpec {
  std::uint32_t processing_elements = 12;
  std::uint64_t buffer_bits = std::uint64_t{64} * 1024 * 8;  ///< of inputs and outputs (eDRAM, SRAM)
  std::uint32_t buffer_port_bits = 256;                      ///< an access
  std::uint32_t buffer_ports = 1;
  Cycles buffer_cycles;                   ///< of an access
  std::uint32_t bus_bits = 384;           ///< between buffer, elements and digital units, a cycle
  std::uint32_t adders = 1;               ///< partial sums from elements added a cycle (tile's shift-and-add units)
  std::uint32_t activation_units = 2;     ///< values activated and rounded a cycle
  std::uint32_t pool_units = 1;           ///< values pooled or added elementwise a cycle
  Cycles activation_cycles, pool_cycles;  ///< latency of each
  std::string source;
};

/// Several chips on a link (ISAAC's HyperTransport). Transfers are serialised on each chip's port.
struct ChipLinkSpec {
  double bits_per_second = 51.2e9;  ///< of one port and direction
  Time latency;
  std::string source;
};

/// How cells are written; docs/bit_serial.md, "Writing weights".
struct ArrayWritingSpec {
  std::uint32_t cells_at_once = 1;  ///< of one wordline of an array
  /// Physical arrays of one element that are written at the same time; all where absent. At least one crossbar's are.
  std::optional<std::uint32_t> arrays_at_once;
  std::optional<double> endurance;  ///< writes that a cell stands; nothing is said about wear where absent
  std::string source;
};

// ---- costs ---------------------------------------------------------------------------------------------------------

enum class BitSerialComponent {
  array,            ///< per physical array
  dac,              ///< per wordline of a physical array
  sample_and_hold,  ///< per bit line of a physical array
  adc,              ///< per ADC
  shift_adder,      ///< per shift-and-add unit of an element
  input_register,   ///< per element
  output_register,  ///< per element
  element_control,  ///< per element (PUMA: fetch, decode, instruction memory)
  vector_unit,      ///< per element (PUMA: ALU lanes); none where area and energies are 0
  element_memory,   ///< per element (PUMA: data memory)
  tile_buffer,      ///< per tile
  tile_bus,         ///< per tile
  tile_adder,       ///< per tile adder
  activation_unit,  ///< per unit of a tile
  pool_unit,        ///< per unit of a tile
  tile_register,    ///< per tile (output register, receive buffer)
  tile_control,     ///< per tile
  router,           ///< per router
  link,             ///< per link between routers, one direction
  chip_link,        ///< per chip
  chip_control,     ///< per chip
};
inline constexpr std::size_t kBitSerialComponents = 21;

/// What happens and costs energy; each belongs to one component. Counted by the timed run, but for the two that say
/// otherwise.
enum class BitSerialAction {
  array_read,             ///< per physical array and input slice read; costs only where `array.energy: constant`
  dac_drive,              ///< per wordline of a physical array and input slice that is not 0
  sample,                 ///< per bit line in use and input slice
  conversion,             ///< per conversion of an ADC
  shift_add,              ///< per conversion
  input_register_write,   ///< per value
  input_register_read,    ///< per input slice of a value (one wordline's bits)
  output_register_write,  ///< per partial sum
  output_register_read,   ///< per partial sum
  element_control,        ///< per matrix-vector product of a crossbar
  vector_operation,       ///< per partial sum leaving an element: cost_of() takes output_register_read
  element_memory_access,  ///< per value entering or leaving: cost_of() takes input_register_write +
                          ///< output_register_read
  buffer_read,
  buffer_write,          ///< per access of buffer_port_bits
  bus_transfer,          ///< per bit
  tile_add,              ///< per partial sum added
  activation,            ///< per value
  pooling,               ///< per value pooled or added elementwise
  tile_register_access,  ///< per value
  tile_control,          ///< per position of a node
  router_traversal,      ///< per flit
  link_traversal,        ///< per flit
  chip_link_transfer,    ///< per bit
  cell_write,            ///< per write pulse of weights loaded or reloaded; costs device.write_energy
};
inline constexpr std::size_t kBitSerialActions = 24;

/// Where in the hierarchy a component is counted.
enum class BitSerialLevel { array, processing_element, tile, network, chip };

struct BitSerialComponentInfo {
  const char* name;         ///< as in YAML and reports
  const char* counted_per;  ///< e.g. "wordline of a physical array"
  BitSerialLevel level;
};
struct BitSerialActionInfo {
  const char* name;  ///< as in YAML (below its component) and reports
  BitSerialComponent component;
  const char* counted_per;
};
const BitSerialComponentInfo& bit_serial_component_info(BitSerialComponent component);
const BitSerialActionInfo& bit_serial_action_info(BitSerialAction action);
std::vector<BitSerialComponent> all_bit_serial_components();
std::vector<BitSerialAction> all_bit_serial_actions();

struct BitSerialComponentCost {
  Area area;
  Power leakage;
  /// While it works without pause, as published tables give it (leakage included); for the chip's peak power only,
  /// never for the energy of a run.
  Power active_power;
  std::string source;
};

struct BitSerialCostTable {
  std::array<BitSerialComponentCost, kBitSerialComponents> components{};
  std::array<Energy, kBitSerialActions> actions{};
  [[nodiscard]] const BitSerialComponentCost& of(BitSerialComponent component) const {
    return components[static_cast<std::size_t>(component)];
  }
  [[nodiscard]] Energy of(BitSerialAction action) const { return actions[static_cast<std::size_t>(action)]; }
};

/// What the chip's authors report for it, to stand beside what the model gives; nothing is computed from it.
struct PublishedFigures {
  std::optional<Area> area;                                  ///< of the chip
  std::optional<Power> power;                                ///< peak
  std::optional<double> gops_per_mm2;                        ///< peak, in the authors' own count of operations
  std::optional<double> gops_per_watt;                       ///< likewise
  std::optional<Time> product_time;                          ///< one matrix-vector product of a full crossbar
  std::optional<Energy> product_energy;                      ///< likewise
  std::vector<std::pair<std::string, double>> power_shares;  ///< by what the authors name; of the chip's power
  std::string source;
};

// ---- chip ----------------------------------------------------------------------------------------------------------

struct BitSerialChipSpec {
  std::string name, technology, source;
  Frequency clock;                     ///< of tiles and network; its period must be a whole number of femtoseconds
  DeviceSpec device;                   ///< levels must be a power of two: cell_bits()
  std::uint32_t weight_bits = 16;      ///< that the slices hold
  std::uint32_t activation_bits = 16;  ///< that the input registers hold
  BitSerialArraySpec array;
  DacSpec dac;
  AdcSpec adc;
  ProcessingElementSpec processing_element;
  BitSerialTileSpec tile;
  std::uint32_t tiles = 168;              ///< of one chip
  bool power_gating = false;              ///< unused tiles, and unused chips, do not leak
  std::uint32_t chips = 1;                ///< on the link
  std::optional<ChipLinkSpec> chip_link;  ///< needed with more than one chip
  ArrayWritingSpec writing;
  BitSerialCostTable costs;
  NetworkOnChipSpec interconnect;  ///< between the tiles of a chip, one node a tile at least; its clock is the tiles'
  PublishedFigures published;

  [[nodiscard]] std::uint32_t cell_bits() const;
  /// Share of a wordline's step to a new level that is missing when the bit lines are sampled, exp(-array.read_time /
  /// dac.time_constant): from 0 (settled) to below 1.
  [[nodiscard]] double unsettled_share() const;
  /// Digits of a weight: offset: ceil(weight_bits / cell_bits); differential: ceil((weight_bits - 1) / cell_bits).
  [[nodiscard]] std::uint32_t weight_slices() const;
  /// Input slices of an activation: unsigned ceil(bits / dac.bits); signed one more for the sign bit over those of the
  /// other bits.
  [[nodiscard]] std::uint32_t input_slices(bool is_signed) const;
  /// Bit lines of a weight in one physical array; logical columns of a crossbar; physical arrays of a crossbar.
  [[nodiscard]] std::uint32_t bit_lines_per_weight() const;
  [[nodiscard]] std::uint32_t logical_columns() const;
  [[nodiscard]] std::uint32_t arrays_per_crossbar() const;
  [[nodiscard]] std::uint32_t crossbars_per_element() const;
  /// 2 where positive and negative weights have cells of their own, else 1.
  [[nodiscard]] std::uint32_t polarities() const;
  /// Conversions that an ADC makes, one after another, for one input slice of a full crossbar. Without the unit bit
  /// line of offset weights, for which ISAAC's converters (128 bit lines in 100 ns) leave no time: it is counted, and
  /// taken to be converted beside the others.
  [[nodiscard]] std::uint32_t conversions_per_slice() const;
  /// Clock period in femtoseconds.
  [[nodiscard]] std::uint64_t period_fs() const;
  /// Fewest whole cycles that last at least `time` (taken to the nearest femtosecond): of many conversions, give the
  /// time of all together.
  [[nodiscard]] Cycles cycles_for(Time time) const;
  [[nodiscard]] Time time_of(Cycles cycles) const;
  [[nodiscard]] std::uint64_t processing_elements() const;  ///< of all chips
  [[nodiscard]] std::uint64_t crossbars() const;            ///< logical, of all chips
};

/// How a chip computes: the `execution:` of a chip's mapping, spiking unless given.
enum class ChipExecution { spiking, bit_serial };
ChipExecution read_chip_execution(ConfigReader chip);

/// Reads and cross-checks the `chip:` mapping of a chip with `execution: bit_serial`; problems go to the reader. Keys
/// are the fields above word for word; `costs` has a section a component with area, leakage, active_power, the energies
/// of its actions by their names, and source. What a chip does not have is left out: element_control, vector_unit,
/// element_memory, tile_register, tile_control, chip_link, chip_control.
BitSerialChipSpec read_bit_serial_chip(ConfigReader reader);

}  // namespace crossloom
