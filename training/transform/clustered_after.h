// Pruning first, clustering afterwards: the baselines `offline` and `autoncs`.
#pragma once

#include <memory>
#include <optional>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/clustering/autoncs_clustering.h"
#include "training/clustering/offline_clustering.h"
#include "training/clustering/published_clustering.h"
#include "training/transform/magnitude.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// Method `offline`: magnitude pruning, then size-constrained iterative clustering with falling quality (the baseline
/// of Ankit et al., ICCAD 2017). Defect B9 is OfflineClusteringSpec::stale_leftovers; counting is the mapper's, so even
/// then no synapse is charged twice.
struct OfflineSpec {
  std::optional<ArraySize> array;
  MagnitudeSpec pruning;
  OfflineClusteringSpec clustering;
  PublishedDefects defects{false, false, false};
};

/// Method `autoncs`: magnitude pruning, then the clustering of AutoNCS (autoncs_clustering.h).
struct AutoNcsMethodSpec {
  std::optional<ArraySize> array;
  MagnitudeSpec pruning;
  AutoNcsSpec clustering;
};

OfflineSpec read_offline_spec(ConfigReader reader);
AutoNcsMethodSpec read_autoncs_spec(ConfigReader reader);
/// The key `defects`, a mapping of switches, each false unless given (or `published`).
PublishedDefects read_published_defects(ConfigReader reader, bool published);

/// Blocks of a clustering of the layer's live weights, each cluster cut to the array (published ones may exceed it).
void set_clustered_blocks(Layer& layer, const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array);

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const OfflineSpec& spec);
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const AutoNcsMethodSpec& spec);

}  // namespace crossloom
