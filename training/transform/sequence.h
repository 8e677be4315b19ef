// Transformations one after another.
#pragma once

#include <vector>

#include "base/config_reader.h"
#include "training/transform/mixed.h"
#include "training/transform/transform_target.h"

namespace crossloom {

/// Method `sequence`: each step starts from the network of the one before, masks and blocks included. Every step that
/// follows another only removes weights, so a later one never undoes an earlier one.
struct SequenceSpec {
  std::vector<MethodSpec> steps;
};

/// Reads `steps`; problems, such as a step that cannot follow the one before it, go to the reader.
SequenceSpec read_sequence_spec(ConfigReader reader, const TransformTarget* target);

}  // namespace crossloom
