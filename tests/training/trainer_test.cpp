#include "training/trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/tiny_networks.h"
#include "training/engine.h"
#include "training/evaluate.h"

namespace crossloom {
namespace {

NetworkSpec small_network(double dropout = 0.25) {
  return test::network_spec({6, 6, 1}, {test::dense("hidden", 40, true, Activation::relu, dropout),
                                        test::dense("output", 4, false, Activation::none)});
}

std::vector<std::vector<float>> weights_of(const Network& network) {
  std::vector<std::vector<float>> weights;
  for (const Layer& layer : network.layers) {
    weights.push_back(layer.weights.values);
    weights.push_back(layer.bias);
  }
  return weights;
}

/// Throws after so many steps, as a signal would between two of them.
class StopAfter final : public ProgressSink {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  void update(const std::string&, std::uint64_t, std::uint64_t, const std::string&) override {
    if (--left_ == 0) throw Interrupted();
  }
  void message(const std::string& text) override { messages.push_back(text); }
  std::vector<std::string> messages;

 private:
  int left_;
};

class TrainerFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("crossloom-trainer-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST(Trainer, LearnsATinySetByHeart) {
  const Dataset dataset = test::noisy_prototypes(60, 6, 4, 1, 90.0);
  for (const LossKind loss : {LossKind::cross_entropy, LossKind::mean_squared}) {
    for (const OptimiserSpec& optimiser : {OptimiserSpec(SgdSpec{0.9}), OptimiserSpec(AdamSpec{})}) {
      TrainingSpec spec = test::quick_training(60);
      spec.validation_images = 0;
      spec.loss = loss;
      spec.optimiser = optimiser;
      spec.learning_rate = std::holds_alternative<AdamSpec>(optimiser) ? 0.01 : 0.05;
      const TrainResult result = train(small_network(0.0), dataset, spec, RandomKey(1));
      EXPECT_EQ(evaluate(result.network, dataset, 1).accuracy, 1.0);
      EXPECT_EQ(result.best_epoch, 60U) << "without validation images the last epoch counts";
      EXPECT_FALSE(result.history.back().validation_accuracy.has_value());
    }
  }
}

TEST(Trainer, Bf16ReachesTheAccuracyOfF32) {
  if (!has_bf16_products()) GTEST_SKIP() << "no bf16 products on this processor";
  const Dataset dataset = test::noisy_prototypes(600, 6, 4, 1, 60.0);
  const Dataset fresh = test::noisy_prototypes(400, 6, 4, 2, 60.0);
  TrainingSpec spec = test::quick_training(8);
  const TrainResult wide = train(small_network(), dataset, spec, RandomKey(1));
  spec.precision = PrecisionChoice::bf16;
  const TrainResult narrow = train(small_network(), dataset, spec, RandomKey(1));
  EXPECT_EQ(wide.precision, Precision::f32);
  EXPECT_EQ(narrow.precision, Precision::bf16);
  EXPECT_NE(weights_of(wide.network), weights_of(narrow.network));
  EXPECT_NEAR(narrow.history.back().training_loss, wide.history.back().training_loss, 0.02);
  EXPECT_NEAR(evaluate(narrow.network, fresh, 1).accuracy, evaluate(wide.network, fresh, 1).accuracy, 0.01);
}

TEST(Trainer, GivesTheSameBytesWithOneAndWithTwoThreads) {
  const Dataset dataset = test::noisy_prototypes(400, 6, 4, 1);
  for (const PrecisionChoice precision : {PrecisionChoice::f32, PrecisionChoice::automatic}) {
    TrainingSpec spec = test::quick_training(2);
    spec.precision = precision;
    spec.batch = 150;
    spec.input_dropout = 0.1;
    TrainOptions one, two;
    two.threads = 2;
    const TrainResult first = train(small_network(), dataset, spec, RandomKey(1), one);
    const TrainResult second = train(small_network(), dataset, spec, RandomKey(1), two);
    EXPECT_EQ(weights_of(first.network), weights_of(second.network));
    EXPECT_EQ(first.history.back().training_loss, second.history.back().training_loss);
  }
}

TEST(Trainer, AnotherSeedGivesAnotherNetwork) {
  const Dataset dataset = test::noisy_prototypes(200, 6, 4, 1);
  const TrainingSpec spec = test::quick_training(1);
  EXPECT_NE(weights_of(train(small_network(), dataset, spec, RandomKey(1)).network),
            weights_of(train(small_network(), dataset, spec, RandomKey(2)).network));
}

TEST(Trainer, HoldsTheSameValidationImagesOutForEverySeedAndTrainsOnNoneOfThem) {
  Dataset dataset = test::noisy_prototypes(200, 6, 4, 1);
  const TrainingSpec spec = test::quick_training(2);
  const ValidationSplit split = split_for_validation(dataset, spec);
  EXPECT_EQ(split.validation.size(), 40U);
  EXPECT_EQ(split.training.size(), 160U);
  std::set<std::uint32_t> all(split.training.indices().begin(), split.training.indices().end());
  all.insert(split.validation.indices().begin(), split.validation.indices().end());
  EXPECT_EQ(all.size(), 200U);
  const auto before = weights_of(train(small_network(), dataset, spec, RandomKey(1)).network);
  for (const std::uint32_t index : split.validation.indices()) {
    for (std::size_t i = 0; i < dataset.image_size(); ++i) dataset.pixels[index * dataset.image_size() + i] = 0;
  }
  EXPECT_EQ(weights_of(train(small_network(), dataset, spec, RandomKey(1)).network), before);
}

TEST(Trainer, StopsEarlyAndReturnsTheBestEpoch) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1, 120.0);
  TrainingSpec spec = test::quick_training(60);
  spec.early_stop_patience = 3;
  const TrainResult result = train(small_network(0.0), dataset, spec, RandomKey(1));
  ASSERT_TRUE(result.stopped_early);
  EXPECT_EQ(result.history.size(), result.best_epoch + 3);
  double best = 0.0;
  for (const EpochRecord& record : result.history) best = std::max(best, *record.validation_accuracy);
  EXPECT_EQ(*result.history[result.best_epoch - 1].validation_accuracy, best);
  const ValidationSplit split = split_for_validation(dataset, spec);
  EXPECT_EQ(evaluate(result.network, split.validation, 1).accuracy, best);
}

