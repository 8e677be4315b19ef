// Steps in which weights are drawn towards a target or held where they are, besides learning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "training/layer_stack.h"

namespace crossloom {

/// For one layer's weights, in the trainer's order.
struct WeightGuide {
  /// Adds pull / 2 |W - target|^2 to the loss, that is pull (W - target) to the gradient; 0 = nothing.
  double pull = 0.0;
  std::vector<float> target;
  /// 1 = the weight keeps its value, whatever gradient, decay and momentum say; empty = none does.
  std::vector<std::uint8_t> held;
};
/// By layer; empty where no layer has one.
using WeightGuides = std::vector<WeightGuide>;

/// Stands between the layers and the optimiser. The stack's layers, the sink and the guides must outlive the steps.
class GuidedWeights final : public GradientSink {
 public:
  GuidedWeights(const LayerStack& stack, GradientSink& optimiser);
  void begin_step(const WeightGuides& guides);
  void take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient, float* values) override;

 private:
  [[nodiscard]] const WeightGuide* guide_of(std::size_t parameter) const;

  GradientSink& optimiser_;
  std::vector<std::size_t> layer_of_;  // by parameter; layers() where it is no layer's weights
  const WeightGuides* guides_ = nullptr;
};

}  // namespace crossloom
