#include "models/reference.h"

#include <gtest/gtest.h>

#include "models/spiking_result.h"

namespace crossloom {
namespace {

// One input that spikes every step, one neuron a layer.
SpikingNetwork chain(std::vector<std::int16_t> weights, std::int32_t threshold) {
  SpikingNetwork network;
  network.input = {1, 1, 1};
  network.spec.steps = 5;
  for (const std::int16_t weight : weights) {
    SpikingLayer layer;
    layer.name = "layer";
    layer.inputs = layer.outputs = 1;
    layer.weights = {weight};
    layer.threshold = threshold;
    layer.blocks = {{{0}, {0}}};
    network.layers.push_back(layer);
  }
  return network;
}

ReferenceRun run(const SpikingNetwork& network, std::uint8_t pixel = 255) {
  return run_reference(network, SpikeEncoder(network.spec, RandomKey(1)), 0, &pixel);
}

std::vector<std::size_t> spikes_of(const ReferenceRun& run, std::size_t layer) {
  std::vector<std::size_t> counts;
  for (const auto& step : run.raster.spikes[layer]) counts.push_back(step.size());
  return counts;
}

TEST(Reference, SubtractingKeepsWhatIsAboveTheThreshold) {
  const ReferenceRun result = run(chain({3}, 4));  // 3, 6-4, 5-4, 4-4, 3
  EXPECT_EQ(spikes_of(result, 1), std::vector<std::size_t>({0, 1, 1, 1, 0}));
  EXPECT_EQ(result.raster.final_membranes[0], std::vector<double>({3.0}));
}

TEST(Reference, ResettingToZeroForgetsIt) {
  SpikingNetwork network = chain({3}, 4);
  network.spec.reset = Reset::to_zero;
  const ReferenceRun result = run(network);
  EXPECT_EQ(spikes_of(result, 1), std::vector<std::size_t>({0, 1, 0, 1, 0}));
  EXPECT_EQ(result.raster.final_membranes[0], std::vector<double>({3.0}));
}

TEST(Reference, ANeuronFiresAtMostOnceAStep) {
  const ReferenceRun result = run(chain({9}, 4));
  EXPECT_EQ(result.outcome.output_spikes, std::vector<std::uint32_t>({5}));
  EXPECT_EQ(result.raster.final_membranes[0], std::vector<double>({25.0}));
}

TEST(Reference, ASpikeReachesTheNextLayerInItsOwnStep) {
  const ReferenceRun result = run(chain({4, 4, 4}, 4));
  EXPECT_EQ(spikes_of(result, 3), std::vector<std::size_t>({1, 1, 1, 1, 1}));
  EXPECT_EQ(result.outcome.layer_spikes, std::vector<std::uint64_t>({5, 5, 5, 5}));
}

TEST(Reference, TheFloorHoldsMembranesAtZeroOnlyWhereAsked) {
  SpikingNetwork network = chain({-2}, 4);
  EXPECT_EQ(run(network).raster.final_membranes[0], std::vector<double>({-10.0}));
  network.spec.membrane_floor_at_zero = true;
  EXPECT_EQ(run(network).raster.final_membranes[0], std::vector<double>({0.0}));
}

TEST(Reference, TheBiasRowIsDrivenEveryStepEvenWithoutSpikes) {
  SpikingNetwork network = chain({0}, 4);
  network.layers[LayerId(0)].has_bias = true;
  network.layers[LayerId(0)].weights = {0, 2};
  EXPECT_EQ(spikes_of(run(network, 0), 1), std::vector<std::size_t>({0, 1, 0, 1, 0}));
}

TEST(PredictedClass, IsMostSpikesThenHigherMembraneThenLowerIndex) {
  EXPECT_EQ(predicted_class({1, 3, 2}, {9.0, 0.0, 9.0}), 1U);
  EXPECT_EQ(predicted_class({3, 1, 3}, {-1.0, 9.0, 0.5}), 2U);
  EXPECT_EQ(predicted_class({2, 2, 2}, {1.0, 4.0, 4.0}), 1U);
}

TEST(OutcomeRecorder, KeepsTheClassAfterEveryStep) {
  OutcomeRecorder recorder(7, 1, 2);
  recorder.end_step({1}, {0.0, 0.0});
  recorder.end_step({0}, {0.0, 2.0});
  recorder.end_step({0}, {0.0, 2.0});
  EXPECT_EQ(recorder.outcome().image, 7U);
  EXPECT_EQ(recorder.outcome().predicted_by_step, std::vector<std::uint8_t>({1, 1, 0}));
  EXPECT_EQ(recorder.outcome().output_spikes, std::vector<std::uint32_t>({2, 1}));
}

}  // namespace
}  // namespace crossloom
