// Virtual-channel allocation: separable, input first, round-robin, one iteration.
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

std::uint32_t NetworkOnChip::Engine::free_channels(std::uint32_t output_port, std::uint32_t wanted,
                                                   std::uint32_t room) const {
  std::uint32_t free = wanted & ~router_ports_[output_port].in_use;
  if (room == 0) return free;
  std::uint32_t kept = 0;
  for (; free != 0; free &= free - 1) {
    const auto channel = static_cast<std::uint32_t>(__builtin_ctz(free));
    if (output_channels_[output_port * channels_ + channel].room >= room) kept |= std::uint32_t{1} << channel;
  }
  return kept;
}

/// The first free channel at or after the input's round-robin pointer, which runs over all output channels of the
/// router.
std::uint32_t NetworkOnChip::Engine::pick_channel(std::uint32_t free, std::uint32_t port, std::uint32_t queue) const {
  const std::uint32_t first = port * channels_;
  const std::uint32_t pointer = queues_[queue].next_output;
  const bool inside = pointer >= first && pointer < first + channels_;
  return first + noc::first_from(free, inside ? pointer - first : 0);
}

std::uint32_t NetworkOnChip::Engine::choose_output(std::uint32_t router, std::uint32_t queue) const {
  const RouteOptions& options = routes_[queue];
  if (options.count == 1 && !atomic_) {
    const RouteOption& only = options.options[0];
    const std::uint32_t free = only.channels & ~router_ports_[router * ports_ + only.port].in_use;
    return free == 0 ? kNone : pick_channel(free, only.port, queue);
  }
  return choose_adaptive(router, queue);
}

std::uint32_t NetworkOnChip::Engine::choose_adaptive(std::uint32_t router, std::uint32_t queue) const {
  const RouteOptions& options = routes_[queue];
  // With escape channels a packet must be able to reach the front of every buffer it is in, so a channel is given away
  // only when the buffer behind it is empty. Towards nodes that is not needed: they take everything.
  const auto room_needed = [&](std::uint32_t output) {
    return atomic_ && (router_ports_[output].arrival_target & kNodeFlag) == 0 ? buffer_ : 0;
  };
  std::uint32_t best = kNone;
  std::uint32_t best_free = 0;
  std::uint32_t best_room = 0;
  for (std::uint32_t k = 0; k < options.count; ++k) {
    if (k >= options.adaptive && best != kNone) break;
    const RouteOption& option = options.options[k];
    const std::uint32_t output = router * ports_ + option.port;
    const std::uint32_t free = free_channels(output, option.channels, room_needed(output));
    if (free == 0) continue;
    std::uint32_t room = 0;
    for (std::uint32_t bits = free; bits != 0; bits &= bits - 1) {
      room += output_channels_[output * channels_ + static_cast<std::uint32_t>(__builtin_ctz(bits))].room;
    }
    if (best != kNone && room <= best_room) continue;
    best = option.port;
    best_free = free;
    best_room = room;
  }
  return best == kNone ? kNone : pick_channel(best_free, best, queue);
}

/// Second stage: among the inputs that chose the same output channel the first at or after its pointer wins.
void NetworkOnChip::Engine::request_output(std::uint32_t router, std::uint32_t output, std::uint32_t input) {
  std::uint32_t& winner = requester_[output];
  if (winner == kNone) {
    winner = input;
    requested_.push_back(output);
    return;
  }
  ++stalls_.virtual_channel;
  const std::uint32_t pointer = output_channels_[router * ports_ * channels_ + output].next_input;
  const std::uint32_t all = ports_ * channels_;
  const auto distance = [&](std::uint32_t from) { return from >= pointer ? from - pointer : from + all - pointer; };
  if (distance(input) < distance(winner)) winner = input;
}

void NetworkOnChip::Engine::allocate_channels(std::uint32_t router, std::uint64_t ports, Cycle now) {
  const std::uint32_t first_queue = router * ports_ * channels_;
  for (; ports != 0; ports &= ports - 1) {
    const auto port = static_cast<std::uint32_t>(__builtin_ctzll(ports));
    for (std::uint32_t waiting = router_ports_[router * ports_ + port].waiting; waiting != 0; waiting &= waiting - 1) {
      const std::uint32_t input = port * channels_ + static_cast<std::uint32_t>(__builtin_ctz(waiting));
      const noc::InputChannel& queue = queues_[first_queue + input];
      if (queue.branches != kNone) {
        request_branches(router, input, now);
        continue;
      }
      if (queue.ready > now) continue;
      const std::uint32_t output = choose_output(router, first_queue + input);
      if (output == kNone) {
        ++stalls_.virtual_channel;
      } else {
        request_output(router, output, input);
      }
    }
  }
  for (const std::uint32_t output : requested_) {
    grant_channel(router, output, requester_[output], now);
    requester_[output] = kNone;
  }
  requested_.clear();
}

void NetworkOnChip::Engine::grant_channel(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now) {
  const std::uint32_t all = ports_ * channels_;
  const std::uint32_t first_queue = router * all;
  const std::uint32_t output_port = output / channels_;
  const auto channel = static_cast<std::uint8_t>(output - output_port * channels_);
  noc::InputChannel& queue = queues_[first_queue + input];
  router_ports_[router * ports_ + output_port].in_use |= std::uint32_t{1} << channel;
  queue.next_output = static_cast<std::uint16_t>(output + 1 == all ? 0 : output + 1);
  output_channels_[first_queue + output].next_input = static_cast<std::uint16_t>(input + 1 == all ? 0 : input + 1);
  bool all_granted = true;
  if (queue.branches == kNone) {
    queue.output = static_cast<std::uint8_t>(output_port);
    queue.channel = channel;
    queue.ready = now + topology.spec().switch_allocation_cycles;
  } else {
    all_granted = grant_branch(queue, output_port, channel, now);
  }
  if (all_granted) unmark_waiting(queue);
  mark_sending(queue);
}

}  // namespace crossloom
