#include "training/transform/mixed.h"

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

ArraySparsitySpec array(double kept) {
  ArraySparsitySpec spec;
  spec.kept = kept;
  spec.density = 0.3;
  spec.sparsify_epochs = 2;
  return spec;
}

TrannsformerSpec trannsformer() {
  TrannsformerSpec spec;
  spec.density.common = 0.3;
  spec.prune_epochs = 2;
  spec.cluster_epochs = 2;
  return spec;
}

MixedSpec mixed(std::vector<MixedPart> parts) {
  MixedSpec spec;
  spec.parts = std::move(parts);
  spec.retraining = test::quick_training(6);
  return spec;
}

double density(const Network& network, std::size_t layer) {
  return static_cast<double>(network.synapses(LayerId(layer))) /
         static_cast<double>(network.layers[LayerId(layer)].weights.values.size());
}

TEST(Mixed, TreatsEachLayerByItsOwnMethodAndKeepsTheOthersWhole) {
  MixedSpec spec = mixed({{{"hidden1"}, array(0.5)}, {{"hidden2"}, trannsformer()}});
  const Network network = run(spec);
  EXPECT_LT(density(network, 0), 0.8);
  EXPECT_LT(density(network, 1), 0.8);
  EXPECT_LE(network.layers[LayerId(0)].blocks.size(), (plain_grid_arrays(network.spec, kArray)[LayerId(0)] + 1) / 2);
  ASSERT_EQ(network.layers[LayerId(2)].blocks.size(), 1U);
  EXPECT_EQ(network.layers[LayerId(2)].blocks[0].rows.size(), 40U);
  EXPECT_THAT(network_faults(network), testing::IsEmpty());
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(Mixed, WithOneMethodForAllLayersIsThatMethod) {
  MagnitudeSpec pruning;
  pruning.threshold = DensityThreshold{{0.3, {}}, 2};
  const Network as_part = run(mixed({{{"output", "hidden1", "hidden2"}, pruning}}));
  pruning.retraining = test::quick_training(6);
  test::expect_equal(as_part, run(pruning));
}

TEST(Mixed, GivesTheSameBytesForTwoThreadsAndAfterAnInterruptionWithOneMethodTwice) {
  TrannsformerPublishedSpec published;
  published.step.common = 0.03;
  const MixedSpec spec = mixed({{{"hidden1"}, trannsformer()}, {{"hidden2"}, trannsformer()}, {{"output"}, published}});
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

TEST(Mixed, SaysWhichLayerIsNotThere) { EXPECT_THROW(run(mixed({{{"hiden1"}, array(0.5)}})), UserError); }

TEST(Mixed, DependsOnTheArrayWhereOneOfItsMethodsDoes) {
  EXPECT_FALSE(depends_on_array(mixed({{{"hidden1"}, MagnitudeSpec{}}})));
  EXPECT_TRUE(depends_on_array(mixed({{{"hidden1"}, MagnitudeSpec{}}, {{"hidden2"}, array(0.5)}})));
}

}  // namespace
}  // namespace crossloom
