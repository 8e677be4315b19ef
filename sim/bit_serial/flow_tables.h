// What the timed run looks up and never changes: who makes, moves and reads which values. Built once from a placed
// network.
//
// Of one pass, where weights are reloaded.
//
// A *maker* makes positions of a node: an output slice, a digital slice, the host (the image, and what waits off the
// chips), or a tile that keeps what an earlier pass has made. A *stream* is what
// one tile keeps of one node: some channels of the positions that its readers still want. A *reader* (a part group or a
// digital slice) reads one or more streams of its tile. A *part group* is what an element does for one row part: its
// crossbar parts with the same rows, which are loaded once and driven together.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"
#include "sim/message.h"

namespace crossloom::bit_serial {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};
/// Positions of one slice whose sums may be under way at its home at the same time, and that its buffer keeps until
/// they are sent: two, so that one is worked on while the other moves.
inline constexpr std::uint32_t kPositionsUnderWay = 2;

/// Cycles and widths of a chip.
struct Pace {
  explicit Pace(const BitSerialChipSpec& chip);
  [[nodiscard]] Cycle conversion_cycles(std::uint64_t conversions) const;
  Cycle read_cycles = 0;
  Cycle load_cycles = 0, finish_cycles = 0;
  Cycle activation_cycles = 0, pool_cycles = 0;
  std::uint32_t adders = 1, activation_units = 1, pool_units = 1;
  std::uint32_t hold_stages = 1;
  std::uint32_t sum_bits = 0;  ///< of a partial sum: weight bits + activation bits + log2 of the rows
  std::uint32_t dac_bits = 1;
  bool crossbars_in_parallel = true;
  Time conversion_time;
  const BitSerialChipSpec* chip = nullptr;
};

/// Where a value of a window lies: channel `slot` of its stream at the window's corner + (dy, dx); or, for what reads
/// all positions at once, at `position`.
struct WindowValue {
  std::uint32_t slot = 0;
  std::uint32_t position = 0;
  std::int32_t dy = 0, dx = 0;
};

struct ReaderInput {
  std::uint32_t stream = 0;
  std::uint32_t progress = 0;  ///< index into FlowTables::progress
};

struct StreamTable {
  std::uint32_t tile = 0;  ///< FlowTables::host for what the host gets
  NodeId node;
  std::vector<std::uint32_t> channels;  ///< of the node, ascending; slot k holds channels[k]
  std::uint32_t positions = 1;          ///< of the node's plane
  std::uint32_t depth = 1;              ///< positions that it can hold
  std::uint32_t value_bits = 1;
  bool keeps = false;                    ///< for later passes: room for all images, given up when the pass is over
  std::vector<std::uint8_t> wanted;      ///< by position; empty = all
  std::vector<std::uint16_t> fragments;  ///< by copy of the maker: messages that bring one position
  std::vector<std::uint32_t> readers;    ///< part groups, then from FlowTables::part_groups.size() on digital slices
  [[nodiscard]] bool wants(std::uint32_t position) const { return wanted.empty() || wanted[position] != 0; }
};

/// Sums of a part group that go to one output slice.
struct GroupOutput {
  std::uint32_t maker = 0;
  std::vector<std::uint32_t> from;  ///< in the group's sums
  std::vector<std::uint32_t> to;    ///< in the slice's columns
  bool is_local = true;
  std::uint32_t fan_out = kNone;  ///< of the fabric, if not local
  Cycle credit_cycles = 0;        ///< until a slice that becomes free is known here
};

struct PartGroupTable {
  std::uint32_t tile = 0, element = 0;
  LayerId layer;
  NodeId node;
  std::uint32_t copy = 0;
  ReaderInput input;
  std::vector<WindowValue> rows;
  bool at_once = false;  ///< rows lie at positions of their own, not in a window
  struct Part {
    PlacedCrossbarId crossbar;
    std::uint32_t part = 0, columns = 0;
    Cycle conversion_cycles = 0;  ///< of one input slice on ADCs of its own
  };
  std::vector<Part> parts;
  std::uint32_t sums = 0;  ///< columns of all parts
  std::vector<GroupOutput> outputs;
  std::uint32_t input_slices = 0, input_bits = 0;
  bool is_signed = false;
  /// Of one input slice on ADCs that no other crossbar uses: the longest of any one.
  Cycle conversion_cycles = 0;
  /// ADCs shared with other crossbars (numbered over the board); empty where there are none.
  struct SharedAdc {
    std::uint32_t adc = 0;
    Cycle conversion_cycles = 0;  ///< of one input slice
  };
  std::vector<SharedAdc> shared_adcs;
  std::uint64_t conversions = 0, bit_lines = 0, arrays = 0;  ///< of all parts, for each input slice
};

