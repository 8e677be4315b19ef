// Topologies against searches that know nothing of coordinates.
#include "models/interconnect/topology.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

class TopologyOf : public testing::TestWithParam<test::NamedNetwork> {
 protected:
  Topology topology_{GetParam().spec};
};

/// Links from one router to all others, by breadth-first search.
std::vector<std::uint32_t> distances(const Topology& topology, std::uint32_t from) {
  std::vector<std::uint32_t> found(topology.routers(), ~0U);
  std::queue<std::uint32_t> waiting;
  found[from] = 0;
  waiting.push(from);
  for (; !waiting.empty(); waiting.pop()) {
    const std::uint32_t at = waiting.front();
    for (std::uint32_t port = 0; port < topology.ports(); ++port) {
      const RouterPort& out = topology.port(at, port);
      if (out.kind != PeerKind::router || found[out.peer] != ~0U) continue;
      found[out.peer] = found[at] + 1;
      waiting.push(out.peer);
    }
  }
  return found;
}

TEST_P(TopologyOf, EveryLinkLeadsBackToItsPort) {
  std::uint32_t links = 0;
  for (std::uint32_t router = 0; router < topology_.routers(); ++router) {
    for (std::uint32_t port = 0; port < topology_.ports(); ++port) {
      const RouterPort& out = topology_.port(router, port);
      if (out.kind == PeerKind::node) {
        EXPECT_EQ(topology_.attachment(out.peer).router, router);
        EXPECT_EQ(topology_.attachment(out.peer).port, port);
      }
      if (out.kind != PeerKind::router) continue;
      ++links;
      EXPECT_EQ(topology_.port(out.peer, out.peer_port).peer, router);
      EXPECT_EQ(topology_.port(out.peer, out.peer_port).peer_port, port);
    }
  }
  EXPECT_EQ(topology_.links(), links);
  EXPECT_EQ(topology_.nodes(), GetParam().spec.nodes());
  EXPECT_EQ(topology_.routers(), GetParam().spec.routers());
}

TEST_P(TopologyOf, RoutersPassedAreTheShortestWay) {
  for (std::uint32_t source = 0; source < topology_.nodes(); ++source) {
    const std::vector<std::uint32_t> found = distances(topology_, topology_.attachment(source).router);
    for (std::uint32_t destination = 0; destination < topology_.nodes(); ++destination) {
      EXPECT_EQ(topology_.routers_between(source, destination), found[topology_.attachment(destination).router] + 1);
    }
  }
}

TEST_P(TopologyOf, EveryRouteOptionComesOneLinkNearer) {
  for (std::uint32_t destination = 0; destination < topology_.nodes(); ++destination) {
    const NodeAttachment target = topology_.attachment(destination);
    const std::vector<std::uint32_t> left = distances(topology_, target.router);
    for (std::uint32_t router = 0; router < topology_.routers(); ++router) {
      const RouteOptions options = topology_.route(router, destination, ChannelClass::data);
      ASSERT_GT(options.count, 0U);
      for (std::uint32_t k = 0; k < options.count; ++k) {
        EXPECT_NE(options.options[k].channels, 0U);
        const RouterPort& out = topology_.port(router, options.options[k].port);
        if (router == target.router) {
          EXPECT_EQ(options.options[k].port, target.port);
        } else {
          ASSERT_EQ(out.kind, PeerKind::router);
          EXPECT_EQ(left[out.peer] + 1, left[router]);
        }
      }
    }
  }
}

/// Channels as numbers: router, output port, virtual channel.
class ChannelGraph {
 public:
  explicit ChannelGraph(const Topology& topology)
      : topology_(topology), channels_(topology.spec().all_virtual_channels()) {
    edges_.resize(std::size_t{topology.routers()} * topology.ports() * channels_);
  }
  using Choice = std::function<std::vector<RouteOption>(std::uint32_t router, std::uint32_t destination)>;

  /// A packet that holds one channel may wait for another: for all nodes that it may come from and go to.
  void add(const Choice& choose) {
    for (std::uint32_t destination = 0; destination < topology_.nodes(); ++destination) {
      for (std::uint32_t router = 0; router < topology_.routers(); ++router) {
        for (const RouteOption& held : choose(router, destination)) {
          const RouterPort& out = topology_.port(router, held.port);
          if (out.kind != PeerKind::router) continue;
          for (const RouteOption& next : choose(out.peer, destination)) {
            if (topology_.port(out.peer, next.port).kind != PeerKind::router) continue;
            join(router, held, out.peer, next);
          }
        }
      }
    }
  }
  [[nodiscard]] bool has_circle() const {
    std::vector<std::uint8_t> state(edges_.size(), 0);
    for (std::size_t at = 0; at < edges_.size(); ++at) {
      if (circle_from(at, state)) return true;
    }
    return false;
  }

