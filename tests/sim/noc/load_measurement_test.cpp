// The measurement, on points that are quick.
#include "sim/noc/load_measurement.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/noc/packet_clock.h"
#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

TrafficSpec quick(double load, std::uint32_t flits) {
  TrafficSpec traffic;
  traffic.load = load;
  traffic.packet_flits = flits;
  traffic.rule.period_cycles = 1000;
  return traffic;
}

TEST(PacketClock, GivesTheGapsOfABernoulliProcess) {
  for (const double probability : {1.0, 0.5, 0.07, 0.0004, 1e-6}) {
    const PacketClock clock(probability);
    RandomStream random(RandomKey(2));
    constexpr int kGaps = 20'000;
    double sum = 0.0, squares = 0.0;
    for (int k = 0; k < kGaps; ++k) {
      const auto gap = static_cast<double>(clock.gap(random));
      ASSERT_GE(gap, 1.0);
      sum += gap;
      squares += gap * gap;
    }
    // Geometric: mean 1 / p, deviation sqrt(1 - p) / p; five of its errors, and 10 % on the deviation.
    const double mean = 1.0 / probability;
    const double deviation = std::sqrt(1.0 - probability) / probability;
    EXPECT_NEAR(sum / kGaps, mean, 5.0 * deviation / std::sqrt(kGaps)) << probability;
    EXPECT_NEAR(std::sqrt(std::max(0.0, squares / kGaps - sum / kGaps * sum / kGaps)), deviation, 0.1 * deviation);
  }
}

TEST(LoadMeasurement, AcceptsWhatIsOfferedWhereThatIsLittle) {
  const NetworkOnChipSpec mesh = test::grid(TopologyKind::mesh, 4, 4);
  const LoadPoint point = measure_load(mesh, quick(0.1, 2));
  EXPECT_TRUE(point.stable);
  EXPECT_NEAR(point.accepted_flits_per_node_cycle, 0.1, 0.01);
  // Mean of the routers passed in a 4x4 mesh: 1 + 2 x 1.25.
  EXPECT_NEAR(point.hops, 3.5, 0.1);
  EXPECT_GT(point.packet_latency_cycles, 2 + 4 * point.hops + 1);
  EXPECT_GE(point.packet_latency_cycles, point.network_latency_cycles);
  EXPECT_EQ(point.counts.router_flits.size(), 16U);
}

TEST(LoadMeasurement, ALoadBeyondTheLinksIsNotSustained) {
  // Bit complement on a bus: each flit takes the whole bus for a cycle.
  NetworkOnChipSpec bus;
  bus.topology = TopologyKind::bus;
  bus.bus_nodes = 8;
  TrafficSpec traffic = quick(0.1, 1);
  traffic.pattern = TrafficPattern::bit_complement;
  EXPECT_TRUE(measure_load(bus, traffic).stable);  // 0.8 of the bus
  traffic.load = 0.2;
  const LoadPoint point = measure_load(bus, traffic);
  EXPECT_FALSE(point.stable);
  EXPECT_NEAR(point.accepted_flits_per_node_cycle, 1.0 / 8, 0.002);
}

TEST(LoadMeasurement, TheHotSpotTakesOneFlitACycleAtMost) {
  const NetworkOnChipSpec mesh = test::grid(TopologyKind::mesh, 4, 4);
  TrafficSpec traffic = quick(0.2, 1);
  traffic.pattern = TrafficPattern::hotspot;
  traffic.hotspot_share = 1.0;
  traffic.hotspot_node = 5;
  const LoadPoint point = measure_load(mesh, traffic);
  EXPECT_FALSE(point.stable);
  EXPECT_NEAR(point.accepted_flits_per_node_cycle * 16, 1.0, 0.01);
}

TEST(LoadMeasurement, SeedsDifferAndRepeat) {
  const NetworkOnChipSpec mesh = test::grid(TopologyKind::mesh, 4, 4);
  TrafficSpec traffic = quick(0.3, 1);
  const LoadPoint first = measure_load(mesh, traffic);
  EXPECT_EQ(measure_load(mesh, traffic).packet_latency_cycles, first.packet_latency_cycles);
  traffic.seed = 2;
  EXPECT_NE(measure_load(mesh, traffic).packet_latency_cycles, first.packet_latency_cycles);
}

TEST(LoadMeasurement, AdaptiveRoutingSustainsATransposeThatDimensionOrderDoesNot) {
  // In dimension order the link into a corner of the diagonal carries the packets of 7 nodes: 1 / 7 of a flit a node.
  const NetworkOnChipSpec mesh = test::grid(TopologyKind::mesh, 8, 8);
  TrafficSpec traffic = quick(0.22, 5);
  traffic.pattern = TrafficPattern::transpose;
  const LoadPoint fixed = measure_load(mesh, traffic);
  const LoadPoint adaptive = measure_load(test::with_routing(mesh, NetworkRouting::minimal_adaptive), traffic);
  EXPECT_FALSE(fixed.stable);
  EXPECT_TRUE(adaptive.stable);
}

}  // namespace
}  // namespace crossloom
