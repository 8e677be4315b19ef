// How much each weight matters to the outputs, from the weights alone.
#pragma once

#include <cstdint>
#include <vector>

#include "models/dataset.h"
#include "models/network.h"
#include "training/trained_weights.h"

namespace crossloom {

/// 1 for every input of the network that is not the same in all images.
std::vector<std::uint8_t> varying_inputs(const Dataset& images);

/// By layer, in the trainer's order, summing to 1 a layer (to 0 where nothing leads from inputs to outputs). In a chain
/// of dense layers: the squared weight x the sum over all paths of squared weights from the varying inputs to it x the
/// same from it to the outputs (the conserved score of SynFlow, Tanaka et al., NeurIPS 2020, with squares for
/// magnitudes). An input counts 1, however bright it is: with its mean square instead the centre of MNIST's images,
/// which matters least between digits, took most arrays. In other networks: the squared weight.
std::vector<std::vector<float>> path_importance(const NetworkSpec& network, const TrainedWeights& weights,
                                                const std::vector<std::uint8_t>& varying);

}  // namespace crossloom
