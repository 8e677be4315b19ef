// TraNNsformer as its authors' code runs it, its defects in training switchable one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/clustering/published_clustering.h"
#include "training/training_spec.h"
#include "training/transform/magnitude.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// Defects of the published training; true = as published, false = corrected. Those of the clustering:
/// PublishedDefects.
struct PublishedTrainingDefects {
  bool frozen_quality = true;  ///< B6: a cluster keeps the quality that it was made with. Corrected: that of now
  bool stale_map = true;       ///< B10: clustering sees the weights above the threshold one epoch ago. Corrected: now
  bool repainted_clusters =
      true;  ///< B12: new clusters bring deleted ones back as spared weights. Corrected: they stay gone
};

/// Method `trannsformer-published` (Ankit et al., ICCAD 2017; their MATLAB code of 2019 for the constants, which are
/// the defaults). A threshold a layer, 0 at first, rises by `step` after every epoch in which the training loss fell;
/// gradients are not masked, weights below the threshold become 0 after each epoch. From the share `cluster_start` of
/// the epochs on, cells within clusters are spared; leftovers are clustered again, with quality falling from
/// `first_quality` to `last_quality`, when their share of the matrix moved less than `tolerance`. From
/// `cluster_prune_start` on, clusters whose quality x live weights is at most a rising share of the best one's are
/// deleted.
struct TrannsformerPublishedSpec {
  std::optional<ArraySize> array;
  LayerValue step;
  double first_quality = 0.7, last_quality = 0.3, quality_step = 0.1;
  double tolerance = 0.05;
  double cluster_start = 0.2, cluster_prune_start = 0.8;
  double cluster_prune_first = 0.005, cluster_prune_step = 0.01;
  PublishedTrainingDefects defects;
  PublishedDefects clustering_defects;
  bool remove_dead_units = true;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: trannsformer-published`; problems go to the reader.
TrannsformerPublishedSpec read_trannsformer_published_spec(ConfigReader reader);

/// Clusters cut to the array, and blocks of leftovers; the mapper charges every live weight, so that the miscounts of
/// the published tables (B4, B5, B9, B12) have no counterpart here.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const TrannsformerPublishedSpec& spec);

}  // namespace crossloom
