// The mesh: routers of dimension-order virtual cut-through over plain objects, without SystemC. One call a cycle in
// which anything can happen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/mapped_network.h"
#include "sim/calendar_queue.h"
#include "sim/credit_returns.h"
#include "sim/delay_line.h"
#include "sim/message.h"
#include "sim/router.h"

namespace crossloom {

struct MeshShape {
  std::uint32_t width = 1, height = 1;
  std::uint32_t tile_ports = 1;  ///< a router
  std::uint32_t buffer_flits = 8;
  std::uint32_t router_cycles = 2;
  std::uint32_t link_cycles = 1;
  std::vector<std::uint32_t> host_rows{0};  ///< of the host ports, all on routers of column 0, ascending
};

/// Told what the mesh does. All cycles lie after the one that is being worked on. Must not call the mesh back.
class MeshListener {
 public:
  virtual ~MeshListener() = default;
  /// It is known that the message leaves its sender's port in [start, start + flits).
  virtual void departed(const Message& message, std::uint32_t endpoint, Cycle start) = 0;
  /// The message's last flit has reached its sink at `cycle`.
  virtual void delivered(const Message& message, Cycle cycle) = 0;
  /// A router's output port is taken from `start` on for the message's flits (told only while `observed`). `asked`:
  /// since when something would have left through it if there had been room behind it.
  virtual void forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start,
                         Cycle asked) = 0;
  /// While `levels_observed`: free places behind the feeder of an input queue (Mesh::queue_behind, Mesh::queue_of)
  /// change in a cycle, and so does the number of messages that wait for an output port.
  virtual void credits_changed(std::uint32_t queue, MessageClass kind, Cycle cycle, std::int32_t change) = 0;
  virtual void waiting_changed(std::uint32_t router, std::uint32_t port, Cycle cycle, std::int32_t change) = 0;
};

/// Rules (docs/timing.md has them in words): a message may leave an input queue router_cycles after its first flit came
/// and once everything before it has left; it takes its output port for one cycle a flit, needs room for all its flits
/// at the far end, and reaches the next router link_cycles later. Credits return one a flit, link_cycles after the flit
/// has left. Round-robin among input ports; the two classes take turns. Endpoints: tile port p of router r is r *
/// tile_ports
/// + p, host port h is routers * tile_ports + h; from an endpoint into its router takes one cycle.
class Mesh {
 public:
  Mesh(const MeshShape& shape, MeshListener& listener);

  [[nodiscard]] std::uint32_t endpoints() const {
    return routers() * shape_.tile_ports + static_cast<std::uint32_t>(shape_.host_rows.size());
  }
  /// Routers passed between two endpoints.
  [[nodiscard]] std::uint32_t routers_between(std::uint32_t from, std::uint32_t to) const;

