// The methods that cluster: trannsformer, trannsformer-published, offline, autoncs; and group.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/method_tests.h"
#include "training/transform/cluster_pruned.h"
#include "training/transform/clustered_after.h"
#include "training/transform/group_lasso.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

constexpr ArraySize kArray{8, 6};

Network run(const TransformSpec& spec, const TrainOptions& options = {}) {
  return transform(test::method_network(), test::method_images(), spec, kArray, test::quick_training(1), RandomKey(3),
                   options)
      .network;
}

TrannsformerSpec trannsformer() {
  TrannsformerSpec spec;
  spec.density.common = 0.3;
  spec.prune_epochs = 2;
  spec.cluster_epochs = 2;
  spec.retraining = test::quick_training(6);
  return spec;
}

TrannsformerPublishedSpec published() {
  TrannsformerPublishedSpec spec;
  spec.step.common = 0.03;
  spec.retraining = test::quick_training(6);
  return spec;
}

GroupLassoSpec group(double strength) {
  GroupLassoSpec spec;
  spec.strength.common = strength;
  spec.regularise_epochs = 3;
  spec.retraining = test::quick_training(6);
  return spec;
}

std::size_t live_array_rows(const Layer& layer) {
  std::size_t rows = 0;
  for (const Block& block : layer.blocks) rows += block.rows.size();
  return rows;
}

TEST(GroupLasso, KeepsTheShareOfArrayRowsThatIsAskedFor) {
  GroupLassoSpec spec = group(1e-4);
  spec.delete_below = 0.0;
  spec.blocks = false;
  spec.remove_dead_units = false;
  spec.kept_rows = LayerValue{0.25, {{"output", 1.0}}};
  const Network network = run(spec);
  test::expect_whole(network, kArray);
  const Layer& hidden = network.layers[LayerId(1)];
  const std::size_t stripes = (hidden.weights.columns + kArray.columns - 1) / kArray.columns;
  EXPECT_EQ(live_array_rows(hidden), (stripes * hidden.weights.rows + 2) / 4);
  EXPECT_EQ(live_array_rows(network.layers[LayerId(2)]), network.layers[LayerId(2)].weights.rows);
}

MagnitudeSpec pruning() {
  MagnitudeSpec spec;
  spec.threshold = DensityThreshold{{0.3, {}}, 2};
  spec.retraining = test::quick_training(6);
  return spec;
}

std::size_t leftovers(const Network& network) {
  std::size_t count = 0;
  for (const Layer& layer : network.layers) {
    for (const Block& block : layer.blocks) {
      if (!block.leftover) continue;
      for (const std::uint32_t i : block.rows) {
        for (const std::uint32_t j : block.columns) count += layer.is_live(i, j) ? 1U : 0U;
      }
    }
  }
  return count;
}

TEST(Trannsformer, EndsInClustersWithinArraysAndNothingOutside) {
  const Network network = run(trannsformer());
  test::expect_whole(network, kArray);
  EXPECT_EQ(leftovers(network), 0U);
  EXPECT_LT(network.synapses(), test::method_network().synapses());
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(Trannsformer, LeavesAtMostTheShareOutsideThatItMay) {
  TrannsformerSpec spec = trannsformer();
  spec.leftover = 0.05;
  spec.remove_dead_units = false;
  const Network network = run(spec);
  EXPECT_GT(leftovers(network), 0U);
  EXPECT_LE(static_cast<double>(leftovers(network)), 0.05 * static_cast<double>(network.synapses()) + 3.0);
}

TEST(Trannsformer, LowersItsQualityWhereALayerWouldKeepNextToNothing) {
  TrannsformerSpec spec = trannsformer();
  spec.density.common = 0.1;
  spec.clustering.quality = spec.clustering.first_quality = 1.0;
  spec.remove_dead_units = false;
  const Network network = run(spec);
  EXPECT_EQ(leftovers(network), 0U);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    std::size_t live = 0;
    for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
      for (std::uint32_t j = 0; j < layer.weights.columns; ++j) live += layer.is_live(i, j) ? 1U : 0U;
    }
    const auto all = static_cast<double>(layer.weights.rows) * static_cast<double>(layer.weights.columns);
    EXPECT_GE(static_cast<double>(live), 0.05 * all - 1.0) << l;
  }
}

TEST(Trannsformer, KeepsTheStrongestClustersWhereTheirNumberIsLimited) {
  TrannsformerSpec spec = trannsformer();
  spec.most_clusters = 4;
  for (const Layer& layer : run(spec).layers) EXPECT_LE(layer.blocks.size(), 4U);
}

TEST(Trannsformer, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  test::expect_same_bytes([](const TrainOptions& options) { return run(trannsformer(), options); });
}

TEST(TrannsformerPublished, PrunesWhatNoClusterSparesAndCoversTheRest) {
  const Network network = run(published());
  test::expect_whole(network, kArray);
  EXPECT_LT(network.synapses(), test::method_network().synapses());
}

TEST(TrannsformerPublished, EachDefectCanBeSwitchedOff) {
  for (int which = 0; which < 3; ++which) {
    TrannsformerPublishedSpec spec = published();
    spec.defects.frozen_quality = which != 0;
    spec.defects.stale_map = which != 1;
    spec.defects.repainted_clusters = which != 2;
    test::expect_whole(run(spec), kArray);
  }
}

TEST(TrannsformerPublished, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  test::expect_same_bytes([](const TrainOptions& options) { return run(published(), options); });
}

TEST(Group, DeletesMoreTheStrongerItRegularises) {
  const Network weak = run(group(0.03));
  const Network strong = run(group(0.09));
  test::expect_whole(weak, kArray);
  test::expect_whole(strong, kArray);
  EXPECT_LT(strong.synapses(), weak.synapses());
  EXPECT_LT(weak.synapses(), test::method_network().synapses());
}

TEST(Group, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  test::expect_same_bytes([](const TrainOptions& options) { return run(group(0.05), options); });
}

TEST(Group, RefusesToFinishWithoutFineTuning) {
  GroupLassoSpec spec = group(0.1);
  spec.regularise_epochs = 6;
  EXPECT_THROW(run(spec), UserError);
}

TEST(ClusteredAfterPruning, KeepsTheWeightsOfThePrunedNetwork) {
  const Network pruned = run(pruning());
  for (const TransformSpec& spec : {TransformSpec(OfflineSpec{{}, pruning(), {}, {false, false, false}}),
                                    TransformSpec(AutoNcsMethodSpec{{}, pruning(), {}})}) {
    const Network clustered = run(spec);
    test::expect_whole(clustered, kArray);
    for (std::size_t l = 0; l < 3; ++l) {
      EXPECT_EQ(clustered.layers[LayerId(l)].weights.values, pruned.layers[LayerId(l)].weights.values);
      EXPECT_EQ(clustered.layers[LayerId(l)].live, pruned.layers[LayerId(l)].live);
    }
  }
}

TEST(ClusteredAfterPruning, GivesTheSameBytesFromANetworkThatIsPrunedAlready) {
  EXPECT_FALSE(pruning_before_clustering(trannsformer()));
  for (const TransformSpec& spec : {TransformSpec(OfflineSpec{{}, pruning(), {}, {false, false, false}}),
                                    TransformSpec(AutoNcsMethodSpec{{}, pruning(), {}})}) {
    const std::optional<MagnitudeSpec> before = pruning_before_clustering(spec);
    ASSERT_TRUE(before);
    test::expect_equal(cluster_pruned(run(*before), spec, kArray, RandomKey(3)), run(spec));
  }
}

}  // namespace
}  // namespace crossloom