 private:
  void join(std::uint32_t router, const RouteOption& held, std::uint32_t next_router, const RouteOption& next) {
    for (std::uint32_t a = 0; a < channels_; ++a) {
      for (std::uint32_t b = 0; b < channels_; ++b) {
        if ((held.channels >> a & 1U) == 0 || (next.channels >> b & 1U) == 0) continue;
        edges_[number(router, held.port, a)].insert(number(next_router, next.port, b));
      }
    }
  }
  [[nodiscard]] std::size_t number(std::uint32_t router, std::uint32_t port, std::uint32_t channel) const {
    return (std::size_t{router} * topology_.ports() + port) * channels_ + channel;
  }
  bool circle_from(std::size_t at, std::vector<std::uint8_t>& state) const {
    if (state[at] != 0) return state[at] == 1;
    state[at] = 1;
    for (const std::size_t next : edges_[at]) {
      if (circle_from(next, state)) return true;
    }
    state[at] = 2;
    return false;
  }
  const Topology& topology_;
  std::uint32_t channels_;
  std::vector<std::set<std::size_t>> edges_;
};

TEST_P(TopologyOf, ChannelsThatPacketsMustRelyOnWaitForEachOtherInNoCircle) {
  for (const ChannelClass kind : {ChannelClass::data, ChannelClass::token}) {
    ChannelGraph graph(topology_);
    graph.add([&](std::uint32_t router, std::uint32_t destination) {
      const RouteOptions options = topology_.route(router, destination, kind);
      const bool escapes = GetParam().spec.routing == NetworkRouting::minimal_adaptive;
      // With escape channels those are what must be free of circles (Duato); without, every channel.
      const auto* last = options.options.begin() + options.count;
      return std::vector<RouteOption>(escapes ? last - 1 : options.options.begin(), last);
    });
    EXPECT_FALSE(graph.has_circle());
  }
}

TEST(TopologyCircles, AreFoundWhereATorusHasNoDateline) {
  const Topology torus(test::grid(TopologyKind::torus, 5, 5));
  ChannelGraph graph(torus);
  graph.add([&](std::uint32_t router, std::uint32_t destination) {
    RouteOption option = torus.route(router, destination, ChannelClass::data).options[0];
    option.channels = 1;  // all on one channel
    return std::vector<RouteOption>{option};
  });
  EXPECT_TRUE(graph.has_circle());
}

/// Nodes that a packet reaches along the tree; a router entered twice is added as a failure.
std::vector<std::uint32_t> reached(const Topology& topology, const MulticastTree& tree, std::uint32_t source) {
  std::vector<std::uint32_t> nodes;
  std::set<std::uint32_t> entered;
  std::vector<std::uint32_t> waiting = {topology.attachment(source).router};
  while (!waiting.empty()) {
    const std::uint32_t router = waiting.back();
    waiting.pop_back();
    EXPECT_TRUE(entered.insert(router).second) << "router " << router << " is entered twice";
    const auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& branch) { return branch.router == router; });
    if (at == tree.end()) continue;
    for (const RouteOption& output : at->outputs) {
      EXPECT_NE(output.channels, 0U);
      const RouterPort& out = topology.port(router, output.port);
      (out.kind == PeerKind::node ? nodes : waiting).push_back(out.peer);
    }
  }
  EXPECT_EQ(entered.size(), tree.size());
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

TEST_P(TopologyOf, AMulticastTreeReachesEachDestinationOnce) {
  for (std::uint32_t source = 0; source < topology_.nodes(); ++source) {
    std::vector<std::uint32_t> all, some;
    for (std::uint32_t node = 0; node < topology_.nodes(); ++node) {
      all.push_back(node);
      if ((node * 7 + source) % 3 == 0) some.push_back(node);
    }
    EXPECT_EQ(reached(topology_, topology_.multicast_tree(source, all), source), all);
    EXPECT_EQ(reached(topology_, topology_.multicast_tree(source, some), source), some);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, TopologyOf, testing::ValuesIn(test::all_networks()),
                         [](const auto& network) { return network.param.name; });

TEST(Topology, AMeshOfEightByEightPassesSixAndAQuarterRoutersOnAverage) {
  const Topology mesh(test::grid(TopologyKind::mesh, 8, 8));
  double sum = 0.0;
  for (std::uint32_t a = 0; a < 64; ++a) {
    for (std::uint32_t b = 0; b < 64; ++b) sum += mesh.routers_between(a, b);
  }
  EXPECT_DOUBLE_EQ(sum / 64 / 64, 6.25);
  EXPECT_EQ(mesh.links(), 4U * 8 * 7);
}

TEST(Topology, DimensionOrderGoesEastBeforeSouth) {
  const Topology mesh(test::grid(TopologyKind::mesh, 4, 4));
  EXPECT_EQ(mesh.dimension_order(0, 15).port, 0U);
  EXPECT_EQ(mesh.dimension_order(3, 15).port, 2U);
  EXPECT_EQ(mesh.dimension_order(15, 0).port, 1U);
  EXPECT_EQ(mesh.dimension_order(12, 0).port, 3U);
}

}  // namespace
}  // namespace crossloom
