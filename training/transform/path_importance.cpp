#include "training/transform/path_importance.h"

#include <algorithm>
#include <numeric>

namespace crossloom {
namespace {

using Sums = std::vector<double>;

void scale_to_mean_1(Sums& sums) {
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  if (sum <= 0.0) return;
  const double scale = static_cast<double>(sums.size()) / sum;
  for (double& value : sums) value *= scale;
}

void scale_to_sum_1(std::vector<float>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (sum <= 0.0) return;
  for (float& value : values) value = static_cast<float>(static_cast<double>(value) / sum);
}

double square(float value) { return static_cast<double>(value) * static_cast<double>(value); }

Sums to_outputs(const std::vector<float>& weights, const Sums& inputs, std::size_t outputs) {
  Sums sums(outputs, 0.0);
  for (std::size_t j = 0; j < outputs; ++j) {
    const float* const row = weights.data() + j * inputs.size();
    for (std::size_t i = 0; i < inputs.size(); ++i) sums[j] += square(row[i]) * inputs[i];
  }
  scale_to_mean_1(sums);
  return sums;
}

Sums to_inputs(const std::vector<float>& weights, const Sums& outputs, std::size_t inputs) {
  Sums sums(inputs, 0.0);
  for (std::size_t j = 0; j < outputs.size(); ++j) {
    const float* const row = weights.data() + j * inputs;
    for (std::size_t i = 0; i < inputs; ++i) sums[i] += square(row[i]) * outputs[j];
  }
  scale_to_mean_1(sums);
  return sums;
}

}  // namespace

std::vector<std::uint8_t> varying_inputs(const Dataset& images) {
  const std::size_t inputs = images.image_size();
  std::vector<std::uint8_t> varying(inputs, 0);
  for (std::size_t n = 1; n < images.size(); ++n) {
    for (std::size_t i = 0; i < inputs; ++i) {
      if (images.pixels[n * inputs + i] != images.pixels[i]) varying[i] = 1;
    }
  }
  return varying;
}

std::vector<std::vector<float>> path_importance(const NetworkSpec& network, const TrainedWeights& weights,
                                                const std::vector<std::uint8_t>& varying) {
  const std::size_t layers = network.layers.size();
  std::vector<Sums> before(layers), after(layers);
  if (network.is_chain()) {
    before[0].assign(varying.begin(), varying.end());
    for (std::size_t l = 0; l + 1 < layers; ++l) {
      before[l + 1] = to_outputs(weights.weights(LayerId(l)), before[l], network.layers[LayerId(l)].outputs);
    }
    after[layers - 1].assign(network.layers[LayerId(layers - 1)].outputs, 1.0);
    for (std::size_t l = layers - 1; l > 0; --l) {
      after[l - 1] = to_inputs(weights.weights(LayerId(l)), after[l], before[l].size());
    }
  } else {
    for (std::size_t l = 0; l < layers; ++l) {
      before[l].assign(network.inputs_of(LayerId(l)), 1.0);
      after[l].assign(network.layers[LayerId(l)].outputs, 1.0);
    }
  }
  std::vector<std::vector<float>> importance(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    const std::vector<float>& values = weights.weights(LayerId(l));
    importance[l].resize(values.size());
    const std::size_t inputs = before[l].size();
    for (std::size_t k = 0; k < values.size(); ++k) {
      importance[l][k] = static_cast<float>(square(values[k]) * before[l][k % inputs] * after[l][k / inputs]);
    }
    scale_to_sum_1(importance[l]);
  }
  return importance;
}

}  // namespace crossloom
