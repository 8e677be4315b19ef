// The engine before its first cycle, its return there, and what it says of itself.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

NetworkOnChip::Engine::Engine(const NetworkOnChipSpec& spec, NetworkListener& listener)
    : topology(spec),
      listener_(listener),
      ports_(topology.ports()),
      channels_(spec.all_virtual_channels()),
      buffer_(spec.buffer_flits),
      atomic_(spec.routing == NetworkRouting::minimal_adaptive),
      bus_(spec.topology == TopologyKind::bus),
      flight_(Cycle{spec.switch_traversal_cycles} + spec.link_cycles + 1),
      credit_to_router_(Cycle{spec.link_cycles} + 1 + spec.credit_cycles),
      credit_to_node_(Cycle{spec.link_cycles} + 1),
      arrivals_(flight_),
      credits_(credit_to_router_) {
  build();
  build_ways();
}

void NetworkOnChip::Engine::build() {
  const std::size_t routers = topology.routers();
  const std::size_t ports = routers * ports_;
  const std::size_t all = ports * channels_;
  const auto full = static_cast<std::uint16_t>(buffer_);
  routers_.assign(routers, {});
  router_ports_.assign(ports, {});
  queues_.assign(all, {});
  output_channels_.assign(all, {full, 0});
  routes_.assign(all, {});
  flits_.assign(all * buffer_, {});
  sources_.assign(topology.nodes(), {});
  source_room_.assign(std::size_t{topology.nodes()} * channels_, full);
  busy_routers_ = {std::vector<std::uint64_t>(routers / 64 + 1), 0};
  busy_sources_ = {std::vector<std::uint64_t>(topology.nodes() / 64 + 1), 0};
  requester_.assign(std::size_t{ports_} * channels_, kNone);
  switch_requests_.assign(ports_, 0);
  chosen_channel_.assign(ports_, 0);
  channel_for_output_.assign(ports_, 0);
  for (std::uint32_t router = 0; router < routers; ++router) {
    for (std::uint32_t port = 0; port < ports_; ++port) build_port(router, port);
  }
}

void NetworkOnChip::Engine::build_port(std::uint32_t router, std::uint32_t port) {
  const RouterPort& at = topology.port(router, port);
  const std::uint32_t here = router * ports_ + port;
  std::uint32_t credit_target = kNone;
  if (at.kind == PeerKind::router) {
    credit_target = (at.peer * ports_ + at.peer_port) * channels_;
    router_ports_[here].arrival_target = credit_target;
  } else if (at.kind == PeerKind::node) {
    credit_target = kNodeFlag | at.peer * channels_;
    router_ports_[here].arrival_target = kNodeFlag | here * channels_;
    sources_[at.peer].arrival_target = here * channels_;
  }
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    noc::InputChannel& queue = queues_[here * channels_ + channel];
    queue.router = router;
    queue.port = static_cast<std::uint8_t>(port);
    queue.index = static_cast<std::uint8_t>(channel);
    queue.credit_target = credit_target + channel;
  }
}

void NetworkOnChip::Engine::build_ways() {
  constexpr std::size_t kMostWays = std::size_t{1} << 22;
  const std::uint32_t nodes = topology.nodes();
  const std::size_t size = std::size_t{topology.routers()} * nodes;
  if (topology.spec().routing != NetworkRouting::dimension_order || size > kMostWays) return;
  ways_.resize(size);
  for (std::uint32_t router = 0; router < topology.routers(); ++router) {
    for (std::uint32_t node = 0; node < nodes; ++node) {
      const Topology::Step step = topology.dimension_order(router, node);
      const bool leaves = topology.port(router, step.port).kind == PeerKind::node;
      const std::uint32_t kind = leaves ? 0 : step.wraps_ahead ? 2 : 1;
      ways_[std::size_t{router} * nodes + node] = static_cast<std::uint8_t>(step.port | kind << kWayBits);
      for (std::size_t k = 0; k < kChannelClasses; ++k) {
        way_channels_[k][kind] = topology.route(router, node, static_cast<ChannelClass>(k)).options[0].channels;
      }
    }
  }
}

