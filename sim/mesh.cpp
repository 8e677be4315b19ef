// Forwarding, arbitration and credits of the mesh.
#include "sim/mesh.h"

#include <algorithm>
#include <utility>

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
  Transit& transit = transits_[index];
  transit.next = kNoIndex;
  transit.to_router = sink.router;
  transit.to_port = sink.port;
  transit.flits = message.flits;
  transit.routers = 0;
  transit.kind = message.kind;
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

// Only one sender uses the wire, so a departure is known as soon as it is known when its credits are back.
bool Mesh::depart(std::uint32_t endpoint, std::uint32_t index) {
  SenderPort& sender = senders_[endpoint];
  Transit& transit = transits_[index];
  const std::uint32_t kind = static_cast<std::uint32_t>(transit.kind);
  InputQueue& queue = queues_[sender.target_queue + kind];
  const std::uint32_t sent = queue.sent + transit.flits;
  if (sent - queue.left > shape_.buffer_flits) {
    queue.waiting_sender = endpoint;
    return false;
  }
  queue.sent = sent;
  const Cycle room = returns_.back(sender.target_queue + kind, sent - shape_.buffer_flits - 1, queue.left);
  const Cycle start = std::max({transit.ready, sender.free_at, room});
  sender.free_at = start + transit.flits;
  if (levels_observed) tell_credits(sender.target_queue + kind, start, -static_cast<std::int32_t>(transit.flits));
  listener_.departed(pool_[index], endpoint, start);
  transit.ready = start + 1 + shape_.router_cycles;
  set_out(transit, sender.router);
  entries_.push(transit.ready, {sender.target_queue + kind, index});
  return true;
}

void Mesh::resume(std::uint32_t endpoint) {
  SenderPort& sender = senders_[endpoint];
  while (sender.head != kNoIndex) {
    const std::uint32_t next = transits_[sender.head].next;
    if (!depart(endpoint, sender.head)) return;
    sender.head = next;
  }
}

Cycle Mesh::next_due() const {
  if (to_serve_[0].count + to_serve_[1].count > 0) return worked_ + 1;
  return std::min(hops_.next_after(worked_), entries_.next_due());
}

void Mesh::advance(Cycle now) {
  worked_ = now;
  take_arrivals(now);
  serve_all<false>(now);
  serve_all<true>(now);
}

inline void Mesh::take_arrivals(Cycle now) {
  hops_.take(now, [this](const Arrival& arrival) { arrive(arrival); });
  if (entries_.next_due() != now) return;
  entries_.drain(now, [this](const std::vector<Arrival>& due) {
    for (const Arrival& arrival : due) arrive(arrival);
  });
}

// Chooses the output port of a router.
inline void Mesh::set_out(Transit& transit, std::uint32_t router) const {
  const std::uint32_t route = routes_[std::size_t{router} * router_count_ + transit.to_router];
  transit.output = route + (transit.to_router == router ? transit.to_port : 0U);
}

inline void Mesh::arrive(const Arrival& arrival) {
  InputQueue& waiting = queues_[arrival.first()];
  if (levels_observed) tell_waiting(transits_[arrival.second()].output, 1);
  transits_[arrival.second()].next = kNoIndex;
  if (waiting.head == kNoIndex) {
    waiting.head = waiting.tail = arrival.second();
    show_head(waiting, arrival.first() % kClasses);
  } else {
    transits_[waiting.tail].next = arrival.second();
    waiting.tail = arrival.second();
  }
}

// The first message of a queue asks for its output port.
inline void Mesh::show_head(InputQueue& waiting, std::size_t kind) {
  const std::uint32_t output = transits_[waiting.head].output;
  OutputPort& out = outputs_[output];
  if (observed) note_asked(output, waiting.free_at);
  out.requests[kind] |= std::uint64_t{1} << waiting.input;
  ToServe& list = to_serve_[out.ejects];
  list.outputs[list.count] = output;
  list.count += 1U - out.listed;
  out.listed = 1;
}

void Mesh::tell_credits(std::uint32_t queue, Cycle cycle, std::int32_t change) {
  listener_.credits_changed(queue / kClasses * kClasses, static_cast<MessageClass>(queue % kClasses), cycle, change);
}

void Mesh::tell_waiting(std::uint32_t output, std::int32_t change) {
  listener_.waiting_changed(output / ports_, output % ports_, worked_, change);
}

// Before the request is noted.
void Mesh::note_asked(std::uint32_t output, Cycle free_at) {
  const OutputPort& out = outputs_[output];
  const Cycle asks = std::max(worked_, free_at);
  asked_[output] = (out.requests[0] | out.requests[1]) == 0 ? asks : std::min(asked_[output], asks);
}

// What comes to be listed meanwhile is served as well, but has nothing that can go in this cycle.
template <bool kEjects>
inline void Mesh::serve_all(Cycle now) {
  ToServe& list = to_serve_[kEjects ? 1 : 0];
  std::uint32_t* const outputs = list.outputs.data();
  // Nothing but the order in which observers are told depends on it.
  if (observed) std::sort(outputs, outputs + list.count);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < list.count; ++k) {
    const std::uint32_t output = outputs[k];
    serve<kEjects>(output, now);
    OutputPort& out = outputs_[output];
    out.listed = (out.requests[0] | out.requests[1]) != 0 ? 1 : 0;
    outputs[kept] = output;
    kept += out.listed;
  }
  list.count = kept;
}

