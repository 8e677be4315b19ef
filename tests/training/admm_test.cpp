#include "training/transform/admm.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/method_tests.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

constexpr ArraySize kArray{8, 6};

Network run(const TransformSpec& spec, const TrainOptions& options = {}) {
  return transform(test::method_network(), test::method_images(), spec, kArray, test::quick_training(1), RandomKey(3),
                   options)
      .network;
}

/// 6 epochs: 3 of ADMM, the rest under the mask.
AdmmSpec admm(std::vector<GroupConstraint> sets) {
  AdmmSpec spec;
  spec.sets = std::move(sets);
  spec.rho = 0.05;
  spec.admm_epochs = 3;
  spec.update_epochs = 1;
  spec.retraining = test::quick_training(6);
  return spec;
}

LevelStage four_levels() {
  LevelStage stage;
  stage.levels = {uniform_levels(8), "8"};
  stage.admm_epochs = 1;
  stage.portions = {0.5, 1.0};
  return stage;
}

std::size_t live_in_row(const Layer& layer, std::uint32_t i) {
  std::size_t live = 0;
  for (std::uint32_t j = 0; j < layer.weights.columns; ++j) live += layer.is_live(i, j) ? 1U : 0U;
  return live;
}
std::size_t live_in_column(const Layer& layer, std::uint32_t j) {
  std::size_t live = 0;
  for (std::uint32_t i = 0; i < layer.weights.rows; ++i) live += layer.is_live(i, j) ? 1U : 0U;
  return live;
}

TEST(Admm, LeavesTheShareOfWeightsThatItsSetAllowsAndStillKnowsTheImages) {
  AdmmSpec spec = admm({{Grain::weight, {0.8, {{"output", 0.5}}}}});
  spec.remove_dead_units = false;
  const Network network = run(spec);
  test::expect_whole(network, kArray);
  EXPECT_EQ(network.synapses(LayerId(0)), 360U) << "a fifth of 36 x 50";
  EXPECT_EQ(network.synapses(LayerId(1)), 400U);
  EXPECT_EQ(network.synapses(LayerId(2)), 80U);
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(Admm, DropsWholeShapesAndFilters) {
  AdmmSpec spec = admm({{Grain::shape, {0.5, {{"hidden2", 0.0}, {"output", 0.0}}}},
                        {Grain::filter, {0.4, {{"hidden1", 0.0}, {"output", 0.0}}}}});
  spec.remove_dead_units = false;
  const Network network = run(spec);
  std::size_t rows = 0;
  for (std::uint32_t i = 0; i < 36; ++i) rows += live_in_row(network.layers[LayerId(0)], i) > 0 ? 1U : 0U;
  EXPECT_EQ(rows, 18U);
  std::size_t columns = 0;
  for (std::uint32_t j = 0; j < 40; ++j) columns += live_in_column(network.layers[LayerId(1)], j) > 0 ? 1U : 0U;
  EXPECT_EQ(columns, 24U);
  test::expect_whole(network, kArray);
}

TEST(Admm, DropsArraysOfThePlainGridSoThatCrossbarsVanish) {
  AdmmSpec spec = admm({{Grain::block, {0.5, {{"output", 0.0}}}}});
  spec.remove_dead_units = false;
  const Network network = run(spec);
  EXPECT_EQ(network.layers[LayerId(0)].blocks.size(), 23U) << "of 5 x 9, half of which rounds to 23";
  test::expect_whole(network, kArray);
}

TEST(Admm, EndsCloserToItsSetThanPlainTrainingDoes) {
  // The distance that the hard mask has to bridge, with and without the pull.
  const auto lost = [](double rho) {
    AdmmSpec spec = admm({{Grain::shape, {0.5, {{"hidden2", 0.0}, {"output", 0.0}}}}});
    spec.rho = rho;
    spec.admm_epochs = 5;
    const Network network = run(spec);
    return evaluate(network, test::method_images(), 1).accuracy;
  };
  EXPECT_GE(lost(0.1) + 1e-9, lost(1e-9) - 0.02);
}

TEST(Admm, EndsWithEveryLiveWeightAtALevelOfItsLayer) {
  AdmmSpec spec = admm({{Grain::weight, {0.7, {}}}});
  spec.admm_epochs = 2;
  spec.quantise = four_levels();
  const Network network = run(spec);
  for (const Layer& layer : network.layers) {
    std::set<float> magnitudes;
    for (const float weight : layer.weights.values) {
      if (weight != 0.0F) magnitudes.insert(std::fabs(weight));
    }
    ASSERT_LE(magnitudes.size(), 4U) << "eight levels with a sign each, none of them 0";
    const float scale = *magnitudes.rbegin();
    for (const float magnitude : magnitudes) {
      const double level = static_cast<double>(magnitude / scale) * 7.0;
      EXPECT_NEAR(level, std::round(level), 1e-4);
    }
  }
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.85);
}

TEST(Admm, TakesThePreviousBlocksOfASequence) {
  TrannsformerSpec clusters;
  clusters.density.common = 0.3;
  clusters.prune_epochs = 2;
  clusters.cluster_epochs = 2;
  clusters.retraining = test::quick_training(4);
  AdmmSpec spec = admm({{Grain::previous_block, {0.5, {{"output", 0.0}}}}});
  spec.remove_dead_units = false;
  const Network first = run(SequenceSpec{{clusters}});
  const Network both = run(SequenceSpec{{clusters, spec}});
  for (const std::size_t l : {0U, 1U}) {
    const Layer& before = first.layers[LayerId(l)];
    const Layer& after = both.layers[LayerId(l)];
    EXPECT_LT(after.blocks.size(), before.blocks.size());
    EXPECT_LT(both.synapses(LayerId(l)), first.synapses(LayerId(l)));
  }
  EXPECT_THROW(run(spec), UserError) << "nothing made blocks before";
}

TEST(Admm, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  AdmmSpec spec = admm({{Grain::shape, {0.3, {}}}, {Grain::weight, {0.6, {}}}});
  spec.admm_epochs = 2;
  spec.quantise = four_levels();
  spec.variation = 0.1;
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

TEST(Admm, RefusesMoreEpochsThanThereAre) {
  AdmmSpec spec = admm({{Grain::weight, {0.5, {}}}});
  spec.admm_epochs = 6;
  EXPECT_THROW(run(spec), UserError);
}

}  // namespace
}  // namespace crossloom
