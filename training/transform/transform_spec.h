// Which transformation a variant asks for, with the settings of that method.
#pragma once

#include <variant>

#include "base/config_reader.h"
#include "training/transform/mixed.h"
#include "training/transform/sequence.h"
#include "training/transform/transform_target.h"

namespace crossloom {

using TransformSpec = std::variant<NoneSpec, MagnitudeSpec, ArraySparsitySpec, GroupLassoSpec, TrannsformerSpec,
                                   TrannsformerPublishedSpec, OfflineSpec, AutoNcsMethodSpec, AdmmSpec,
                                   CrossbarAwareSpec, QuantiseSpec, MixedSpec, SequenceSpec>;

/// Reads a `transform:` mapping: `method` and that method's keys (docs/transformations.md); problems go to the reader,
/// with a target also those that only network and chip show.
TransformSpec read_transform_spec(ConfigReader reader, const TransformTarget* target = nullptr);
/// The same without `mixed` and `sequence`. `follows`: whether another transformation comes before.
MethodSpec read_method_spec(ConfigReader reader, const TransformTarget* target = nullptr, bool follows = false);

/// Whether the result depends on the array that blocks are to fill; where not, one result serves all array sizes.
bool depends_on_array(const TransformSpec& spec);

/// As in YAML.
const char* name_of(const MethodSpec& spec);
const char* name_of(const TransformSpec& spec);

}  // namespace crossloom
