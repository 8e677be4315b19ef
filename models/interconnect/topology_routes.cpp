// Ways through a topology: distances, dimension order, adaptive choices, multicast trees.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "models/interconnect/topology.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kEast = 0, kWest = 1, kSouth = 2, kNorth = 3;

/// One dimension of a grid: where the way from `at` to `target` begins.
struct Leg {
  std::uint32_t hops = 0;
  bool forward = true;  ///< towards higher coordinates
  bool wraps = false;   ///< crosses the wrap-around link
};

Leg leg(std::uint32_t at, std::uint32_t target, std::uint32_t length, bool torus) {
  if (at == target) return {};
  const bool up = target > at;
  const std::uint32_t straight = up ? target - at : at - target;
  if (!torus || straight * 2 < length) return {straight, up, false};
  if (straight * 2 > length) return {length - straight, !up, true};
  // As far either way: even coordinates go up, so that both directions carry as much. The way does not change its mind,
  // since a step later one direction is shorter.
  const bool forward = at % 2 == 0;
  return {straight, forward, forward != up};
}

std::uint32_t bits(ChannelRange range) {
  return static_cast<std::uint32_t>(((std::uint64_t{1} << range.count) - 1) << range.first);
}

/// The half of the channels for ways that still wrap around, or that no longer do. Since which half it is depends only
/// on where the packet is and goes, channels of the first kind end at the wrap-around link and those of the second
/// never cross it: neither closes a circle (Dally and Seitz, IEEE Trans. Computers 1987).
ChannelRange dateline_half(ChannelRange range, bool wraps_ahead) {
  const std::uint32_t first_half = range.count / 2;
  return wraps_ahead ? ChannelRange{range.first, first_half}
                     : ChannelRange{range.first + first_half, range.count - first_half};
}

}  // namespace

std::uint32_t Topology::router_distance(std::uint32_t from, std::uint32_t to) const {
  if (spec_.topology == TopologyKind::bus) return 0;
  if (spec_.topology == TopologyKind::tree) {
    std::uint32_t hops = 0;
    for (; from != to; ++hops) {
      std::uint32_t& lower = row_[from] >= row_[to] ? from : to;
      lower = (lower - 1) / spec_.arity;
    }
    return hops;
  }
  const bool torus = spec_.topology == TopologyKind::torus;
  return leg(column_[from], column_[to], spec_.width, torus).hops + leg(row_[from], row_[to], spec_.height, torus).hops;
}

std::uint32_t Topology::routers_between(std::uint32_t source, std::uint32_t destination) const {
  return 1 + router_distance(attachments_[source].router, attachments_[destination].router);
}

Topology::Step Topology::grid_step(std::uint32_t router, std::uint32_t target) const {
  const bool torus = spec_.topology == TopologyKind::torus;
  const Leg x = leg(column_[router], column_[target], spec_.width, torus);
  if (x.hops != 0) return {x.forward ? kEast : kWest, x.wraps};
  const Leg y = leg(row_[router], row_[target], spec_.height, torus);
  return {y.forward ? kSouth : kNorth, y.wraps};
}

Topology::Step Topology::tree_step(std::uint32_t router, std::uint32_t target) const {
  // The child of `router` on the way down to `target`, if `target` lies below it.
  while (row_[target] > row_[router]) {
    const std::uint32_t parent = (target - 1) / spec_.arity;
    if (parent == router) return {target - (router * spec_.arity + 1) + 1, false};
    target = parent;
  }
  return {0, false};
}

Topology::Step Topology::dimension_order(std::uint32_t router, std::uint32_t destination) const {
  const NodeAttachment target = attachments_[destination];
  if (target.router == router) return {target.port, false};
  return spec_.topology == TopologyKind::tree ? tree_step(router, target.router) : grid_step(router, target.router);
}

std::uint32_t Topology::step_channels(const Step& step, const RouterPort& at, ChannelRange range) const {
  if (spec_.topology != TopologyKind::torus || at.kind == PeerKind::node) return bits(range);
  return bits(dateline_half(range, step.wraps_ahead));
}

std::uint32_t Topology::minimal_ports(std::uint32_t router, std::uint32_t target,
                                      std::array<std::uint32_t, 4>& ports) const {
  const bool torus = spec_.topology == TopologyKind::torus;
  const Leg x = leg(column_[router], column_[target], spec_.width, torus);
  const Leg y = leg(row_[router], row_[target], spec_.height, torus);
  std::uint32_t count = 0;
  if (x.hops != 0) ports[count++] = x.forward ? kEast : kWest;
  if (y.hops != 0) ports[count++] = y.forward ? kSouth : kNorth;
  return count;
}

RouteOptions Topology::route(std::uint32_t router, std::uint32_t destination, ChannelClass channel_class) const {
  const ChannelRange range = spec_.channels(channel_class);
  const NodeAttachment target = attachments_[destination];
  const Step step = dimension_order(router, destination);
  const RouterPort& first = port(router, step.port);
  if (target.router == router || spec_.routing == NetworkRouting::dimension_order) {
    RouteOptions options;
    options.options[0] = {step.port, step_channels(step, first, range)};
    options.count = options.adaptive = 1;
    return options;
  }
  std::array<std::uint32_t, 4> ports{};
  const std::uint32_t minimal = minimal_ports(router, target.router, ports);
  RouteOptions options;
  if (spec_.routing == NetworkRouting::west_first) {
    // No turn into west: a way that must go west does so first and alone.
    const bool west = ports[0] == kWest;
    options.count = options.adaptive = west ? 1 : minimal;
    for (std::uint32_t k = 0; k < options.count; ++k) options.options[k] = {ports[k], bits(range)};
    return options;
  }
  const std::uint32_t escape = spec_.topology == TopologyKind::torus ? 2 : 1;
  const ChannelRange free_choice = {range.first + escape, range.count - escape};
  options.adaptive = minimal;
  for (std::uint32_t k = 0; k < minimal; ++k) options.options[k] = {ports[k], bits(free_choice)};
  options.options[minimal] = {step.port, step_channels(step, first, {range.first, escape})};
  options.count = minimal + 1;
  return options;
}

MulticastTree Topology::multicast_tree(std::uint32_t source, const std::vector<std::uint32_t>& destinations) const {
  CROSSLOOM_CHECK(!destinations.empty(), "a multicast has destinations");
  const ChannelRange range = spec_.channels(ChannelClass::multicast);
  // By router and port: whether any of the ways behind still wraps around in this dimension.
  std::map<std::uint32_t, std::map<std::uint32_t, bool>> tree;
  for (const std::uint32_t destination : destinations) {
    std::uint32_t router = attachments_[source].router;
    for (;;) {
      const Step step = dimension_order(router, destination);
      bool& wraps = tree[router].try_emplace(step.port, false).first->second;
      wraps = wraps || step.wraps_ahead;
      const RouterPort& next = port(router, step.port);
      if (next.kind == PeerKind::node) break;
      router = next.peer;
    }
  }
  MulticastTree branches;
  for (const auto& [router, ports] : tree) {
    MulticastBranch branch{router, {}};
    for (const auto& [port_number, wraps] : ports) {
      branch.outputs.push_back({port_number, step_channels({port_number, wraps}, port(router, port_number), range)});
    }
    branches.push_back(std::move(branch));
  }
  return branches;
}

}  // namespace crossloom
