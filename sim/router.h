// The plain parts of a mesh router: credits, input queues, output ports, and the ports of tiles and host. When they act is
// decided in mesh.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "sim/message.h"

namespace crossloom {

/// Free flits of a router's buffer as a tile or host port knows them, ahead of time: for each flit of the buffer in turn,
/// since when it is free. Credits come back in the order in which flits were sent.
class CreditLine {
 public:
  CreditLine() = default;
  explicit CreditLine(std::uint32_t flits) : free_since_(flits, 0) {}

  /// Since when there is room for `flits` flits, kNever if credits must come back first that are not booked yet.
  [[nodiscard]] Cycle room_for(std::uint32_t flits) const {
    std::size_t last = next_taken_ + flits - 1;
    if (last >= free_since_.size()) last -= free_since_.size();
    return free_since_[last];
  }
  /// Flits are sent; only where there is room or will be when they leave.
  void take(std::uint32_t flits) {
    for (; flits > 0; --flits) {
      free_since_[next_taken_] = kNever;
      if (++next_taken_ == free_since_.size()) next_taken_ = 0;
    }
  }
  /// The credits of the oldest `flits` flits sent come back from `start` on, one a cycle.
  void book(Cycle start, std::uint32_t flits) {
    for (; flits > 0; --flits, ++start) {
      CROSSLOOM_CHECK(free_since_[next_booked_] == kNever, "more credits came back than flits were sent");
      free_since_[next_booked_] = start;
      if (++next_booked_ == free_since_.size()) next_booked_ = 0;
    }
  }
  /// All credits have come back or are booked.
  [[nodiscard]] bool whole() const { return next_taken_ == next_booked_ && (free_since_.empty() || room_for(1) != kNever); }
  void reset() {
    free_since_.assign(free_since_.size(), 0);
    next_taken_ = next_booked_ = 0;
  }

 private:
  std::vector<Cycle> free_since_;
  std::uint32_t next_taken_ = 0, next_booked_ = 0;
};

inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

/// What routers need of a message under way.
struct Transit {
  Cycle ready = 0;                    ///< at its sender: when it may leave
  std::uint32_t next = kNoIndex;      ///< the message behind it in its queue
  std::uint32_t output = 0;           ///< output port (of all) for which it waits or will wait
  std::uint32_t to_router = 0;        ///< where its sink is
  std::uint16_t to_port = 0;          ///< and its port there
  std::uint16_t flits = 1;
  std::uint32_t routers = 0;          ///< passed so far
  MessageClass kind = MessageClass::data;
};

/// Messages of one class that wait at one input port of a router, in order. Those in it have spent their router_cycles.
struct InputQueue {
  Cycle free_at = 0;                  ///< when the message before has wholly left
  std::uint32_t head = kNoIndex, tail = kNoIndex;
  std::uint32_t feeder = kNoIndex;    ///< other end of the wire, which wants its credits back (mesh.h)
  std::uint32_t input = 0;            ///< port of its router
};

/// One direction of a wire between two routers, or from a router to a tile or host port.
struct alignas(64) OutputPort {
  Cycle busy_until = 0;
  std::array<std::uint64_t, kMessageClasses> requests{};      ///< input ports whose first message wants this port
  std::array<std::uint32_t, kMessageClasses> credits{};       ///< free flits at the far end
  std::uint32_t first_queue = 0;                              ///< of its router's input queues
  std::uint32_t target_queue = kNoIndex;                      ///< data queue at the far end; the token queue is next
  std::uint32_t target_router = 0;
  std::array<std::uint16_t, kMessageClasses> last_served{};   ///< input port served last, for round-robin
  std::uint16_t turn = 0;                                     ///< class that goes first when both could
  bool ejects = false;                                        ///< leads to a tile or host port, which always sinks
};

/// The output buffer of a tile or host port and its wire into the router. Messages leave in the order in which they were
/// put in, which is that of their readiness: a tile has one output unit.
struct SenderPort {
  Cycle free_at = 0;
  Cycle last_ready = 0;
  std::uint32_t head = kNoIndex, tail = kNoIndex;             ///< wait for credits
  std::uint32_t router = 0;
  std::uint32_t target_queue = 0;
  std::uint16_t port = 0;                                     ///< of the router
  std::array<CreditLine, kMessageClasses> credits{};
};

}  // namespace crossloom
