#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "models/reference.h"
#include "models/spiking_network.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

DeviceSpec device(std::uint32_t levels) {
  DeviceSpec spec;
  spec.levels = levels;
  return spec;
}

CrossbarSpec slices(std::uint32_t count) {
  CrossbarSpec spec;
  spec.weight_slices = count;
  return spec;
}

Network one_layer(std::vector<float> weights, std::uint32_t inputs, std::uint32_t outputs,
                  std::vector<float> bias = {}) {
  NetworkSpec spec;
  spec.input = {inputs, 1, 1};
  spec.layers.push_back({"layer", outputs, !bias.empty(), Activation::relu, 0.0});
  Network network = make_network(spec);
  network.layers[LayerId(0)].weights.values = std::move(weights);
  network.layers[LayerId(0)].bias = std::move(bias);
  return network;
}

std::string refusal(const Network& network, std::vector<double> scale, const SpikingSpec& spec, std::uint32_t levels) {
  try {
    convert(network, scale, spec, device(levels), slices(1));
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LargestWeightLevel, IsOneLessThanAllCellsOfAPolarityCanTell) {
  EXPECT_EQ(largest_weight_level(device(16), slices(1)), 15);
  EXPECT_EQ(largest_weight_level(device(4), slices(3)), 63);
  EXPECT_EQ(largest_weight_level(device(32768), slices(1)), 32767);
  EXPECT_THROW(largest_weight_level(device(32769), slices(1)), UserError);
  EXPECT_THROW(largest_weight_level(device(256), slices(200)), UserError);
}

TEST(Conversion, RoundsWeightsHalfToEvenInUnitsOfTheLargest) {
  const Network network = one_layer({4.0F, -4.0F, 1.0F, 0.5F, 1.5F, -0.5F, 2.5F, 0.2F}, 2, 4);
  const SpikingNetwork converted = convert(network, {8.0}, {}, device(5), slices(1));
  EXPECT_EQ(converted.layers[LayerId(0)].weights, std::vector<std::int16_t>({4, -4, 1, 0, 2, 0, 2, 0}));
  EXPECT_DOUBLE_EQ(converted.layers[LayerId(0)].level_weight, 1.0);
  EXPECT_EQ(converted.layers[LayerId(0)].threshold, 8);
  EXPECT_EQ(converted.synapses(), 8U);  // weights that round to level 0 stay synapses
}

TEST(Conversion, ThresholdIsTheRatioOfActivationScalesInLevels) {
  NetworkSpec spec;
  spec.input = {1, 1, 1};
  spec.layers.push_back({"a", 1, false, Activation::relu, 0.0});
  spec.layers.push_back({"b", 1, false, Activation::relu, 0.0});
  Network network = make_network(spec);
  network.layers[LayerId(0)].weights.values = {2.0F};
  network.layers[LayerId(1)].weights.values = {5.0F};
  SpikingSpec spiking;
  spiking.threshold_scale = 2.0;
  const SpikingNetwork converted = convert(network, {4.0, 10.0}, spiking, device(11), slices(1));
  EXPECT_EQ(converted.layers[LayerId(0)].threshold, 40);  // 2 * 4 / 0.2
  EXPECT_EQ(converted.layers[LayerId(1)].threshold, 10);  // 2 * (10 / 4) / 0.5
}

TEST(Conversion, ThresholdIsNeverBelowOne) {
  EXPECT_EQ(convert(one_layer({1.0F}, 1, 1), {1e-9}, {}, device(2), slices(1)).layers[LayerId(0)].threshold, 1);
}

TEST(Conversion, ClipPercentileSaturatesOutliers) {
  std::vector<float> weights(100, 1.0F);
  weights[7] = -50.0F;
  SpikingSpec spec;
  spec.weight_clip_percentile = 99.0;
  const SpikingLayer layer = convert(one_layer(weights, 10, 10), {1.0}, spec, device(16), slices(1)).layers[LayerId(0)];
  EXPECT_EQ(layer.weights[7], -15);
  EXPECT_EQ(layer.weights[8], 15);
}

TEST(Conversion, ClipLooksAtLiveWeightsOnly) {
  Network network = one_layer({0.0F, 0.0F, 0.0F, 3.0F}, 2, 2);
  network.layers[LayerId(0)].live = {0, 0, 0, 1};
  SpikingSpec spec;
  spec.weight_clip_percentile = 50.0;
  EXPECT_EQ(convert(network, {1.0}, spec, device(16), slices(1)).layers[LayerId(0)].weights[3], 15);
}

TEST(Conversion, BiasIsACurrentOfEveryStepThatNeverSaturates) {
  SpikingSpec spec;
  spec.maximum_rate = 0.5;
  const SpikingLayer layer =
      convert(one_layer({1.0F, -1.0F}, 1, 2, {8.0F, 0.0F}), {1.0}, spec, device(5), slices(1)).layers[LayerId(0)];
  EXPECT_TRUE(layer.has_bias);
  EXPECT_DOUBLE_EQ(layer.level_weight, 1.0);  // 0.5 * 8 / 4
  EXPECT_EQ(layer.weights, std::vector<std::int16_t>({1, -1, 4, 0}));
  EXPECT_EQ(layer.live, std::vector<std::uint8_t>({1, 1, 1, 0}));  // a bias of 0 is no synapse
}

TEST(Conversion, BiasRowJoinsEachColumnOnceWhateverTheBlocks) {
  Network network = one_layer(std::vector<float>(12, 1.0F), 4, 3, {1.0F, 1.0F, 1.0F});
  network.layers[LayerId(0)].blocks = {{{0, 1}, {0, 1}}, {{0, 1, 2, 3}, {2}}, {{2, 3}, {0, 1}}};
  SpikingNetwork converted = convert(network, {1.0}, {}, device(4), slices(1));
  EXPECT_TRUE(spiking_network_faults(converted).empty());
  EXPECT_EQ(converted.layers[LayerId(0)].blocks.size(), 3U);

  network.layers[LayerId(0)].blocks = {{{0, 1}, {0}}, {{2, 3}, {0, 1}}, {{0, 1}, {1}}, {{0, 1, 2, 3}, {2}}};
  converted = convert(network, {1.0}, {}, device(4), slices(1));
  EXPECT_TRUE(spiking_network_faults(converted).empty());
}

TEST(Conversion, LeftoverBiasesBecomeABlockOfTheirOwn) {
  Network network = one_layer({1.0F, 1.0F, 1.0F, 0.0F}, 2, 2, {1.0F, 1.0F});
  network.layers[LayerId(0)].live = {1, 1, 1, 0};
  network.layers[LayerId(0)].blocks = {{{0, 1}, {0}}, {{0}, {1}}};
  network.layers[LayerId(0)].live = {1, 0, 1, 0};
  network.layers[LayerId(0)].weights.values = {1.0F, 0.0F, 1.0F, 0.0F};
  network.layers[LayerId(0)].blocks = {{{0, 1}, {0}}};
  const SpikingNetwork converted = convert(network, {1.0}, {}, device(4), slices(1));
  EXPECT_TRUE(spiking_network_faults(converted).empty());
  ASSERT_EQ(converted.layers[LayerId(0)].blocks.size(), 2U);
  EXPECT_EQ(converted.layers[LayerId(0)].blocks[1].rows, std::vector<std::uint32_t>({2}));
  EXPECT_EQ(converted.layers[LayerId(0)].blocks[1].columns, std::vector<std::uint32_t>({1}));
}

TEST(Conversion, RefusesMembranesThatCouldOverflow) {
  SpikingSpec spec;
  spec.steps = 10000;
  const Network network = one_layer(std::vector<float>(20, 1.0F), 20, 1);
  EXPECT_THAT(refusal(network, {1.0}, spec, 32768), HasSubstr("steps at most 3276"));
  spec.steps = 3276;
  EXPECT_EQ(refusal(network, {1.0}, spec, 32768), "accepted");
}

TEST(Conversion, RefusesASilentLayer) {
  EXPECT_THAT(refusal(one_layer({1.0F}, 1, 1), {0.0}, {}, 4), HasSubstr("layer is silent on the training images"));
}

TEST(Conversion, RatesFollowTheRealActivations) {
  // A neuron of scaled activation a fires a share a / lambda of the steps: 0.6 * 1.0 + 0.2 * -0.5 = 0.5 of lambda 1.
  SpikingSpec spec;
  spec.steps = 1000;
  spec.encoding = Encoding::deterministic;
  const SpikingNetwork network = convert(one_layer({1.0F, -0.5F}, 2, 1), {1.0}, spec, device(16), slices(2));
  const std::uint8_t pixels[] = {153, 51};
  const ReferenceRun run = run_reference(network, SpikeEncoder(spec, RandomKey(1)), 0, pixels);
  EXPECT_NEAR(run.outcome.output_spikes[0] / 1000.0, 0.5, 0.01);
}

}  // namespace
}  // namespace crossloom
