// Another method for each group of layers, in one retraining of the whole network.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/config_reader.h"
#include "training/transform/admm.h"
#include "training/transform/array_sparsity.h"
#include "training/transform/clustered_after.h"
#include "training/transform/crossbar_aware.h"
#include "training/transform/group_lasso.h"
#include "training/transform/magnitude.h"
#include "training/transform/none.h"
#include "training/transform/quantise.h"
#include "training/transform/trannsformer.h"
#include "training/transform/trannsformer_published.h"

namespace crossloom {

/// One of the methods that treat all layers alike.
using MethodSpec =
    std::variant<NoneSpec, MagnitudeSpec, ArraySparsitySpec, GroupLassoSpec, TrannsformerSpec,
                 TrannsformerPublishedSpec, OfflineSpec, AutoNcsMethodSpec, AdmmSpec, CrossbarAwareSpec, QuantiseSpec>;

/// The retraining that the settings name, if they do.
template <class Spec>
const std::optional<TrainingSpec>& own_retraining(const Spec& spec) {
  return spec.retraining;
}
inline std::optional<TrainingSpec> own_retraining(const NoneSpec&) { return std::nullopt; }
inline const std::optional<TrainingSpec>& own_retraining(const OfflineSpec& spec) { return spec.pruning.retraining; }
inline const std::optional<TrainingSpec>& own_retraining(const AutoNcsMethodSpec& spec) {
  return spec.pruning.retraining;
}

struct MixedPart {
  std::vector<std::string> layers;
  MethodSpec method;  ///< its own retraining is not used
};

/// Method `mixed`. Layers in no part are kept whole, and trained. Counts that a method takes of all layers (such as
/// `kept` of method array) are of its part's layers.
struct MixedSpec {
  std::vector<MixedPart> parts;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: mixed`; problems (a layer in two parts, a part with a retraining of its own) go to the
/// reader.
MixedSpec read_mixed_spec(ConfigReader reader, const TransformTarget* target = nullptr);

/// Throws UserError where a part names a layer that the network has not. Units that carry nothing are removed where one
/// of the parts removes them.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const MixedSpec& spec);

}  // namespace crossloom
