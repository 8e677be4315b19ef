// Switch allocation and traversal: separable, input first, round-robin, one iteration.
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

std::uint32_t NetworkOnChip::Engine::sendable(std::uint32_t router, std::uint32_t input, Cycle now) {
  std::uint32_t able = 0;
  for (std::uint32_t sending = router_ports_[router * ports_ + input].sending; sending != 0; sending &= sending - 1) {
    const auto channel = static_cast<std::uint32_t>(__builtin_ctz(sending));
    const noc::InputChannel& queue = queues_[(router * ports_ + input) * channels_ + channel];
    if (queue.branches != kNone) {
      if (branches_to_send(router, queue, now) != 0) able |= std::uint32_t{1} << channel;
    } else if (queue.ready <= now) {
      if (output_channels_[(router * ports_ + queue.output) * channels_ + queue.channel].room != 0) {
        able |= std::uint32_t{1} << channel;
      } else {
        ++stalls_.credit;
      }
    }
  }
  return able;
}

/// First stage: each output is wanted by at most one of the port's channels, the first at or after a pointer, and the
/// port asks for the first wanted output at or after another. A multicast asks for all its outputs at once.
void NetworkOnChip::Engine::request_switch(std::uint32_t router, std::uint32_t input, std::uint32_t channels,
                                           Cycle now) {
  const noc::Port& port = router_ports_[router * ports_ + input];
  const noc::InputChannel* queues = &queues_[std::size_t{router * ports_ + input} * channels_];
  const auto outputs_of = [&](std::uint32_t channel) {
    const noc::InputChannel& queue = queues[channel];
    return queue.branches == kNone ? std::uint64_t{1} << queue.output : branches_to_send(router, queue, now);
  };
  std::uint32_t chosen = 0;
  if ((channels & (channels - 1)) == 0) {
    chosen = static_cast<std::uint32_t>(__builtin_ctz(channels));
  } else {
    std::uint64_t wanted = 0;
    for (std::uint32_t left = channels; left != 0;) {
      const std::uint32_t channel = noc::first_from(left, port.next_channel);
      left &= ~(std::uint32_t{1} << channel);
      const std::uint64_t outputs = outputs_of(channel);
      for (std::uint64_t added = outputs & ~wanted; added != 0; added &= added - 1) {
        channel_for_output_[static_cast<std::size_t>(__builtin_ctzll(added))] = static_cast<std::uint8_t>(channel);
      }
      wanted |= outputs;
    }
    chosen = channel_for_output_[noc::first_from(wanted, port.next_output)];
  }
  chosen_channel_[input] = static_cast<std::uint8_t>(chosen);
  for (std::uint64_t outputs = outputs_of(chosen); outputs != 0; outputs &= outputs - 1) {
    const auto output = static_cast<std::uint32_t>(__builtin_ctzll(outputs));
    switch_requests_[output] |= std::uint64_t{1} << input;
    switch_outputs_ |= std::uint64_t{1} << output;
  }
}

/// A bus carries the flit of one input a cycle, round-robin.
void NetworkOnChip::Engine::keep_one_input() {
  std::uint64_t inputs = 0;
  for (std::uint64_t outputs = switch_outputs_; outputs != 0; outputs &= outputs - 1) {
    inputs |= switch_requests_[static_cast<std::size_t>(__builtin_ctzll(outputs))];
  }
  if (inputs == 0) return;
  const std::uint32_t winner = noc::first_from(inputs, bus_next_);
  bus_next_ = winner + 1 == ports_ ? 0 : winner + 1;
  for (std::uint64_t outputs = switch_outputs_; outputs != 0; outputs &= outputs - 1) {
    const auto output = static_cast<std::uint32_t>(__builtin_ctzll(outputs));
    switch_requests_[output] &= std::uint64_t{1} << winner;
    if (switch_requests_[output] == 0) switch_outputs_ &= ~(std::uint64_t{1} << output);
  }
}

/// Where one channel of one port sends, nothing is to be decided: most routers, most of the time.
bool NetworkOnChip::Engine::sends_alone(std::uint32_t router, Cycle now) {
  const std::uint64_t ports = routers_[router].sending_ports;
  if (bus_ || (ports & (ports - 1)) != 0) return false;
  const auto input = static_cast<std::uint32_t>(__builtin_ctzll(ports));
  const std::uint32_t sending = router_ports_[router * ports_ + input].sending;
  if ((sending & (sending - 1)) != 0) return false;
  const auto channel = static_cast<std::uint32_t>(__builtin_ctz(sending));
  const noc::InputChannel& queue = queues_[(router * ports_ + input) * channels_ + channel];
  if (queue.branches != kNone) return false;
  if (queue.ready > now) return true;
  if (output_channels_[(router * ports_ + queue.output) * channels_ + queue.channel].room == 0) {
    ++stalls_.credit;
    return true;
  }
  chosen_channel_[input] = static_cast<std::uint8_t>(channel);
  grant_switch(router, queue.output, input, now);
  return true;
}

void NetworkOnChip::Engine::allocate_switch(std::uint32_t router, Cycle now) {
  if (sends_alone(router, now)) return;
  for (std::uint64_t ports = routers_[router].sending_ports; ports != 0; ports &= ports - 1) {
    const auto input = static_cast<std::uint32_t>(__builtin_ctzll(ports));
    const std::uint32_t channels = sendable(router, input, now);
    if (channels == 0) continue;
    for (std::uint32_t left = channels; left != 0; left &= left - 1) ++stalls_.switch_port;
    request_switch(router, input, channels, now);
  }
  if (bus_) keep_one_input();
  std::uint64_t served = 0;
  for (; switch_outputs_ != 0; switch_outputs_ &= switch_outputs_ - 1) {
    const auto output = static_cast<std::uint32_t>(__builtin_ctzll(switch_outputs_));
    const std::uint32_t input =
        noc::first_from(switch_requests_[output], router_ports_[router * ports_ + output].next_input);
    switch_requests_[output] = 0;
    if ((served >> input & 1U) == 0) --stalls_.switch_port;
    served |= std::uint64_t{1} << input;
    grant_switch(router, output, input, now);
  }
  if (!multicasts_to_settle_.empty()) settle_multicasts(now);
}

void NetworkOnChip::Engine::grant_switch(std::uint32_t router, std::uint32_t output, std::uint32_t input, Cycle now) {
  const std::uint32_t channel = chosen_channel_[input];
  const std::uint32_t queue = (router * ports_ + input) * channels_ + channel;
  noc::Port& port = router_ports_[router * ports_ + input];
  port.next_channel = static_cast<std::uint8_t>(channel + 1 == channels_ ? 0 : channel + 1);
  port.next_output = static_cast<std::uint8_t>(output + 1 == ports_ ? 0 : output + 1);
  router_ports_[router * ports_ + output].next_input = static_cast<std::uint8_t>(input + 1 == ports_ ? 0 : input + 1);
  noc::InputChannel& state = queues_[queue];
  if (state.branches != kNone) {
    forward_branch(router, output, queue, now);
    return;
  }
  const noc::Flit flit = pop(queue, now);
  forward(router, output, state.channel, flit, now);
  if (flit.tail() || state.count == 0) unmark_sending(state);
  if (flit.tail()) {
    close_packet(queue, now);
  } else {
    state.ready = now + topology.spec().switch_allocation_cycles;
  }
}

}  // namespace crossloom