template <bool kEjects>
inline void Mesh::serve(std::uint32_t output, Cycle now) {
  OutputPort& out = outputs_[output];
  if (out.busy_until > now) return;
  const std::size_t first = out.turn;
  std::size_t kind = first ^ static_cast<std::size_t>(out.requests[first] == 0);
  std::uint32_t queue = choose<kEjects>(out, kind, now);
  if (queue == kNoIndex) {
    if (kind != first || out.requests[kind ^ 1U] == 0) return;
    kind ^= 1U;
    queue = choose<kEjects>(out, kind, now);
    if (queue == kNoIndex) return;
  }
  send<kEjects>(output, queue, kind, now);
}

// Whether the feeder of a queue has credits for so many flits.
inline bool Mesh::has_room(std::uint32_t queue, std::uint32_t flits, Cycle now) const {
  const InputQueue& far = queues_[queue];
  const std::uint32_t held = far.sent + flits - far.left;
  if (held + shape_.link_cycles + flits - 1 <= shape_.buffer_flits) return true;  // even if the last ones are not back
  if (held > shape_.buffer_flits) return false;
  return returns_.back(queue, far.sent + flits - shape_.buffer_flits - 1, far.left) <= now;
}

// Flits leave a queue: their credits go back to its feeder, which may wait for them.
inline void Mesh::leave(std::uint32_t from, std::uint32_t flits, Cycle now) {
  InputQueue& queue = queues_[from];
  for (std::uint32_t k = 0; k < flits; ++k) {
    returns_.leave(from, queue.left, now + shape_.link_cycles + k, now,
                   [this](std::size_t buffer) { return queues_[buffer].left; });
    ++queue.left;
    if (levels_observed) tell_credits(from, now + shape_.link_cycles + k, 1);
  }
  if (queue.waiting_sender != kNoIndex) resume(std::exchange(queue.waiting_sender, kNoIndex));
}

// The queue whose turn it is, kNoIndex if none can send now.
template <bool kEjects>
inline std::uint32_t Mesh::choose(const OutputPort& out, std::size_t kind, Cycle now) const {
  const std::uint64_t requests = out.requests[kind];
  const std::uint64_t later = requests & (~std::uint64_t{1} << out.last_served[kind]);
  std::uint64_t turn = later != 0 ? later : requests;
  std::uint64_t rest = later != 0 ? requests & ~later : 0;
  while (true) {
    const std::uint32_t input = static_cast<std::uint32_t>(__builtin_ctzll(turn));
    const std::uint32_t queue = out.first_queue + input * kClasses + static_cast<std::uint32_t>(kind);
    if (queues_[queue].free_at <= now) {
      if constexpr (kEjects) return queue;
      // All messages of a class are of one length: where this one does not fit, none does.
      const std::uint32_t flits = transits_[queues_[queue].head].flits;
      return has_room(out.target_queue + static_cast<std::uint32_t>(kind), flits, now) ? queue : kNoIndex;
    }
    turn &= turn - 1;
    if (turn == 0) {
      if (rest == 0) return kNoIndex;
      turn = rest;
      rest = 0;
    }
  }
}

// Kept free of branches that no predictor can guess: they cost more than the work.
template <bool kEjects>
inline void Mesh::send(std::uint32_t output, std::uint32_t from, std::size_t kind, Cycle now) {
  OutputPort& out = outputs_[output];
  InputQueue& queue = queues_[from];
  const std::uint32_t index = queue.head;
  Transit& transit = transits_[index];
  const std::uint32_t flits = transit.flits;
  out.busy_until = now + flits;
  out.last_served[kind] = queue.input;
  out.turn = static_cast<std::uint16_t>(kind ^ 1U);
  out.requests[kind] &= ~(std::uint64_t{1} << queue.input);
  const Cycle asked = observed ? std::exchange(asked_[output], now) : 0;
  queue.head = transit.next;
  queue.free_at = now + flits;
  if (queue.head != kNoIndex) show_head(queue, kind);
  if (levels_observed) tell_waiting(output, -1);
  leave(from, flits, now);
  ++transit.routers;
  if (observed) listener_.forwarded(pool_[index], output / ports_, output % ports_, now, asked);
  if constexpr (kEjects) {
    --in_flight_;
    pool_[index].routers = static_cast<std::uint16_t>(transit.routers);
    listener_.delivered(pool_[index], now + flits);
    transit.next = free_;
    free_ = index;
  } else {
    queues_[out.target_queue + kind].sent += flits;
    if (levels_observed) {
      tell_credits(out.target_queue + static_cast<std::uint32_t>(kind), now, -static_cast<std::int32_t>(flits));
    }
    set_out(transit, out.target_router);
    hops_.put(now + shape_.link_cycles + shape_.router_cycles,
              {out.target_queue + static_cast<std::uint32_t>(kind), index});
  }
}

}  // namespace crossloom
