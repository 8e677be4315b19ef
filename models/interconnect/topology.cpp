#include "models/interconnect/topology.h"

#include <algorithm>

namespace crossloom {
namespace {

constexpr std::uint32_t kEast = 0, kWest = 1, kSouth = 2, kNorth = 3;
constexpr std::uint32_t kDirections = 4;

}  // namespace

Topology::Topology(const NetworkOnChipSpec& spec) : spec_(spec) {
  check_network_on_chip(spec);
  routers_ = spec.routers();
  attachments_.reserve(spec.nodes());
  switch (spec.topology) {
    case TopologyKind::mesh:
    case TopologyKind::torus:
    case TopologyKind::concentrated_mesh:
      build_grid();
      break;
    case TopologyKind::tree:
      build_tree();
      break;
    case TopologyKind::bus:
      build_bus();
      break;
  }
}

void Topology::join(std::uint32_t router, std::uint32_t port, std::uint32_t peer, std::uint32_t peer_port) {
  router_ports_[std::size_t{router} * ports_ + port] = {PeerKind::router, peer, peer_port};
  router_ports_[std::size_t{peer} * ports_ + peer_port] = {PeerKind::router, router, port};
}

void Topology::attach(std::uint32_t router, std::uint32_t port) {
  router_ports_[std::size_t{router} * ports_ + port] = {PeerKind::node, nodes(), 0};
  attachments_.push_back({router, port});
}

void Topology::build_grid() {
  ports_ = kDirections + spec_.nodes_per_router;
  router_ports_.resize(std::size_t{routers_} * ports_);
  const bool wraps = spec_.topology == TopologyKind::torus;
  for (std::uint32_t router = 0; router < routers_; ++router) {
    const std::uint32_t x = router % spec_.width;
    const std::uint32_t y = router / spec_.width;
    column_.push_back(x);
    row_.push_back(y);
    if (x + 1 < spec_.width || (wraps && spec_.width > 1)) {
      join(router, kEast, y * spec_.width + (x + 1) % spec_.width, kWest);
    }
    if (y + 1 < spec_.height || (wraps && spec_.height > 1)) {
      join(router, kSouth, (y + 1) % spec_.height * spec_.width + x, kNorth);
    }
    for (std::uint32_t node = 0; node < spec_.nodes_per_router; ++node) attach(router, kDirections + node);
  }
}

void Topology::build_tree() {
  ports_ = 1 + spec_.arity;
  router_ports_.resize(std::size_t{routers_} * ports_);
  std::uint32_t first_leaf = 0;
  for (std::uint32_t level = 1; level < spec_.levels; ++level) first_leaf = first_leaf * spec_.arity + 1;
  row_.resize(routers_, 0);
  for (std::uint32_t router = 0; router < routers_; ++router) {
    for (std::uint32_t child = 0; child < spec_.arity; ++child) {
      if (router >= first_leaf) {
        attach(router, 1 + child);
      } else {
        const std::uint32_t below = router * spec_.arity + 1 + child;
        row_[below] = row_[router] + 1;
        join(router, 1 + child, below, 0);
      }
    }
  }
}

void Topology::build_bus() {
  ports_ = spec_.bus_nodes;
  router_ports_.resize(ports_);
  for (std::uint32_t node = 0; node < spec_.bus_nodes; ++node) attach(0, node);
}

std::uint32_t Topology::links() const {
  return static_cast<std::uint32_t>(
      std::count_if(router_ports_.begin(), router_ports_.end(),
                    [](const RouterPort& port) { return port.kind == PeerKind::router; }));
}

}  // namespace crossloom
