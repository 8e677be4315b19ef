// A fully connected layer: product, bias, ReLU and dropout, forward and backward.
#pragma once

#include <memory>

#include "base/random.h"
#include "training/engine.h"
#include "training/trainable_layer.h"

namespace crossloom {

struct DenseLayerOptions {
  LayerSpec spec;
  std::uint32_t inputs = 0;
  /// Of inputs, weights and gradients in the products.
  Precision precision = Precision::f32;
  /// Outputs in f32 whatever the precision: the last layer, so that the loss sees what was summed.
  bool full_precision_output = false;
  /// The layer's first parameter counts this in the network: weights, then bias where there is one.
  std::size_t first_parameter = 0;
  RandomKey dropout_key{0};
};

/// Weights are kept as one row of inputs an output. `pool` must outlive the layer.
std::unique_ptr<TrainableLayer> make_dense_layer(const DenseLayerOptions& options, ComputePool& pool);

}  // namespace crossloom
