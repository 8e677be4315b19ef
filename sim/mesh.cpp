// Forwarding, arbitration and credits of the mesh.
#include "sim/mesh.h"

#include <algorithm>

namespace crossloom {

namespace {
constexpr std::uint32_t kClasses = kMessageClasses;
}

std::uint32_t Mesh::new_message(const Message& message) {
  ++in_flight_;
  std::uint32_t index = free_;
  if (index == kNoIndex) {
    index = static_cast<std::uint32_t>(pool_.size());
    pool_.push_back(message);
    transits_.emplace_back();
  } else {
    free_ = transits_[index].next;
    pool_[index] = message;
  }
  const SenderPort& sink = senders_[message.sink];
  transits_[index] = {0, kNoIndex, 0, sink.router, sink.port, message.flits, 0, message.kind};
  return index;
}

Cycle Mesh::inject(std::uint32_t endpoint, const Message& message, Cycle ready) {
  SenderPort& sender = senders_[endpoint];
  CROSSLOOM_CHECK(ready >= sender.last_ready, "an output unit finishes its messages in order");
  sender.last_ready = ready;
  const std::uint32_t index = new_message(message);
  transits_[index].ready = ready;
  if (sender.head == kNoIndex) {
    if (depart(endpoint, index)) return transits_[index].ready;
    sender.head = index;
  } else {
    transits_[sender.tail].next = index;
  }
  sender.tail = index;
  return kNever;
}

// Only one sender uses the wire, so its future is known as soon as the credits are booked.
bool Mesh::depart(std::uint32_t endpoint, std::uint32_t index) {
  SenderPort& sender = senders_[endpoint];
  Transit& transit = transits_[index];
  const std::uint32_t kind = static_cast<std::uint32_t>(transit.kind);
  const Cycle room = sender.credits[kind].room_for(transit.flits);
  if (room == kNever) return false;
  const Cycle start = std::max({transit.ready, sender.free_at, room});
  sender.credits[kind].take(transit.flits);
  sender.free_at = start + transit.flits;
  listener_.departed(pool_[index], endpoint, start);
  transit.ready = start + 1 + shape_.router_cycles;
  set_out(transit, sender.router);
  entries_.push(transit.ready, {sender.target_queue + kind, index});
  return true;
}

// Chooses the output port of a router.
inline void Mesh::set_out(Transit& transit, std::uint32_t router) const {
  const std::uint32_t route = routes_[std::size_t{router} * router_count_ + transit.to_router];
  transit.output = route + (transit.to_router == router ? transit.to_port : 0U);
}

inline void Mesh::arrive(const Arrival& arrival) {
  InputQueue& waiting = queues_[arrival.queue];
  transits_[arrival.message].next = kNoIndex;
  if (waiting.head == kNoIndex) {
    waiting.head = waiting.tail = arrival.message;
    show_head(waiting, arrival.queue % kClasses);
  } else {
    transits_[waiting.tail].next = arrival.message;
    waiting.tail = arrival.message;
  }
}

// The first message of a queue asks for its output port.
inline void Mesh::show_head(InputQueue& waiting, std::size_t kind) {
  const std::uint32_t output = transits_[waiting.head].output;
  outputs_[output].requests[kind] |= std::uint64_t{1} << waiting.input;
  active_[output / 64] |= std::uint64_t{1} << (output % 64);
  ++requests_;
}

Cycle Mesh::next_due() const {
  if (requests_ > 0) return worked_ + 1;
  return std::min(hops_.next_after(worked_), entries_.next_due());
}

void Mesh::advance(Cycle now) {
  // Credits that came between two cycles of work are taken before they are asked for: there was nobody to ask.
  for (Cycle due = credits_.next_after(worked_); due <= now; due = credits_.next_after(due)) {
    credits_.take(due, [this](const Credit& credit) { ++outputs_[credit.output].credits[credit.kind]; });
  }
  worked_ = now;
  hops_.take(now, [this](const Arrival& arrival) { arrive(arrival); });
  if (entries_.next_due() == now) {
    entries_.drain(now, [this](const std::vector<Arrival>& due) {
      for (const Arrival& arrival : due) arrive(arrival);
    });
  }
  for (std::size_t word = 0; word < active_.size(); ++word) {
    for (std::uint64_t bits = active_[word]; bits != 0; bits &= bits - 1) {
      serve(static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits))), now);
    }
  }
}

