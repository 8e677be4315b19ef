// The plain parts of a mesh router: input queues, output ports, and the ports of tiles and host. When they act is
// decided in mesh.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "sim/message.h"

namespace crossloom {

inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

/// What routers need of a message under way.
struct alignas(32) Transit {
  Cycle ready = 0;                ///< at its sender: when it may leave
  std::uint32_t next = kNoIndex;  ///< the message behind it in its queue
  std::uint32_t output = 0;       ///< output port (of all) for which it waits or will wait
  std::uint32_t to_router = 0;    ///< where its sink is
  std::uint16_t to_port = 0;      ///< and its port there
  std::uint16_t flits = 1;
  std::uint32_t routers = 0;  ///< passed so far
  MessageClass kind = MessageClass::data;
};

/// Messages of one class that wait at one input port of a router, in order. Those in it have spent their router_cycles.
struct alignas(32) InputQueue {
  Cycle free_at = 0;  ///< when the message before has wholly left
  std::uint32_t head = kNoIndex, tail = kNoIndex;
  std::uint32_t sent = 0;                   ///< flits sent to it; with `left`, this is what its feeder knows of it
  std::uint32_t left = 0;                   ///< flits that have left it; when their credits are back is kept elsewhere
  std::uint32_t waiting_sender = kNoIndex;  ///< endpoint that feeds it and waits for a flit to leave
  std::uint16_t input = 0;                  ///< port of its router
};

/// One direction of a wire between two routers, or from a router to a tile or host port.
struct alignas(64) OutputPort {
  Cycle busy_until = 0;
  std::array<std::uint64_t, kMessageClasses> requests{};  ///< input ports whose first message wants this port
  std::uint32_t first_queue = 0;                          ///< of its router's input queues
  std::uint32_t target_queue = kNoIndex;                  ///< data queue at the far end; the token queue is next
  std::uint32_t target_router = 0;
  std::array<std::uint16_t, kMessageClasses> last_served{};  ///< input port served last, for round-robin
  std::uint16_t turn = 0;                                    ///< class that goes first when both could
  std::uint8_t ejects = 0;                                   ///< 1: leads to a tile or host port, which always sinks
  std::uint8_t listed = 0;                                   ///< 1: among the outputs to be served
};

/// The output buffer of a tile or host port and its wire into the router. Messages leave in the order in which they
/// were put in, which is that of their readiness: a tile has one output unit.
struct SenderPort {
  Cycle free_at = 0;
  Cycle last_ready = 0;
  std::uint32_t head = kNoIndex, tail = kNoIndex;  ///< wait for credits
  std::uint32_t router = 0;
  std::uint32_t target_queue = 0;
  std::uint16_t port = 0;  ///< of the router
};

}  // namespace crossloom