void NetworkOnChip::Engine::reset() {
  CROSSLOOM_CHECK(in_flight == 0, "a network is reset when nothing is under way");
  while (next_due() != kNever) advance(next_due());  // credits on their way home
  CROSSLOOM_CHECK(std::all_of(output_channels_.begin(), output_channels_.end(),
                              [this](const noc::OutputChannel& channel) { return channel.room == buffer_; }),
                  "credits of the network are missing");
  CROSSLOOM_CHECK(
      std::all_of(source_room_.begin(), source_room_.end(), [this](std::uint16_t room) { return room == buffer_; }),
      "credits of the network's sources are missing");
  build();
  injections_ = CalendarQueue<Injection>();
  next_ = 0;
  bus_next_ = 0;
}

NetworkCounts NetworkOnChip::Engine::counts() const {
  NetworkCounts result;
  result.router_flits.resize(topology.routers(), 0);
  result.port_flits.reserve(router_ports_.size());
  for (std::size_t at = 0; at < router_ports_.size(); ++at) {
    const noc::Port& port = router_ports_[at];
    result.port_flits.push_back(port.flits);
    result.router_flits[at / ports_] += port.flits;
    if ((port.arrival_target & kNodeFlag) == 0) result.link_flits += port.flits;
  }
  result.injected_flits = injected_flits_;
  result.delivered_flits = delivered_flits_;
  result.stalls = stalls_;
  return result;
}

void NetworkOnChip::Engine::reset_counts() {
  for (noc::Port& port : router_ports_) port.flits = 0;
  injected_flits_ = delivered_flits_ = 0;
  stalls_ = {};
}

std::string NetworkOnChip::Engine::describe() const {
  std::string text;
  for (std::uint32_t node = 0; node < topology.nodes(); ++node) {
    for (const noc::SourceQueue& queue : sources_[node].queues) {
      std::uint32_t waiting = 0;
      for (std::uint32_t at = queue.head; at != kNone; at = packets_[at].next) ++waiting;
      if (waiting == 0) continue;
      text += fmt::format("node {}: {} packets wait; the first, to node {}, has sent {} flits{}\n", node, waiting,
                          packets_[queue.head].packet.destination, queue.sent,
                          queue.channel == noc::kNoChannel ? " and waits for a channel" : "");
    }
  }
  for (std::uint32_t at = 0; at < queues_.size(); ++at) {
    const noc::InputChannel& queue = queues_[at];
    if (queue.count == 0) continue;
    const std::uint32_t port = at / channels_;
    const NetworkPacket& packet = packets_[flit_at(at, 0).packet()].packet;
    text += fmt::format("router {} input {} channel {}: {} flits; the first is of packet {} from node {} to node {}, ",
                        port / ports_, port % ports_, at % channels_, queue.count, packet.tag, packet.source,
                        packet.destination);
    if (queue.branches != kNone) {
      text +=
          fmt::format("a multicast with {} branches without a channel\n", branch_sets_[queue.branches].without_channel);
    } else if (queue.channel == noc::kNoChannel) {
      text += "waits for an output channel\n";
    } else {
      const std::uint32_t output = (port / ports_ * ports_ + queue.output) * channels_ + queue.channel;
      text += fmt::format("holds output {} channel {} with room for {} flits\n", queue.output, queue.channel,
                          output_channels_[output].room);
    }
  }
  return text;
}

// ---- the public face -----------------------------------------------------------------------------------------------

NetworkOnChip::NetworkOnChip(const NetworkOnChipSpec& spec, NetworkListener& listener)
    : engine_(std::make_unique<Engine>(spec, listener)) {}
NetworkOnChip::~NetworkOnChip() = default;

const Topology& NetworkOnChip::topology() const { return engine_->topology; }
std::uint32_t NetworkOnChip::add_multicast(std::uint32_t source, std::vector<std::uint32_t> destinations) {
  return engine_->add_multicast(source, std::move(destinations));
}
void NetworkOnChip::tell_flits(bool tell) { engine_->tells_flits = tell; }
void NetworkOnChip::inject(const NetworkPacket& packet, Cycle cycle) { engine_->inject(packet, cycle); }
void NetworkOnChip::advance(Cycle now) { engine_->advance(now); }
Cycle NetworkOnChip::next_due() const { return engine_->next_due(); }
std::uint64_t NetworkOnChip::in_flight() const { return engine_->in_flight; }
NetworkCounts NetworkOnChip::counts() const { return engine_->counts(); }
void NetworkOnChip::reset_counts() { engine_->reset_counts(); }
void NetworkOnChip::reset() { engine_->reset(); }
std::string NetworkOnChip::describe() const { return engine_->describe(); }

}  // namespace crossloom
