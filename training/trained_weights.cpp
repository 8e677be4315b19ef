#include "training/trained_weights.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace crossloom {

TrainedWeights::TrainedWeights(LayerStack& stack, Optimiser& optimiser) : stack_(stack), optimiser_(optimiser) {
  std::size_t parameter = 0;
  for (auto& layer : stack.layers()) {
    weights_.push_back(parameter);
    parameter += layer->parameters().size();
  }
}

const std::vector<float>& TrainedWeights::weights(LayerId layer) const {
  return stack_.layers()[layer.value()]->parameters()[0].values;
}

void TrainedWeights::assign(LayerId layer, const std::vector<float>& values) {
  TrainableLayer& target = *stack_.layers()[layer.value()];
  CROSSLOOM_CHECK(values.size() == target.parameters()[0].values.size(), "one value a weight");
  target.parameters()[0].values = values;
  target.parameters_changed();
}

void TrainedWeights::clear(LayerId layer, const std::vector<std::uint8_t>& keep) {
  TrainableLayer& target = *stack_.layers()[layer.value()];
  std::vector<float>& values = target.parameters()[0].values;
  CROSSLOOM_CHECK(keep.size() == values.size(), "one mask byte a weight");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (keep[i] == 0) values[i] = 0.0F;
  }
  target.parameters_changed();
}

void TrainedWeights::set_live(LayerId layer, std::vector<std::uint8_t> keep) {
  clear(layer, keep);
  optimiser_.set_live(weights_[layer.value()], std::move(keep));
}

std::uint64_t TrainedWeights::non_zero() const {
  std::uint64_t count = 0;
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    const auto& values = weights(LayerId(l));
    count += static_cast<std::uint64_t>(std::count_if(values.begin(), values.end(), [](float w) { return w != 0.0F; }));
  }
  return count;
}

}  // namespace crossloom
