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
    return result(prune_by_magnitude(dense, images, spec, training, key, options));
  }
  TransformResult operator()(const ArraySparsitySpec& spec) const {
    return result(keep_whole_arrays(dense, images, spec, array, training, key, options));
  }
  TransformResult operator()(const GroupLassoSpec& spec) const {
    return result(delete_groups(dense, images, spec, array, training, key, options));
  }
  TransformResult operator()(const TrannsformerSpec& spec) const {
    return result(prune_and_cluster(dense, images, spec, array, training, key, options));
  }
  TransformResult operator()(const TrannsformerPublishedSpec& spec) const {
    return result(prune_and_cluster_as_published(dense, images, spec, array, training, key, options));
  }
  TransformResult operator()(const OfflineSpec& spec) const {
    return result(cluster_offline(dense, images, spec, array, training, key, options));
  }
  TransformResult operator()(const AutoNcsMethodSpec& spec) const {
    return result(cluster_as_autoncs(dense, images, spec, array, training, key, options));
  }

  static TransformResult result(TrainResult trained) {
    return {std::move(trained.network), std::move(trained.history)};
  }
};

}  // namespace

TransformResult transform(const Network& dense, const Dataset& training_images, const TransformSpec& spec,
                          ArraySize array, const TrainingSpec& training, RandomKey key, const TrainOptions& options) {
  return std::visit(Apply{dense, training_images, array, training, key, options}, spec);
}

}  // namespace crossloom
