// What modules may ask of one another. Every cycle passed lies after the caller's own: nothing arrives in zero time.
#pragma once

#include <cstdint>
#include <systemc>

#include "sim/message.h"

namespace crossloom {

/// The interconnect as tiles and host see it.
class PacketNetwork : virtual public sc_core::sc_interface {
 public:
  /// Puts a message into the output buffer of an endpoint at `ready`; it leaves as soon as the network takes it.
  virtual void inject(std::uint32_t endpoint, const Message& message, Cycle ready) = 0;
};

/// Tiles and host as the interconnect sees them.
class PacketSink : virtual public sc_core::sc_interface {
 public:
  /// The message is wholly there at `cycle`.
  virtual void deliver(const Message& message, Cycle cycle) = 0;
  /// A message of this sender leaves its output buffer in [start, start + flits).
  virtual void departed(const Message& message, Cycle start) = 0;
};

/// The dedicated wires on which step credits return.
class StepCreditSink : virtual public sc_core::sc_interface {
 public:
  /// Destination slot `destination` of output stage `stage` is done with `step`; known at `cycle`. `path_step` ended
  /// with it in an observed image.
  virtual void step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle,
                           std::uint32_t path_step) = 0;
};

}  // namespace crossloom
