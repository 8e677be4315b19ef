#include "models/mapping_summary.h"

#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

TEST(MappingSummary, CountsCrossbarsByLayerAndByHowFullTheyAre) {
  test::RandomNetworkOptions options;
  options.sizes = {12, 8, 4};
  const SpikingNetwork network = test::random_spiking_network(options);
  const MappedNetwork mapped = test::grid_mapping(network, test::small_chip(8, 8, 1));
  const MappingSummary summary = summarise(mapped, network);
  ASSERT_EQ(summary.layers.size(), 2U);
  EXPECT_EQ(summary.layers[0].banks, 1U);
  EXPECT_EQ(summary.layers[0].row_parts, 2U);
  EXPECT_DOUBLE_EQ(summary.layers[0].crossbars, 2.0);
  EXPECT_DOUBLE_EQ(summary.layers[1].crossbars, 1.0);
  EXPECT_EQ(summary.crossbars, 3U);
  EXPECT_EQ(summary.shared, 0U);
  // 8 x 8, 4 x 8 and 8 x 4 weights, all live, in crossbars of 8 x 8.
  EXPECT_EQ(summary.by_utilisation[9], 1U);
  EXPECT_EQ(summary.by_utilisation[5], 2U);
}

TEST(MappingSummary, CountsASharedCrossbarOnceAndForEachLayerByItsParts) {
  test::RandomNetworkOptions options;
  options.sizes = {3, 2, 2};
  const SpikingNetwork network = test::random_spiking_network(options);
  MappedNetwork mapped = test::grid_mapping(network, test::small_chip(8, 8, 1));
  BlockPart moved = mapped.crossbars[CrossbarId(1)].parts[0];
  moved.first_wordline = 3;
  moved.first_column = 2;
  mapped.crossbars[CrossbarId(1)].parts.clear();
  mapped.crossbars[CrossbarId(0)].parts.push_back(moved);
  const MappingSummary summary = summarise(mapped, network);
  EXPECT_EQ(summary.shared, 1U);
  EXPECT_EQ(summary.shared_across_layers, 1U);
  EXPECT_DOUBLE_EQ(summary.layers[0].crossbars, 0.5);
  EXPECT_DOUBLE_EQ(summary.layers[1].crossbars, 0.5);
  // 6 + 4 live weights of 64, and one crossbar left empty.
  EXPECT_EQ(summary.by_utilisation[1], 1U);
  EXPECT_EQ(summary.by_utilisation[0], 1U);
}

}  // namespace
}  // namespace crossloom
