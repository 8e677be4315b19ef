// Whole trainings of networks with convolutions and batch norms.
#include <filesystem>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/graph_networks.h"
#include "training/evaluate.h"
#include "training/trainer.h"
#include "training/transform/live_weights.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

NetworkSpec small_cnn() {
  return test::spec_from("width: 6, height: 6",
                         "  - {name: conv, conv2d: {outputs: 6, kernel: 3, padding: 1, activation: none}}\n"
                         "  - {name: norm, batch_norm: {activation: relu}}\n"
                         "  - {name: more, conv2d: {outputs: 6, kernel: 3, padding: 1, activation: none}}\n"
                         "  - {name: sum, from: [norm, more], add: {activation: relu, dropout: 0.1}}\n"
                         "  - {name: pool, mean_pool: {size: 2}}\n"
                         "  - {name: output, dense: {outputs: 4, activation: none}}\n"
                         "  - {name: share, softmax: {}}\n");
}

std::string bytes_of(const Network& network) { return to_archive(network).to_bytes(); }

class StopAfter final : public ProgressSink {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  void update(const std::string&, std::uint64_t, std::uint64_t, const std::string&) override {
    if (--left_ == 0) throw Interrupted();
  }
  void message(const std::string&) override {}

 private:
  int left_;
};

TEST(GraphTrainer, LearnsATinySetAndKeepsItsAccuracyOnceBatchNormsAreFolded) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1);
  const TrainResult result = train(small_cnn(), dataset, test::quick_training(6), RandomKey(1));
  EXPECT_GE(*result.history.back().validation_accuracy, 0.95);
  const Network folded = fold_batch_norm(result.network);
  EXPECT_TRUE(folded.batch_norms.empty());
  EXPECT_EQ(evaluate(folded, dataset, 2).accuracy, evaluate(result.network, dataset, 2).accuracy);
}

TEST(GraphTrainer, GivesTheSameBytesWithOneAndWithTwoThreads) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1);
  TrainingSpec spec = test::quick_training(2);
  spec.augmentation = {1, true};
  TrainOptions two;
  two.threads = 2;
  EXPECT_EQ(bytes_of(train(small_cnn(), dataset, spec, RandomKey(1)).network),
            bytes_of(train(small_cnn(), dataset, spec, RandomKey(1), two).network));
}

TEST(GraphTrainer, GoesOnAfterAnInterruptionToTheSameBytes) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("crossloom-graph-trainer-" + std::to_string(getpid()));
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1, 120.0);
  TrainingSpec spec = test::quick_training(4);
  spec.augmentation = {1, true};
  spec.early_stop_patience = 4;
  const TrainResult whole = train(small_cnn(), dataset, spec, RandomKey(1));
  TrainOptions options;
  options.checkpoint_file = file;
  StopAfter stop(17);  // in the third of four epochs of 7 steps
  options.progress = &stop;
  EXPECT_THROW(train(small_cnn(), dataset, spec, RandomKey(1), options), Interrupted);
  options.progress = &no_progress();
  options.resume = true;
  EXPECT_EQ(bytes_of(train(small_cnn(), dataset, spec, RandomKey(1), options).network), bytes_of(whole.network));
  spec.augmentation.flip = false;
  EXPECT_THROW(train(small_cnn(), dataset, spec, RandomKey(1), options), UserError);
  std::filesystem::remove(file);
}

TEST(GraphTrainer, ReturnsTheRunningAveragesOfTheBestEpoch) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1, 120.0);
  TrainingSpec spec = test::quick_training(40);
  spec.early_stop_patience = 3;
  const TrainResult result = train(small_cnn(), dataset, spec, RandomKey(1));
  ASSERT_TRUE(result.stopped_early);
  const ValidationSplit split = split_for_validation(dataset, spec);
  EXPECT_EQ(evaluate(result.network, split.validation, 1).accuracy,
            *result.history[result.best_epoch - 1].validation_accuracy);
}

TEST(GraphTrainer, RefusesSoftmaxWithAnotherLossThanCrossEntropy) {
  TrainingSpec spec = test::quick_training(1);
  spec.loss = LossKind::mean_squared;
  EXPECT_THROW(train(small_cnn(), test::noisy_prototypes(120, 6, 4, 1), spec, RandomKey(1)), UserError);
}

TEST(GraphTransform, PrunesConvolutionsLikeDenseLayers) {
  const Dataset dataset = test::noisy_prototypes(240, 6, 4, 1);
  const TrainingSpec training = test::quick_training(2);
  const Network dense = train(small_cnn(), dataset, training, RandomKey(1)).network;
  MagnitudeSpec spec;
  DensityThreshold density;
  density.density.common = 0.3;
  density.pruning_epochs = 1;
  spec.threshold = density;
  spec.fine_tune_epochs = 1;
  const Network pruned = transform(dense, dataset, spec, {64, 64}, training, RandomKey(2)).network;
  EXPECT_TRUE(network_faults(pruned).empty());
  for (std::size_t l = 0; l < 3; ++l) {
    const auto all = static_cast<double>(dense.synapses(LayerId(l)));
    EXPECT_NEAR(static_cast<double>(pruned.synapses(LayerId(l))), 0.3 * all, 0.02 * all + 1.0);
    EXPECT_FALSE(pruned.layers[LayerId(l)].blocks.empty());
  }
}

TEST(DeadUnits, AreFoundThroughPoolsWithoutChangingAnOutput) {
  const NetworkSpec spec = test::spec_from("width: 8, height: 8, channels: 2",
                                           "  - {name: a, conv2d: {outputs: 10, kernel: 3}}\n"
                                           "  - {name: p, mean_pool: {size: 2}}\n"
                                           "  - {name: b, conv2d: {outputs: 10, kernel: 2}}\n"
                                           "  - {name: z, dense: {outputs: 3, activation: none}}\n");
  std::uint64_t removed = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Network before = test::random_network(spec, seed, 1.0);
    RandomStream stream(RandomKey(seed).child("sparse"));
    for (Layer& layer : before.layers) {
      for (float& weight : layer.weights.values) {
        if (stream.below(30) != 0) weight = 0.0F;
      }
    }
    mark_non_zero_live(before);
    Network after = before;
    removed += remove_dead_units(after);
    EXPECT_TRUE(network_faults(after).empty());
    std::vector<float> image;
    for (int i = 0; i < 128; ++i) image.push_back(static_cast<float>(stream.uniform()));
    EXPECT_EQ(forward(before, image).back(), forward(after, image).back());
  }
  EXPECT_GT(removed, 10U);
}

}  // namespace
}  // namespace crossloom
