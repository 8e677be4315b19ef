// 10^7 cycles of full load of every kind on every topology: nothing stands still for good.
#include <gtest/gtest.h>

#include "tests/support/noc_specs.h"
#include "tests/support/noc_traffic.h"

namespace crossloom {
namespace {

class NetworkDeadlock : public testing::TestWithParam<test::NamedNetwork> {};

TEST_P(NetworkDeadlock, DoesNotComeInTenMillionCyclesOfFullLoad) {
  test::FullLoad load(GetParam().spec, 7);
  const auto stuck = load.run(10'000'000);
  ASSERT_FALSE(stuck) << *stuck;
  ASSERT_TRUE(load.drain()) << load.network().describe();
  EXPECT_EQ(load.deliveries, load.expected);
  EXPECT_EQ(load.network().counts().delivered_flits, load.expected_flits);
  load.network().reset();
}

INSTANTIATE_TEST_SUITE_P(Networks, NetworkDeadlock, testing::ValuesIn(test::all_networks()),
                         [](const auto& network) { return network.param.name; });

}  // namespace
}  // namespace crossloom
