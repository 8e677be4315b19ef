// How packets enter the network and leave it.
#include <algorithm>

#include "base/error.h"
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

std::uint32_t NetworkOnChip::Engine::add_multicast(std::uint32_t source, std::vector<std::uint32_t> destinations) {
  CROSSLOOM_CHECK(source < topology.nodes() && !destinations.empty(), "a fan-out has a source and destinations");
  std::sort(destinations.begin(), destinations.end());
  CROSSLOOM_CHECK(destinations.back() < topology.nodes() &&
                      std::adjacent_find(destinations.begin(), destinations.end()) == destinations.end(),
                  "destinations of a fan-out are nodes, each once");
  FanOut fan_out = {source, std::move(destinations), {}};
  if (topology.spec().multicast_virtual_channels != 0) {
    fan_out.tree = topology.multicast_tree(source, fan_out.destinations);
  }
  fan_outs_.push_back(std::move(fan_out));
  return static_cast<std::uint32_t>(fan_outs_.size() - 1);
}

void NetworkOnChip::Engine::inject(const NetworkPacket& packet, Cycle cycle) {
  CROSSLOOM_CHECK(cycle >= next_, "a packet must not be injected into the past");
  CROSSLOOM_CHECK(packet.source < topology.nodes() && packet.flits > 0, "a packet has a source and flits");
  CROSSLOOM_CHECK(packet.multicast == kUnicast
                      ? packet.destination < topology.nodes()
                      : packet.multicast < fan_outs_.size() && fan_outs_[packet.multicast].source == packet.source,
                  "a packet goes to a node, or by a fan-out of its source");
  const std::uint32_t index = new_packet(packet, cycle);
  ++in_flight;
  due_ = std::min(due_, cycle);
  if (cycle == next_ && waiting_injections_ == 0 && !working_) {
    enqueue(index);
    return;
  }
  ++waiting_injections_;
  injections_.push(cycle, {injection_order_++, index});
}

std::uint32_t NetworkOnChip::Engine::new_packet(const NetworkPacket& packet, Cycle cycle) {
  std::uint32_t index = free_packet_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(packets_.size());
    packets_.emplace_back();
  } else {
    free_packet_ = packets_[index].next;
  }
  noc::PacketState& state = packets_[index];
  state = noc::PacketState();
  state.packet = packet;
  state.created = cycle;
  state.channel_class = packet.message_class == MessageClass::token ? ChannelClass::token : ChannelClass::data;
  return index;
}

void NetworkOnChip::Engine::enqueue(std::uint32_t packet) {
  if (packets_[packet].packet.multicast == kUnicast) {
    push_to_source(packet);
  } else {
    enqueue_multicast(packet);
  }
}

void NetworkOnChip::Engine::enqueue_multicast(std::uint32_t packet) {
  const NetworkPacket sent = packets_[packet].packet;
  const FanOut& fan_out = fan_outs_[sent.multicast];
  if (!fan_out.tree.empty() && sent.flits <= buffer_) {
    noc::PacketState& state = packets_[packet];
    state.tree = sent.multicast;
    state.remaining = static_cast<std::uint32_t>(fan_out.destinations.size());
    state.channel_class = ChannelClass::multicast;
    push_to_source(packet);
    return;
  }
  in_flight += fan_out.destinations.size() - 1;
  for (const std::uint32_t destination : fan_out.destinations) {
    const bool last = destination == fan_out.destinations.back();
    const std::uint32_t copy = last ? packet : new_packet(sent, packets_[packet].created);
    packets_[copy].packet.destination = destination;
    packets_[copy].last_copy = last;
    push_to_source(copy);
  }
}

void NetworkOnChip::Engine::push_to_source(std::uint32_t packet) {
  noc::PacketState& state = packets_[packet];
  state.next = kNone;
  noc::SourceQueue& queue = sources_[state.packet.source].queues[static_cast<std::size_t>(state.channel_class)];
  (queue.head == kNone ? queue.head : packets_[queue.tail].next) = packet;
  queue.tail = packet;
  busy_sources_.insert(state.packet.source);
}