TEST_F(TrainerFiles, GoesOnAfterAnInterruptionToTheSameBytes) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1);
  for (const OptimiserSpec& optimiser : {OptimiserSpec(SgdSpec{0.9}), OptimiserSpec(AdamSpec{})}) {
    TrainingSpec spec = test::quick_training(4);
    spec.optimiser = optimiser;
    spec.schedule.shape = ScheduleShape::cosine;
    spec.early_stop_patience = 4;
    const TrainResult whole = train(small_network(), dataset, spec, RandomKey(1));
    TrainOptions options;
    options.checkpoint_file = folder_ / "training.checkpoint";
    StopAfter stop(17);  // in the third of four epochs of 7 steps
    options.progress = &stop;
    EXPECT_THROW(train(small_network(), dataset, spec, RandomKey(1), options), Interrupted);
    StopAfter rest(1000);
    options.progress = &rest;
    options.resume = true;
    const TrainResult resumed = train(small_network(), dataset, spec, RandomKey(1), options);
    EXPECT_THAT(rest.messages, testing::Contains(testing::HasSubstr("after epoch 2 of 4")));
    EXPECT_EQ(weights_of(resumed.network), weights_of(whole.network));
    EXPECT_EQ(resumed.best_epoch, whole.best_epoch);
    ASSERT_EQ(resumed.history.size(), whole.history.size());
    for (std::size_t e = 0; e < whole.history.size(); ++e) {
      EXPECT_EQ(resumed.history[e].training_loss, whole.history[e].training_loss);
      EXPECT_EQ(resumed.history[e].validation_accuracy, whole.history[e].validation_accuracy);
    }
    std::filesystem::remove(*options.checkpoint_file);
  }
}

TEST_F(TrainerFiles, RefusesTheCheckpointOfAnotherRun) {
  const Dataset dataset = test::noisy_prototypes(120, 6, 4, 1);
  TrainingSpec spec = test::quick_training(1);
  TrainOptions options;
  options.checkpoint_file = folder_ / "training.checkpoint";
  options.resume = true;
  train(small_network(), dataset, spec, RandomKey(1), options);
  EXPECT_NO_THROW(train(small_network(), dataset, spec, RandomKey(1), options));
  EXPECT_THROW(train(small_network(), dataset, spec, RandomKey(2), options), UserError);
  EXPECT_THROW(train(small_network(), test::noisy_prototypes(120, 6, 4, 2), spec, RandomKey(1), options), UserError);
  spec.learning_rate *= 2.0;
  EXPECT_THROW(train(small_network(), dataset, spec, RandomKey(1), options), UserError);
}

TEST(Trainer, SaysWhatToDoWhenTheLossDiverges) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1);
  TrainingSpec spec = test::quick_training(30);
  spec.learning_rate = 900.0;
  spec.loss = LossKind::mean_squared;
  // One linear layer: ReLU would die instead.
  const NetworkSpec linear = test::network_spec({6, 6, 1}, {test::dense("output", 4, false, Activation::none)});
  try {
    train(linear, dataset, spec, RandomKey(1));
    FAIL() << "did not diverge";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("lower learning_rate"));
  }
}

TEST(Trainer, StartsFromTheDistributionAskedFor) {
  const NetworkSpec spec = test::network_spec({20, 20, 1}, {test::dense("a", 50, true, Activation::relu)});
  const Network normal = initial_network(spec, {}, RandomKey(1));
  double squares = 0.0;
  for (const float weight : normal.layers[LayerId(0)].weights.values)
    squares += static_cast<double>(weight) * static_cast<double>(weight);
  EXPECT_NEAR(squares / 20000.0, 2.0 / 400.0, 0.0003);
  const Network uniform = initial_network(spec, {InitialisationKind::uniform, 0.01}, RandomKey(1));
  const auto& values = uniform.layers[LayerId(0)].weights.values;
  EXPECT_GE(*std::min_element(values.begin(), values.end()), -0.01F);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), 0.01F);
  EXPECT_LT(*std::min_element(values.begin(), values.end()), -0.009F);
  EXPECT_EQ(uniform.layers[LayerId(0)].bias, std::vector<float>(50, 0.0F));
}

}  // namespace
}  // namespace crossloom
