// What settings of transformations are checked against before any work.
#pragma once

#include "base/config_reader.h"
#include "models/array_size.h"
#include "models/network_spec.h"
#include "training/transform/magnitude.h"

namespace crossloom {

struct TransformTarget {
  const NetworkSpec& network;
  ArraySize array;  ///< the chip's
};

/// Notes a problem at by_layer for each name that is no layer of the network; nothing without a target.
void check_layer_names(ConfigReader reader, const LayerValue& value, const TransformTarget* target);

}  // namespace crossloom
