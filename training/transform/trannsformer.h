// Pruning and clustering in one retraining: what is left gathers in rectangles that fill crossbars.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/clustering/co_clustering.h"
#include "training/training_spec.h"
#include "training/transform/magnitude.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// Method `trannsformer`: the idea of Ankit et al. (ICCAD 2017) with sizes constrained per side and clusters that
/// follow the weights. In `prune_epochs` the least important weights go (path_importance.h) until `density` of each
/// layer is left. In each of `cluster_epochs` the `density` share of the layer that matters most, within clusters or
/// not, is clustered anew with co_cluster: clusters change, merge and go as weights do. Every cell of a cluster lives,
/// so zeros in it grow again; of the live weights outside, the least important go, until `leftover` of the layer's live
/// weights is left outside. The masks then stay while the clusters are trained.
struct TrannsformerSpec {
  std::optional<ArraySize> array;  ///< instead of the chip's
  LayerValue density;
  std::uint32_t prune_epochs = 8;
  std::uint32_t cluster_epochs = 6;
  CoClusteringSpec clustering;
  double leftover = 0.0;  ///< share of a layer's live weights that may stay outside, 0 <= leftover < 1
  /// At most so many clusters of a layer stay, those with the most importance per array; 0 = no limit.
  std::uint32_t most_clusters = 0;
  std::map<std::string, std::uint32_t> most_clusters_of;
  bool remove_dead_units = true;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: trannsformer`; problems go to the reader.
TrannsformerSpec read_trannsformer_spec(ConfigReader reader);

/// One block a cluster, each within an array, and blocks of leftovers.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const TrannsformerSpec& spec);

}  // namespace crossloom
