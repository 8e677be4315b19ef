#include "training/transform/transform.h"

#include "training/transform/retraining.h"

namespace crossloom {
namespace {

const char* name_of(const MagnitudeSpec&) { return "magnitude"; }
const char* name_of(const ArraySparsitySpec&) { return "array"; }
const char* name_of(const GroupLassoSpec&) { return "group"; }
const char* name_of(const TrannsformerSpec&) { return "trannsformer"; }
const char* name_of(const TrannsformerPublishedSpec&) { return "trannsformer-published"; }
const char* name_of(const OfflineSpec&) { return "offline"; }
const char* name_of(const AutoNcsMethodSpec&) { return "autoncs"; }
const char* name_of(const MixedSpec&) { return "mixed"; }

/// A method without make_method does not compile.
struct Apply {
  const Network& dense;
  const Dataset& images;
  ArraySize array;
  const TrainingSpec& training;
  RandomKey key;
  const TrainOptions& options;

  TransformResult operator()(const NoneSpec&) const { return {keep_all_weights(dense), {}}; }
  template <class Spec>
  TransformResult operator()(const Spec& spec) const {
    const TrainingSpec retraining = retraining_of(own_retraining(spec), training);
    const MethodInputs inputs{dense, images, array, retraining.epochs, key, all_layers(dense.spec)};
    const std::unique_ptr<TransformMethod> method = make_method(inputs, spec);
    TrainResult result = retrain(dense, images, retraining, key, options, *method, name_of(spec));
    return {std::move(result.network), std::move(result.history)};
  }
};

}  // namespace

TransformResult transform(const Network& dense, const Dataset& training_images, const TransformSpec& spec,
                          ArraySize array, const TrainingSpec& training, RandomKey key, const TrainOptions& options) {
  return std::visit(Apply{dense, training_images, array, training, key, options}, spec);
}

}  // namespace crossloom
