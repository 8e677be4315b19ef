// Where the packets of each pattern go.
#include "models/interconnect/traffic.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

TrafficSpec pattern(TrafficPattern kind) {
  TrafficSpec traffic;
  traffic.pattern = kind;
  return traffic;
}

std::uint32_t destination(TrafficPattern kind, std::uint32_t nodes, std::uint32_t source) {
  RandomStream random(RandomKey(1));
  return traffic_destination(pattern(kind), nodes, source, random);
}

TEST(Traffic, TransposeSwapsRowAndColumn) {
  EXPECT_EQ(destination(TrafficPattern::transpose, 64, 8 * 2 + 5), 8U * 5 + 2);
  EXPECT_EQ(destination(TrafficPattern::transpose, 64, 9), 9U);
}

TEST(Traffic, BitComplementTurnsEveryBit) {
  EXPECT_EQ(destination(TrafficPattern::bit_complement, 64, 0b101101), 0b010010U);
}

TEST(Traffic, UniformReachesEveryNodeTheSourceIncluded) {
  RandomStream random(RandomKey(3));
  std::vector<std::uint32_t> hits(16, 0);
  for (int k = 0; k < 16'000; ++k) ++hits[traffic_destination(pattern(TrafficPattern::uniform), 16, 5, random)];
  // Binomial with mean 1000 and deviation 30.6: five of those.
  for (const std::uint32_t count : hits) EXPECT_NEAR(count, 1000.0, 153.0);
}

TEST(Traffic, TheHotSpotGetsItsShareAndItsPartOfTheRest) {
  TrafficSpec traffic = pattern(TrafficPattern::hotspot);
  traffic.hotspot_node = 7;
  traffic.hotspot_share = 0.25;
  RandomStream random(RandomKey(3));
  std::uint32_t hits = 0;
  for (int k = 0; k < 16'000; ++k) hits += traffic_destination(traffic, 16, 5, random) == 7 ? 1 : 0;
  // 0.25 + 0.75 / 16 of 16,000 = 4,750, deviation 58: five of those.
  EXPECT_NEAR(hits, 4750.0, 290.0);
}

TEST(Traffic, IsRefusedWhereItDoesNotGoWithTheNetwork) {
  EXPECT_THROW(check_traffic(pattern(TrafficPattern::transpose), 48), UserError);
  TrafficSpec traffic;
  for (const double load : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    traffic.load = load;
    EXPECT_THROW(check_traffic(traffic, 64), UserError) << load;
  }
  traffic = pattern(TrafficPattern::hotspot);
  traffic.hotspot_node = 64;
  EXPECT_THROW(check_traffic(traffic, 64), UserError);
  EXPECT_NO_THROW(check_traffic(traffic, 65));
}

}  // namespace
}  // namespace crossloom
