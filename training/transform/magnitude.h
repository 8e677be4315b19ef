// Pruning of the smallest weights, with retraining.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/config_reader.h"
#include "models/network.h"
#include "training/training_spec.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// One value for all layers, and other values for some by name.
struct LayerValue {
  double common = 0.0;
  std::map<std::string, double> by_layer;
  [[nodiscard]] double of(const std::string& layer) const;
};

/// The value at `key`, and those of the layers named under `by_layer`.
LayerValue read_layer_value(ConfigReader reader, const char* key, RealRange range);

/// An absolute threshold a layer, 0 at first. After every epoch weights below it become 0, and it rises by `step` if
/// the loss over the training images fell in that epoch. Until the fine-tuning, zeroed weights may grow again within an
/// epoch (TraNNsformer, Ankit et al., ICCAD 2017, as in its authors' code).
struct RampThreshold {
  LayerValue step;
};
/// Once, before retraining: weights below quality x standard deviation of the layer's live weights go for good
/// (Han et al., NeurIPS 2015).
struct DeviationThreshold {
  LayerValue quality;
};
/// The share `density` of each layer's weights remains: the smallest go for good before each of `pruning_epochs`
/// epochs, the removed share following 1 - (1 - t)^3 (Zhu and Gupta, arXiv 1710.01878).
struct DensityThreshold {
  LayerValue density;
  std::uint32_t pruning_epochs = 1;
};

struct MagnitudeSpec {
  std::variant<RampThreshold, DeviationThreshold, DensityThreshold> threshold;
  /// The last so many epochs of the retraining keep the mask fixed.
  std::uint32_t fine_tune_epochs = 0;
  bool remove_dead_units = true;
  /// Epochs, rates and so on of the retraining; without it, as the network was trained.
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: magnitude`; problems go to the reader.
MagnitudeSpec read_magnitude_spec(ConfigReader reader);

/// Live weights marked, one block a layer: live rows x live columns.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const MagnitudeSpec& spec);

}  // namespace crossloom
