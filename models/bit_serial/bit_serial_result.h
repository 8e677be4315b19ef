// What a timed run of a bit-serial chip gives.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/fixed_point_network.h"

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

/// What a part of the chip is busy with.
enum class BitSerialStage {
  load,      ///< an element: inputs from the buffer over the bus into its register
  drive,     ///< an element: input slices on the wordlines
  convert,   ///< an element: the conversions of these slices
  finish,    ///< an element: the last shift-and-add and the output register
  move,      ///< an element: sums over the bus
  add,       ///< a home tile: sums of one row part
  activate,  ///< a home tile
  read,      ///< a tile: a window for a digital node
  pool,      ///< a tile: the work of a digital node without weights
  keep,      ///< a tile: outputs into the buffer
  read_out,  ///< a tile: outputs from the buffer to the network
};
/// "load", "drive", ...
const char* name_of(BitSerialStage stage);

struct BitSerialInterval {
  BitSerialStage stage = BitSerialStage::load;
  std::uint32_t tile = 0;
  std::uint32_t element = 0;  ///< of stages of an element, over the board
  NodeId node;
  std::uint64_t image = 0;     ///< in its stream
  std::uint32_t position = 0;  ///< of the node's plane
  std::uint64_t begin_cycle = 0, end_cycle = 0;
};
/// Told of every interval, when it is known. Must not throw.
class BitSerialObserver {
 public:
  virtual ~BitSerialObserver() = default;
  virtual void on_interval(const BitSerialInterval& interval) = 0;
};

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
  std::uint64_t flits = 0;  ///< injected into the network
};

}  // namespace crossloom
