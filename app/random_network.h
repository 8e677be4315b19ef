// An experiment without training (`weights: random`): what its chip takes and does, but not how well.
#pragma once

#include <cstdint>

#include "app/experiment.h"
#include "models/network.h"
#include "training/dataset_catalogue.h"

namespace crossloom {

/// Weights as they are before training, of the seed's stream "weights": normal with variance 2 / inputs, so that
/// activations keep their size from layer to layer (He et al., ICCV 2015); biases 0.
Network random_network(const Experiment& experiment, std::uint64_t seed);

/// Images of the network's size, every byte uniform, of the first seed's streams "images": as many for calibration as
/// the experiment asks for (and one more), as many test images as its stimulus reaches. All labels are 0.
TrainAndTest random_images(const Experiment& experiment);

}  // namespace crossloom