  /// Puts a message into the output buffer of an endpoint; it leaves no earlier than `ready`, which must not lie before
  /// that of the message put in last. Returns a cycle by which advance() must be called, kNever if what was returned
  /// before still holds.
  Cycle inject(std::uint32_t endpoint, const Message& message, Cycle ready);
  /// Works on cycle `now`; call it at next_due().
  void advance(Cycle now);
  [[nodiscard]] Cycle next_due() const;
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }

  /// Empty and all credits home again, as on the first day. Throws Bug if messages or credits are missing.
  void reset();
  /// Every queue that is not empty, for the watchdog.
  [[nodiscard]] std::string describe() const;

  /// Output ports of a router: those to its neighbours, to its tiles, to the host.
  [[nodiscard]] std::uint32_t ports() const { return ports_; }
  /// Whether a port leads to a tile or the host.
  [[nodiscard]] bool ejects(std::uint32_t port) const { return outputs_[port].ejects != 0; }
  /// Whether a router has this output port: it leads to a neighbour, a tile or the host.
  [[nodiscard]] bool has_output(std::uint32_t router, std::uint32_t port) const;

  /// The data queue that an output port, or a tile or host port, feeds; kNoIndex for an output port that ejects.
  [[nodiscard]] std::uint32_t queue_behind(std::uint32_t router, std::uint32_t port) const {
    return outputs_[std::size_t{router} * ports_ + port].target_queue;
  }
  [[nodiscard]] std::uint32_t queue_of(std::uint32_t endpoint) const { return senders_[endpoint].target_queue; }

  bool observed = false, levels_observed = false;

 private:
  [[nodiscard]] std::uint32_t routers() const { return router_count_; }
  /// Two numbers in one word: as a pair of their own they are stored apart and loaded together, which stalls.
  class Pair {
   public:
    Pair() = default;
    Pair(std::uint32_t first, std::uint32_t second) : word_(std::uint64_t{second} << 32 | first) {}
    [[nodiscard]] std::uint32_t first() const { return static_cast<std::uint32_t>(word_); }
    [[nodiscard]] std::uint32_t second() const { return static_cast<std::uint32_t>(word_ >> 32); }

   private:
    std::uint64_t word_ = 0;
  };
  using Arrival = Pair;  ///< queue, and the message that reaches the end of its router_cycles in it
  void build_routers();
  void build_routes();
  void build_endpoints();
  [[nodiscard]] std::uint32_t queue_length(std::uint32_t head) const;
  void take_arrivals(Cycle now);
  template <bool kEjects>
  void serve_all(Cycle now);
  template <bool kEjects>
  void serve(std::uint32_t output, Cycle now);
  template <bool kEjects>
  void send(std::uint32_t output, std::uint32_t queue, std::size_t kind, Cycle now);
  template <bool kEjects>
  [[nodiscard]] std::uint32_t choose(const OutputPort& out, std::size_t kind, Cycle now) const;
  [[nodiscard]] bool has_room(std::uint32_t queue, std::uint32_t flits, Cycle now) const;
  bool depart(std::uint32_t endpoint, std::uint32_t index);
  void resume(std::uint32_t endpoint);
  void leave(std::uint32_t from, std::uint32_t flits, Cycle now);
  void set_out(Transit& transit, std::uint32_t router) const;
  void arrive(const Arrival& arrival);
  void show_head(InputQueue& waiting, std::size_t kind);
  void note_asked(std::uint32_t output, Cycle free_at);
  void tell_credits(std::uint32_t queue, Cycle cycle, std::int32_t change);
  void tell_waiting(std::uint32_t output, std::int32_t change);
  std::uint32_t new_message(const Message& message);

  MeshShape shape_;
  std::uint32_t router_count_;
  MeshListener& listener_;
  std::uint32_t ports_;              ///< a router: 4 directions, tile ports, one host port
  std::vector<OutputPort> outputs_;  ///< [router * ports_ + port]
  /// Output ports with requests. Those that eject are apart: they go another way.
  struct ToServe {
    std::vector<std::uint32_t> outputs;  ///< room for all
    std::size_t count = 0;
  };
  std::array<ToServe, 2> to_serve_;  ///< do not eject; eject
  std::vector<InputQueue> queues_;   ///< [(router * ports_ + port) * 2 + class]
  std::vector<SenderPort> senders_;  ///< by endpoint
  std::vector<std::uint32_t>
      routes_;  ///< [from * routers + to]: output port (of all); the first of `to` where they are the same
  std::vector<Message> pool_;      ///< messages under way, touched when they come and go
  std::vector<Transit> transits_;  ///< of the same messages, what every router touches
  std::uint32_t free_ = kNoIndex;
  std::uint32_t in_flight_ = 0;
  DelayLine<Arrival> hops_;         ///< from router to router
  CreditReturns returns_;           ///< by input queue
  CalendarQueue<Arrival> entries_;  ///< from tiles and host into their routers
  Cycle worked_ = 0;
  std::vector<Cycle> asked_;  ///< by output port, while observed: see MeshListener::forwarded
};

}  // namespace crossloom
