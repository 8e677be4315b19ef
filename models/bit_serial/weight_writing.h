// How the weights of a placed network get into their cells, in time: what comes from memory, what it passes, when each
// row is written. docs/bit_serial.md, "Writing weights", has the rules in words.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// To write so many cells of one wordline of an array: `writing.cells_at_once` at a time, each device.write_pulses
/// pulses of device.write_time.
Time row_write_time(std::uint64_t cells, const BitSerialChipSpec& chip);

/// Writing what one pass holds (without reloads: everything, once), on chips that do nothing else.
struct WeightWriting {
  std::uint64_t cells = 0;   ///< of all weight positions of all parts and copies, slices and polarities
  std::uint64_t pulses = 0;  ///< cells x device.write_pulses
  Cycles cycles;             ///< from the first weight's leaving memory until the last cell is written
  Cycles array_cycles;       ///< the same if all weights were at their arrays from the beginning
  /// cell_write by tile and node; and what brings the weights there: tile_bus, router, link, chip_link.
  BitSerialActivity activity;
};

/// One row of a part as it is written: its cells from `begin` to `end`, counted from the first weight's leaving memory,
/// and all that was done for it.
struct RowWrite {
  std::uint32_t crossbar = 0;  ///< placed
  NodeId node;
  std::uint64_t begin = 0, end = 0;
  BitSerialCounts counts;
};
using RowListener = std::function<void(const RowWrite&)>;

/// Weights come from memory beyond the chips' link row by row, a packet each with the weights of one wordline of a
/// part, first row of every crossbar, then the second, and so on. A packet passes, each one after another, the link (if
/// the chip has one: bits / bits_per_second, then latency), its chip's port (a flit a cycle), the empty network
/// (NetworkOnChipSpec::zero_load_cycles: nothing else moves, and what leaves one port in order never meets), and its
/// tile's bus. A crossbar takes a row while it writes the one before: memory knows how long writing takes and sends
/// none earlier. The placement's sites must be given, and its indices sound.
/// `listener` is told of every row, those of a crossbar in the order in which they are written.
WeightWriting write_weights(const PlacedNetwork& placed, const FixedPointNetwork& network,
                            const BitSerialChipSpec& chip, std::uint32_t pass, const RowListener& listener = {});

/// All passes, in their order.
std::vector<WeightWriting> write_all_passes(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                            const BitSerialChipSpec& chip);

}  // namespace crossloom
