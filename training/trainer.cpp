#include "training/trainer.h"

#include <cmath>

#include "training/training_run.h"

namespace crossloom {

ValidationSplit split_for_validation(const Dataset& dataset, const TrainingSpec& spec) {
  return hold_out(dataset, spec.validation_images, HoldOut::stratified, RandomKey(0).child("validation images"));
}

Network initial_network(const NetworkSpec& spec, const InitialisationSpec& initialisation, RandomKey key) {
  Network network = make_network(spec);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    Matrix& weights = network.layers[LayerId(l)].weights;
    const RandomField field(key.child("initialisation").child(l));
    const double deviation = std::sqrt(2.0 / static_cast<double>(weights.rows));
    for (std::uint32_t i = 0; i < weights.rows; ++i) {
      for (std::uint32_t j = 0; j < weights.columns; ++j) {
        const double value = initialisation.kind == InitialisationKind::he_normal
                                 ? deviation * field.normal(i, j, 0)
                                 : initialisation.range * (2.0 * field.uniform(i, j, 0) - 1.0);
        weights.at(i, j) = static_cast<float>(value);
      }
    }
  }
  return network;
}

TrainResult train(const NetworkSpec& spec, const Dataset& training_images, const TrainingSpec& training, RandomKey key,
                  const TrainOptions& options) {
  return run_training(initial_network(spec, training.initialisation, key), training_images, training, key, options,
                      nullptr);
}

}  // namespace crossloom
