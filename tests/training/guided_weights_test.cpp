#include "training/guided_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/tiny_networks.h"
#include "training/engine.h"
#include "training/optimiser.h"

namespace crossloom {
namespace {

/// One dense layer of 40 x 60 weights with a bias; its parameters are 0 and 1.
struct Setting {
  ComputePool pool{1};
  NetworkSpec spec = test::network_spec({40, 1, 1}, {test::dense("only", 60, true, Activation::none)});
  LayerStack stack{spec, {}, pool};
  std::vector<float> values = std::vector<float>(2400, 2.0F);
  std::vector<float> gradient = std::vector<float>(2400, 1.0F);
};

Optimiser sgd(double rate) {
  TrainingSpec training;
  training.optimiser = SgdSpec{0.0};
  Optimiser optimiser(training, {2400, 60}, {true, false});
  optimiser.begin_step(rate);
  return optimiser;
}

TEST(GuidedWeights, AddThePullTowardsTheTargetToTheGradient) {
  Setting setting;
  Optimiser optimiser = sgd(0.1);
  GuidedWeights guided(setting.stack, optimiser);
  WeightGuides guides(1);
  guides[0].pull = 3.0;
  guides[0].target.assign(2400, 1.5F);
  guides[0].target[2000] = 5.0F;
  guided.begin_step(guides);
  guided.take(0, 0, 1200, setting.gradient.data(), setting.values.data());
  guided.take(0, 1200, 1200, setting.gradient.data() + 1200, setting.values.data() + 1200);
  EXPECT_FLOAT_EQ(setting.values[0], 2.0F - 0.1F * (1.0F + 3.0F * 0.5F));
  EXPECT_FLOAT_EQ(setting.values[2000], 2.0F - 0.1F * (1.0F - 3.0F * 3.0F));
}

TEST(GuidedWeights, HoldWeightsWhereTheyAreAndLetTheOthersLearn) {
  Setting setting;
  Optimiser optimiser = sgd(0.1);
  GuidedWeights guided(setting.stack, optimiser);
  WeightGuides guides(1);
  guides[0].held.assign(2400, 0);
  guides[0].held[1500] = 1;
  guided.begin_step(guides);
  guided.take(0, 0, 2400, setting.gradient.data(), setting.values.data());
  EXPECT_EQ(setting.values[1500], 2.0F);
  EXPECT_FLOAT_EQ(setting.values[1501], 1.9F);
}

TEST(GuidedWeights, LeaveBiasesAndLayersWithoutAGuideAlone) {
  Setting setting;
  Optimiser optimiser = sgd(0.1);
  GuidedWeights guided(setting.stack, optimiser);
  WeightGuides guides(1);
  guides[0].held.assign(2400, 1);
  guided.begin_step(guides);
  std::vector<float> bias(60, 1.0F);
  guided.take(1, 0, 60, setting.gradient.data(), bias.data());
  EXPECT_FLOAT_EQ(bias[0], 0.9F);
  const WeightGuides none;
  guided.begin_step(none);
  guided.take(0, 0, 2400, setting.gradient.data(), setting.values.data());
  EXPECT_FLOAT_EQ(setting.values[0], 1.9F);
}

}  // namespace
}  // namespace crossloom
