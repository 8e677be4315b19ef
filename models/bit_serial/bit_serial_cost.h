// What a bit-serial chip is made of, what it could do at most, and what a run cost: counts times the chip's table. Pure
// arithmetic, no timing. docs/chips.md compares the sums with what the chips' authors report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// All instances of one component.
struct BitSerialPart {
  BitSerialComponent component = BitSerialComponent::array;
  std::uint64_t count = 0;
  Area area;
  Power leakage, active_power;
};

/// Instances of a component on one chip: routers and links as of its interconnect, one chip link and one control.
std::uint64_t instances_per_chip(BitSerialComponent component, const BitSerialChipSpec& chip);
/// The same of one processing element and of one tile; 0 for what lies further up.
std::uint64_t instances_per_element(BitSerialComponent component, const BitSerialChipSpec& chip);
std::uint64_t instances_per_tile(BitSerialComponent component, const BitSerialChipSpec& chip);

/// One part a component, in their order, of one chip.
std::vector<BitSerialPart> parts_of_chip(const BitSerialChipSpec& chip);
Area area_of(const std::vector<BitSerialPart>& parts);
Power leakage_of(const std::vector<BitSerialPart>& parts);
/// Everything at work without pause.
Power peak_power_of(const std::vector<BitSerialPart>& parts);

/// One product of a full crossbar with a vector whose bits are all set, as its element does it.
struct CrossbarProduct {
  std::uint64_t multiply_accumulates = 0;
  /// From the first slice on the wordlines to the sums in the output register: one read, then a conversion period for
  /// each input slice beside the next slice's read (without sample-and-hold one after the other), then finish_cycles.
  Time latency;
  /// Between products of the same crossbar when one follows another: input slices x the longer of read and conversions.
  Time interval;
  /// Arrays, converters, shift-and-adds and registers; their leakage over the latency included, of the registers
  /// the crossbar's share. No element control, vector unit or memory.
  Energy energy;
  BitSerialCounts counts;
};
CrossbarProduct crossbar_product(const BitSerialChipSpec& chip);

/// At most, with every crossbar of one chip busy. A multiply-accumulate of weight_bits x activation_bits counts as two
/// operations.
struct PeakPerformance {
  double operations_per_second = 0.0;
  double gops_per_mm2 = 0.0;
  double gops_per_watt = 0.0;  ///< of peak power
};
PeakPerformance peak_performance(const BitSerialChipSpec& chip);

/// To write every cell of one chip once, as many cells of a wordline and arrays of an element at a time as `writing`
/// says and all elements at the same time; the weights are there already (write_weights() brings them).
struct WholeChipProgramming {
  std::uint64_t cells = 0;
  Time time;
  Energy energy;
};
WholeChipProgramming whole_chip_programming(const BitSerialChipSpec& chip);

/// One row of the energy table. Without a node: leakage; without a tile: of the whole chip.
struct BitSerialEnergyEntry {
  BitSerialComponent component = BitSerialComponent::array;
  std::string action;  ///< bit_serial_action_info().name, "dissipated" (array), or "leakage"
  std::optional<NodeId> node;
  std::optional<PlacedTileId> tile;
  std::uint64_t count = 0;  ///< actions; 0 for leakage
  Energy energy;
};

struct BitSerialCost {
  std::vector<BitSerialEnergyEntry> energy;  ///< rows without counts are left out
  Energy dynamic, leakage;
  [[nodiscard]] Energy total() const { return dynamic + leakage; }
  /// Of all rows, leakage included.
  [[nodiscard]] Energy of(BitSerialComponent component) const;
};

/// Of counts alone, without nodes and tiles: rows as in BitSerialCost::energy.
std::vector<BitSerialEnergyEntry> dynamic_energy(const BitSerialCounts& counts, const BitSerialChipSpec& chip);

/// Energy of the activity and leakage over `elapsed`: of tiles in use and, unless power gated, of all others; of all
/// routers, links and shared parts of the chips in use (with power gating: of the share of tiles in use).
BitSerialCost cost_of(const BitSerialActivity& activity, Time elapsed, const PlacedNetwork& placed,
                      const BitSerialChipSpec& chip);

/// What writing the weights of one pass costs (write_weights()).
struct ProgrammedPass {
  std::uint64_t cells = 0;
  Time time;           ///< with bringing the weights
  Time array_time;     ///< if they were there
  Energy energy;       ///< of the pulses, of what brings the weights, and leakage meanwhile
  Energy cell_energy;  ///< of the pulses alone
};

/// Writing all weights of a placed network once, pass by pass; one pass unless they are reloaded.
struct BitSerialProgramming {
  std::vector<ProgrammedPass> passes;
  /// That any cell gets: passes that use the same crossbar. A write is one, however many pulses it takes.
  std::uint32_t most_writes_of_a_cell = 1;
  [[nodiscard]] ProgrammedPass total() const;
};
BitSerialProgramming programming_of(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                    const BitSerialChipSpec& chip);

}  // namespace crossloom
