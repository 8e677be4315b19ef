// Forwarding, arbitration and credits of the mesh.
#include "sim/mesh.h"

#include <algorithm>

namespace crossloom {

namespace {
enum Direction : std::uint8_t { kEast, kWest, kNorth, kSouth, kFirstTilePort };
}  // namespace

std::uint8_t Mesh::route(std::uint32_t router, std::uint32_t sink) const {
  const Site& to = sites_[sink];
  const std::uint16_t x = router_x_[router];
  const std::uint16_t y = router_y_[router];
  if (to.x != x) return to.x > x ? kEast : kWest;
  if (to.y != y) return to.y > y ? kSouth : kNorth;
  return static_cast<std::uint8_t>(to.port);
}

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
  pool_[index].routers = 0;
  return index;
}

void Mesh::inject(std::uint32_t endpoint, const Message& message, Cycle ready) {
  const std::uint32_t port = shape_.width * shape_.height * ports_ + endpoint;
  const std::uint32_t index = new_message(message);
  pool_[index].ready = ready;
  pool_[index].output = 0;
  append(outputs_[port].first_queue + static_cast<std::uint32_t>(message.kind), index);
}

void Mesh::append(std::uint32_t queue, std::uint32_t index) {
  InputQueue& waiting = queues_[queue];
  pool_[index].next = kNoIndex;
  ++waiting.messages;
  if (waiting.head == kNoIndex) {
    waiting.head = waiting.tail = index;
    // `ready` still holds when the message before has wholly left.
    show_head(queue, std::max(waiting.ready, pool_[index].ready));
  } else {
    pool_[waiting.tail].next = index;
    waiting.tail = index;
  }
}

// The first message of a queue asks for its output port.
void Mesh::show_head(std::uint32_t queue, Cycle ready) {
  InputQueue& waiting = queues_[queue];
  waiting.ready = ready;
  const std::uint32_t output = first_output_[queue] + pool_[waiting.head].output;
  OutputPort& out = outputs_[output];
  const std::uint32_t input = (queue - out.first_queue) / kMessageClasses;
  out.requests[queue % kMessageClasses] |= std::uint64_t{1} << input;
  schedule(output, std::max(ready, out.busy_until));
}

void Mesh::schedule(std::uint32_t output, Cycle when) {
  if (outputs_[output].scheduled <= when) return;
  outputs_[output].scheduled = when;
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
  bool sent = false;
  for (std::size_t k = 0; k < kMessageClasses && !sent; ++k) {
    const std::size_t kind = out.turn ^ k;
    const std::uint32_t input = choose(out, kind, now, again);
    if (input == kNoIndex) continue;
    send(out, input, kind, now);
    out.turn = static_cast<std::uint8_t>(kind ^ 1U);
    sent = true;
  }
  if (sent) again = (out.requests[0] | out.requests[1]) != 0 ? out.busy_until : kNever;
  if (again != kNever) schedule(output, again);
}

// The input port whose turn it is, kNoIndex if none can send now; `again` is lowered to when one might.
std::uint32_t Mesh::choose(OutputPort& out, std::size_t kind, Cycle now, Cycle& again) {
  const std::uint64_t requests = out.requests[kind];
  if (requests == 0) return kNoIndex;
  const std::uint64_t after_last = out.last_served[kind] == 63 ? 0 : ~std::uint64_t{0} << (out.last_served[kind] + 1U);
  for (std::uint64_t turn : {requests & after_last, requests & ~after_last}) {
    for (; turn != 0; turn &= turn - 1) {
      const std::uint32_t input = static_cast<std::uint32_t>(__builtin_ctzll(turn));
      const InputQueue& queue = queues_[out.first_queue + input * kMessageClasses + kind];
      if (queue.ready > now) {
        again = std::min(again, queue.ready);
        continue;
      }
      const std::uint32_t flits = pool_[queue.head].flits;
      if (out.ejects || out.credits[kind].available(now) >= flits) return input;
      // All messages of a class are of one length: where this one does not fit, none does.
      const Cycle room = out.credits[kind].earliest(flits);
      out.starved[kind] = room == kNever;
      again = std::min(again, room);
      return kNoIndex;
    }
  }
  return kNoIndex;
}

void Mesh::send(OutputPort& out, std::uint32_t input, std::size_t kind, Cycle now) {
  const std::uint32_t from = out.first_queue + input * static_cast<std::uint32_t>(kMessageClasses) +
                             static_cast<std::uint32_t>(kind);
  InputQueue& queue = queues_[from];
  const std::uint32_t index = queue.head;
  Message& message = pool_[index];
  const std::uint32_t flits = message.flits;
  out.busy_until = now + flits;
  out.last_served[kind] = static_cast<std::uint8_t>(input);
  out.requests[kind] &= ~(std::uint64_t{1} << input);
  queue.head = message.next;
  queue.ready = now + flits;
  --queue.messages;
  if (queue.head == kNoIndex) {
    queue.tail = kNoIndex;
  } else {
    show_head(from, std::max(pool_[queue.head].ready, now + flits));
  }
  if (queue.feeder != kNoIndex) {
    OutputPort& feeder = outputs_[queue.feeder];
    feeder.credits[kind].book(now + shape_.link_cycles, flits);
    if (feeder.starved[kind]) {
      feeder.starved[kind] = false;
      schedule(queue.feeder, std::max(feeder.busy_until, now + shape_.link_cycles));
    }
  }
  if (!out.injects) ++message.routers;
  if (observed && !out.injects) listener_.forwarded(message, out.router, out.port, now);
  forward(out, message, index, now);
}

void Mesh::forward(OutputPort& out, Message& message, std::uint32_t index, Cycle now) {
  if (out.ejects) {
    --in_flight_;
    listener_.delivered(message, now + message.flits);
    pool_[index].next = free_;
    free_ = index;
    return;
  }
  const std::size_t kind = static_cast<std::size_t>(message.kind);
  out.credits[kind].take(message.flits);
  if (out.injects) listener_.departed(message, out.port, now);
  message.ready = now + (out.injects ? 1 : shape_.link_cycles) + shape_.router_cycles;
  const std::uint32_t queue = out.target_queue + static_cast<std::uint32_t>(kind);
  message.output = route(out.injects ? out.router : queue / (ports_ * static_cast<std::uint32_t>(kMessageClasses)),
                         message.sink);
  append(queue, index);
}

}  // namespace crossloom
