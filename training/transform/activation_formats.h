// Which numbers a network's activations are rounded to.
#pragma once

#include <cstdint>

#include "base/config_reader.h"
#include "base/progress.h"
#include "models/dataset.h"
#include "models/network.h"

namespace crossloom {

/// The `activations:` mapping of method `quantise`.
struct ActivationBits {
  std::uint32_t bits = 8;     ///< 1 to 16, a sign bit included where a node's outputs have signs
  std::uint32_t images = 32;  ///< training images, the first ones, that choose the binary points
};
ActivationBits read_activation_bits(ConfigReader reader);

/// The network with an output format for each node whose outputs are stored: layers, batch_norm, add, activation and
/// concat, save a layer that a batch_norm or activation takes its outputs from alone (fold_batch_norm takes them
/// together), and the network's outputs. Signed where the outputs can be below 0. The step is the power of two with the
/// least sum of squared rounding errors over the outputs of these images, the larger of equals; a node that is 0 for
/// all of them gets 0 fraction bits. Uses the plain forward pass: some seconds an image for networks as large as VGG-8.
Network with_activation_formats(const Network& network, const DatasetView& images, const ActivationBits& spec,
                                ProgressSink& progress);

}  // namespace crossloom
