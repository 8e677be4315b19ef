// What holds whatever the traffic: nothing is lost, doubled or reordered, counts add up, nothing stands still.
#include <map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/noc_probe.h"
#include "tests/support/noc_specs.h"
#include "tests/support/noc_traffic.h"

namespace crossloom {
namespace {

class NetworkLaw : public testing::TestWithParam<test::NamedNetwork> {};

/// Packets of random nodes, lengths and times.
std::vector<std::pair<NetworkPacket, Cycle>> random_packets(const NetworkOnChipSpec& spec, std::uint32_t count) {
  RandomStream random(RandomKey(5).child("packets"));
  std::vector<std::pair<NetworkPacket, Cycle>> packets;
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint32_t source = random.below(spec.nodes());
    packets.emplace_back(test::packet(source, random.below(spec.nodes()), 1 + random.below(12), k), random.below(2000));
  }
  return packets;
}

TEST_P(NetworkLaw, EveryPacketArrivesOnceWhereItShouldAndFlitsAddUp) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  std::uint64_t flits = 0;
  std::uint64_t traversals = 0;
  const auto packets = random_packets(spec, 3000);
  for (const auto& [packet, cycle] : packets) {
    network.inject(packet, cycle);
    flits += packet.flits;
    traversals += std::uint64_t{packet.flits} * network.topology().routers_between(packet.source, packet.destination);
  }
  EXPECT_EQ(network.in_flight(), packets.size());
  ASSERT_TRUE(test::run_empty(network)) << network.describe();
  std::vector<std::uint32_t> seen(packets.size(), 0);
  for (const test::NetworkDelivery& delivery : probe.deliveries) {
    const std::uint64_t tag = delivery.packet.tag;
    ++seen[tag];
    EXPECT_EQ(delivery.node, packets[tag].first.destination);
    EXPECT_EQ(delivery.created, packets[tag].second);
    EXPECT_GE(delivery.cycle - delivery.entered,
              spec.zero_load_cycles(network.topology().routers_between(delivery.packet.source, delivery.node),
                                    delivery.packet.flits));
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1U), static_cast<std::ptrdiff_t>(packets.size()));
  EXPECT_EQ(probe.departures.size(), packets.size());
  const NetworkCounts counts = network.counts();
  EXPECT_EQ(counts.injected_flits, flits);
  EXPECT_EQ(counts.delivered_flits, flits);
  EXPECT_EQ(counts.router_traversals(), traversals);
  EXPECT_EQ(counts.link_flits, traversals - flits);
  network.reset();  // throws where a credit is missing
}

TEST_P(NetworkLaw, FullLoadOfEveryKindNeverStandsStillAndEmptiesAgain) {
  test::FullLoad load(GetParam().spec);
  const auto stuck = load.run(10'000);
  ASSERT_FALSE(stuck) << *stuck;
  ASSERT_TRUE(load.drain()) << load.network().describe();
  EXPECT_EQ(load.deliveries, load.expected);
  EXPECT_EQ(load.network().counts().delivered_flits, load.expected_flits);
  load.network().reset();
}

TEST_P(NetworkLaw, TheSameTrafficGivesTheSameCyclesAgainAndAfterAReset) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  std::vector<std::vector<Cycle>> runs;
  for (int run = 0; run < 2; ++run) {
    for (const auto& [packet, cycle] : random_packets(spec, 500)) network.inject(packet, cycle);
    ASSERT_TRUE(test::run_empty(network));
    runs.emplace_back();
    for (const test::NetworkDelivery& delivery : probe.deliveries) runs.back().push_back(delivery.cycle);
    probe.deliveries.clear();
    network.reset();
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_P(NetworkLaw, WorkingOnCyclesInWhichNothingIsDueChangesNothing) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  test::NetworkProbe sparse, dense;
  NetworkOnChip a(spec, sparse), b(spec, dense);
  for (const auto& [packet, cycle] : random_packets(spec, 40)) {
    a.inject(packet, cycle);
    b.inject(packet, cycle);
  }
  ASSERT_TRUE(test::run_empty(a));
  for (Cycle now = 0; now < 5000; ++now) b.advance(now);
  ASSERT_EQ(sparse.deliveries.size(), dense.deliveries.size());
  for (std::size_t k = 0; k < sparse.deliveries.size(); ++k) {
    EXPECT_EQ(sparse.deliveries[k].cycle, dense.deliveries[k].cycle);
    EXPECT_EQ(sparse.deliveries[k].packet.tag, dense.deliveries[k].packet.tag);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, NetworkLaw, testing::ValuesIn(test::all_networks()),
                         [](const auto& network) { return network.param.name; });

TEST(NetworkOrder, PacketsOfOneChannelAndWayNeverOvertakeEachOther) {
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 4, 4);
  spec.virtual_channels = 1;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  RandomStream random(RandomKey(9));
  for (std::uint32_t k = 0; k < 4000; ++k) {
    network.inject(test::packet(random.below(16), random.below(16), 1 + random.below(6), k), k / 4);
  }
  ASSERT_TRUE(test::run_empty(network)) << network.describe();
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> last;
  for (const test::NetworkDelivery& delivery : probe.deliveries) {
    std::uint64_t& before = last[{delivery.packet.source, delivery.node}];
    EXPECT_LE(before, delivery.packet.tag);
    before = delivery.packet.tag;
  }
}

TEST(NetworkOrder, ANodesPacketsOfOneCycleLeaveInTheOrderOfInjectionWheneverTheyAreInjected) {
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 2, 1);
  spec.virtual_channels = 1;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  for (std::uint64_t tag = 0; tag < 20; ++tag) network.inject(test::packet(0, 1, 1, tag), 700);
  ASSERT_TRUE(test::run_empty(network));
  for (std::uint64_t tag = 0; tag < 20; ++tag) EXPECT_EQ(probe.deliveries[tag].packet.tag, tag);
}

