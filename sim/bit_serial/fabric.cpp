#include "sim/bit_serial/fabric.h"

#include <fmt/core.h>

namespace crossloom::bit_serial {

void FixedLatencyFabric::send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) {
  Cycle& free_at = free_at_[tables_.fan_outs[fan_out].source];
  free_at = std::max(cycle, free_at) + flits(bits);
  const Cycle alone = flits(bits) + rates_.latency;
  calendar_.push(free_at + rates_.latency, {message, fan_out, static_cast<std::uint32_t>(alone)});
  ++under_way_;
}

void FixedLatencyFabric::advance(Cycle now) {
  if (calendar_.next_due() > now) return;
  calendar_.drain(now, [this, now](std::vector<Arrival>& due) {
    for (const Arrival& arrival : due) {
      --under_way_;
      for (const std::uint32_t tile : tables_.fan_outs[arrival.fan_out].destinations) {
        sink_.arrived(arrival.message, tile, now, arrival.alone);
      }
    }
  });
}

std::string FixedLatencyFabric::describe() const {
  return under_way_ == 0 ? std::string() : fmt::format("  {} messages under way\n", under_way_);
}

}  // namespace crossloom::bit_serial
