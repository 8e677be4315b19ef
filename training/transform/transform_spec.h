// Which transformation a variant asks for, with the settings of that method.
#pragma once

#include <variant>

#include "base/config_reader.h"
#include "training/transform/mixed.h"

namespace crossloom {

using TransformSpec = std::variant<NoneSpec, MagnitudeSpec, ArraySparsitySpec, GroupLassoSpec, TrannsformerSpec,
                                   TrannsformerPublishedSpec, OfflineSpec, AutoNcsMethodSpec, MixedSpec>;

/// Reads a `transform:` mapping: `method` and that method's keys (docs/transformations.md); problems go to the reader.
TransformSpec read_transform_spec(ConfigReader reader);
/// The same without `mixed`.
MethodSpec read_method_spec(ConfigReader reader);

/// Whether the result depends on the array that blocks are to fill; where not, one result serves all array sizes.
bool depends_on_array(const TransformSpec& spec);

}  // namespace crossloom
