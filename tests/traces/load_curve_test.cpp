// Tables, pictures and text of measured loads.
#include "traces/load_curve.h"

#include <gmock/gmock.h>

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;

LoadPoint point(double load, double latency, bool stable) {
  LoadPoint made;
  made.load = load;
  made.stable = stable;
  made.packet_latency_cycles = latency;
  made.network_latency_cycles = latency - 1.0;
  made.accepted_flits_per_node_cycle = load;
  made.hops = 2.0;
  made.packets = 10;
  made.cycles = 100;
  made.counts.router_flits = {6, 4};
  made.counts.port_flits = {1, 5, 4, 0};
  made.counts.link_flits = 5;
  made.counts.delivered_flits = 5;
  made.counts.stalls = {1, 2, 3};
  return made;
}

LoadCurve two_loads() {
  LoadCurve curve;
  curve.name = "a mesh";
  curve.nodes = 2;
  curve.energies = NetworkEnergies{10_pJ, 4_pJ, "a test"};
  curve.loads = {{{point(0.1, 20.0, true), point(0.1, 22.0, true)}, 1.5},
                 {{point(0.5, 700.0, true), point(0.5, 900.0, false)}, 2.0}};
  return curve;
}

TEST(LoadCurve, MeansAreOverSeedsAndCountsAreSums) {
  const LoadPoint mean = two_loads().loads[0].mean();
  EXPECT_DOUBLE_EQ(mean.packet_latency_cycles, 21.0);
  EXPECT_TRUE(mean.stable);
  EXPECT_EQ(mean.cycles, 200U);
  EXPECT_EQ(mean.counts.router_traversals(), 20U);
  EXPECT_EQ(mean.counts.stalls.switch_port, 6U);
  EXPECT_FALSE(two_loads().loads[1].mean().stable);
}

TEST(LoadCurve, EnergyIsCountsTimesWhatAFlitCosts) {
  // 20 traversals of 10 pJ and 10 links of 4 pJ over 10 delivered flits: 24 pJ each, 12 pJ a router.
  const std::string csv = load_table(two_loads()).to_csv();
  EXPECT_THAT(csv, HasSubstr("energy_per_flit_j"));
  EXPECT_THAT(load_text(two_loads()), HasSubstr("24.0 pJ"));
}

TEST(LoadCurve, OneSeedHasNoInterval) {
  MeasuredLoad one;
  one.by_seed = {point(0.1, 20.0, true)};
  EXPECT_FALSE(one.latency_half_width());
  // Two samples two cycles apart: t of one degree of freedom (12.706) x 1.
  EXPECT_NEAR(*two_loads().loads[0].latency_half_width(), 12.706, 0.001);
}

TEST(LoadCurve, ThePictureLeavesOutTheLatencyOfLoadsNotSustained) {
  const std::string svg = load_curve_svg(two_loads());
  EXPECT_THAT(svg, HasSubstr("a mesh"));
  EXPECT_THAT(svg, HasSubstr("from creation, 0.100: 21"));
  EXPECT_THAT(svg, Not(HasSubstr("from creation, 0.5")));
  EXPECT_THAT(svg, HasSubstr("accepted, 0.500"));
}

}  // namespace
}  // namespace crossloom
