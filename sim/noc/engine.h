// The network's state and its work in a cycle; private to sim/noc.
#pragma once

#include <string>
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
  [[nodiscard]] Cycle next_due() const;
  void reset();
  [[nodiscard]] std::string describe() const;

  Topology topology;
  NetworkCounts counts;
  std::uint64_t in_flight = 0;

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
  static constexpr std::uint32_t kNodeFlag = std::uint32_t{1} << 31;

  void build();
  // Packets and sources (sources.cpp).
  std::uint32_t new_packet(const NetworkPacket& packet, Cycle cycle);
  void take_injections(Cycle now);
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
  noc::Flit pop(std::uint32_t queue, Cycle now);
  void forward(std::uint32_t router, std::uint32_t output, std::uint32_t channel, noc::Flit flit, Cycle now);
  void serve_router(std::uint32_t router, Cycle now);
  [[nodiscard]] noc::Flit flit_at(std::uint32_t queue, std::uint32_t place) const;
  void mark_waiting(std::uint32_t router, std::uint32_t port, std::uint32_t channel);
  void mark_sending(std::uint32_t router, std::uint32_t port, std::uint32_t channel);
  void unmark_waiting(std::uint32_t router, std::uint32_t port, std::uint32_t channel);
  void unmark_sending(std::uint32_t router, std::uint32_t port, std::uint32_t channel);
  // Virtual channels (channel_allocation.cpp); inputs and outputs are channels, numbered within the router.
  void allocate_channels(std::uint32_t router, Cycle now);
  [[nodiscard]] std::uint32_t free_channels(std::uint32_t output_port, std::uint32_t wanted, std::uint32_t room) const;
  [[nodiscard]] std::uint32_t choose_output(std::uint32_t router, std::uint32_t queue) const;
  [[nodiscard]] std::uint32_t pick_channel(std::uint32_t free, std::uint32_t port, std::uint32_t queue) const;
  void request_output(std::uint32_t router, std::uint32_t output, std::uint32_t input);
  void grant_channel(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now);
  // The switch (switch_allocation.cpp); inputs and outputs are ports.
  void allocate_switch(std::uint32_t router, Cycle now);
  [[nodiscard]] std::uint32_t sendable(std::uint32_t router, std::uint32_t input, Cycle now);
  void request_switch(std::uint32_t router, std::uint32_t input, std::uint32_t channels, Cycle now);
  void keep_one_input();
  void grant_switch(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now);
  // Multicast (multicast.cpp).
  void open_multicast(std::uint32_t queue, std::uint32_t router, const noc::PacketState& packet);
  void request_branches(std::uint32_t router, std::uint32_t input, Cycle now);
  [[nodiscard]] bool grant_branch(const noc::InputChannel& queue, std::uint32_t port, std::uint8_t channel, Cycle now);
  [[nodiscard]] std::uint64_t branches_to_send(std::uint32_t router, const noc::InputChannel& queue, Cycle now) const;
  void forward_branch(std::uint32_t router, std::uint32_t output, std::uint32_t queue, Cycle now);
  void settle_multicasts(std::uint32_t router, Cycle now);

  NetworkListener& listener_;
  std::uint32_t ports_ = 0;     ///< a router
  std::uint32_t channels_ = 0;  ///< virtual channels a port
  std::uint32_t buffer_ = 0;    ///< flits a channel
  bool atomic_ = false;         ///< a channel is given away only when its buffer is empty (minimal_adaptive)
  bool bus_ = false;            ///< one flit a cycle through the switch
  Cycle flight_ = 0;            ///< from leaving a buffer to arrival at the next
  Cycle credit_to_router_ = 0, credit_to_node_ = 0;

  std::vector<noc::RouterState> routers_;
  std::vector<noc::InputPort> inputs_;      ///< [router * ports_ + port]
  std::vector<noc::OutputPort> outputs_;    ///< [router * ports_ + port]
  std::vector<noc::InputChannel> queues_;   ///< [(router * ports_ + port) * channels_ + channel]
  std::vector<RouteOptions> routes_;        ///< of the front packets, as queues_
  std::vector<noc::Flit> flits_;            ///< [queue * buffer_ + place]
  std::vector<std::uint16_t> next_output_;  ///< as queues_: round-robin over the router's output channels
  std::vector<std::uint16_t> next_input_;   ///< by output channel: round-robin over the router's input channels
  std::vector<std::uint16_t> room_;         ///< credits: by output channel, as queues_
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
  bool working_ = false;  ///< inside advance()

  // Scratch of one router's cycle.
  std::vector<std::uint32_t> requester_;             ///< by output channel of the router; kNone
  std::vector<std::uint32_t> requested_;             ///< output channels
  std::vector<std::uint64_t> switch_requests_;       ///< by output port: input ports
  std::uint64_t switch_outputs_ = 0;                 ///< output ports with requests
  std::vector<std::uint8_t> chosen_channel_;         ///< by input port
  std::vector<std::uint8_t> channel_for_output_;     ///< by output port, of one input
  std::vector<std::uint32_t> multicasts_to_settle_;  ///< queues
  std::uint32_t bus_next_ = 0;
};

}  // namespace crossloom
