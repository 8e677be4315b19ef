// The mesh: routers of dimension-order virtual cut-through over plain objects, without SystemC. One call a cycle in which
// anything can happen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/mapped_network.h"
#include "sim/calendar_queue.h"
#include "sim/message.h"
#include "sim/router.h"

namespace crossloom {

struct MeshShape {
  std::uint32_t width = 1, height = 1;
  std::uint32_t tile_ports = 1;      ///< a router
  std::uint32_t host_ports = 1;      ///< on the routers of column 0, one a row, from row 0 on; at most height
  std::uint32_t buffer_flits = 8;
  std::uint32_t router_cycles = 2;
  std::uint32_t link_cycles = 1;
};

/// Told what the mesh does. All cycles lie after the one that is being worked on.
class MeshListener {
 public:
  virtual ~MeshListener() = default;
  /// The message began to leave its sender's port at `start`; its last flit is out at `start` + flits.
  virtual void departed(const Message& message, std::uint32_t endpoint, Cycle start) = 0;
  /// The message's last flit has reached its sink at `cycle`.
  virtual void delivered(const Message& message, Cycle cycle) = 0;
  /// A router's output port was taken from `start` on for the message's flits (asked for only while `observed`).
  virtual void forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start) = 0;
};

/// Rules (docs/timing.md has them in words): a message may leave an input queue router_cycles after its first flit came
/// and once everything before it has left; it takes its output port for one cycle a flit, needs room for all its flits at
/// the far end, and reaches the next router link_cycles later. Credits return one a flit, link_cycles after the flit has
/// left. Round-robin among input ports; the two classes take turns. Endpoints: tile port p of router r is r * tile_ports
/// + p, host port h is routers * tile_ports + h.
class Mesh {
 public:
  Mesh(const MeshShape& shape, MeshListener& listener);

  [[nodiscard]] std::uint32_t endpoints() const { return shape_.width * shape_.height * shape_.tile_ports + shape_.host_ports; }
  [[nodiscard]] std::uint32_t tile_endpoint(MeshSite site, std::uint32_t port) const {
    return (site.y * shape_.width + site.x) * shape_.tile_ports + port;
  }
  [[nodiscard]] std::uint32_t host_endpoint(std::uint32_t port) const {
    return shape_.width * shape_.height * shape_.tile_ports + port;
  }
  /// Routers passed between two endpoints.
  [[nodiscard]] std::uint32_t routers_between(std::uint32_t from, std::uint32_t to) const;

  /// Hands a message to the port of an endpoint, which sends in this order within a class, not before `ready`.
  void inject(std::uint32_t endpoint, const Message& message, Cycle ready);
  /// Works on cycle `now`; call it at next_due().
  void advance(Cycle now);
  [[nodiscard]] Cycle next_due() const { return calendar_.next_due(); }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }

  /// Empty and all credits home again, as on the first day. Throws Bug if messages or credits are missing.
  void reset();
  /// Every queue that is not empty, for the watchdog.
  [[nodiscard]] std::string describe() const;

  bool observed = false;

 private:
  struct Site {
    std::uint16_t x, y;
    std::uint32_t router, port;
  };
  void build_routers();
  void build_endpoints();
  [[nodiscard]] std::uint8_t route(std::uint32_t router, std::uint32_t sink) const;
  void serve(std::uint32_t output, Cycle now);
  std::uint32_t choose(OutputPort& out, std::size_t kind, Cycle now, Cycle& again);
  void send(OutputPort& out, std::uint32_t input, std::size_t kind, Cycle now);
  void forward(OutputPort& out, Message& message, std::uint32_t index, Cycle now);
  void append(std::uint32_t queue, std::uint32_t index);
  void show_head(std::uint32_t queue, Cycle ready);
  void schedule(std::uint32_t output, Cycle when);
  std::uint32_t new_message(const Message& message);

  MeshShape shape_;
  MeshListener& listener_;
  std::uint32_t ports_;                 ///< a router: 4 directions, tile ports, one host port
  std::vector<OutputPort> outputs_;     ///< [router * ports_ + port], then one injecting port an endpoint
  std::vector<InputQueue> queues_;      ///< [(router * ports_ + port) * 2 + class], then the endpoints'
  std::vector<std::uint32_t> first_output_;  ///< of each queue's router
  std::vector<std::uint16_t> router_x_, router_y_;
  std::vector<Site> sites_;             ///< of each endpoint
  std::vector<Message> pool_;
  std::uint32_t free_ = kNoIndex;
  std::uint32_t in_flight_ = 0;
  CalendarQueue<std::uint32_t> calendar_;
};

}  // namespace crossloom
