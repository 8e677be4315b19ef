#include "training/transform/transform.h"

namespace crossloom {
namespace {

/// One call a method; a method without one does not compile.
struct Apply {
  const Network& dense;
  const Dataset& images;
  ArraySize array;
  const TrainingSpec& training;
  RandomKey key;
  const TrainOptions& options;

  TransformResult operator()(const NoneSpec&) const { return {keep_all_weights(dense), {}}; }
  TransformResult operator()(const MagnitudeSpec& spec) const {
    TrainResult result = prune_by_magnitude(dense, images, spec, training, key, options);
    return {std::move(result.network), std::move(result.history)};
  }
  TransformResult operator()(const ArraySparsitySpec& spec) const {
    TrainResult result = keep_whole_arrays(dense, images, spec, array, training, key, options);
    return {std::move(result.network), std::move(result.history)};
  }
};

}  // namespace

TransformResult transform(const Network& dense, const Dataset& training_images, const TransformSpec& spec,
                          ArraySize array, const TrainingSpec& training, RandomKey key, const TrainOptions& options) {
  return std::visit(Apply{dense, training_images, array, training, key, options}, spec);
}

}  // namespace crossloom
