// Turns gradients into changed weights, part by part, while they are still in the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/archive.h"
#include "training/trainable_layer.h"
#include "training/training_spec.h"

namespace crossloom {

/// State of SGD with momentum or Adam for the parameters of one network. Never writes a gradient. Biases do not decay.
class Optimiser final : public GradientSink {
 public:
  /// `sizes` and `decays` are those of the parameters in the network's order.
  Optimiser(const TrainingSpec& spec, const std::vector<std::size_t>& sizes, const std::vector<bool>& decays);

  /// Before the gradients of a step; `rate` is the learning rate of this step.
  void begin_step(double rate);
  void take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient, float* values) override;

  /// Weights that are not live stay 0, and so do their moments. Empty = all live.
  void set_live(std::size_t parameter, std::vector<std::uint8_t> live);
  [[nodiscard]] const std::vector<std::uint8_t>& live(std::size_t parameter) const { return live_[parameter]; }

  void save(Archive& archive) const;
  /// Throws UserError where the arrays are missing or of other sizes.
  void restore(const Archive& archive);

 private:
  OptimiserSpec spec_;
  double weight_decay_;
  std::vector<bool> decays_;
  double rate_ = 0.0;
  std::uint64_t steps_ = 0;
  std::vector<std::vector<float>> first_moments_, second_moments_;
  std::vector<std::vector<std::uint8_t>> live_;
};

}  // namespace crossloom
