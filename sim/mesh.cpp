// Forwarding, arbitration and credits of the mesh.
#include "sim/mesh.h"

#include <algorithm>

namespace crossloom {

std::uint32_t Mesh::new_message(const Message& message) {
  ++in_flight_;
  std::uint32_t index = free_;
  if (index == kNoIndex) {
    index = static_cast<std::uint32_t>(pool_.size());
    pool_.push_back(message);
  } else {
    free_ = pool_[index].next;
    pool_[index] = message;
  }
  Message& copy = pool_[index];
  copy.next = kNoIndex;
  copy.routers = 0;
  copy.to_router = senders_[message.sink].router;
  copy.to_port = senders_[message.sink].port;
  return index;
}

Cycle Mesh::inject(std::uint32_t endpoint, const Message& message, Cycle ready) {
  SenderPort& sender = senders_[endpoint];
  CROSSLOOM_CHECK(ready >= sender.last_ready, "an output unit finishes its messages in order");
  sender.last_ready = ready;
  soonest_ = kNever;
  const std::uint32_t index = new_message(message);
  pool_[index].ready = ready;
  if (sender.head == kNoIndex) {
    if (depart(endpoint, index)) return soonest_;
    sender.head = index;
  } else {
    pool_[sender.tail].next = index;
  }
  sender.tail = index;
  return soonest_;
}

// Only one sender uses the wire, so its future is known as soon as the credits are booked.
bool Mesh::depart(std::uint32_t endpoint, std::uint32_t index) {
  SenderPort& sender = senders_[endpoint];
  const Message& message = pool_[index];
  const std::size_t kind = static_cast<std::size_t>(message.kind);
  const Cycle room = sender.credits[kind].room_for(message.flits);
  if (room == kNever) return false;
  const Cycle start = std::max({message.ready, sender.free_at, room});
  sender.credits[kind].take(message.flits);
  sender.free_at = start + message.flits;
  listener_.departed(message, endpoint, start);
  enter(sender.target_queue + static_cast<std::uint32_t>(kind), sender.router, index,
        start + 1 + shape_.router_cycles);
  return true;
}

// A message comes to a router's input queue.
void Mesh::enter(std::uint32_t queue, std::uint32_t router, std::uint32_t index, Cycle ready) {
  Message& message = pool_[index];
  const std::uint8_t route = routes_[std::size_t{router} * routers() + message.to_router];
  message.output = message.to_router == router ? message.to_port : route;
  message.ready = ready;
  message.next = kNoIndex;
  InputQueue& waiting = queues_[queue];
  if (waiting.head == kNoIndex) {
    waiting.head = waiting.tail = index;
    // `ready` still holds when the message before has wholly left.
    show_head(queue, std::max(waiting.ready, ready));
  } else {
    pool_[waiting.tail].next = index;
    waiting.tail = index;
  }
}

// The first message of a queue asks for its output port.
void Mesh::show_head(std::uint32_t queue, Cycle ready) {
  InputQueue& waiting = queues_[queue];
  waiting.ready = ready;
  const std::uint32_t output = waiting.first_output + pool_[waiting.head].output;
  OutputPort& out = outputs_[output];
  out.requests[queue % kMessageClasses] |= std::uint64_t{1} << waiting.input;
  schedule(output, std::max(ready, out.busy_until));
}

void Mesh::schedule(std::uint32_t output, Cycle when) {
  if (outputs_[output].scheduled <= when) return;
  outputs_[output].scheduled = when;
  soonest_ = std::min(soonest_, when);
  calendar_.push(when, output);
}

void Mesh::advance(Cycle now) {
  calendar_.drain(now, [this, now](const std::vector<std::uint32_t>& due) {
    for (const std::uint32_t output : due) serve(output, now);
  });
}

void Mesh::serve(std::uint32_t output, Cycle now) {
  OutputPort& out = outputs_[output];
  if (out.scheduled != now) return;  // overtaken by an earlier look
  out.scheduled = kNever;
  Cycle again = kNever;
  for (std::size_t k = 0; k < kMessageClasses; ++k) {
    const std::size_t kind = out.turn ^ k;
    if (out.requests[kind] == 0) continue;
    const std::uint32_t input = choose(output, kind, now, again);
    if (input == kNoIndex) continue;
    send(output, input, kind, now);
    if ((out.requests[0] | out.requests[1]) != 0) schedule(output, out.busy_until);
    return;
  }
  if (again != kNever) schedule(output, again);
}

// The input port whose turn it is, kNoIndex if none can send now; `again` is lowered to when one might.
std::uint32_t Mesh::choose(std::uint32_t output, std::size_t kind, Cycle now, Cycle& again) {
  OutputPort& out = outputs_[output];
  const std::uint64_t requests = out.requests[kind];
  const std::uint64_t later = ~std::uint64_t{1} << out.last_served[kind];  // input ports after the one served last
  std::uint64_t turn = requests & later;
  std::uint64_t rest = requests & ~later;
  for (;; turn &= turn - 1) {
    if (turn == 0) {
      if (rest == 0) return kNoIndex;
      turn = rest;
      rest = 0;
    }
    const std::uint32_t input = static_cast<std::uint32_t>(__builtin_ctzll(turn));
    const InputQueue& queue = queues_[out.first_queue + input * kMessageClasses + kind];
    if (queue.ready > now) {
      again = std::min(again, queue.ready);
      continue;
    }
    if (out.ejects) return input;
    const Cycle room = credits_[credit_line(output, kind)].room_for(pool_[queue.head].flits);
    if (room <= now) return input;
    // All messages of a class are of one length: where this one does not fit, none does.
    out.starved[kind] = room == kNever;
    again = std::min(again, room);
    return kNoIndex;
  }
}

void Mesh::send(std::uint32_t output, std::uint32_t input, std::size_t kind, Cycle now) {
  OutputPort& out = outputs_[output];
  const std::uint32_t from =
      out.first_queue + input * static_cast<std::uint32_t>(kMessageClasses) + static_cast<std::uint32_t>(kind);
  InputQueue& queue = queues_[from];
  const std::uint32_t index = queue.head;
  Message& message = pool_[index];
  const std::uint32_t flits = message.flits;
  const Cycle left = now + flits;
  out.busy_until = left;
  out.last_served[kind] = static_cast<std::uint8_t>(input);
  out.turn = static_cast<std::uint8_t>(kind ^ 1U);
  out.requests[kind] &= ~(std::uint64_t{1} << input);
  queue.head = message.next;
  queue.ready = left;
  if (queue.head != kNoIndex) show_head(from, std::max(pool_[queue.head].ready, left));
  give_credits(queue, kind, now + shape_.link_cycles, flits);
  ++message.routers;
  if (observed) listener_.forwarded(message, output / ports_, output % ports_, now);
  if (out.ejects) {
    --in_flight_;
    listener_.delivered(message, left);
    message.next = free_;
    free_ = index;
    return;
  }
  credits_[credit_line(output, kind)].take(flits);
  enter(out.target_queue + static_cast<std::uint32_t>(kind), out.target_router, index,
        now + shape_.link_cycles + shape_.router_cycles);
}

void Mesh::give_credits(const InputQueue& queue, std::size_t kind, Cycle start, std::uint32_t flits) {
  if (queue.feeder < outputs_.size()) {
    credits_[credit_line(queue.feeder, kind)].book(start, flits);
    OutputPort& feeder = outputs_[queue.feeder];
    if (feeder.starved[kind]) {
      feeder.starved[kind] = false;
      schedule(queue.feeder, std::max(feeder.busy_until, start));
    }
    return;
  }
  const std::uint32_t endpoint = queue.feeder - static_cast<std::uint32_t>(outputs_.size());
  SenderPort& sender = senders_[endpoint];
  sender.credits[kind].book(start, flits);
  while (sender.head != kNoIndex) {
    const std::uint32_t index = sender.head;
    const std::uint32_t next = pool_[index].next;
    if (!depart(endpoint, index)) break;
    sender.head = next;
  }
}

}  // namespace crossloom
