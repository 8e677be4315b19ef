#include "training/guided_weights.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace crossloom {
namespace {

/// Elements for which a gradient is changed at a time; their copy stays in the first-level cache.
constexpr std::size_t kPiece = 1024;

}  // namespace

GuidedWeights::GuidedWeights(const LayerStack& stack, GradientSink& optimiser) : optimiser_(optimiser) {
  const std::size_t layers = stack.layers().size();
  for (std::size_t l = 0; l < layers; ++l) {
    layer_of_.push_back(l);
    layer_of_.resize(layer_of_.size() + stack.layers()[l]->parameters().size() - 1, layers);
  }
  layer_of_.resize(stack.parameters().size(), layers);
}

void GuidedWeights::begin_step(const WeightGuides& guides) { guides_ = &guides; }

const WeightGuide* GuidedWeights::guide_of(std::size_t parameter) const {
  const std::size_t layer = layer_of_[parameter];
  return guides_ != nullptr && layer < guides_->size() ? &(*guides_)[layer] : nullptr;
}

void GuidedWeights::take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient,
                         float* values) {
  const WeightGuide* const guide = guide_of(parameter);
  if (guide == nullptr || (guide->pull == 0.0 && guide->held.empty())) {
    optimiser_.take(parameter, first, count, gradient, values);
    return;
  }
  CROSSLOOM_CHECK(guide->pull == 0.0 || guide->target.size() >= first + count, "one target a weight");
  std::array<float, kPiece> drawn;  // the gradient with the pull
  std::array<float, kPiece> before;
  const auto pull = static_cast<float>(guide->pull);
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t size = std::min(kPiece, count - begin);
    for (std::size_t k = 0; k < size; ++k) {
      before[k] = values[begin + k];
      drawn[k] = gradient[begin + k];
      if (guide->pull != 0.0) drawn[k] += pull * (before[k] - guide->target[first + begin + k]);
    }
    optimiser_.take(parameter, first + begin, size, drawn.data(), values + begin);
    if (guide->held.empty()) continue;
    for (std::size_t k = 0; k < size; ++k) {
      if (guide->held[first + begin + k] != 0) values[begin + k] = before[k];
    }
  }
}

}  // namespace crossloom
