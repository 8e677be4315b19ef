// Fan-outs: copied where ways part, each destination once, no slower than they must be.
#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/noc_probe.h"
#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

using testing::ElementsAre;

NetworkPacket fan_out(NetworkOnChip& network, std::uint32_t source, std::vector<std::uint32_t> destinations,
                      std::uint32_t flits) {
  NetworkPacket packet = test::packet(source, 0, flits, 11);
  packet.multicast = network.add_multicast(source, std::move(destinations));
  return packet;
}

class Multicast : public testing::TestWithParam<test::NamedNetwork> {};

TEST_P(Multicast, AloneReachesEveryNodeAsSoonAsAPacketOfItsOwnWould) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  for (std::uint32_t source = 0; source < spec.nodes(); source += 3) {
    test::NetworkProbe probe;
    NetworkOnChip network(spec, probe);
    std::vector<std::uint32_t> all;
    for (std::uint32_t node = 0; node < spec.nodes(); ++node) all.push_back(node);
    network.inject(fan_out(network, source, all, 5), 0);
    EXPECT_EQ(network.in_flight(), 1U);
    ASSERT_TRUE(test::run_empty(network)) << network.describe();
    ASSERT_EQ(probe.deliveries.size(), all.size());
    std::vector<std::uint32_t> nodes;
    for (const test::NetworkDelivery& delivery : probe.deliveries) {
      nodes.push_back(delivery.node);
      EXPECT_EQ(delivery.packet.tag, 11U);
      EXPECT_EQ(delivery.cycle, spec.zero_load_cycles(network.topology().routers_between(source, delivery.node), 5));
    }
    std::sort(nodes.begin(), nodes.end());
    EXPECT_EQ(nodes, all);
    EXPECT_EQ(probe.departures.size(), 1U);
    network.reset();
  }
}

TEST_P(Multicast, CrossesEveryLinkOfItsTreeOnce) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  std::vector<std::uint32_t> some;
  for (std::uint32_t node = 0; node < spec.nodes(); node += 2) some.push_back(node);
  std::uint64_t outputs = 0;
  for (const MulticastBranch& branch : network.topology().multicast_tree(1, some)) outputs += branch.outputs.size();
  network.inject(fan_out(network, 1, some, 3), 0);
  ASSERT_TRUE(test::run_empty(network));
  const NetworkCounts counts = network.counts();
  EXPECT_EQ(counts.injected_flits, 3U);
  EXPECT_EQ(counts.delivered_flits, 3U * some.size());
  EXPECT_EQ(counts.router_traversals(), 3U * outputs);
  EXPECT_EQ(counts.link_flits, 3U * (outputs - some.size()));
}

INSTANTIATE_TEST_SUITE_P(Networks, Multicast, testing::ValuesIn(test::all_networks()),
                         [](const auto& network) { return network.param.name; });

TEST(MulticastBranches, DoNotWaitForEachOther) {
  // Node 1 of a row of three sends to both neighbours; the way east is taken by a long packet on the only multicast
  // channel, the way west is not.
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 3, 1);
  spec.multicast_virtual_channels = 1;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  network.inject(fan_out(network, 0, {2}, 8), 0);     // holds router 1's east channel from 6 to 14
  network.inject(fan_out(network, 1, {0, 2}, 4), 5);  // at router 1 in 7
  ASSERT_TRUE(test::run_empty(network));
  for (const test::NetworkDelivery& delivery : probe.deliveries) {
    if (delivery.packet.source != 1) continue;
    const Cycle alone = 5 + spec.zero_load_cycles(2, 4);
    if (delivery.node == 0) {
      EXPECT_EQ(delivery.cycle, alone);
    } else {
      EXPECT_GT(delivery.cycle, alone);
    }
  }
}

TEST(MulticastCopies, AreSentBySourcesWhereTheChipHasNoMulticastOrThePacketFitsNoBuffer) {
  for (const bool has_channels : {false, true}) {
    NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 3, 1);
    spec.multicast_virtual_channels = has_channels ? 2 : 0;
    test::NetworkProbe probe;
    NetworkOnChip network(spec, probe);
    network.inject(fan_out(network, 0, {2, 0, 1}, 9), 0);  // more than buffer_flits
    ASSERT_TRUE(test::run_empty(network));
    std::vector<std::uint32_t> nodes;
    for (const test::NetworkDelivery& delivery : probe.deliveries) nodes.push_back(delivery.node);
    EXPECT_THAT(nodes, ElementsAre(0, 1, 2));
    EXPECT_EQ(network.counts().injected_flits, 27U);
    ASSERT_EQ(probe.departures.size(), 1U);
    EXPECT_EQ(probe.departures[0].second, 26U);  // with the last flit of the last copy
  }
}

}  // namespace
}  // namespace crossloom
