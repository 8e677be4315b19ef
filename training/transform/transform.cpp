#include "training/transform/transform.h"

#include <fmt/format.h>

#include "training/transform/retraining.h"

namespace crossloom {
namespace {

/// A method without make_method does not compile.
struct Apply {
  const Network& dense;
  const Dataset& images;
  ArraySize array;
  const TrainingSpec& training;
  RandomKey key;
  const TrainOptions& options;

  TransformResult operator()(const NoneSpec&) const { return {keep_all_weights(dense), {}}; }
  TransformResult operator()(const SequenceSpec& spec) const {
    TransformResult result{dense, {}};
    std::vector<std::filesystem::path> checkpoints;
    for (std::size_t k = 0; k < spec.steps.size(); ++k) {
      TrainOptions own = options;
      if (own.checkpoint_file) {
        // Of a step that is done too, until all are: resuming goes through it again.
        own.checkpoint_file->concat(fmt::format(".step{}", k));
        checkpoints.push_back(*own.checkpoint_file);
      }
      const Network start = std::move(result.network);
      TransformResult next =
          std::visit(Apply{start, images, array, training, key.child("steps").child(k), own}, spec.steps[k]);
      result.network = std::move(next.network);
      result.history.insert(result.history.end(), next.history.begin(), next.history.end());
    }
    for (const auto& checkpoint : checkpoints) std::filesystem::remove(checkpoint);
    return result;
  }
  TransformResult operator()(const QuantiseSpec& spec) const {
    if (!spec.activations) return retrained(dense, spec);
    const ValidationSplit split = split_for_validation(images, training);
    return retrained(with_activation_formats(dense, split.training, *spec.activations, *options.progress), spec);
  }
  template <class Spec>
  TransformResult operator()(const Spec& spec) const {
    return retrained(dense, spec);
  }

 private:
  template <class Spec>
  TransformResult retrained(const Network& start, const Spec& spec) const {
    const TrainingSpec retraining = retraining_of(own_retraining(spec), training);
    const MethodInputs inputs{start,
                              images,
                              array,
                              retraining.epochs,
                              key,
                              all_layers(start.spec),
                              training.validation_images,
                              options.threads,
                              options.progress};
    const std::unique_ptr<TransformMethod> method = make_method(inputs, spec);
    TrainResult result = retrain(start, images, retraining, key, options, *method, name_of(TransformSpec(spec)));
    return {std::move(result.network), std::move(result.history)};
  }
};

}  // namespace

TransformResult transform(const Network& dense, const Dataset& training_images, const TransformSpec& spec,
                          ArraySize array, const TrainingSpec& training, RandomKey key, const TrainOptions& options) {
  return std::visit(Apply{dense, training_images, array, training, key, options}, spec);
}

}  // namespace crossloom
