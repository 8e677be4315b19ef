#include "training/transform/quantise.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

QuantiseSpec quantise(std::uint32_t levels, ScaleOf scale = ScaleOf::layer, std::uint32_t epochs = 6) {
  QuantiseSpec spec;
  spec.levels = WeightLevels{uniform_levels(levels), std::to_string(levels)};
  spec.scale = scale;
  spec.retraining = test::quick_training(epochs);
  return spec;
}

std::set<float> values_of(const Matrix& matrix, std::uint32_t first, std::uint32_t end) {
  std::set<float> values;
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint32_t j = first; j < end; ++j) values.insert(matrix.at(i, j));
  }
  return values;
}

TEST(Quantise, LeavesSoManyValuesALayer) {
  const Network network = run(quantise(5));
  for (const Layer& layer : network.layers) {
    const auto values = values_of(layer.weights, 0, layer.weights.columns);
    EXPECT_LE(values.size(), 5U);
    for (const float value : values) EXPECT_TRUE(values.count(-value) == 1 || values.size() < 5) << "symmetric";
  }
  EXPECT_EQ(network.synapses(), test::method_network().synapses()) << "a weight at level 0 still lives";
}

TEST(Quantise, LeavesSoManyValuesAChannelWithAScaleOfItsOwn) {
  const Network network = run(quantise(3, ScaleOf::channel));
  std::set<float> scales;
  const Matrix& weights = network.layers[LayerId(0)].weights;
  for (std::uint32_t j = 0; j < weights.columns; ++j) {
    const auto values = values_of(weights, j, j + 1);
    EXPECT_LE(values.size(), 3U);
    scales.insert(*values.rbegin());
  }
  EXPECT_GT(scales.size(), weights.columns / 2);
}

TEST(Quantise, TrainsWhatRoundingAloneLoses) {
  // Two levels, so that every weight is its sign times a scale.
  const auto rounded = [] {
    Network network = test::method_network();
    for (Layer& layer : network.layers) {
      const LevelSet levels = uniform_levels(2);
      layer.weights.values =
          project_on_levels(layer.weights.values, {}, levels, best_scale(layer.weights.values, {}, levels));
    }
    return evaluate(network, test::method_images(), 1).accuracy;
  }();
  const double trained = evaluate(run(quantise(2)), test::method_images(), 1).accuracy;
  EXPECT_GT(trained, 0.95);
  EXPECT_GE(trained, rounded);
}

TEST(Quantise, KeepsMasksAndBlocksOfTheStepBefore) {
  ArraySparsitySpec array;
  array.kept = 0.4;
  array.density = 0.3;
  array.sparsify_epochs = 2;
  array.retraining = test::quick_training(4);
  const Network before = run(SequenceSpec{{array}});
  const Network after = run(SequenceSpec{{array, quantise(15)}});
  for (std::size_t l = 0; l < before.layers.size(); ++l) {
    EXPECT_EQ(after.layers[LayerId(l)].live, before.layers[LayerId(l)].live);
    EXPECT_EQ(after.layers[LayerId(l)].blocks.size(), before.layers[LayerId(l)].blocks.size());
  }
  EXPECT_THAT(network_faults(after), testing::IsEmpty());
  EXPECT_GT(evaluate(after, test::method_images(), 1).accuracy, 0.9);
}

TEST(Quantise, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  const QuantiseSpec spec = quantise(4, ScaleOf::channel);
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

TEST(Sequence, GivesTheSameBytesForTwoThreadsAndAfterAnInterruptionInAnyStep) {
  MagnitudeSpec pruning;
  pruning.threshold = DensityThreshold{{0.4, {}}, 2};
  pruning.retraining = test::quick_training(6);
  const SequenceSpec spec{{pruning, quantise(7)}};
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

TEST(Sequence, OfOneStepIsThatStepUnderAnotherKey) {
  MagnitudeSpec pruning;
  pruning.threshold = DeviationThreshold{{1.0, {}}};
  pruning.retraining = test::quick_training(2);
  const Network alone = transform(test::method_network(), test::method_images(), pruning, kArray,
                                  test::quick_training(1), RandomKey(3).child("steps").child(0))
                            .network;
  test::expect_equal(run(SequenceSpec{{pruning}}), alone);
}

}  // namespace
}  // namespace crossloom
