// The methods that cluster a pruned network without training on, in their two steps.
#pragma once

#include <optional>

#include "base/progress.h"
#include "base/random.h"
#include "models/array_size.h"
#include "models/network.h"
#include "training/transform/transform_spec.h"

namespace crossloom {

/// The pruning of `offline` and `autoncs`; nothing for other methods.
std::optional<MagnitudeSpec> pruning_before_clustering(const TransformSpec& spec);

/// What transform() makes by such a method, from what it makes by its pruning alone with the same key: the same bytes,
/// without the training.
Network cluster_pruned(Network pruned, const TransformSpec& spec, ArraySize array, RandomKey key,
                       ProgressSink& progress = no_progress());

}  // namespace crossloom
