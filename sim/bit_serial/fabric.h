// What carries messages between tiles, and from and to the host: the interface, and a network that never gets crowded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/bit_serial/flow_tables.h"
#include "sim/calendar_queue.h"
#include "sim/message.h"

namespace crossloom::bit_serial {

/// Told when a message has wholly arrived, in that cycle; acts on it a cycle later.
class FabricSink {
 public:
  virtual ~FabricSink() = default;
  /// `tile` may be the host; `alone`: cycles that it would have taken from its sender (or from the port of its
  /// receiver's chip) if nothing else moved, 0 where nobody is told.
  virtual void arrived(std::uint32_t message, std::uint32_t tile, Cycle cycle, Cycle alone) = 0;
  /// A message that came to its chip's port at `arrived` is on the link to another chip from `begin` on and goes on
  /// from that chip's port at `end`.
  struct ChipCrossing {
    std::uint32_t from = 0, to = 0;  ///< chips
    Cycle arrived = 0, begin = 0, released = 0, end = 0;
  };
  virtual void crossed(std::uint32_t /*message*/, const ChipCrossing& /*crossing*/) {}
};

/// A plain object with integer cycles, worked on at next_due() like every other.
class Fabric {
 public:
  virtual ~Fabric() = default;
  /// Hands over a message of `bits` for the destinations of a fan-out at `cycle`, which has not been worked on.
  virtual void send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) = 0;
  /// Cycles that a message of `bits` takes its sender's port.
  [[nodiscard]] virtual Cycle flits(std::uint64_t bits) const = 0;
  virtual void advance(Cycle now) = 0;
  [[nodiscard]] virtual Cycle next_due() const = 0;
  /// Every queue that is not empty.
  [[nodiscard]] virtual std::string describe() const = 0;
};

/// Every message takes `latency` cycles and one more a flit; a sender's messages leave one after another, a flit a
/// cycle.
class FixedLatencyFabric : public Fabric {
 public:
  struct Rates {
    Cycle latency = 4;
    std::uint32_t flit_bits = 32;
  };
  FixedLatencyFabric(const FlowTables& tables, const Rates& rates, FabricSink& sink)
      : tables_(tables), rates_(rates), sink_(sink), free_at_(tables.tiles + 1, 0) {}
  void send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) override;
  [[nodiscard]] Cycle flits(std::uint64_t bits) const override {
    return std::max<Cycle>(1, (bits + rates_.flit_bits - 1) / rates_.flit_bits);
  }
  void advance(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override { return calendar_.next_due(); }
  [[nodiscard]] std::string describe() const override;

 private:
  struct Arrival {
    std::uint32_t message = 0, fan_out = 0, alone = 0;
  };
  const FlowTables& tables_;
  Rates rates_;
  FabricSink& sink_;
  std::vector<Cycle> free_at_;  ///< by sender
  CalendarQueue<Arrival> calendar_;
  std::uint64_t under_way_ = 0;
};

}  // namespace crossloom::bit_serial
