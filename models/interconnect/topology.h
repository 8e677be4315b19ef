// The graph of a network on chip as a pure function of its spec: routers, ports, neighbours, distances, ways.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/interconnect/network_on_chip_spec.h"

namespace crossloom {

enum class PeerKind : std::uint8_t { none, router, node };

/// What is at the other end of a router's port. Every port has a wire in and a wire out.
struct RouterPort {
  PeerKind kind = PeerKind::none;
  std::uint32_t peer = 0;       ///< router or node
  std::uint32_t peer_port = 0;  ///< of the router at the other end
};

struct NodeAttachment {
  std::uint32_t router = 0;
  std::uint32_t port = 0;
};

/// Where a packet may go next: an output port and some of its virtual channels (a bit each).
struct RouteOption {
  std::uint32_t port = 0;
  std::uint32_t channels = 0;
};
/// At most two minimal ports and the escape channel. Options are tried in this order, later ones only where no channel
/// of the earlier is free; with two adaptive options in front, the one with more room first.
struct RouteOptions {
  std::array<RouteOption, 3> options{};
  std::uint32_t count = 0;
  std::uint32_t adaptive = 0;  ///< how many of the first are equally good
};

/// One router of a multicast tree and the ports by which the packet leaves it.
struct MulticastBranch {
  std::uint32_t router = 0;
  std::vector<RouteOption> outputs;  ///< by port, ascending
};
/// By router, ascending.
using MulticastTree = std::vector<MulticastBranch>;

/// Ports of a mesh or torus: 0 east (x + 1), 1 west, 2 south (y + 1), 3 north, then its nodes; router y * width + x.
/// Tree: port 0 up, then the children; the root is router 0 and the children of r are arity * r + 1 and on. Bus: one
/// router, port n = node n. Nodes are numbered router by router. Immutable; thread-safe.
class Topology {
 public:
  /// Throws UserError as check_network_on_chip().
  explicit Topology(const NetworkOnChipSpec& spec);

  [[nodiscard]] const NetworkOnChipSpec& spec() const { return spec_; }
  [[nodiscard]] std::uint32_t routers() const { return routers_; }
  [[nodiscard]] std::uint32_t nodes() const { return static_cast<std::uint32_t>(attachments_.size()); }
  /// The same for every router; some may lead nowhere.
  [[nodiscard]] std::uint32_t ports() const { return ports_; }
  [[nodiscard]] const RouterPort& port(std::uint32_t router, std::uint32_t port) const {
    return router_ports_[std::size_t{router} * ports_ + port];
  }
  [[nodiscard]] NodeAttachment attachment(std::uint32_t node) const { return attachments_[node]; }
  /// Links between routers, one direction each.
  [[nodiscard]] std::uint32_t links() const;

  /// Routers that a packet between two nodes passes; at least one.
  [[nodiscard]] std::uint32_t routers_between(std::uint32_t source, std::uint32_t destination) const;
  /// The port of the one way in dimension order, and which half of a torus' channels it takes there.
  struct Step {
    std::uint32_t port = 0;
    bool wraps_ahead = false;  ///< torus: the way still crosses a wrap-around link of this dimension
  };
  [[nodiscard]] Step dimension_order(std::uint32_t router, std::uint32_t destination) const;
  [[nodiscard]] RouteOptions route(std::uint32_t router, std::uint32_t destination, ChannelClass channel_class) const;
  /// The union of the ways in dimension order from a node to each of the destinations (ascending, unique, not empty).
  [[nodiscard]] MulticastTree multicast_tree(std::uint32_t source,
                                             const std::vector<std::uint32_t>& destinations) const;

 private:
  void build_grid();
  void build_tree();
  void build_bus();
  void join(std::uint32_t router, std::uint32_t port, std::uint32_t peer, std::uint32_t peer_port);
  void attach(std::uint32_t router, std::uint32_t port);
  [[nodiscard]] std::uint32_t step_channels(const Step& step, const RouterPort& at, ChannelRange range) const;
  [[nodiscard]] Step grid_step(std::uint32_t router, std::uint32_t target) const;
  [[nodiscard]] Step tree_step(std::uint32_t router, std::uint32_t target) const;
  [[nodiscard]] std::uint32_t minimal_ports(std::uint32_t router, std::uint32_t target,
                                            std::array<std::uint32_t, 4>& ports) const;
  [[nodiscard]] std::uint32_t router_distance(std::uint32_t from, std::uint32_t to) const;

  NetworkOnChipSpec spec_;
  std::uint32_t routers_ = 0, ports_ = 0;
  std::vector<RouterPort> router_ports_;  ///< [router * ports_ + port]
  std::vector<NodeAttachment> attachments_;
  std::vector<std::uint32_t> column_, row_;  ///< grid: of each router; tree: row_ is its level
};

}  // namespace crossloom
