// How a network is trained: everything but the network, the data and the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "base/config_reader.h"

namespace crossloom {

struct SgdSpec {
  double momentum = 0.0;  ///< 0 <= momentum < 1
};
struct AdamSpec {
  double beta1 = 0.9;  ///< defaults: Kingma and Ba, ICLR 2015
  double beta2 = 0.999;
  double epsilon = 1e-8;
};
using OptimiserSpec = std::variant<SgdSpec, AdamSpec>;

enum class ScheduleShape { constant, step, cosine };

/// The learning rate over the run, as a factor of TrainingSpec::learning_rate.
struct ScheduleSpec {
  ScheduleShape shape = ScheduleShape::constant;
  double warmup_epochs = 0.0;  ///< rises linearly from 0 over these
  double step_epochs = 1.0;    ///< step: multiply by step_factor after each so many epochs
  double step_factor = 0.1;
  double final_fraction = 0.0;  ///< cosine: factor reached at the end
};

/// Both are means over the images of a batch, with one-hot targets. mean_squared is half the sum of squares of an
/// image.
enum class LossKind { mean_squared, cross_entropy };

enum class InitialisationKind { he_normal, uniform };
struct InitialisationSpec {
  InitialisationKind kind = InitialisationKind::he_normal;  ///< normal with variance 2 / inputs (He et al., ICCV 2015)
  double range = 0.01;                                      ///< uniform: in [-range, range)
};

/// How each training image is changed in each epoch, drawn anew by image and epoch.
struct AugmentationSpec {
  std::uint32_t shift = 0;  ///< moved by up to so many pixels each way; what comes in is black
  bool flip = false;        ///< half of the images mirrored left to right
};

/// automatic: bf16 where the processor multiplies bf16 natively (AVX512-BF16, AMX), else f32.
enum class PrecisionChoice { automatic, f32, bf16 };

struct TrainingSpec {
  std::uint32_t epochs = 1;
  std::uint32_t batch = 256;
  OptimiserSpec optimiser = SgdSpec{};
  double learning_rate = 0.1;
  ScheduleSpec schedule;
  LossKind loss = LossKind::cross_entropy;
  double weight_decay = 0.0;  ///< SGD: times the weight, added to the gradient; Adam: beside the step, times the rate
  InitialisationSpec initialisation;  ///< biases start at 0
  AugmentationSpec augmentation;
  double input_dropout = 0.0;  ///< share of the inputs dropped while training
  /// Times the dropout of the network's layers. Retraining a pruned network wants less: Han et al. (NeurIPS 2015) scale
  /// with the square root of the density.
  double dropout_scale = 1.0;
  std::uint32_t validation_images = 5000;  ///< held out of the training set, the same for every seed
  std::uint32_t early_stop_patience = 0;   ///< epochs without a better validation accuracy; 0 = train to the end
  PrecisionChoice precision = PrecisionChoice::automatic;
};

/// Reads a `training:` mapping (docs/training.md lists the keys); problems go to the reader.
TrainingSpec read_training_spec(ConfigReader reader);

}  // namespace crossloom
