#include "training/transform/clustered_after.h"

#include "training/transform/array_sparsity.h"
#include "training/transform/retraining.h"

namespace crossloom {

void set_clustered_blocks(Layer& layer, const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array) {
  layer.blocks.clear();
  for (Block& block : blocks_of(matrix, clustering, array.columns)) {
    if (block.leftover) {
      layer.blocks.push_back(std::move(block));
      continue;
    }
    for (Block& piece : pieces_of(layer, {block}, array.rows, array.columns)) layer.blocks.push_back(std::move(piece));
  }
}

PublishedDefects read_published_defects(ConfigReader reader, bool published) {
  PublishedDefects defects{published, published, published};
  if (auto switches = reader.optional_section("clustering_defects")) {
    defects.shifted_labels = switches->boolean_or("shifted_labels", published);
    defects.summed_size_limit = switches->boolean_or("summed_size_limit", published);
    defects.fixed_parts = switches->boolean_or("fixed_parts", published);
  }
  return defects;
}

namespace {

/// A transformation of method magnitude, so that a variant's own file can stand here.
MagnitudeSpec read_pruning(ConfigReader reader) {
  reader.choice_or<bool>("method", true, {{"magnitude", true}});
  return read_magnitude_spec(reader);
}

}  // namespace

OfflineSpec read_offline_spec(ConfigReader reader) {
  OfflineSpec spec;
  spec.array = read_array_size(reader);
  spec.pruning = read_pruning(reader.section("pruning"));
  OfflineClusteringSpec& clustering = spec.clustering;
  clustering.first_quality = reader.real_or("first_quality", clustering.first_quality, {0.0, 1.0});
  clustering.last_quality = reader.real_or("last_quality", clustering.last_quality, {0.0, 1.0});
  clustering.quality_step = reader.real_or("quality_step", clustering.quality_step, {1e-3, 1.0});
  clustering.stale_leftovers = reader.boolean_or("stale_leftovers", clustering.stale_leftovers);
  if (clustering.last_quality > clustering.first_quality) {
    reader.problem("last_quality", "is above first_quality; quality falls from the first to the last");
  }
  spec.defects = read_published_defects(reader, false);
  return spec;
}

AutoNcsMethodSpec read_autoncs_spec(ConfigReader reader) {
  AutoNcsMethodSpec spec;
  spec.array = read_array_size(reader);
  spec.pruning = read_pruning(reader.section("pruning"));
  spec.clustering.least_use = reader.real_or("least_use", spec.clustering.least_use, {0.0, 0.999});
  spec.clustering.selected_share = reader.real_or("selected_share", spec.clustering.selected_share, {1e-3, 1.0});
  spec.clustering.rounds = static_cast<std::uint32_t>(reader.integer_or("rounds", spec.clustering.rounds, {1, 100000}));
  return spec;
}

namespace {

/// Prunes, then clusters each layer with `cluster(matrix, key of the layer)`.
template <class Cluster>
TrainResult prune_and_cluster(const Network& dense, const Dataset& training_images, const MagnitudeSpec& pruning,
                              ArraySize array, const TrainingSpec& training, RandomKey key, const TrainOptions& options,
                              const Cluster& cluster) {
  TrainResult result = prune_by_magnitude(dense, training_images, pruning, training, key, options);
  const std::size_t layers = result.network.layers.size();
  for (std::size_t l = 0; l < layers; ++l) {
    options.progress->update("clustering", l, layers, dense.spec.layers[LayerId(l)].name);
    Layer& layer = result.network.layers[LayerId(l)];
    const BinaryMatrix matrix = live_matrix(layer);
    set_clustered_blocks(layer, matrix, cluster(matrix, key.child("clusters").child(l)), array);
  }
  return result;
}

}  // namespace

TrainResult cluster_offline(const Network& dense, const Dataset& training_images, const OfflineSpec& spec,
                            ArraySize chip_array, const TrainingSpec& training, RandomKey key,
                            const TrainOptions& options) {
  const ArraySize array = spec.array.value_or(chip_array);
  return prune_and_cluster(dense, training_images, spec.pruning, array, training, key, options,
                           [&](const BinaryMatrix& matrix, RandomKey own) {
                             return offline_cluster(
                                 matrix, spec.clustering,
                                 [&](const BinaryMatrix& left, double quality, std::uint32_t step) {
                                   return published_cluster(left, array, {quality, spec.defects}, own.child(step));
                                 });
                           });
}

TrainResult cluster_as_autoncs(const Network& dense, const Dataset& training_images, const AutoNcsMethodSpec& spec,
                               ArraySize chip_array, const TrainingSpec& training, RandomKey key,
                               const TrainOptions& options) {
  const ArraySize array = spec.array.value_or(chip_array);
  return prune_and_cluster(
      dense, training_images, spec.pruning, array, training, key, options,
      [&](const BinaryMatrix& matrix, RandomKey own) { return autoncs_cluster(matrix, array, spec.clustering, own); });
}

}  // namespace crossloom
