#include "training/training_spec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

TrainingSpec read(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "training.yaml");
  const TrainingSpec spec = read_training_spec(document.root());
  document.finish();
  return spec;
}

std::string problems_of(const std::string& text) {
  try {
    read(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(TrainingSpec, ReadsEveryKey) {
  const TrainingSpec spec = read(R"(
epochs: 7
batch: 64
optimiser: {method: adam, beta1: 0.8, beta2: 0.99, epsilon: 1.0e-6}
learning_rate: 0.25
schedule: {shape: step, warmup_epochs: 0.5, step_epochs: 2, step_factor: 0.3}
loss: mean_squared
weight_decay: 0.001
initialisation: {method: uniform, range: 0.02}
augmentation: {shift: 2, flip: true}
input_dropout: 0.2
dropout_scale: 0.5
validation_images: 100
early_stop_patience: 3
precision: bf16
)");
  EXPECT_EQ(spec.epochs, 7U);
  EXPECT_EQ(spec.batch, 64U);
  EXPECT_EQ(std::get<AdamSpec>(spec.optimiser).beta1, 0.8);
  EXPECT_EQ(std::get<AdamSpec>(spec.optimiser).beta2, 0.99);
  EXPECT_EQ(std::get<AdamSpec>(spec.optimiser).epsilon, 1e-6);
  EXPECT_EQ(spec.learning_rate, 0.25);
  EXPECT_EQ(spec.augmentation.shift, 2U);
  EXPECT_TRUE(spec.augmentation.flip);
  EXPECT_EQ(spec.schedule.shape, ScheduleShape::step);
  EXPECT_EQ(spec.schedule.warmup_epochs, 0.5);
  EXPECT_EQ(spec.schedule.step_epochs, 2.0);
  EXPECT_EQ(spec.schedule.step_factor, 0.3);
  EXPECT_EQ(spec.loss, LossKind::mean_squared);
  EXPECT_EQ(spec.weight_decay, 0.001);
  EXPECT_EQ(spec.initialisation.kind, InitialisationKind::uniform);
  EXPECT_EQ(spec.initialisation.range, 0.02);
  EXPECT_EQ(spec.input_dropout, 0.2);
  EXPECT_EQ(spec.dropout_scale, 0.5);
  EXPECT_EQ(spec.validation_images, 100U);
  EXPECT_EQ(spec.early_stop_patience, 3U);
  EXPECT_EQ(spec.precision, PrecisionChoice::bf16);
}

TEST(TrainingSpec, NeedsOnlyEpochsAndALearningRate) {
  const TrainingSpec spec = read("{epochs: 1, learning_rate: 0.1}");
  EXPECT_EQ(std::get<SgdSpec>(spec.optimiser).momentum, 0.0);
  EXPECT_EQ(spec.loss, LossKind::cross_entropy);
  EXPECT_EQ(spec.precision, PrecisionChoice::automatic);
}

TEST(TrainingSpec, NamesWhatIsWrong) {
  using testing::HasSubstr;
  EXPECT_THAT(problems_of("{epochs: 1}"), HasSubstr("learning_rate"));
  EXPECT_THAT(problems_of("{epochs: 0, learning_rate: 0.1}"), HasSubstr("epochs"));
  EXPECT_THAT(problems_of("{epochs: 1, learning_rate: 0.1, loss: hinge}"), HasSubstr("cross_entropy"));
  EXPECT_THAT(problems_of("{epochs: 1, learning_rate: 0.1, optimiser: {method: sgd, beta1: 0.9}}"), HasSubstr("beta1"));
  EXPECT_THAT(problems_of("{epochs: 1, learning_rate: 0.1, schedule: {shape: step}}"), HasSubstr("step_epochs"));
  EXPECT_THAT(problems_of("{epochs: 1, learning_rate: 0.1, early_stop_patience: 2, validation_images: 0}"),
              HasSubstr("validation_images"));
}

}  // namespace
}  // namespace crossloom
