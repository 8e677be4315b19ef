// The network's state and its work in a cycle; private to sim/noc.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sim/calendar_queue.h"
#include "sim/delay_line.h"
#include "sim/noc/network.h"
#include "sim/noc/router_state.h"

namespace crossloom {

/// A cycle: what arrives (flits, then credits), sources send, then each router with work allocates output channels and
/// the switch, both by what was so at the beginning of the cycle. Routers see nothing of each other's cycle, so their
/// order does not matter.
class NetworkOnChip::Engine {
 public:
  Engine(const NetworkOnChipSpec& spec, NetworkListener& listener);

  std::uint32_t add_multicast(std::uint32_t source, std::vector<std::uint32_t> destinations);
  void inject(const NetworkPacket& packet, Cycle cycle);
  void advance(Cycle now);
  [[nodiscard]] Cycle next_due() const { return due_; }
  void reset();
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] NetworkCounts counts() const;
  void reset_counts();

  Topology topology;
  std::uint64_t in_flight = 0;
  bool tells_flits = false;

 private:
  struct Arrival {
    std::uint32_t target = 0;  ///< input channel, or kNodeFlag and the output channel towards the node
    noc::Flit flit;
  };
  struct Injection {
    std::uint64_t order = 0;
    std::uint32_t packet = 0;
  };
  struct FanOut {
    std::uint32_t source = 0;
    std::vector<std::uint32_t> destinations;
    MulticastTree tree;  ///< empty where copies are sent
  };
  /// Bits by number, and how many are set.
  struct ActiveSet {
    std::vector<std::uint64_t> words;
    std::uint32_t count = 0;
    void insert(std::uint32_t item) {
      const std::uint64_t bit = std::uint64_t{1} << (item % 64);
      count += (words[item / 64] & bit) == 0 ? 1 : 0;
      words[item / 64] |= bit;
    }
    void erase(std::uint32_t item) {
      words[item / 64] &= ~(std::uint64_t{1} << (item % 64));
      --count;
    }
  };
  static constexpr std::uint32_t kWayBits = 6;  ///< a router has 64 ports at most
  static constexpr std::uint32_t kNodeFlag = std::uint32_t{1} << 31;

  void build();
  void build_port(std::uint32_t router, std::uint32_t port);
  void build_ways();
  // Packets and sources (sources.cpp).
  std::uint32_t new_packet(const NetworkPacket& packet, Cycle cycle);
  void take_injections(Cycle now);
  [[nodiscard]] Cycle find_due() const;
  void enqueue(std::uint32_t packet);
  void enqueue_multicast(std::uint32_t packet);
  void push_to_source(std::uint32_t packet);
  void serve_source(std::uint32_t node, Cycle now);
  [[nodiscard]] std::uint8_t choose_source_channel(const noc::Source& source, const noc::SourceQueue& queue,
                                                   std::uint32_t node) const;
  void send_from_source(std::uint32_t node, std::size_t queue, Cycle now);
  void deliver(std::uint32_t output_channel, noc::Flit flit, Cycle now);
  // Buffers (engine.cpp). A `queue` is a virtual channel of an input port, numbered among all.
  void take_flit(std::uint32_t queue, noc::Flit flit, Cycle now);
  void open_packet(std::uint32_t queue, Cycle first_cycle);
  void close_packet(std::uint32_t queue, Cycle now);
  void serve_router(std::uint32_t router, Cycle now);
  [[nodiscard]] RouteOptions route(std::uint32_t router, const noc::PacketState& packet) const;
  noc::Flit pop(std::uint32_t queue, Cycle now);
  void forward(std::uint32_t router, std::uint32_t output, std::uint32_t channel, noc::Flit flit, Cycle now);
  [[nodiscard]] noc::Flit flit_at(std::uint32_t queue, std::uint32_t place) const {
    std::uint32_t at = queues_[queue].head + place;
    if (at >= buffer_) at -= buffer_;
    return flits_[std::size_t{queue} * buffer_ + at];
  }
  [[nodiscard]] noc::Port& port_of(const noc::InputChannel& queue) {
    return router_ports_[queue.router * ports_ + queue.port];
  }
  void mark_waiting(const noc::InputChannel& queue) {
    port_of(queue).waiting |= std::uint32_t{1} << queue.index;
    routers_[queue.router].waiting_ports |= std::uint64_t{1} << queue.port;
    busy_routers_.insert(queue.router);
  }
  void mark_sending(const noc::InputChannel& queue) {
    port_of(queue).sending |= std::uint32_t{1} << queue.index;
    routers_[queue.router].sending_ports |= std::uint64_t{1} << queue.port;
    busy_routers_.insert(queue.router);
  }
  void unmark_waiting(const noc::InputChannel& queue) {
    std::uint32_t& waiting = port_of(queue).waiting;
    waiting &= ~(std::uint32_t{1} << queue.index);
    if (waiting == 0) routers_[queue.router].waiting_ports &= ~(std::uint64_t{1} << queue.port);
  }
  void unmark_sending(const noc::InputChannel& queue) {
    std::uint32_t& sending = port_of(queue).sending;
    sending &= ~(std::uint32_t{1} << queue.index);
    if (sending == 0) routers_[queue.router].sending_ports &= ~(std::uint64_t{1} << queue.port);
  }
  // Virtual channels (channel_allocation.cpp); inputs and outputs are channels, numbered within the router.
  void allocate_channels(std::uint32_t router, std::uint64_t ports, Cycle now);
  [[nodiscard]] std::uint32_t free_channels(std::uint32_t output_port, std::uint32_t wanted, std::uint32_t room) const;
  [[nodiscard]] std::uint32_t choose_output(std::uint32_t router, std::uint32_t queue) const;
  [[nodiscard]] std::uint32_t choose_adaptive(std::uint32_t router, std::uint32_t queue) const;
  [[nodiscard]] std::uint32_t pick_channel(std::uint32_t free, std::uint32_t port, std::uint32_t queue) const;
  void request_output(std::uint32_t router, std::uint32_t output, std::uint32_t input);
  void grant_channel(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now);
  // The switch (switch_allocation.cpp); inputs and outputs are ports.
  void allocate_switch(std::uint32_t router, Cycle now);
  [[nodiscard]] bool sends_alone(std::uint32_t router, Cycle now);
  [[nodiscard]] std::uint32_t sendable(std::uint32_t router, std::uint32_t input, Cycle now);
  void request_switch(std::uint32_t router, std::uint32_t input, std::uint32_t channels, Cycle now);
  void keep_one_input();
  void grant_switch(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now);
  // Multicast (multicast.cpp).
  void open_multicast(std::uint32_t queue, const noc::PacketState& packet);
  void request_branches(std::uint32_t router, std::uint32_t input, Cycle now);
  [[nodiscard]] bool grant_branch(const noc::InputChannel& queue, std::uint32_t port, std::uint8_t channel, Cycle now);
  [[nodiscard]] std::uint64_t branches_to_send(std::uint32_t router, const noc::InputChannel& queue, Cycle now) const;
  void forward_branch(std::uint32_t router, std::uint32_t output, std::uint32_t queue, Cycle now);
  void settle_multicasts(Cycle now);

