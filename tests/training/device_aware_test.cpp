#include "training/transform/device_aware.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/method_tests.h"
#include "training/training_run.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

const Network& pruned_network() {
  static const Network network = [] {
    MagnitudeSpec spec;
    spec.threshold = DensityThreshold{{0.4, {}}, 2};
    spec.retraining = test::quick_training(4);
    return transform(test::method_network(), test::method_images(), spec, {8, 8}, test::quick_training(1), RandomKey(3))
        .network;
  }();
  return network;
}

std::vector<Matrix> weights_of(const Network& network) {
  std::vector<Matrix> matrices;
  for (const Layer& layer : network.layers) matrices.push_back(layer.weights);
  return matrices;
}

/// Chips whose cells err by a share of the layer's largest weight, dead weights included.
std::vector<Matrix> noisy_chip(const Network& network, std::uint64_t draw, double share) {
  std::vector<Matrix> matrices = weights_of(network);
  for (std::size_t l = 0; l < matrices.size(); ++l) {
    RandomStream stream(RandomKey(77).child(draw).child(l));
    float largest = 0.0F;
    for (const float weight : matrices[l].values) largest = std::max(largest, std::fabs(weight));
    for (float& weight : matrices[l].values) weight += largest * static_cast<float>(share * stream.normal());
  }
  return matrices;
}

Network retrained(const WeightsOnChip& on_chip, const TrainOptions& options = {}, std::uint32_t epochs = 6) {
  DeviceAwareSpec spec;
  spec.redraw_steps = 3;
  spec.retraining = test::quick_training(epochs);
  return retrain_on_chips(pruned_network(), test::method_images(), spec, test::quick_training(1), RandomKey(5), on_chip,
                          options)
      .network;
}

/// Mean over 20 chips that were not seen in training.
double accuracy_on_chips(Network network, double share) {
  const Network clean = network;
  double sum = 0.0;
  for (std::uint64_t chip = 0; chip < 20; ++chip) {
    const auto matrices = noisy_chip(clean, (std::uint64_t{1} << 60U) + chip, share);
    for (std::size_t l = 0; l < matrices.size(); ++l) network.layers[LayerId(l)].weights = matrices[l];
    sum += evaluate(network, test::method_images(), 1).accuracy;
  }
  return sum / 20.0;
}

TEST(DeviceAware, LosesLessOnNewChipsThanRetrainingWithoutThem) {
  constexpr double kShare = 0.35;
  const auto noisy = [](const Network& network, std::uint64_t draw) { return noisy_chip(network, draw, kShare); };
  const auto perfect = [](const Network& network, std::uint64_t) { return weights_of(network); };
  EXPECT_GT(accuracy_on_chips(retrained(noisy, {}, 20), kShare),
            accuracy_on_chips(retrained(perfect, {}, 20), kShare) + 0.02);
}

TEST(DeviceAware, KeepsMasksAndBlocksAndDeadWeightsAtZero) {
  const Network network = retrained([](const Network& own, std::uint64_t draw) { return noisy_chip(own, draw, 0.1); });
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    const Layer& before = pruned_network().layers[LayerId(l)];
    EXPECT_EQ(layer.live, before.live);
    ASSERT_EQ(layer.blocks.size(), before.blocks.size());
    EXPECT_EQ(layer.blocks[0].rows, before.blocks[0].rows);
    for (std::size_t k = 0; k < layer.live.size(); ++k) {
      if (layer.live[k] == 0) {
        EXPECT_EQ(layer.weights.values[k], 0.0F);
      }
    }
  }
}

TEST(DeviceAware, HoldsWeightsWithinTheLargestOfTheStart) {
  const auto largest = [](const Layer& layer) {
    float most = 0.0F;
    for (const float weight : layer.weights.values) most = std::max(most, std::fabs(weight));
    return most;
  };
  DeviceAwareSpec spec;
  spec.redraw_steps = 1;
  spec.retraining = test::quick_training(6);
  spec.retraining->learning_rate = 0.5;
  const WeightsOnChip perfect = [&](const Network& network, std::uint64_t) {
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      EXPECT_LE(largest(network.layers[LayerId(l)]), largest(pruned_network().layers[LayerId(l)]));
    }
    return weights_of(network);
  };
  retrain_on_chips(pruned_network(), test::method_images(), spec, test::quick_training(1), RandomKey(5), perfect, {});
}

/// Adds this to every weight in all passes.
class ConstantDelta final : public EpochHook {
 public:
  explicit ConstantDelta(float delta) : delta_(delta) {}
  [[nodiscard]] std::string identity() const override { return "constant delta"; }
  void before_epoch(std::uint32_t, TrainedWeights&) override {}
  void after_epoch(std::uint32_t, TrainedWeights&) override {}
  void before_step(std::uint32_t, std::size_t, TrainedWeights& weights, StepChanges& changes) override {
    WeightDeltas& deltas = changes.deltas;
    deltas.resize(weights.layers());
    for (std::size_t l = 0; l < deltas.size(); ++l) deltas[l].assign(weights.weights(LayerId(l)).size(), delta_);
  }
  [[nodiscard]] bool needs_training_loss(std::uint32_t) const override { return false; }
  void take_training_loss(std::uint32_t, double) override {}
  void save(Archive&) const override {}
  void restore(const Archive&) override {}

 private:
  float delta_;
};

Network trained_with(EpochHook* hook) {
  return run_training(pruned_network(), test::method_images(), test::quick_training(3), RandomKey(5), {}, hook).network;
}

TEST(DisturbedWeights, ChangeNothingWhereTheyAreZeroAndSomethingWhereTheyAreNot) {
  ConstantDelta zero(0.0F);
  ConstantDelta some(0.01F);
  const Network plain = trained_with(nullptr);
  const Network with_zero = trained_with(&zero);
  const Network with_some = trained_with(&some);
  for (std::size_t l = 0; l < plain.layers.size(); ++l) {
    EXPECT_EQ(with_zero.layers[LayerId(l)].weights.values, plain.layers[LayerId(l)].weights.values);
    EXPECT_NE(with_some.layers[LayerId(l)].weights.values, plain.layers[LayerId(l)].weights.values);
  }
}

TEST(DeviceAware, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  test::expect_same_bytes([](const TrainOptions& options) {
    return retrained([](const Network& network, std::uint64_t draw) { return noisy_chip(network, draw, 0.1); },
                     options);
  });
}

}  // namespace
}  // namespace crossloom
