// Quantisation of a network's weights and activations while it is trained on.
#pragma once

#include <memory>
#include <optional>

#include "base/config_reader.h"
#include "training/training_spec.h"
#include "training/transform/activation_formats.h"
#include "training/transform/weight_levels.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

enum class ScaleOf { layer, channel };

/// Method `quantise`: in every step the passes see each weight at its nearest level, and the gradients found there
/// change the weight itself (the straight-through estimator, Bengio et al., arXiv 1308.3432); at the end the levels
/// stay. Scales (the weight of the outermost level) are those of least squared error, found anew for every epoch and at
/// the end. Masks and blocks stay; without blocks a layer becomes one. Activations are those of the network that it is
/// given, which has their formats (with_activation_formats).
struct QuantiseSpec {
  std::optional<WeightLevels> levels;  ///< of the weights; none: they stay as they are, and there are activations
  ScaleOf scale = ScaleOf::layer;      ///< channel: each output (of a convolution: output channel) has its own
  std::optional<ActivationBits> activations;  ///< rounded while it is trained on, too
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: quantise`; problems go to the reader.
QuantiseSpec read_quantise_spec(ConfigReader reader);

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const QuantiseSpec& spec);

}  // namespace crossloom
