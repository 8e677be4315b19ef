// What a board of a bit-serial chip tells while it runs: what was asked for when, served when, and why something waits.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/network_spec.h"
#include "models/observer.h"

namespace crossloom {

/// What a part of the chip is busy with, or what time passes with.
enum class BitSerialStage {
  load,       ///< an element: inputs from the buffer over the bus into its register
  drive,      ///< an element: input slices on the wordlines
  convert,    ///< an element: the conversions of these slices
  finish,     ///< an element: the last shift-and-add and the output register
  move,       ///< an element: sums over the bus
  add,        ///< a home tile: sums of one row part
  activate,   ///< a home tile
  read,       ///< a tile: a window for a digital node
  pool,       ///< a tile: the work of a digital node without weights
  keep,       ///< a tile: outputs into the buffer
  read_out,   ///< a tile: outputs from the buffer to the network
  write,      ///< a tile: what came over the network into the buffer
  send,       ///< the host: values through its port
  network,    ///< a message: through the routers, alone
  chip_link,  ///< a message: over the link between chips or to memory
  credit,     ///< news of room that has become free, on wires of their own
  reload,     ///< weights of a pass are written
};
inline constexpr std::size_t kBitSerialStages = 17;
/// "load", "drive", ...
const char* name_of(BitSerialStage stage);

/// Cycles are counted from the beginning of the board's images (of a pass).
struct BitSerialInterval {
  BitSerialStage stage = BitSerialStage::load;
  std::uint32_t tile = 0;
  std::uint32_t element = 0;  ///< of stages of an element, over the board
  NodeId node;
  std::uint64_t image = 0;     ///< in its stream
  std::uint32_t position = 0;  ///< of the node's plane
  std::uint64_t begin_cycle = 0, end_cycle = 0;
  /// Whoever asked for it, by its number in the pass's tables: a part group (load .. move), a maker (add .. keep) or a
  /// send (read_out, send); of `write` and what only takes time: not said.
  std::uint32_t who = 0;
  std::uint32_t port = 0;            ///< of the tile's buffer, where one is held; of chip_link: chip
  std::uint64_t request_cycle = 0;   ///< from here to begin_cycle what serves it is busy with others
  std::uint64_t released_cycle = 0;  ///< what served it is free again; values are there at end_cycle
  std::uint32_t id = 0;              ///< 1, 2, ... on a board; 0 where more have been told than fit
  std::uint32_t cause = 0;  ///< the interval that ended at request_cycle and made this one possible; 0: the begin
  /// Of values on their way, counted from 1, 0: none. read_out and send begin `messages` of them, numbered on from
  /// `message`, one to each receiver; write ends one.
  std::uint64_t message = 0;
  std::uint32_t messages = 0;
};

/// One input slice of a product, in the cycles of BitSerialInterval. It is on the wordlines until it is sampled.
struct BitSerialSlice {
  std::uint64_t sampled = 0;
  std::uint64_t converting = 0, converted = 0;  ///< its last conversions begin and end
};

/// What has reasons of its own to wait, by its number in the pass's tables.
enum class BitSerialWaiter { part_group, maker, send };

/// Told of what happens, when it is known: often before its cycle. No-op by default. Must not throw.
class BitSerialObserver {
 public:
  virtual ~BitSerialObserver() = default;
  virtual void on_interval(const BitSerialInterval& /*interval*/) {}
  /// Time that passes without anything serving: credits, messages on their way, the latency of a load.
  virtual void on_delay(const BitSerialInterval& /*delay*/) {}
  /// Before the drive and convert intervals of the same part group.
  virtual void on_slices(std::uint32_t /*group*/, std::uint64_t /*begin*/, const std::vector<BitSerialSlice>&) {}
  /// A shared ADC converts a slice of this part group.
  virtual void on_conversion(std::uint32_t /*adc*/, std::uint32_t /*group*/, std::uint64_t /*begin*/,
                             std::uint64_t /*end*/) {}
  /// From `cycle` on, whenever it is not at work, it waits for this.
  virtual void on_idle(BitSerialWaiter /*kind*/, std::uint32_t /*who*/, WaitReason /*reason*/,
                       std::uint64_t /*cycle*/) {}
  /// A maker's positions have been sent to all who read them, and leave its buffer.
  virtual void on_positions_sent(std::uint32_t /*maker*/, std::uint64_t /*count*/, std::uint64_t /*cycle*/) {}
  virtual void on_action(BitSerialAction /*action*/, std::uint64_t /*count*/, std::uint64_t /*cycle*/) {}
  virtual void on_array_energy(std::uint64_t /*zeptojoules*/, std::uint64_t /*cycle*/) {}
  /// The host has all outputs of an image, or what later passes read of it waits.
  virtual void on_image_done(std::uint64_t /*image*/, std::uint64_t /*begin*/, std::uint64_t /*end*/,
                             std::uint32_t /*cause*/) {}
  /// A flit left a router of a chip by this port, in a cycle of the whole run; `link`: towards another router.
  virtual void on_flit(std::uint32_t /*chip*/, std::uint32_t /*router*/, std::uint32_t /*port*/, bool /*link*/,
                       std::uint64_t /*cycle*/) {}
};

}  // namespace crossloom
