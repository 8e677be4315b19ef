// Retraining of a transformed network with chips in the loop: it learns weights that survive what devices do to them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/config_reader.h"
#include "models/network.h"
#include "training/trainer.h"
#include "training/training_spec.h"

namespace crossloom {

/// The weights of each layer, as Layer::weights, as a chip holds them that was programmed with the network: levels,
/// device laws, faults and wires. `draw` names the chip: another draw is another chip of the same kind. Same arguments,
/// same result.
using WeightsOnChip = std::function<std::vector<Matrix>(const Network& network, std::uint64_t draw)>;

/// Every `redraw_steps` steps (and at the start of each epoch) another chip is programmed. Until the next one, forward
/// and backward passes see the weights plus the difference that this chip made (straight-through, as noise injection
/// does: Murray and Edwards, IEEE Trans. Neural Networks 5, 1994; with device laws: Joshi et al., Nature Communications
/// 11, 2020), so that no chip is learnt by heart. Weights are held within the layer's largest at the start, since cells
/// err by shares of the window that the largest weight fills, and would grow with it.
struct DeviceAwareSpec {
  std::uint32_t redraw_steps = 20;
  std::optional<TrainingSpec> retraining;  ///< without it, as the network was trained
};

/// Reads the keys of `device_aware:`; problems go to the reader.
DeviceAwareSpec read_device_aware_spec(ConfigReader reader);

/// Masks and blocks stay as they are. Validation accuracies of the history are those of the weights themselves.
TrainResult retrain_on_chips(const Network& transformed, const Dataset& training_images, const DeviceAwareSpec& spec,
                             const TrainingSpec& training, RandomKey key, const WeightsOnChip& on_chip,
                             const TrainOptions& options);

}  // namespace crossloom
