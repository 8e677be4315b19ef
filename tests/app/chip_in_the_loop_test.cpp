#include "app/chip_in_the_loop.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/stages.h"
#include "base/error.h"
#include "tests/support/program.h"
#include "training/transform/none.h"

namespace crossloom {
namespace {

class ChipInTheLoop : public testing::Test {
 protected:
  explicit ChipInTheLoop(const std::string& yaml = test::tiny_experiment())
      : experiment_(load_experiment(folder_.write("tiny.yaml", yaml), {}).experiment),
        data_(load_data(experiment_, "", 1)) {
    network_ = keep_all_weights(
        train_stage(experiment_, data_.train, 1, folder_.path() / "checkpoint", 1, no_progress()).network);
  }
  [[nodiscard]] std::int32_t threshold() const {
    return convert_stage(experiment_, network_, data_.train, 1).layers[LayerId(0)].threshold;
  }
  [[nodiscard]] std::vector<Matrix> on_chip(std::uint64_t draw, std::size_t threads = 1) const {
    return weights_on_chip(experiment_, network_, data_.train, 1, threads, no_progress())(network_, draw);
  }

  TemporaryFolder folder_;
  Experiment experiment_;
  TrainAndTest data_;
  Network network_;
};

TEST_F(ChipInTheLoop, HoldsTheQuantisedWeightsWhereDevicesAreIdeal) {
  const SpikingNetwork spiking = convert_stage(experiment_, network_, data_.train, 1);
  const std::vector<Matrix> seen = on_chip(0);
  ASSERT_EQ(seen.size(), network_.layers.size());
  for (std::size_t l = 0; l < seen.size(); ++l) {
    const SpikingLayer& layer = spiking.layers[LayerId(l)];
    for (std::uint32_t i = 0; i < layer.inputs; ++i) {
      for (std::uint32_t j = 0; j < layer.outputs; ++j) {
        ASSERT_FLOAT_EQ(seen[l].at(i, j), static_cast<float>(layer.weight(i, j) * layer.level_weight));
        ASSERT_LE(std::fabs(seen[l].at(i, j) - network_.layers[LayerId(l)].weights.at(i, j)),
                  0.5001F * static_cast<float>(layer.level_weight));
      }
    }
  }
}

TEST_F(ChipInTheLoop, IsAnotherChipForEachDrawAndTheSameForTheSame) {
  experiment_.chip.device.programming_error = 0.05;
  const std::vector<Matrix> one = on_chip(1);
  EXPECT_NE(one[0].values, on_chip(2)[0].values);
  EXPECT_EQ(one[0].values, on_chip(1, 2)[0].values) << "whatever the number of threads";
  double squares = 0.0;
  const SpikingNetwork spiking = convert_stage(experiment_, network_, data_.train, 1);
  for (std::size_t k = 0; k < one[0].values.size(); ++k) {
    const double error = static_cast<double>(one[0].values[k]) -
                         spiking.layers[LayerId(0)].weights[k] * spiking.layers[LayerId(0)].level_weight;
    squares += error * error;
  }
  const double share = std::sqrt(squares / static_cast<double>(one[0].values.size())) /
                       (spiking.layers[LayerId(0)].level_weight * (experiment_.chip.device.levels - 1.0));
  // Two cells a weight; less than sqrt(2) of 5 % since most of them are written at the window's end.
  EXPECT_GT(share, 0.02);
  EXPECT_LT(share, 0.0708);
}

TEST_F(ChipInTheLoop, ThresholdsCalibratedOnItFollowWhatWiresTake) {
  const std::int32_t plain = threshold();
  experiment_.calibrate_on = CalibrateOn::chip;
  EXPECT_NEAR(threshold(), plain, 0.02 * plain) << "an ideal chip differs by rounding to levels only";
  experiment_.chip.crossbar.wires.wordline = Resistance::from_si(20.0);
  experiment_.chip.crossbar.wires.bitline = Resistance::from_si(20.0);
  EXPECT_LT(threshold(), 0.9 * plain);
  experiment_.calibrate_on = CalibrateOn::network;
  EXPECT_EQ(threshold(), plain);
}

TEST(CalibratedGains, UndoACommonFactorOfALayerAndLeaveWhatDiffersBetweenWeights) {
  Network network;
  Layer layer;
  layer.weights = Matrix(2, 2);
  layer.weights.values = {1.0F, -2.0F, 3.0F, 0.0F};
  network.layers.push_back(layer);
  const auto seen = [&network](std::vector<float> values) {
    Matrix matrix(2, 2);
    matrix.values = std::move(values);
    return with_calibrated_gains([matrix](const Network&, std::uint64_t) { return std::vector<Matrix>{matrix}; })(
               network, 0)[0]
        .values;
  };
  EXPECT_THAT(seen({0.25F, -0.5F, 0.75F, 0.0F}), testing::ElementsAre(1.0F, -2.0F, 3.0F, 0.0F));
  // (1 x 1 + 2 x 1 + 3 x 1) / 3 = 2 for weights of 1, -1 and 1.
  EXPECT_THAT(seen({1.0F, -1.0F, 1.0F, 0.0F}), testing::ElementsAre(2.0F, -2.0F, 2.0F, 0.0F));
  EXPECT_THAT(seen({0.0F, 0.0F, 0.0F, 0.5F}), testing::ElementsAre(0.0F, 0.0F, 0.0F, 0.5F)) << "nothing in common";
}

std::string tiny_convolutions(const std::string& mapping, const std::string& after_convolution = "") {
  std::string text = test::tiny_experiment();
  const std::string hidden = "    - {name: hidden, dense: {outputs: 24, activation: relu}}\n";
  return text.replace(text.find(hidden), hidden.size(),
                      "    - {name: conv, conv2d: {outputs: 4, kernel: 5, stride: 3, activation: " +
                          std::string(after_convolution.empty() ? "relu" : "none") + "}}\n" + after_convolution +
                          "    - {name: pool, mean_pool: {size: 2}}\n") +
         "mapping: {" + mapping + "}\n";
}

class ConvolutionInTheLoop : public ChipInTheLoop, public testing::WithParamInterface<std::string> {
 protected:
  ConvolutionInTheLoop() : ChipInTheLoop(tiny_convolutions(GetParam())) {}
};

TEST_P(ConvolutionInTheLoop, HoldsTheQuantisedKernelWhereDevicesAreIdeal) {
  const SpikingNetwork spiking = convert_stage(experiment_, network_, data_.train, 1);
  const std::vector<Matrix> seen = on_chip(0);
  ASSERT_EQ(seen.size(), 2U) << "a matrix for each layer that is trained";
  for (std::size_t l = 0; l < seen.size(); ++l) {
    const std::vector<float>& own = network_.layers[LayerId(l)].weights.values;
    ASSERT_EQ(seen[l].values.size(), own.size());
    const auto level = static_cast<float>(spiking.layers[LayerId(l == 0 ? 0 : 2)].level_weight);
    for (std::size_t k = 0; k < own.size(); ++k) ASSERT_NEAR(seen[l].values[k], own[k], 0.5001F * level) << l;
  }
}

TEST_P(ConvolutionInTheLoop, ThresholdsCalibratedOnItFollowWhatWiresTake) {
  const std::int32_t plain = threshold();
  experiment_.calibrate_on = CalibrateOn::chip;
  EXPECT_NEAR(threshold(), plain, 0.03 * plain) << "an ideal chip differs by rounding to levels only";
  experiment_.chip.crossbar.wires.wordline = Resistance::from_si(50.0);
  experiment_.chip.crossbar.wires.bitline = Resistance::from_si(50.0);
  EXPECT_LT(threshold(), 0.9 * plain);
}

INSTANTIATE_TEST_SUITE_P(Mappings, ConvolutionInTheLoop,
                         testing::Values("convolution: unfolded", "convolution: positions",
                                         "convolution: positions, replication: 2, pooling: counters"));

TEST(NormsInTheLoop, AreRefusedWithTheReason) {
  const TemporaryFolder folder;
  const auto path = folder.write(
      "norms.yaml", tiny_convolutions("convolution: unfolded", "    - {name: norm, batch_norm: {activation: relu}}\n"));
  const Experiment experiment = load_experiment(path, {}).experiment;
  const TrainAndTest data = load_data(experiment, "", 1);
  const Network network =
      keep_all_weights(train_stage(experiment, data.train, 1, folder.path() / "checkpoint", 1, no_progress()).network);
  try {
    weights_on_chip(experiment, network, data.train, 1, 1, no_progress());
    FAIL() << "no error";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("batch norms"));
  }
}

}  // namespace
}  // namespace crossloom
