#include "training/transform/magnitude.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/tiny_networks.h"
#include "training/evaluate.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

NetworkSpec small_network() {
  return test::network_spec({6, 6, 1}, {test::dense("hidden1", 50, false, Activation::relu),
                                        test::dense("hidden2", 40, false, Activation::relu),
                                        test::dense("output", 4, false, Activation::none)});
}

const Dataset& images() {
  static const Dataset dataset = test::noisy_prototypes(400, 6, 4, 1);
  return dataset;
}

const Network& dense_network() {
  static const Network network = train(small_network(), images(), test::quick_training(6), RandomKey(1)).network;
  return network;
}

MagnitudeSpec magnitude(std::uint32_t epochs) {
  MagnitudeSpec spec;
  spec.retraining = test::quick_training(epochs);
  return spec;
}

TransformResult prune(const MagnitudeSpec& spec, const TrainOptions& options = {}) {
  return transform(dense_network(), images(), spec, {64, 64}, test::quick_training(1), RandomKey(3), options);
}

MagnitudeSpec density(double share, std::uint32_t epochs, std::uint32_t pruning_epochs) {
  MagnitudeSpec spec = magnitude(epochs);
  DensityThreshold threshold;
  threshold.density.common = share;
  threshold.pruning_epochs = pruning_epochs;
  spec.threshold = threshold;
  return spec;
}

MagnitudeSpec ramp(double step, std::uint32_t epochs, std::uint32_t fine_tune_epochs) {
  MagnitudeSpec spec = magnitude(epochs);
  RampThreshold threshold;
  threshold.step.common = step;
  spec.threshold = threshold;
  spec.fine_tune_epochs = fine_tune_epochs;
  return spec;
}

double smallest_live(const Layer& layer) {
  double smallest = 1e9;
  for (std::size_t k = 0; k < layer.live.size(); ++k) {
    if (layer.live[k] != 0) smallest = std::min(smallest, static_cast<double>(std::fabs(layer.weights.values[k])));
  }
  return smallest;
}

void expect_consistent(const Network& network) {
  EXPECT_THAT(network_faults(network), testing::IsEmpty());
  for (const Layer& layer : network.layers) {
    EXPECT_FALSE(layer.live.empty());
    EXPECT_EQ(layer.blocks.size(), 1U);
  }
}

TEST(Magnitude, DensityLeavesTheShareAskedForOfEachLayer) {
  MagnitudeSpec spec = density(0.2, 4, 3);
  std::get<DensityThreshold>(spec.threshold).density.by_layer["output"] = 0.5;
  spec.remove_dead_units = false;
  const TransformResult result = prune(spec);
  expect_consistent(result.network);
  EXPECT_EQ(result.network.synapses(LayerId(0)), 360U);
  EXPECT_EQ(result.network.synapses(LayerId(1)), 400U);
  EXPECT_EQ(result.network.synapses(LayerId(2)), 80U);
  // 1 - (1 - t)^3 of what goes has gone after each epoch.
  for (std::uint32_t e = 0; e < 3; ++e) {
    const double left = std::pow(1.0 - (e + 1) / 3.0, 3.0);
    const double wanted = (0.2 + 0.8 * left) * 3800.0 + (0.5 + 0.5 * left) * 160.0;
    EXPECT_NEAR(static_cast<double>(result.history[e].synapses), wanted, 2.0);
  }
  EXPECT_GT(evaluate(result.network, images(), 1).accuracy, 0.95);
}

TEST(Magnitude, DeviationPrunesOnceByTheSpreadOfEachLayerAndKeepsTheMask) {
  MagnitudeSpec spec = magnitude(2);
  DeviationThreshold threshold;
  threshold.quality.common = 0.8;
  spec.threshold = threshold;
  spec.remove_dead_units = false;
  const TransformResult result = prune(spec);
  expect_consistent(result.network);
  for (std::size_t l = 0; l < 3; ++l) {
    const auto& before = dense_network().layers[LayerId(l)].weights.values;
    double sum = 0.0, squares = 0.0;
    for (const float w : before) {
      sum += static_cast<double>(w);
      squares += static_cast<double>(w) * static_cast<double>(w);
    }
    const double n = static_cast<double>(before.size());
    const double limit = 0.8 * std::sqrt(squares / n - sum * sum / n / n);
    for (std::size_t k = 0; k < before.size(); ++k) {
      ASSERT_EQ(result.network.layers[LayerId(l)].live[k] != 0, std::fabs(static_cast<double>(before[k])) >= limit);
    }
  }
  EXPECT_EQ(result.history[0].synapses, result.history[1].synapses);
  EXPECT_NE(result.network.layers[LayerId(0)].weights.values, dense_network().layers[LayerId(0)].weights.values);
}

