// Virtual-channel allocation: separable, input first, round-robin, one iteration.
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

std::uint32_t NetworkOnChip::Engine::free_channels(std::uint32_t output_port, std::uint32_t wanted,
                                                   std::uint32_t room) const {
  std::uint32_t free = wanted & ~outputs_[output_port].in_use;
  if (room == 0) return free;
  std::uint32_t kept = 0;
  for (; free != 0; free &= free - 1) {
    const auto channel = static_cast<std::uint32_t>(__builtin_ctz(free));
    if (room_[output_port * channels_ + channel] >= room) kept |= std::uint32_t{1} << channel;
  }
  return kept;
}

/// The first free channel at or after the input's round-robin pointer, which runs over all output channels of the
/// router.
std::uint32_t NetworkOnChip::Engine::pick_channel(std::uint32_t free, std::uint32_t port, std::uint32_t queue) const {
  const std::uint32_t first = port * channels_;
  const std::uint32_t pointer = next_output_[queue];
  const bool inside = pointer >= first && pointer < first + channels_;
  return first + noc::first_from(free, inside ? pointer - first : 0);
}

std::uint32_t NetworkOnChip::Engine::choose_output(std::uint32_t router, std::uint32_t queue) const {
  const RouteOptions& route = routes_[queue];
  // With escape channels a packet must be able to reach the front of every buffer it is in, so a channel is given away
  // only when the buffer behind it is empty. Towards nodes that is not needed: they take everything.
  const auto room_needed = [&](std::uint32_t output) {
    return atomic_ && (outputs_[output].arrival_target & kNodeFlag) == 0 ? buffer_ : 0;
  };
  std::uint32_t best = kNone;
  std::uint32_t best_free = 0;
  std::uint32_t best_room = 0;
  for (std::uint32_t k = 0; k < route.count; ++k) {
    if (k >= route.adaptive && best != kNone) break;
    const RouteOption& option = route.options[k];
    const std::uint32_t output = router * ports_ + option.port;
    const std::uint32_t free = free_channels(output, option.channels, room_needed(output));
    if (free == 0) continue;
    std::uint32_t room = 0;
    if (route.count > 1) {
      for (std::uint32_t bits = free; bits != 0; bits &= bits - 1) {
        room += room_[output * channels_ + static_cast<std::uint32_t>(__builtin_ctz(bits))];
      }
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
  ++counts.stalls.virtual_channel;
  const std::uint32_t pointer = next_input_[std::size_t{router} * ports_ * channels_ + output];
  const std::uint32_t all = ports_ * channels_;
  const auto distance = [&](std::uint32_t from) { return from >= pointer ? from - pointer : from + all - pointer; };
  if (distance(input) < distance(winner)) winner = input;
}

void NetworkOnChip::Engine::allocate_channels(std::uint32_t router, Cycle now) {
  const std::uint32_t first_queue = router * ports_ * channels_;
  for (std::uint64_t ports = routers_[router].waiting_ports; ports != 0; ports &= ports - 1) {
    const auto port = static_cast<std::uint32_t>(__builtin_ctzll(ports));
    for (std::uint32_t waiting = inputs_[router * ports_ + port].waiting; waiting != 0; waiting &= waiting - 1) {
      const std::uint32_t input = port * channels_ + static_cast<std::uint32_t>(__builtin_ctz(waiting));
      const noc::InputChannel& queue = queues_[first_queue + input];
      if (queue.branches != kNone) {
        request_branches(router, input, now);
        continue;
      }
      if (queue.ready > now) continue;
      const std::uint32_t output = choose_output(router, first_queue + input);
      if (output == kNone) {
        ++counts.stalls.virtual_channel;
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
  const std::uint32_t input_port = input / channels_;
  const std::uint32_t output_port = output / channels_;
  const auto channel = static_cast<std::uint8_t>(output % channels_);
  outputs_[router * ports_ + output_port].in_use |= std::uint32_t{1} << channel;
  next_output_[first_queue + input] = static_cast<std::uint16_t>(output + 1 == all ? 0 : output + 1);
  next_input_[first_queue + output] = static_cast<std::uint16_t>(input + 1 == all ? 0 : input + 1);
  noc::InputChannel& queue = queues_[first_queue + input];
  bool all_granted = true;
  if (queue.branches == kNone) {
    queue.output = static_cast<std::uint8_t>(output_port);
    queue.channel = channel;
    queue.ready = now + topology.spec().switch_allocation_cycles;
  } else {
    all_granted = grant_branch(queue, output_port, channel, now);
  }
  if (all_granted) unmark_waiting(router, input_port, input % channels_);
  mark_sending(router, input_port, input % channels_);
}

}  // namespace crossloom
