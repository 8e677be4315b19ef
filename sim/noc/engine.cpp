// A cycle of the network: arrivals, sources, routers.
#include "sim/noc/engine.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {

using noc::kNone;

void NetworkOnChip::Engine::advance(Cycle now) {
  CROSSLOOM_CHECK(now >= next_ && now <= due_, "a network works on every cycle that is due, in order");
  next_ = now + 1;  // what listeners inject meanwhile is for later cycles
  working_ = true;
  arrivals_.take(now, [&](const Arrival& arrival) {
    if ((arrival.target & kNodeFlag) != 0) {
      deliver(arrival.target & ~kNodeFlag, arrival.flit, now);
    } else {
      take_flit(arrival.target, arrival.flit, now);
    }
  });
  credits_.take(now, [&](std::uint32_t target) {
    ++((target & kNodeFlag) != 0 ? source_room_[target & ~kNodeFlag] : output_channels_[target].room);
  });
  if (waiting_injections_ != 0) take_injections(now);
  for (std::size_t word = 0; busy_sources_.count != 0 && word < busy_sources_.words.size(); ++word) {
    for (std::uint64_t bits = busy_sources_.words[word]; bits != 0; bits &= bits - 1) {
      serve_source(static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(__builtin_ctzll(bits)), now);
    }
  }
  for (std::size_t word = 0; busy_routers_.count != 0 && word < busy_routers_.words.size(); ++word) {
    for (std::uint64_t bits = busy_routers_.words[word]; bits != 0; bits &= bits - 1) {
      serve_router(static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(__builtin_ctzll(bits)), now);
    }
  }
  working_ = false;
  due_ = find_due();
}

void NetworkOnChip::Engine::take_injections(Cycle now) {
  injections_.drain(now, [&](std::vector<Injection>& batch) {
    std::sort(batch.begin(), batch.end(), [](const Injection& a, const Injection& b) { return a.order < b.order; });
    for (const Injection& injection : batch) enqueue(injection.packet);
    waiting_injections_ -= batch.size();
  });
}

Cycle NetworkOnChip::Engine::find_due() const {
  if (busy_routers_.count != 0 || busy_sources_.count != 0) return next_;
  Cycle due = std::min(arrivals_.next_after(next_ - 1), credits_.next_after(next_ - 1));
  if (waiting_injections_ != 0) due = std::min(due, injections_.next_due());
  return due;
}

void NetworkOnChip::Engine::take_flit(std::uint32_t queue, noc::Flit flit, Cycle now) {
  noc::InputChannel& state = queues_[queue];
  std::uint32_t at = std::uint32_t{state.head} + state.count;
  if (at >= buffer_) at -= buffer_;
  flits_[std::size_t{queue} * buffer_ + at] = flit;
  if (state.count++ != 0) return;
  if (!state.open) {
    open_packet(queue, now);
  } else if (state.branches == kNone && state.channel != noc::kNoChannel) {
    state.ready = now + topology.spec().switch_allocation_cycles - 1;
    mark_sending(state);
  }
}

RouteOptions NetworkOnChip::Engine::route(std::uint32_t router, const noc::PacketState& packet) const {
  if (ways_.empty()) return topology.route(router, packet.packet.destination, packet.channel_class);
  const std::uint32_t way = ways_[std::size_t{router} * sources_.size() + packet.packet.destination];
  RouteOptions options;
  options.options[0] = {way & ((1U << kWayBits) - 1),
                        way_channels_[static_cast<std::size_t>(packet.channel_class)][way >> kWayBits]};
  options.count = options.adaptive = 1;
  return options;
}

void NetworkOnChip::Engine::open_packet(std::uint32_t queue, Cycle first_cycle) {
  const NetworkOnChipSpec& spec = topology.spec();
  noc::InputChannel& state = queues_[queue];
  const noc::PacketState& packet = packets_[flits_[std::size_t{queue} * buffer_ + state.head].packet()];
  state.open = true;
  state.ready = first_cycle + spec.routing_cycles + spec.vc_allocation_cycles - 1;
  if (packet.tree == kNone) {
    routes_[queue] = route(state.router, packet);
  } else {
    open_multicast(queue, packet);
  }
  mark_waiting(state);
}

void NetworkOnChip::Engine::close_packet(std::uint32_t queue, Cycle now) {
  noc::InputChannel& state = queues_[queue];
  state.open = false;
  state.branches = kNone;
  state.channel = noc::kNoChannel;
  if (state.count != 0) open_packet(queue, now + 1);
}

noc::Flit NetworkOnChip::Engine::pop(std::uint32_t queue, Cycle now) {
  noc::InputChannel& state = queues_[queue];
  const noc::Flit flit = flits_[std::size_t{queue} * buffer_ + state.head];
  if (++state.head == buffer_) state.head = 0;
  --state.count;
  const std::uint32_t target = state.credit_target;
  credits_.put(now + ((target & kNodeFlag) != 0 ? credit_to_node_ : credit_to_router_), target);
  return flit;
}

void NetworkOnChip::Engine::forward(std::uint32_t router, std::uint32_t output, std::uint32_t channel, noc::Flit flit,
                                    Cycle now) {
  noc::Port& port = router_ports_[router * ports_ + output];
  arrivals_.put(now + flight_, {port.arrival_target + channel, flit});
  --output_channels_[(router * ports_ + output) * channels_ + channel].room;
  if (flit.tail()) freed_.emplace_back(&port, std::uint32_t{1} << channel);
  ++port.flits;
  if (tells_flits) listener_.forwarded(router, output, now);
}

void NetworkOnChip::Engine::serve_router(std::uint32_t router, Cycle now) {
  noc::RouterState& state = routers_[router];
  // Both allocations go by what was so at the beginning of the cycle: a packet that gets a channel takes part in the
  // switch from the next cycle on, and a channel that a last flit gives back is free from the next cycle on.
  const std::uint64_t waiting_ports = state.waiting_ports;
  if (state.sending_ports != 0) allocate_switch(router, now);
  if (waiting_ports != 0) allocate_channels(router, waiting_ports, now);
  for (const auto& [port, channel] : freed_) port->in_use &= ~channel;
  freed_.clear();
  if ((state.waiting_ports | state.sending_ports) == 0) busy_routers_.erase(router);
}

}  // namespace crossloom
