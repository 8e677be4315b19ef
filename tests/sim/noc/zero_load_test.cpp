// Alone in the network, a packet takes what the closed form says.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/noc_probe.h"
#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

class ZeroLoad : public testing::TestWithParam<test::NamedNetwork> {};

TEST_P(ZeroLoad, LatencyIsTheClosedFormForEveryPairOfNodes) {
  const NetworkOnChipSpec& spec = GetParam().spec;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  Cycle start = 0;
  for (std::uint32_t source = 0; source < spec.nodes(); ++source) {
    for (std::uint32_t destination = 0; destination < spec.nodes(); ++destination) {
      const std::uint32_t flits = 1 + (source + destination) % 7;
      network.inject(test::packet(source, destination, flits, 17), start);
      ASSERT_TRUE(test::run_empty(network, start + 10'000));
      ASSERT_EQ(probe.deliveries.size(), 1U);
      const test::NetworkDelivery& delivery = probe.deliveries.front();
      EXPECT_EQ(delivery.node, destination);
      EXPECT_EQ(delivery.packet.tag, 17U);
      EXPECT_EQ(delivery.entered, start);
      EXPECT_EQ(delivery.cycle - start,
                spec.zero_load_cycles(network.topology().routers_between(source, destination), flits))
          << source << " to " << destination << ", " << flits << " flits";
      start = delivery.cycle + 100;
      probe.deliveries.clear();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, ZeroLoad, testing::ValuesIn(test::all_networks()),
                         [](const auto& network) { return network.param.name; });

TEST(ZeroLoad, OfBooksimsMeshIsFourCyclesARouterAndTwo) {
  const NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 8, 8);
  EXPECT_EQ(spec.zero_load_cycles(1, 1), 6U);
  EXPECT_EQ(spec.zero_load_cycles(15, 5), 66U);
}

TEST(ZeroLoad, EveryStageAddsItsCycles) {
  NetworkOnChipSpec spec = test::grid(TopologyKind::mesh, 4, 4);
  spec.routing_cycles = 2;
  spec.vc_allocation_cycles = 3;
  spec.switch_allocation_cycles = 2;
  spec.switch_traversal_cycles = 4;
  spec.link_cycles = 5;
  spec.buffer_flits = 64;
  test::NetworkProbe probe;
  NetworkOnChip network(spec, probe);
  network.inject(test::packet(0, 15, 3), 1000);
  ASSERT_TRUE(test::run_empty(network));
  // 7 routers of 2 + 3 + 2 + 4 + 5 cycles after 1 + 5; each further flit waits 2 cycles for the switch.
  EXPECT_EQ(probe.deliveries.at(0).cycle, 1000U + 6 + 7 * 16 + 2 * 2);
}

}  // namespace
}  // namespace crossloom