std::uint8_t NetworkOnChip::Engine::choose_source_channel(const noc::Source& source, const noc::SourceQueue& queue,
                                                          std::uint32_t node) const {
  const noc::PacketState& packet = packets_[queue.head];
  const ChannelRange range = topology.spec().channels(packet.channel_class);
  // A multicast moves on only where it fits as a whole: branches that wait for each other would block for good.
  const std::uint32_t room = packet.tree == kNone ? 1 : packet.packet.flits;
  const std::uint32_t last = queue.last_channel == noc::kNoChannel ? range.count - 1 : queue.last_channel - range.first;
  for (std::uint32_t k = 1; k <= range.count; ++k) {
    const std::uint32_t channel = range.first + (last + k) % range.count;
    if ((source.in_use >> channel & 1U) == 0 && source_room_[std::size_t{node} * channels_ + channel] >= room) {
      return static_cast<std::uint8_t>(channel);
    }
  }
  return noc::kNoChannel;
}

void NetworkOnChip::Engine::serve_source(std::uint32_t node, Cycle now) {
  noc::Source& source = sources_[node];
  for (std::size_t k = 1; k <= kChannelClasses; ++k) {
    const std::size_t index = (source.last_class + k) % kChannelClasses;
    noc::SourceQueue& queue = source.queues[index];
    if (queue.head == kNone) continue;
    if (queue.channel == noc::kNoChannel) {
      queue.channel = choose_source_channel(source, queue, node);
      if (queue.channel == noc::kNoChannel) continue;
      source.in_use |= std::uint32_t{1} << queue.channel;
    }
    if (source_room_[std::size_t{node} * channels_ + queue.channel] == 0) continue;
    source.last_class = static_cast<std::uint8_t>(index);
    send_from_source(node, index, now);
    return;
  }
}

void NetworkOnChip::Engine::send_from_source(std::uint32_t node, std::size_t index, Cycle now) {
  noc::Source& source = sources_[node];
  noc::SourceQueue& queue = source.queues[index];
  noc::PacketState& packet = packets_[queue.head];
  if (queue.sent == 0) packet.entered = now;
  const bool tail = ++queue.sent == packet.packet.flits;
  arrivals_.put(now + credit_to_node_, {source.arrival_target + queue.channel, noc::Flit(queue.head, tail)});
  --source_room_[std::size_t{node} * channels_ + queue.channel];
  ++injected_flits_;
  if (!tail) return;
  source.in_use &= ~(std::uint32_t{1} << queue.channel);
  queue.last_channel = queue.channel;
  queue.channel = noc::kNoChannel;
  queue.sent = 0;
  queue.head = packet.next;
  bool idle = true;
  for (const noc::SourceQueue& other : source.queues) idle = idle && other.head == kNone;
  if (idle) busy_sources_.erase(node);
  if (packet.last_copy) listener_.departed(NetworkPacket(packet.packet), now);
}

void NetworkOnChip::Engine::deliver(std::uint32_t output_channel, noc::Flit flit, Cycle now) {
  credits_.put(now + credit_to_router_, output_channel);
  ++delivered_flits_;
  if (!flit.tail()) return;
  const std::uint32_t port = output_channel / channels_;
  const std::uint32_t node = topology.port(port / ports_, port % ports_).peer;
  noc::PacketState& state = packets_[flit.packet()];
  const NetworkPacket packet = state.packet;
  const Cycle created = state.created;
  const Cycle entered = state.entered;
  if (--state.remaining == 0) {
    state.next = free_packet_;
    free_packet_ = flit.packet();
    --in_flight;
  }
  // Last, since the listener may inject and so move the packets.
  listener_.delivered(packet, node, created, entered, now);
}

}  // namespace crossloom