  NetworkListener& listener_;
  std::uint32_t ports_ = 0;     ///< a router
  std::uint32_t channels_ = 0;  ///< virtual channels a port
  std::uint32_t buffer_ = 0;    ///< flits a channel
  bool atomic_ = false;         ///< a channel is given away only when its buffer is empty (minimal_adaptive)
  bool bus_ = false;            ///< one flit a cycle through the switch
  Cycle flight_ = 0;            ///< from leaving a buffer to arrival at the next
  Cycle credit_to_router_ = 0, credit_to_node_ = 0;

  std::vector<noc::RouterState> routers_;
  std::vector<noc::Port> router_ports_;              ///< [router * ports_ + port]
  std::vector<noc::InputChannel> queues_;            ///< [(router * ports_ + port) * channels_ + channel]
  std::vector<noc::OutputChannel> output_channels_;  ///< the same for outputs
  std::vector<RouteOptions> routes_;                 ///< of the front packets, as queues_
  std::vector<noc::Flit> flits_;                     ///< [queue * buffer_ + place]
  /// [router * nodes + destination]: port in dimension order, and from bit 6 on which channels it takes there; none
  /// where the network is large or the routing another one.
  std::vector<std::uint8_t> ways_;
  /// By class; by whether the way leads to a node, to a router, or there with a wrap-around link ahead.
  std::array<std::array<std::uint32_t, 3>, kChannelClasses> way_channels_{};
  std::vector<noc::Source> sources_;        ///< by node
  std::vector<std::uint16_t> source_room_;  ///< [node * channels_ + channel]

  std::vector<noc::PacketState> packets_;
  std::uint32_t free_packet_ = noc::kNone;
  std::vector<noc::BranchSet> branch_sets_;
  std::vector<std::uint32_t> free_branch_sets_;
  std::vector<FanOut> fan_outs_;

  DelayLine<Arrival> arrivals_;
  DelayLine<std::uint32_t> credits_;  ///< output channel, or kNodeFlag and source channel
  CalendarQueue<Injection> injections_;
  std::uint64_t waiting_injections_ = 0, injection_order_ = 0;
  ActiveSet busy_routers_, busy_sources_;
  Cycle next_ = 0;        ///< first cycle not yet worked on
  Cycle due_ = kNever;    ///< first cycle with anything to do
  bool working_ = false;  ///< inside advance()

  // Scratch of one router's cycle.
  std::vector<std::uint32_t> requester_;                     ///< by output channel of the router; kNone
  std::vector<std::uint32_t> requested_;                     ///< output channels
  std::vector<std::pair<noc::Port*, std::uint32_t>> freed_;  ///< output channels given back in this cycle
  std::vector<std::uint64_t> switch_requests_;               ///< by output port: input ports
  std::uint64_t switch_outputs_ = 0;                         ///< output ports with requests
  std::vector<std::uint8_t> chosen_channel_;                 ///< by input port
  std::vector<std::uint8_t> channel_for_output_;             ///< by output port, of one input
  std::vector<std::uint32_t> multicasts_to_settle_;          ///< queues
  std::uint32_t bus_next_ = 0;

  std::uint64_t injected_flits_ = 0, delivered_flits_ = 0;
  NetworkStalls stalls_;
};

}  // namespace crossloom
