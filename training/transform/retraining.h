// What the methods that retrain share: a hook that ends in blocks, and the run around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/network.h"
#include "training/trainer.h"
#include "training/training_run.h"

namespace crossloom {

/// Weights and masks as TrainedWeights keeps them: one row of inputs an output.
using OutputMajor = std::vector<float>;
using OutputMajorMask = std::vector<std::uint8_t>;

/// A hook whose work ends in masks and blocks.
class TransformMethod : public EpochHook {
 public:
  [[nodiscard]] bool needs_training_loss(std::uint32_t) const override { return false; }
  void take_training_loss(std::uint32_t, double) override {}
  /// After the last epoch: marks the live weights of every layer and covers each with exactly one block.
  virtual void finish(Network& network) = 0;
};

/// The settings of the retraining: the method's own or else the network's, with the validation images of the latter
/// (others were already trained on).
TrainingSpec retraining_of(const std::optional<TrainingSpec>& own, const TrainingSpec& network_training);

/// Retrains `dense` under the method and lets it finish. Says through the progress sink how much of the time went into
/// the method. Throws UserError naming `method_name` where a layer was left without weights.
TrainResult retrain(const Network& dense, const Dataset& training_images, const TrainingSpec& retraining, RandomKey key,
                    const TrainOptions& options, TransformMethod& method, const std::string& method_name);

/// The layer's position; throws UserError where the network has none of that name.
LayerId layer_named(const NetworkSpec& network, const std::string& name);

/// The `count` largest values that are above 0, as a mask; of equal ones the first.
OutputMajorMask largest_values(const OutputMajor& values, std::size_t count);

/// Marks exactly the cells of the mask live; weights elsewhere become 0.
void mark_live(Layer& layer, const OutputMajorMask& mask);

/// Blocks cut into pieces of at most `rows` rows and `columns` columns; lines without a live weight are left out.
std::vector<Block> pieces_of(const Layer& layer, const std::vector<Block>& blocks, std::uint32_t rows,
                             std::uint32_t columns);

}  // namespace crossloom
