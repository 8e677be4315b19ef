// Nodes without parameters: pools, activation, flatten.
#pragma once

#include <memory>

#include "base/random.h"
#include "models/network_spec.h"
#include "training/engine.h"
#include "training/trainable_layer.h"

namespace crossloom {

struct NodeOptions {
  NodeSpec spec;
  ImageShape input, output;
  Precision precision = Precision::f32;
  /// The node's first parameter counts this in the network.
  std::size_t first_parameter = 0;
  RandomKey dropout_key{0};
};

/// max_pool, mean_pool, activation, or flatten: from channel-last to plane after plane. `pool` must outlive the node.
std::unique_ptr<TrainableNode> make_plain_node(const NodeOptions& options, ComputePool& pool);

}  // namespace crossloom