void Mesh::serve(std::uint32_t output, Cycle now) {
  OutputPort& out = outputs_[output];
  if (out.busy_until > now) return;
  for (std::size_t k = 0; k < kMessageClasses; ++k) {
    const std::size_t kind = out.turn ^ k;
    if (out.requests[kind] == 0) continue;
    const std::uint32_t queue = choose(out, kind, now);
    if (queue == kNoIndex) continue;
    send(output, queue, kind, now);
    return;
  }
}

// The queue whose turn it is, kNoIndex if none can send now.
inline std::uint32_t Mesh::choose(const OutputPort& out, std::size_t kind, Cycle now) const {
  const std::uint64_t requests = out.requests[kind];
  const std::uint64_t later = requests & (~std::uint64_t{1} << out.last_served[kind]);
  std::uint64_t turn = later != 0 ? later : requests;
  std::uint64_t rest = later != 0 ? requests & ~later : 0;
  while (true) {
    const std::uint32_t input = static_cast<std::uint32_t>(__builtin_ctzll(turn));
    const std::uint32_t queue = out.first_queue + input * kClasses + static_cast<std::uint32_t>(kind);
    if (queues_[queue].free_at <= now) {
      // All messages of a class are of one length: where this one does not fit, none does.
      return out.ejects || out.credits[kind] >= transits_[queues_[queue].head].flits ? queue : kNoIndex;
    }
    turn &= turn - 1;
    if (turn == 0) {
      if (rest == 0) return kNoIndex;
      turn = rest;
      rest = 0;
    }
  }
}

inline void Mesh::send(std::uint32_t output, std::uint32_t from, std::size_t kind, Cycle now) {
  OutputPort& out = outputs_[output];
  InputQueue& queue = queues_[from];
  const std::uint32_t index = queue.head;
  Transit& transit = transits_[index];
  const std::uint32_t flits = transit.flits;
  const Cycle left = now + flits;
  out.busy_until = left;
  out.last_served[kind] = static_cast<std::uint16_t>(queue.input);
  out.turn = static_cast<std::uint16_t>(kind ^ 1U);
  out.requests[kind] &= ~(std::uint64_t{1} << queue.input);
  --requests_;
  if ((out.requests[0] | out.requests[1]) == 0) active_[output / 64] &= ~(std::uint64_t{1} << (output % 64));
  queue.head = transit.next;
  queue.free_at = left;
  if (queue.head != kNoIndex) show_head(queue, kind);
  give_credits(queue.feeder, kind, now, flits);
  ++transit.routers;
  if (observed) listener_.forwarded(pool_[index], output / ports_, output % ports_, now);
  if (out.ejects) {
    --in_flight_;
    pool_[index].routers = static_cast<std::uint16_t>(transit.routers);
    listener_.delivered(pool_[index], left);
    transit.next = free_;
    free_ = index;
    return;
  }
  out.credits[kind] -= flits;
  set_out(transit, out.target_router);
  hops_.put(now + shape_.link_cycles + shape_.router_cycles, {out.target_queue + static_cast<std::uint32_t>(kind), index});
}

inline void Mesh::give_credits(std::uint32_t feeder, std::size_t kind, Cycle now, std::uint32_t flits) {
  const Cycle start = now + shape_.link_cycles;
  if (feeder < outputs_.size()) {
    for (std::uint32_t k = 0; k < flits; ++k) credits_.put(start + k, {feeder, static_cast<std::uint32_t>(kind)});
    return;
  }
  const std::uint32_t endpoint = feeder - static_cast<std::uint32_t>(outputs_.size());
  SenderPort& sender = senders_[endpoint];
  sender.credits[kind].book(start, flits);
  while (sender.head != kNoIndex) {
    const std::uint32_t index = sender.head;
    const std::uint32_t next = transits_[index].next;
    if (!depart(endpoint, index)) break;
    sender.head = next;
  }
}

}  // namespace crossloom
