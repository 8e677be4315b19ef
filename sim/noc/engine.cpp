// A cycle of the network: arrivals, sources, routers.
#include "sim/noc/engine.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {

using noc::kNone;

void NetworkOnChip::Engine::advance(Cycle now) {
  CROSSLOOM_CHECK(now >= next_ && now <= next_due(), "a network works on every cycle that is due, in order");
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
    ++((target & kNodeFlag) != 0 ? source_room_[target & ~kNodeFlag] : room_[target]);
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
}

void NetworkOnChip::Engine::take_injections(Cycle now) {
  injections_.drain(now, [&](std::vector<Injection>& batch) {
    std::sort(batch.begin(), batch.end(), [](const Injection& a, const Injection& b) { return a.order < b.order; });
    for (const Injection& injection : batch) enqueue(injection.packet);
    waiting_injections_ -= batch.size();
  });
}

Cycle NetworkOnChip::Engine::next_due() const {
  if (busy_routers_.count != 0 || busy_sources_.count != 0) return next_;
  Cycle due = std::min(arrivals_.next_after(next_ - 1), credits_.next_after(next_ - 1));
  if (waiting_injections_ != 0) due = std::min(due, injections_.next_due());
  return due;
}

noc::Flit NetworkOnChip::Engine::flit_at(std::uint32_t queue, std::uint32_t place) const {
  std::uint32_t at = queues_[queue].head + place;
  if (at >= buffer_) at -= buffer_;
  return flits_[std::size_t{queue} * buffer_ + at];
}

void NetworkOnChip::Engine::mark_waiting(std::uint32_t router, std::uint32_t port, std::uint32_t channel) {
  inputs_[router * ports_ + port].waiting |= std::uint32_t{1} << channel;
  routers_[router].waiting_ports |= std::uint64_t{1} << port;
  busy_routers_.insert(router);
}

void NetworkOnChip::Engine::mark_sending(std::uint32_t router, std::uint32_t port, std::uint32_t channel) {
  inputs_[router * ports_ + port].sending |= std::uint32_t{1} << channel;
  routers_[router].sending_ports |= std::uint64_t{1} << port;
  busy_routers_.insert(router);
}

void NetworkOnChip::Engine::unmark_waiting(std::uint32_t router, std::uint32_t port, std::uint32_t channel) {
  std::uint32_t& waiting = inputs_[router * ports_ + port].waiting;
  waiting &= ~(std::uint32_t{1} << channel);
  if (waiting == 0) routers_[router].waiting_ports &= ~(std::uint64_t{1} << port);
}

void NetworkOnChip::Engine::unmark_sending(std::uint32_t router, std::uint32_t port, std::uint32_t channel) {
  std::uint32_t& sending = inputs_[router * ports_ + port].sending;
  sending &= ~(std::uint32_t{1} << channel);
  if (sending == 0) routers_[router].sending_ports &= ~(std::uint64_t{1} << port);
}

void NetworkOnChip::Engine::take_flit(std::uint32_t queue, noc::Flit flit, Cycle now) {
  noc::InputChannel& state = queues_[queue];
  std::uint32_t at = state.head + state.count;
  if (at >= buffer_) at -= buffer_;
  flits_[std::size_t{queue} * buffer_ + at] = flit;
  if (state.count++ != 0) return;
  if (!state.open) {
    open_packet(queue, now);
  } else if (state.branches == kNone && state.channel != noc::kNoChannel) {
    state.ready = now + topology.spec().switch_allocation_cycles - 1;
    const std::uint32_t port = queue / channels_;
    mark_sending(port / ports_, port % ports_, queue % channels_);
  }
}

void NetworkOnChip::Engine::open_packet(std::uint32_t queue, Cycle first_cycle) {
  const NetworkOnChipSpec& spec = topology.spec();
  const noc::PacketState& packet = packets_[flit_at(queue, 0).packet()];
  noc::InputChannel& state = queues_[queue];
  const std::uint32_t port = queue / channels_;
  const std::uint32_t router = port / ports_;
  state.open = true;
  state.ready = first_cycle + spec.routing_cycles + spec.vc_allocation_cycles - 1;
  if (packet.tree == kNone) {
    routes_[queue] = topology.route(router, packet.packet.destination, packet.channel_class);
  } else {
    open_multicast(queue, router, packet);
  }
  mark_waiting(router, port % ports_, queue % channels_);
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
  const std::uint32_t target = inputs_[queue / channels_].credit_target + queue % channels_;
  credits_.put(now + ((target & kNodeFlag) != 0 ? credit_to_node_ : credit_to_router_), target);
  return flit;
}

void NetworkOnChip::Engine::serve_router(std::uint32_t router, Cycle now) {
  noc::RouterState& state = routers_[router];
  // Channels before the switch: a packet that gets one takes part in the switch from the next cycle on, and a channel
  // that a last flit gives back is free from the next cycle on.
  if (state.waiting_ports != 0) allocate_channels(router, now);
  if (state.sending_ports != 0) allocate_switch(router, now);
  if ((state.waiting_ports | state.sending_ports) == 0) busy_routers_.erase(router);
}

void NetworkOnChip::Engine::forward(std::uint32_t router, std::uint32_t output, std::uint32_t channel, noc::Flit flit,
                                    Cycle now) {
  noc::OutputPort& port = outputs_[router * ports_ + output];
  arrivals_.put(now + flight_, {port.arrival_target + channel, flit});
  --room_[(router * ports_ + output) * channels_ + channel];
  if (flit.tail()) port.in_use &= ~(std::uint32_t{1} << channel);
  ++counts.router_flits[router];
  ++counts.port_flits[router * ports_ + output];
  if ((port.arrival_target & kNodeFlag) == 0) ++counts.link_flits;
}

}  // namespace crossloom
