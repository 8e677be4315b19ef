// Each shared thing of a router from both sides: blocked one cycle too early, free in its cycle. Times by hand, for the
// pipeline of one cycle a stage: a flit leaves its source in c, is at the first router in c + 2, gets an output channel
// there in the same cycle and the switch a cycle later, and is at the next router (or node) 3 cycles after that.
#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/noc_probe.h"
#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

using testing::ElementsAre;

struct Sent {
  std::uint32_t source, destination, flits;
  Cycle cycle;
};

/// Arrival of each packet, in the order given.
std::vector<Cycle> arrivals(const NetworkOnChipSpec& spec, const std::vector<Sent>& sent) {
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  for (std::size_t k = 0; k < sent.size(); ++k) {
    network.inject(test::packet(sent[k].source, sent[k].destination, sent[k].flits, k), sent[k].cycle);
  }
  EXPECT_TRUE(test::run_empty(network)) << network.describe();
  std::vector<Cycle> cycles(sent.size(), 0);
  for (const test::NetworkDelivery& delivery : probe.deliveries) cycles[delivery.packet.tag] = delivery.cycle;
  return cycles;
}

NetworkOnChipSpec row(std::uint32_t routers, std::uint32_t channels) {
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, routers, 1);
  spec.virtual_channels = channels;
  return spec;
}

TEST(LinkGate, TwoFlitsThatWantTheSwitchOutputInTheSameCycleGoOneAfterTheOther) {
  // From node 0 through router 1 the switch there is wanted in 2 + 4 + 1 = 7; from node 1 in c + 3.
  const NetworkOnChipSpec spec = row(3, 4);
  EXPECT_THAT(arrivals(spec, {{0, 2, 1, 0}, {1, 2, 1, 3}}), ElementsAre(14, 13));
  const std::vector<Cycle> same = arrivals(spec, {{0, 2, 1, 0}, {1, 2, 1, 4}});
  EXPECT_EQ(std::min(same[0], same[1]), 14U);
  EXPECT_EQ(std::max(same[0], same[1]), 15U);
  EXPECT_THAT(arrivals(spec, {{0, 2, 1, 0}, {1, 2, 1, 5}}), ElementsAre(14, 15));
}

TEST(LinkGate, AFlitIsAtTheNextRouterLinkCyclesLater) {
  NetworkOnChipSpec spec = row(3, 4);
  spec.link_cycles = 6;
  EXPECT_THAT(arrivals(spec, {{0, 2, 1, 0}}), ElementsAre(7 + 3 * 9));
}

TEST(ChannelGate, IsFreeInTheCycleAfterTheLastFlitGotTheSwitch) {
  // One channel. Five flits from node 0 take the switch of router 1 in 7 to 11; the next packet may get the channel
  // from 12 on, that is one injected in 10 (at the router in 12) loses nothing and one injected in 9 one cycle.
  const NetworkOnChipSpec spec = row(3, 1);
  EXPECT_THAT(arrivals(spec, {{0, 2, 5, 0}, {1, 2, 1, 10}}), ElementsAre(18, 20));
  EXPECT_THAT(arrivals(spec, {{0, 2, 5, 0}, {1, 2, 1, 9}}), ElementsAre(18, 20));
  EXPECT_THAT(arrivals(spec, {{0, 2, 5, 0}, {1, 2, 1, 5}}), ElementsAre(18, 20));
}

TEST(ChannelGate, ASecondChannelLetsAPacketPassBetweenTheFlitsOfAnother) {
  // As before with two channels: the short packet gets the switch between the long one's flits, which end a cycle
  // later.
  const std::vector<Cycle> cycles = arrivals(row(3, 2), {{0, 2, 5, 0}, {1, 2, 1, 5}});
  EXPECT_EQ(cycles[0], 19U);
  EXPECT_LT(cycles[1], 18U);
}

TEST(CreditGate, AFlitWaitsForTheCreditOfTheOneBefore) {
  // One flit of room. Flit 0: source 0, router 0 in 2, switch 3, router 1 in 6, switch 7, node in 10.
  // Its credits: at the source in 3 + 2 = 5, so flit 1 leaves in 5 and is at router 0 in 7; from router 1 in
  // 7 + 2 + credit_cycles = 10, so flit 1 gets the switch in 10, is at router 1 in 13 and at the node in 16.
  NetworkOnChipSpec spec = row(2, 1);
  spec.buffer_flits = 1;
  EXPECT_THAT(arrivals(spec, {{0, 1, 2, 0}}), ElementsAre(16));
  spec.credit_cycles = 0;
  EXPECT_THAT(arrivals(spec, {{0, 1, 2, 0}}), ElementsAre(15));
  spec.credit_cycles = 2;
  EXPECT_THAT(arrivals(spec, {{0, 1, 2, 0}}), ElementsAre(17));
}

TEST(CreditGate, SixFlitsOfRoomStreamAndFiveDoNot) {
  // The first flit gets the switch of router 0 in u, is at router 1 in u + 3, gets the switch there in u + 4, and its
  // credit counts in u + 7. Later flits would get that switch a cycle after they came, since the first waited for its
  // channel; so the seventh flit may leave in u + 7 instead of u + 6 without loss, but not the sixth in its place.
  NetworkOnChipSpec spec = row(2, 1);
  spec.buffer_flits = 6;
  EXPECT_THAT(arrivals(spec, {{0, 1, 20, 0}}), ElementsAre(10 + 19));
  spec.buffer_flits = 5;
  EXPECT_GT(arrivals(spec, {{0, 1, 20, 0}})[0], 29U);
}

TEST(SwitchGate, InputsThatWantTheSameOutputTakeTurns) {
  // Three nodes of a concentrated mesh send streams to the fourth: each gets every third cycle.
  NetworkOnChipSpec spec = test::grid(TopologyKind::concentrated_mesh, 1, 1);
  spec.nodes_per_router = 4;
  const std::vector<Cycle> cycles = arrivals(spec, {{0, 3, 10, 0}, {1, 3, 10, 0}, {2, 3, 10, 0}});
  EXPECT_EQ(*std::max_element(cycles.begin(), cycles.end()), 6U + 29);
  EXPECT_EQ(*std::min_element(cycles.begin(), cycles.end()), 6U + 27);
}

TEST(SwitchGate, InputsThatWantDifferentOutputsDoNotDisturbEachOther) {
  NetworkOnChipSpec spec = test::grid(TopologyKind::concentrated_mesh, 1, 1);
  spec.nodes_per_router = 4;
  EXPECT_THAT(arrivals(spec, {{0, 1, 10, 0}, {1, 2, 10, 0}, {2, 3, 10, 0}, {3, 0, 10, 0}}),
              ElementsAre(15, 15, 15, 15));
}

TEST(SwitchGate, ABusCarriesOneFlitACycle) {
  NetworkOnChipSpec spec;
  spec.topology = TopologyKind::bus;
  spec.bus_nodes = 4;
  const std::vector<Cycle> cycles = arrivals(spec, {{0, 1, 10, 0}, {1, 2, 10, 0}, {2, 3, 10, 0}, {3, 0, 10, 0}});
  EXPECT_EQ(*std::max_element(cycles.begin(), cycles.end()), 6U + 39);
}

TEST(SourceGate, ANodeSendsOneFlitACycleInOrder) {
  EXPECT_THAT(arrivals(row(2, 4), {{0, 1, 3, 5}, {0, 1, 1, 5}, {0, 1, 1, 5}}), ElementsAre(17, 18, 19));
}

}  // namespace
}  // namespace crossloom
