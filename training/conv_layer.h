// A convolution with bias, ReLU and dropout, forward and backward.
#pragma once

#include <memory>

#include "base/random.h"
#include "training/engine.h"
#include "training/trainable_layer.h"

namespace crossloom {

struct ConvLayerOptions {
  LayerSpec spec;  ///< with a convolution
  ImageShape input, output;
  /// Of inputs, weights and gradients in the products.
  Precision precision = Precision::f32;
  /// The layer's first parameter counts this in the network: weights, then bias where there is one.
  std::size_t first_parameter = 0;
  RandomKey dropout_key{0};
};

/// Weights are kept as one row of (channel of the group, y, x) an output. `pool` must outlive the layer.
std::unique_ptr<TrainableLayer> make_conv_layer(const ConvLayerOptions& options, ComputePool& pool);

}  // namespace crossloom
