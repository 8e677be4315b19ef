#include "training/transform/live_weights.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/training/tiny_networks.h"
#include "training/transform/none.h"

namespace crossloom {
namespace {

NetworkSpec three_layers(bool bias) {
  return test::network_spec({3, 3, 1},
                            {test::dense("a", 20, bias, Activation::relu), test::dense("b", 15, bias, Activation::relu),
                             test::dense("c", 4, false, Activation::none)});
}

/// Random weights of which about one in `keep_one_in` is not 0.
Network sparse_network(bool bias, std::uint64_t seed, std::uint32_t keep_one_in) {
  Network network = test::random_network(three_layers(bias), seed, 1.0);
  RandomStream stream(RandomKey(seed).child("sparse"));
  for (Layer& layer : network.layers) {
    for (float& weight : layer.weights.values) {
      if (stream.below(keep_one_in) != 0) weight = 0.0F;
    }
  }
  mark_non_zero_live(network);
  return network;
}

TEST(DeadUnits, AreRemovedUntilNoneIsLeftWithoutChangingAnOutput) {
  std::uint64_t removed_in_all = 0;
  for (const bool bias : {false, true}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Network before = sparse_network(bias, seed, 12);
      Network after = before;
      const std::uint64_t removed = remove_dead_units(after);
      removed_in_all += removed;
      EXPECT_EQ(before.synapses() - after.synapses(), removed);
      EXPECT_TRUE(network_faults(after).empty());
      RandomStream stream{RandomKey(seed)};
      for (int n = 0; n < 10; ++n) {
        std::vector<float> image;
        for (int i = 0; i < 9; ++i) image.push_back(static_cast<float>(stream.uniform()));
        EXPECT_EQ(forward(before, image).back(), forward(after, image).back());
      }
      Network again = after;
      EXPECT_EQ(remove_dead_units(again), 0U);
      for (std::size_t l = 0; l + 1 < 3; ++l) {
        const Block incoming = live_block(after.layers[LayerId(l)]);
        const Block outgoing = live_block(after.layers[LayerId(l + 1)]);
        if (bias) continue;
        EXPECT_EQ(incoming.columns, outgoing.rows) << "a hidden unit has only inputs or only outputs";
      }
    }
  }
  EXPECT_GT(removed_in_all, 100U);
}

TEST(LiveBlock, SpansExactlyTheRowsAndColumnsWithALiveWeight) {
  Layer layer;
  layer.weights = Matrix(4, 3);
  layer.weights.at(1, 0) = 1.0F;
  layer.weights.at(3, 2) = -2.0F;
  layer.live = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  const Block block = live_block(layer);
  EXPECT_EQ(block.rows, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(block.columns, (std::vector<std::uint32_t>{0, 2}));
}

TEST(None, CoversEachLayerWithOneBlockAndKeepsTheWeights) {
  const Network network = test::random_network(three_layers(false), 1, 1.0);
  const Network result = keep_all_weights(network);
  EXPECT_TRUE(network_faults(result).empty());
  for (std::size_t l = 0; l < 3; ++l) {
    const Layer& layer = result.layers[LayerId(l)];
    EXPECT_EQ(layer.weights.values, network.layers[LayerId(l)].weights.values);
    ASSERT_EQ(layer.blocks.size(), 1U);
    EXPECT_EQ(layer.blocks[0].rows.size(), layer.weights.rows);
    EXPECT_EQ(layer.blocks[0].columns.size(), layer.weights.columns);
  }
}

}  // namespace
}  // namespace crossloom
