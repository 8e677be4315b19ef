#include "training/transform/array_sparsity.h"

#include <filesystem>
#include <set>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/method_tests.h"
#include "training/transform/retraining.h"
#include "training/transform/stripes.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

ArraySparsitySpec array_spec(std::uint32_t arrays) {
  ArraySparsitySpec spec;
  spec.array = ArraySize{8, 4};
  spec.arrays = arrays;
  spec.density = 0.3;
  spec.sparsify_epochs = 2;
  spec.retraining = test::quick_training(6);
  return spec;
}

TransformResult run(const ArraySparsitySpec& spec, const TrainOptions& options = {}) {
  return transform(test::method_network(), test::method_images(), spec, {}, test::quick_training(1), RandomKey(3),
                   options);
}

IdVector<LayerId, std::uint32_t> budget_of_all(const NetworkSpec& network, const ArraySparsitySpec& spec) {
  return array_budget(network, spec, {8, 4}, all_layers(network));
}

TEST(ArraySparsity, KeepsAtMostTheArraysAskedForAndStillLearns) {
  for (const std::uint32_t arrays : {8U, 20U, 60U}) {
    const Network network = run(array_spec(arrays)).network;
    test::expect_whole(network, ArraySize{8, 4});
    std::size_t blocks = 0;
    for (const Layer& layer : network.layers) blocks += layer.blocks.size();
    EXPECT_LE(blocks, arrays);
    EXPECT_GE(2 * blocks, arrays) << "the arrays asked for are put to use";
  }
  EXPECT_GT(evaluate(run(array_spec(20)).network, test::method_images(), 1).accuracy, 0.9);
}

TEST(ArraySparsity, EveryWeightOfAnArrayThatStaysLives) {
  const Network network = run(array_spec(20)).network;
  for (const Layer& layer : network.layers) {
    for (const Block& block : layer.blocks) {
      for (const std::uint32_t i : block.rows) {
        for (const std::uint32_t j : block.columns) EXPECT_TRUE(layer.is_live(i, j));
      }
    }
  }
}

TEST(ArraySparsity, KeepsTheMasksOnceTheArraysHaveShrunk) {
  const TransformResult result = run(array_spec(20));
  for (std::size_t e = 3; e < 6; ++e)
    EXPECT_NEAR(static_cast<double>(result.history[e].synapses), static_cast<double>(result.history[3].synapses), 2.0);
}

TEST(ArraySparsity, ShrinksInSteps) {
  ArraySparsitySpec spec = array_spec(12);
  spec.shrink_epochs = 3;
  const TransformResult result = run(spec);
  EXPECT_GT(result.history[2].synapses, result.history[3].synapses);
  EXPECT_GT(result.history[3].synapses, result.history[4].synapses);
}

TEST(ArraySparsity, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  test::expect_same_bytes([](const TrainOptions& options) { return run(array_spec(20), options).network; });
}

TEST(ArraySparsity, SharesArraysBetweenLayersAndSaysWhatDoesNotFit) {
  const NetworkSpec& network = test::method_network().spec;
  ArraySparsitySpec spec = array_spec(20);
  spec.arrays_of["hidden2"] = 9;
  const auto budget = budget_of_all(network, spec);
  EXPECT_EQ(budget[LayerId(1)], 9U);
  EXPECT_EQ(budget[LayerId(0)] + budget[LayerId(1)] + budget[LayerId(2)], 20U);
  spec.arrays = 10;
  EXPECT_THROW(budget_of_all(network, spec), UserError);
  spec = array_spec(20);
  spec.arrays_of["hiden2"] = 3;
  EXPECT_THROW(run(spec), UserError);
  spec = array_spec(20);
  spec.sparsify_epochs = 6;
  EXPECT_THROW(run(spec), UserError) << "no epoch is left for shrinking";
}

TEST(ArraySparsity, GivesALayerItsShareOfAllArraysWithinWhatItCanTake) {
  const NetworkSpec& network = test::method_network().spec;
  const auto grid = plain_grid_arrays(network, {8, 4});
  ArraySparsitySpec spec = array_spec(20);
  spec.share_of["hidden2"] = 0.4;
  EXPECT_EQ(budget_of_all(network, spec)[LayerId(1)], 8U);
  spec.share_of["output"] = 1e-6;
  EXPECT_EQ(budget_of_all(network, spec)[LayerId(2)], (network.layers[LayerId(2)].outputs + 3) / 4);
  spec.share_of = {{"output", 1.0}};
  EXPECT_EQ(budget_of_all(network, spec)[LayerId(2)], grid[LayerId(2)]);
}

TEST(ArraySparsity, CountsOnlyTheLayersThatItMayTouch) {
  const NetworkSpec& network = test::method_network().spec;
  const auto grid = plain_grid_arrays(network, {8, 4});
  ArraySparsitySpec spec = array_spec(20);
  spec.arrays.reset();
  spec.kept = 0.5;
  const auto budget = array_budget(network, spec, {8, 4}, {LayerId(1)});
  EXPECT_EQ(budget[LayerId(0)], grid[LayerId(0)]);
  EXPECT_EQ(budget[LayerId(1)], grid[LayerId(1)] / 2);
}

TEST(Stripes, FindsTheRowsThatColumnsShare) {
  // Columns 0, 2, 4, 6 need rows 0..3, columns 1, 3, 5, 7 rows 4..7; noise everywhere.
  StripeDemand demand;
  demand.rows = 8;
  demand.columns = 8;
  demand.usable_rows.assign(8, 1);
  demand.worth.assign(8, 1.0F);
  demand.arrays = 2;
  demand.array = {4, 4};
  std::vector<float> importance(64, 0.01F);
  for (std::size_t j = 0; j < 8; ++j) {
    for (std::size_t i = 0; i < 4; ++i) importance[j * 8 + i + (j % 2) * 4] = 1.0F;
  }
  const std::vector<Block> stripes = learn_stripes(importance, demand);
  ASSERT_EQ(stripes.size(), 2U);
  std::set<std::vector<std::uint32_t>> columns{stripes[0].columns, stripes[1].columns};
  EXPECT_EQ(columns, (std::set<std::vector<std::uint32_t>>{{0, 2, 4, 6}, {1, 3, 5, 7}}));
  for (const Block& stripe : stripes) {
    const bool even = stripe.columns.front() == 0;
    EXPECT_EQ(stripe.rows, (even ? std::vector<std::uint32_t>{0, 1, 2, 3} : std::vector<std::uint32_t>{4, 5, 6, 7}));
  }
}

}  // namespace
}  // namespace crossloom
