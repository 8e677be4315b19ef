#include "models/interconnect/traffic.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
namespace {

/// floor(sqrt(n)).
std::uint32_t side_of(std::uint32_t n) {
  auto side = static_cast<std::uint32_t>(std::sqrt(static_cast<double>(n)));
  while (std::uint64_t{side} * side > n) --side;
  while (std::uint64_t{side + 1} * (side + 1) <= n) ++side;
  return side;
}

}  // namespace

void check_traffic(const TrafficSpec& traffic, std::uint32_t nodes) {
  if (!(traffic.load > 0.0) || traffic.load > 1.0) {
    throw UserError(fmt::format("a load is more than 0 and at most 1 flit a node and cycle, got {}", traffic.load));
  }
  if (traffic.packet_flits == 0) throw UserError("a packet has at least one flit");
  const std::uint32_t side = side_of(nodes);
  if (traffic.pattern == TrafficPattern::transpose && side * side != nodes) {
    throw UserError(fmt::format("transpose needs a square number of nodes, such as {} or {}, and the network has {}",
                                side * side, (side + 1) * (side + 1), nodes));
  }
  if (traffic.pattern == TrafficPattern::hotspot && traffic.hotspot_node >= nodes) {
    throw UserError(fmt::format("there is no node {} for the hot spot: the network has nodes 0 to {}",
                                traffic.hotspot_node, nodes - 1));
  }
  if (!(traffic.hotspot_share >= 0.0) || traffic.hotspot_share > 1.0) {
    throw UserError(fmt::format("the hot spot's share is from 0 to 1, got {}", traffic.hotspot_share));
  }
}

std::uint32_t traffic_destination(const TrafficSpec& traffic, std::uint32_t nodes, std::uint32_t source,
                                  RandomStream& random) {
  switch (traffic.pattern) {
    case TrafficPattern::uniform:
      break;
    case TrafficPattern::transpose: {
      const std::uint32_t side = side_of(nodes);
      return source % side * side + source / side;
    }
    case TrafficPattern::bit_complement:
      return nodes - 1 - source;
    case TrafficPattern::hotspot:
      if (random.uniform() < traffic.hotspot_share) return traffic.hotspot_node;
      break;
  }
  return random.below(nodes);
}

}  // namespace crossloom
