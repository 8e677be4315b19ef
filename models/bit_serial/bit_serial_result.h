// What a timed run of a bit-serial chip gives.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/observations.h"

namespace crossloom {

/// What a part of the chip that has something to do waits for.
enum class BitSerialStall {
  input,            ///< an element: values that are not there yet
  input_register,   ///< an element: room in its input register
  crossbar,         ///< an element: a crossbar that another part of it, or another position, is on
  home,             ///< an element: its home tile still has earlier positions
  output_register,  ///< an element: room in its output register
  buffer,           ///< a home tile or the host: room in the buffer of a tile it sends to
};
inline constexpr std::size_t kBitSerialStalls = 6;
/// "input", "input_register", ...
const char* name_of(BitSerialStall stall);

/// One image. Cycles are counted from the beginning of its stream.
struct BitSerialImage {
  std::vector<std::int32_t> outputs;  ///< of the last node: channel planes, each row by row
  std::uint32_t predicted = 0;        ///< the largest output, the first of equals
  std::uint64_t begin_cycle = 0;      ///< the host sends its first values
  std::uint64_t end_cycle = 0;        ///< the host has all outputs
  /// If asked for: the outputs of every node, as the tiles made them.
  IdVector<NodeId, std::vector<std::int32_t>> nodes;
  [[nodiscard]] std::uint64_t latency_cycles() const { return end_cycle - begin_cycle; }
};

/// How long things were at work, in cycles.
struct BitSerialUse {
  std::vector<std::uint64_t> crossbars;  ///< by placed crossbar: slices on its wordlines
  std::vector<std::uint64_t> buses, adders, activation_units, pool_units;  ///< by tile
  std::array<std::uint64_t, kBitSerialStalls> stalls{};                    ///< summed over whoever waited
};

struct BitSerialResult {
  std::vector<BitSerialImage> images;  ///< in the order they were given
  BitSerialActivity activity;
  BitSerialUse use;
  std::uint64_t elapsed_cycles = 0;  ///< sum of the streams' lengths
  /// Of streams of more than one image: mean cycles from one image's end to the next one's, fill and drain left out.
  /// With reloads: a stream's length, writing included, over its images.
  double cycles_per_image = 0.0;
  /// With reloads, by pass, summed over the streams: what writing its weights took, and its images after it. Together
  /// they are the elapsed cycles. Empty where all weights are there from the beginning.
  std::vector<std::uint64_t> write_cycles, run_cycles;
  std::uint64_t flits = 0;    ///< injected into the network
  Observations observations;  ///< of observed streams; what runs the simulation puts them here
};

}  // namespace crossloom