/// Some outputs of a maker that go to some streams, all by the same message.
struct SendTable {
  std::uint32_t maker = 0;
  std::vector<std::uint32_t> picks;  ///< of the maker's channels
  struct Target {
    std::uint32_t stream = 0;
    std::vector<std::uint32_t> slots;  ///< where they go in the stream
    Cycle credit_cycles = 0;
  };
  std::vector<Target> targets;  ///< by tile
  bool is_local = false;
  std::uint32_t fan_out = kNone;  ///< of the fabric
  std::uint32_t bits = 0;         ///< of one position
};

enum class MakerKind {
  host,  ///< the image or, of another node, what memory beyond the link keeps
  output_slice,
  digital_slice,
  kept,  ///< what a tile's buffer keeps
};

struct MakerTable {
  MakerKind kind = MakerKind::output_slice;
  std::uint32_t tile = 0;
  NodeId node;
  std::uint32_t copy = 0, copies = 1;
  std::uint32_t positions = 1;          ///< of the node's plane
  std::vector<std::uint32_t> channels;  ///< of the node: what it makes
  std::uint32_t row_parts = 0;          ///< part groups that add to each position
  std::vector<std::uint32_t> groups;
  std::vector<std::uint32_t> sends;  ///< indices into FlowTables::sends
  std::uint32_t write_bits = 0;      ///< of a position in the buffer
  [[nodiscard]] bool from_memory() const {
    return kind == MakerKind::kept || (kind == MakerKind::host && node != NodeId(0));
  }
  // Digital slices.
  std::uint32_t reader = kNone;  ///< its number among the readers
  std::vector<ReaderInput> inputs;
  std::vector<std::uint32_t> input_numbers;  ///< by input: which of the node's it is (a slice of concat may skip some)
  std::vector<std::uint8_t> flattened;       ///< by input: values lie at positions of their own
  std::vector<std::vector<WindowValue>> values;  ///< by input, of the channels it works on, in order
  std::vector<std::uint32_t> first_value;        ///< by input: which of `channels` the first of them is (concat)

  [[nodiscard]] std::uint32_t turns() const { return (positions - copy + copies - 1) / copies; }  ///< an image
  [[nodiscard]] std::uint32_t position_of(std::uint64_t turn) const {
    return copy + static_cast<std::uint32_t>(turn % turns()) * copies;
  }
  /// Counted over images.
  [[nodiscard]] std::uint64_t global_position_of(std::uint64_t turn) const {
    return turn / turns() * positions + position_of(turn);
  }
};

/// One message may reach several tiles.
struct FanOut {
  std::uint32_t source = 0;  ///< tile, or FlowTables::host
  std::vector<std::uint32_t> destinations;
};

struct Progress {
  WindowProgress window;
  std::uint32_t positions = 1;  ///< of the source's plane
};

struct FlowTables {
  const FixedPointNetwork* network = nullptr;
  const PlacedNetwork* placed = nullptr;
  const BitSerialChipSpec* chip = nullptr;
  std::uint32_t tiles = 0, host = 0;  ///< host = tiles
  std::uint32_t pass = 0;
  std::vector<Progress> progress;
  std::vector<StreamTable> streams;
  std::vector<PartGroupTable> part_groups;
  std::vector<MakerTable> makers;             ///< the image first, then what is kept, output slices, digital slices
  std::vector<std::uint32_t> digital_makers;  ///< reader part_groups.size() + k is makers[digital_makers[k]]
  std::vector<SendTable> sends;
  std::vector<FanOut> fan_outs;
  std::uint32_t output_stream = kNone;  ///< the network's outputs at the host, if this pass makes any
  std::vector<std::uint32_t> results;   ///< streams that must be complete: outputs, and what is kept for later passes
};

/// Cycles that a credit takes from one tile (or the host) to another on wires of its own; at least 1.
using CreditCycles = std::function<Cycle(std::uint32_t from, std::uint32_t to)>;

/// How many images go through.
struct StreamOfImages {
  std::uint32_t length = 1;  ///< at most; all of them wait between passes
  std::uint32_t in_flight = 1;
};

/// Throws DoesNotFit where a tile's buffer is too small for what it must hold. All references must outlive the tables.
FlowTables build_flow_tables(const FixedPointNetwork& network, const PlacedNetwork& placed,
                             const BitSerialChipSpec& chip, const StreamOfImages& images,
                             const CreditCycles& credit_cycles, std::uint32_t pass = 0);

}  // namespace crossloom::bit_serial
