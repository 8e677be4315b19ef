// The plain parts of a mesh router: credits, input queues and output ports. When they act is decided in mesh.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "sim/message.h"

namespace crossloom {

/// Free flits of the buffer at the far end of a wire, as the sender knows them. Credits come back one a cycle while a
/// message leaves that buffer; they are booked ahead as ramps and cost no event of their own.
class CreditLine {
 public:
  CreditLine() = default;
  explicit CreditLine(std::uint32_t flits) : capacity_(flits), available_(flits), ramps_(flits) {}

  /// Flits that may be sent at `now`.
  [[nodiscard]] std::uint32_t available(Cycle now) {
    while (ramps_used_ > 0) {
      Ramp& ramp = ramps_[first_];
      if (ramp.start > now) break;
      const Cycle come = now - ramp.start + 1;
      if (come < ramp.flits) {
        available_ += static_cast<std::uint32_t>(come);
        ramp.start += come;
        ramp.flits -= static_cast<std::uint32_t>(come);
        break;
      }
      available_ += ramp.flits;
      first_ = first_ + 1 == capacity_ ? 0 : first_ + 1;
      --ramps_used_;
    }
    return available_;
  }
  /// Earliest cycle with `flits` credits by what is booked, kNever if more must come. Call after available(now).
  [[nodiscard]] Cycle earliest(std::uint32_t flits) const {
    std::uint32_t missing = flits - available_;
    std::uint32_t at = first_;
    for (std::uint32_t k = 0; k < ramps_used_; ++k) {
      if (missing <= ramps_[at].flits) return ramps_[at].start + missing - 1;
      missing -= ramps_[at].flits;
      at = at + 1 == capacity_ ? 0 : at + 1;
    }
    return kNever;
  }
  void take(std::uint32_t flits) { available_ -= flits; }
  /// Credits for `flits` flits come back from `start` on, one a cycle.
  void book(Cycle start, std::uint32_t flits) {
    CROSSLOOM_CHECK(ramps_used_ < capacity_, "more credits came back than a buffer has flits");
    ramps_[(first_ + ramps_used_) % capacity_] = {start, flits};
    ++ramps_used_;
  }
  /// All credits have come back or are booked.
  [[nodiscard]] bool whole() const {
    std::uint32_t flits = available_;
    for (std::uint32_t k = 0; k < ramps_used_; ++k) flits += ramps_[(first_ + k) % capacity_].flits;
    return flits == capacity_;
  }
  void reset() {
    available_ = capacity_;
    first_ = ramps_used_ = 0;
  }

 private:
  struct Ramp {
    Cycle start = 0;
    std::uint32_t flits = 0;
  };
  std::uint32_t capacity_ = 0;
  std::uint32_t available_ = 0;
  std::uint32_t first_ = 0, ramps_used_ = 0;
  std::vector<Ramp> ramps_;
};

inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

/// Messages of one class that wait at one input port, in order.
struct InputQueue {
  Cycle ready = 0;                  ///< earliest departure of the first one
  std::uint32_t head = kNoIndex, tail = kNoIndex;
  std::uint32_t feeder = kNoIndex;  ///< output port at the other end of the wire, which wants its credits back
  std::uint32_t messages = 0;
};

/// One direction of a wire between two routers, or between a router and a tile or host port.
struct OutputPort {
  Cycle busy_until = 0;
  Cycle scheduled = kNever;                                     ///< when it is looked at next
  std::array<std::uint64_t, kMessageClasses> requests{};        ///< input ports whose first message wants this port
  std::array<std::uint8_t, kMessageClasses> last_served{};      ///< input port served last, for round-robin
  std::array<bool, kMessageClasses> starved{};                  ///< waits for credits that are not booked yet
  std::uint8_t turn = 0;                                        ///< class that goes first when both could
  bool ejects = false;                                          ///< leads to a tile or host port, which always sinks
  bool injects = false;                                         ///< leads from a tile or host port into its router
  std::uint32_t first_queue = 0;                                ///< of its router's input queues
  std::uint32_t target_queue = 0;                               ///< data queue at the far end; the token queue is next
  std::uint32_t router = 0;
  std::uint32_t port = 0;
  std::array<CreditLine, kMessageClasses> credits{};
};

}  // namespace crossloom
