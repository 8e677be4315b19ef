// Steps whose passes see other weights than those that are trained.
#pragma once

#include <cstddef>
#include <vector>

#include "training/layer_stack.h"

namespace crossloom {

/// What is added to each layer's weights in the passes: by layer, in the trainer's order (one row of inputs an output).
/// Empty, or empty for a layer, where nothing is.
using WeightDeltas = std::vector<std::vector<float>>;

/// Stands between the layers and the optimiser for one step: forward and backward passes see weights + deltas, the
/// gradients found there change the weights themselves (the straight-through estimator, Bengio et al., arXiv
/// 1308.3432). The stack, the sink and the deltas must outlive the step.
class DisturbedWeights final : public GradientSink {
 public:
  DisturbedWeights(LayerStack& stack, GradientSink& optimiser);
  /// Adds the deltas; until every gradient of the step was taken the layers hold the sums.
  void begin_step(const WeightDeltas& deltas);
  /// Restores the weights of the part, bit for bit, and passes them on.
  void take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient, float* values) override;

 private:
  LayerStack& stack_;
  GradientSink& optimiser_;
  std::vector<std::size_t> layer_of_;        // by parameter; layers() where it is no layer's weights
  std::vector<std::vector<float>> weights_;  // by layer, while sums stand in their place
};

}  // namespace crossloom