TEST(Magnitude, RampRaisesTheThresholdWhileTheLossFalls) {
  const TransformResult result = prune(ramp(0.01, 6, 0));
  expect_consistent(result.network);
  EXPECT_EQ(result.history[0].synapses, 3960U) << "the threshold starts at 0";
  EXPECT_LT(result.history.back().synapses, 3900U);
  // At most one step an epoch; the last one is raised after the last pruning.
  EXPECT_LE(smallest_live(result.network.layers[LayerId(0)]), 0.05 + 0.02);
  EXPECT_GE(smallest_live(result.network.layers[LayerId(0)]), 0.01);
}

TEST(Magnitude, RampLetsPrunedWeightsGrowAgainUntilTheFineTuning) {
  const auto live_after = [](std::uint32_t epochs, std::uint32_t fine_tune_epochs) {
    MagnitudeSpec spec = ramp(0.004, epochs, fine_tune_epochs);
    spec.remove_dead_units = false;
    // From random weights and on images that are hard to tell apart, so that gradients stay large.
    const Dataset hard = test::noisy_prototypes(400, 6, 4, 1, 250.0);
    const Network start = initial_network(small_network(), {}, RandomKey(1));
    return transform(start, hard, spec, {64, 64}, test::quick_training(1), RandomKey(3), {})
        .network.layers[LayerId(0)]
        .live;
  };
  const auto count_regrown = [](const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after) {
    int regrown = 0;
    for (std::size_t k = 0; k < before.size(); ++k) regrown += before[k] == 0 && after[k] != 0 ? 1 : 0;
    return regrown;
  };
  const auto pruned = live_after(3, 0);
  EXPECT_GT(count_regrown(pruned, live_after(4, 0)), 0);
  EXPECT_EQ(live_after(5, 2), pruned) << "the mask is fixed in the last two epochs";
}

TEST(Magnitude, RemovesDeadUnitsWithoutChangingAPrediction) {
  MagnitudeSpec spec = density(0.03, 3, 2);
  spec.remove_dead_units = false;
  const TransformResult with_dead = prune(spec);
  spec.remove_dead_units = true;
  const TransformResult without = prune(spec);
  EXPECT_LT(without.network.synapses(), with_dead.network.synapses());
  EXPECT_EQ(evaluate(without.network, images(), 1).predictions, evaluate(with_dead.network, images(), 1).predictions);
  expect_consistent(without.network);
}

TEST(Magnitude, GoesOnAfterAnInterruptionToTheSameBytes) {
  class StopAfter final : public ProgressSink {
   public:
    void update(const std::string&, std::uint64_t done, std::uint64_t, const std::string&) override {
      if (done == 30) throw Interrupted();
    }
    void message(const std::string&) override {}
  };
  const auto file = std::filesystem::temp_directory_path() / ("crossloom-magnitude-test-" + std::to_string(getpid()));
  for (const MagnitudeSpec& spec : {ramp(0.01, 5, 1), density(0.2, 5, 4)}) {
    const TransformResult whole = prune(spec);
    TrainOptions options;
    StopAfter stop;
    options.checkpoint_file = file;
    options.progress = &stop;
    EXPECT_THROW(prune(spec, options), Interrupted);
    options.progress = &no_progress();
    options.resume = true;
    const TransformResult resumed = prune(spec, options);
    for (std::size_t l = 0; l < 3; ++l) {
      EXPECT_EQ(resumed.network.layers[LayerId(l)].weights.values, whole.network.layers[LayerId(l)].weights.values);
      EXPECT_EQ(resumed.network.layers[LayerId(l)].live, whole.network.layers[LayerId(l)].live);
    }
    std::filesystem::remove(file);
  }
}

TEST(Magnitude, SaysWhichSettingDoesNotFitTheNetwork) {
  MagnitudeSpec spec = density(0.2, 4, 3);
  std::get<DensityThreshold>(spec.threshold).density.by_layer["hiden1"] = 0.5;
  EXPECT_THROW(prune(spec), UserError);
  EXPECT_THROW(prune(density(0.2, 2, 3)), UserError);
  MagnitudeSpec all = magnitude(1);
  DeviationThreshold threshold;
  threshold.quality.common = 50.0;
  all.threshold = threshold;
  EXPECT_THROW(prune(all), UserError);
}

TEST(Transform, RunsTheMethodOfTheSpec) {
  const TrainingSpec training = test::quick_training(2);
  const TransformResult none = transform(dense_network(), images(), NoneSpec{}, ArraySize{}, training, RandomKey(1));
  EXPECT_EQ(none.network.synapses(), 3960U);
  EXPECT_TRUE(none.history.empty());
  MagnitudeSpec spec = density(0.2, 2, 1);
  spec.retraining.reset();
  const TransformResult pruned = transform(dense_network(), images(), spec, ArraySize{}, training, RandomKey(1));
  EXPECT_EQ(pruned.history.size(), 2U) << "retrained as the network was trained";
  EXPECT_LT(pruned.network.synapses(), 800U);
}

}  // namespace
}  // namespace crossloom
