// Small networks and data sets for the trainer's tests, and a gradient sink that only listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/trainable_layer.h"
#include "training/training_spec.h"

namespace crossloom::test {

inline DenseLayerSpec dense(const std::string& name, std::uint32_t outputs, bool bias, Activation activation,
                            double dropout = 0.0) {
  DenseLayerSpec spec;
  spec.name = name;
  spec.outputs = outputs;
  spec.bias = bias;
  spec.activation = activation;
  spec.dropout = dropout;
  return spec;
}

inline NetworkSpec network_spec(ImageShape input, const std::vector<DenseLayerSpec>& layers) {
  NetworkSpec spec;
  spec.name = "tiny";
  spec.input = input;
  for (const DenseLayerSpec& layer : layers) spec.layers.push_back(layer);
  return spec;
}

/// Every weight and bias drawn from a normal distribution of the given deviation.
inline Network random_network(const NetworkSpec& spec, std::uint64_t seed, double deviation) {
  Network network = make_network(spec);
  RandomStream stream{RandomKey(seed)};
  for (Layer& layer : network.layers) {
    for (float& weight : layer.weights.values) weight = static_cast<float>(deviation * stream.normal());
    for (float& bias : layer.bias) bias = static_cast<float>(deviation * stream.normal());
  }
  return network;
}

/// Images of noise around one prototype a class, so that they can be learned.
inline Dataset noisy_prototypes(std::size_t images, std::size_t side, std::size_t classes, std::uint64_t seed,
                                double noise = 40.0) {
  Dataset dataset;
  dataset.name = "prototypes";
  dataset.width = dataset.height = side;
  dataset.channels = 1;
  dataset.classes = classes;
  const RandomField prototypes{RandomKey(77).child("prototypes")};
  RandomStream stream{RandomKey(seed)};
  for (std::size_t n = 0; n < images; ++n) {
    const auto label = static_cast<std::uint32_t>(n % classes);
    dataset.labels.push_back(static_cast<std::uint8_t>(label));
    for (std::uint32_t i = 0; i < side * side; ++i) {
      const double value = 255.0 * prototypes.uniform(label, i, 0) + noise * stream.normal();
      dataset.pixels.push_back(static_cast<std::uint8_t>(value < 0.0 ? 0.0 : value > 255.0 ? 255.0 : value));
    }
  }
  return dataset;
}

/// Keeps what it is given and changes nothing.
class RecordingSink final : public GradientSink {
 public:
  explicit RecordingSink(const std::vector<std::size_t>& sizes) {
    for (const std::size_t size : sizes) {
      gradients.emplace_back(size, 0.0F);
      times_taken.emplace_back(size, 0);
    }
  }
  void take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient,
            float* /*values*/) override {
    for (std::size_t i = 0; i < count; ++i) {
      gradients[parameter][first + i] = gradient[i];
      ++times_taken[parameter][first + i];
    }
  }
  std::vector<std::vector<float>> gradients;
  std::vector<std::vector<int>> times_taken;
};

/// Settings under which a tiny network learns in a few epochs.
inline TrainingSpec quick_training(std::uint32_t epochs) {
  TrainingSpec spec;
  spec.epochs = epochs;
  spec.batch = 32;
  spec.optimiser = SgdSpec{0.9};
  spec.learning_rate = 0.05;
  spec.validation_images = 40;
  spec.precision = PrecisionChoice::f32;
  return spec;
}

}  // namespace crossloom::test
