#include "training/training_spec.h"

namespace crossloom {
namespace {

constexpr double kLargestRate = 1000.0;

enum class OptimiserKind { sgd, adam };

OptimiserSpec read_optimiser(ConfigReader reader) {
  const auto kind =
      reader.choice<OptimiserKind>("method", {{"sgd", OptimiserKind::sgd}, {"adam", OptimiserKind::adam}});
  if (kind == OptimiserKind::sgd) return SgdSpec{reader.real_or("momentum", 0.0, {0.0, 0.9999})};
  AdamSpec adam;
  adam.beta1 = reader.real_or("beta1", adam.beta1, {0.0, 0.999999});
  adam.beta2 = reader.real_or("beta2", adam.beta2, {0.0, 0.999999});
  adam.epsilon = reader.real_or("epsilon", adam.epsilon, {1e-12, 1.0});
  return adam;
}

ScheduleSpec read_schedule(ConfigReader reader) {
  ScheduleSpec schedule;
  schedule.shape = reader.choice<ScheduleShape>(
      "shape",
      {{"constant", ScheduleShape::constant}, {"step", ScheduleShape::step}, {"cosine", ScheduleShape::cosine}});
  schedule.warmup_epochs = reader.real_or("warmup_epochs", 0.0, {0.0, 1e6});
  if (schedule.shape == ScheduleShape::step) {
    schedule.step_epochs = reader.real("step_epochs", {1e-3, 1e6});
    schedule.step_factor = reader.real_or("step_factor", schedule.step_factor, {0.0, 1.0});
  }
  if (schedule.shape == ScheduleShape::cosine) {
    schedule.final_fraction = reader.real_or("final_fraction", 0.0, {0.0, 1.0});
  }
  return schedule;
}

InitialisationSpec read_initialisation(ConfigReader reader) {
  InitialisationSpec initialisation;
  initialisation.kind = reader.choice<InitialisationKind>(
      "method", {{"he_normal", InitialisationKind::he_normal}, {"uniform", InitialisationKind::uniform}});
  if (initialisation.kind == InitialisationKind::uniform) {
    initialisation.range = reader.real("range", {1e-9, 100.0});
  }
  return initialisation;
}

AugmentationSpec read_augmentation(ConfigReader reader) {
  AugmentationSpec augmentation;
  augmentation.shift = static_cast<std::uint32_t>(reader.integer_or("shift", 0, {0, 1024}));
  augmentation.flip = reader.boolean_or("flip", false);
  return augmentation;
}

}  // namespace

TrainingSpec read_training_spec(ConfigReader reader) {
  TrainingSpec spec;
  spec.epochs = static_cast<std::uint32_t>(reader.integer("epochs", {1, 100000}));
  spec.batch = static_cast<std::uint32_t>(reader.integer_or("batch", spec.batch, {1, 65536}));
  spec.learning_rate = reader.real("learning_rate", {0.0, kLargestRate});
  if (auto optimiser = reader.optional_section("optimiser")) spec.optimiser = read_optimiser(*optimiser);
  if (auto schedule = reader.optional_section("schedule")) spec.schedule = read_schedule(*schedule);
  spec.loss = reader.choice_or<LossKind>(
      "loss", spec.loss, {{"mean_squared", LossKind::mean_squared}, {"cross_entropy", LossKind::cross_entropy}});
  spec.weight_decay = reader.real_or("weight_decay", 0.0, {0.0, 10.0});
  if (auto initialisation = reader.optional_section("initialisation")) {
    spec.initialisation = read_initialisation(*initialisation);
  }
  if (auto augmentation = reader.optional_section("augmentation")) {
    spec.augmentation = read_augmentation(*augmentation);
  }
  spec.input_dropout = reader.real_or("input_dropout", 0.0, {0.0, 0.99});
  spec.dropout_scale = reader.real_or("dropout_scale", spec.dropout_scale, {0.0, 1.0});
  spec.validation_images =
      static_cast<std::uint32_t>(reader.integer_or("validation_images", spec.validation_images, {0, 10000000}));
  spec.early_stop_patience = static_cast<std::uint32_t>(reader.integer_or("early_stop_patience", 0, {0, 100000}));
  if (spec.early_stop_patience > 0 && spec.validation_images == 0) {
    reader.problem("early_stop_patience", "stopping early needs validation_images above 0");
  }
  spec.precision = reader.choice_or<PrecisionChoice>(
      "precision", spec.precision,
      {{"auto", PrecisionChoice::automatic}, {"f32", PrecisionChoice::f32}, {"bf16", PrecisionChoice::bf16}});
  return spec;
}

}  // namespace crossloom
