// The loop over epochs that training and every pruning method share, with its checkpoints.
#pragma once

#include <cstdint>
#include <string>

#include "base/archive.h"
#include "training/disturbed_weights.h"
#include "training/trained_weights.h"
#include "training/trainer.h"

namespace crossloom {

/// What a pruning method does between epochs. Called on one thread.
class EpochHook {
 public:
  virtual ~EpochHook() = default;
  /// Names the method and its settings in checkpoints.
  [[nodiscard]] virtual std::string identity() const = 0;
  /// Epochs count from 0.
  virtual void before_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  virtual void after_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  /// Before each step, which counts from 0 in every epoch: may change what the passes from this step on see besides the
  /// weights (disturbed_weights.h). Deltas are not part of a checkpoint: set them anew at step 0.
  virtual void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, WeightDeltas& deltas) {
    static_cast<void>(epoch);
    static_cast<void>(step);
    static_cast<void>(weights);
    static_cast<void>(deltas);
  }
  /// Whether take_training_loss() is to be called, before after_epoch(), with the loss over all training images
  /// (dropout off).
  [[nodiscard]] virtual bool needs_training_loss(std::uint32_t epoch) const = 0;
  virtual void take_training_loss(std::uint32_t epoch, double loss) = 0;
  virtual void save(Archive& archive) const = 0;
  virtual void restore(const Archive& archive) = 0;
};

/// Trains from `start` (masks of the network are respected). `hook` may be null; with one, early stop is off and the
/// last epoch's weights are the result.
TrainResult run_training(const Network& start, const Dataset& training_images, const TrainingSpec& training,
                         RandomKey key, const TrainOptions& options, EpochHook* hook);

}  // namespace crossloom