TEST(NetworkContract, IdleNetworksHaveNothingDue) {
  test::NetworkProbe probe;
  NetworkOnChip network(test::grid(TopologyKind::mesh, 8, 8), probe);
  EXPECT_EQ(network.next_due(), kNever);
  network.inject(test::packet(0, 0), 1'000'000'000'000);
  EXPECT_EQ(network.next_due(), 1'000'000'000'000U);
  ASSERT_TRUE(test::run_empty(network, kNever - 1));
  EXPECT_EQ(network.next_due(), kNever);
  EXPECT_EQ(network.describe(), "");
}

TEST(NetworkContract, MisuseIsABug) {
  test::NetworkProbe probe;
  NetworkOnChip network(test::grid(TopologyKind::mesh, 2, 2), probe);
  EXPECT_THROW(network.inject(test::packet(0, 4), 0), Bug);
  EXPECT_THROW(network.inject(test::packet(4, 0), 0), Bug);
  EXPECT_THROW(network.inject(test::packet(0, 1, 0), 0), Bug);
  EXPECT_THROW(network.add_multicast(0, {}), Bug);
  EXPECT_THROW(network.add_multicast(0, {1, 1}), Bug);
  network.inject(test::packet(0, 1), 5);
  EXPECT_THROW(network.advance(6), Bug);  // 5 is due
  EXPECT_THROW(network.reset(), Bug);
  network.advance(5);
  EXPECT_THROW(network.inject(test::packet(0, 1), 5), Bug);
}

TEST(NetworkContract, ListenersMayInjectForLaterCycles) {
  class Echo : public NetworkListener {
   public:
    NetworkOnChip* network = nullptr;
    std::vector<Cycle> cycles;
    void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle, Cycle, Cycle cycle) override {
      cycles.push_back(cycle);
      if (cycles.size() < 5) network->inject(test::packet(node, packet.source), cycle + 1);
    }
  } echo;
  NetworkOnChip network(test::grid(TopologyKind::mesh, 2, 1), echo);
  echo.network = &network;
  network.inject(test::packet(0, 1), 0);
  ASSERT_TRUE(test::run_empty(network));
  EXPECT_EQ(echo.cycles, (std::vector<Cycle>{10, 21, 32, 43, 54}));
}

TEST(NetworkContract, SaysWhatWaitsWhere) {
  test::NetworkProbe probe;
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 2, 1);
  spec.virtual_channels = 1;
  spec.buffer_flits = 1;
  NetworkOnChip network(spec, probe);
  network.inject(test::packet(0, 1, 9, 77), 0);
  for (Cycle now = 0; now < 4; ++now) network.advance(now);
  const std::string text = network.describe();
  EXPECT_NE(text.find("node 0: 1 packets wait; the first, to node 1, has sent 1 flits"), std::string::npos) << text;
}

}  // namespace
}  // namespace crossloom
