#include "training/disturbed_weights.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {

DisturbedWeights::DisturbedWeights(LayerStack& stack, GradientSink& optimiser)
    : stack_(stack), optimiser_(optimiser), weights_(stack.layers().size()) {
  const std::size_t layers = stack.layers().size();
  for (std::size_t l = 0; l < layers; ++l) {
    layer_of_.push_back(l);
    layer_of_.resize(layer_of_.size() + stack.layers()[l]->parameters().size() - 1, layers);
  }
  layer_of_.resize(stack.parameters().size(), layers);
}

void DisturbedWeights::begin_step(const WeightDeltas& deltas) {
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    weights_[l].clear();
    if (l >= deltas.size() || deltas[l].empty()) continue;
    TrainableLayer& layer = *stack_.layers()[l];
    std::vector<float>& values = layer.parameters().front().values;
    CROSSLOOM_CHECK(values.size() == deltas[l].size(), "one delta a weight");
    weights_[l] = values;
    std::transform(values.begin(), values.end(), deltas[l].begin(), values.begin(), std::plus<>());
    layer.parameters_changed();
  }
}

void DisturbedWeights::take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient,
                            float* values) {
  const std::size_t layer = layer_of_[parameter];
  if (layer < weights_.size() && !weights_[layer].empty()) {
    std::copy_n(weights_[layer].begin() + static_cast<std::ptrdiff_t>(first), count, values);
  }
  optimiser_.take(parameter, first, count, gradient, values);
}

}  // namespace crossloom
