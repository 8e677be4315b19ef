// The loop over epochs that training and every pruning method share, with its checkpoints.
#pragma once

#include <cstdint>
#include <string>

#include "base/archive.h"
#include "training/disturbed_weights.h"
#include "training/guided_weights.h"
#include "training/trained_weights.h"
#include "training/trainer.h"

namespace crossloom {

/// How steps differ from plain ones. Not part of a checkpoint: set anew at step 0 of every epoch.
struct StepChanges {
  WeightDeltas deltas;  ///< what the passes see besides the weights (disturbed_weights.h)
  WeightGuides guides;  ///< what the weights obey besides their gradients (guided_weights.h)
};

/// Epochs first .. end - 1.
struct EpochSpan {
  std::uint32_t first = 0, end = 0;
};

/// What a pruning method does between epochs. Called on one thread.
class EpochHook {
 public:
  virtual ~EpochHook() = default;
  /// Names the method and its settings in checkpoints.
  [[nodiscard]] virtual std::string identity() const = 0;
  /// Epochs count from 0.
  virtual void before_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  virtual void after_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  /// Before each step, which counts from 0 in every epoch: may say what is different from this step on.
  virtual void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) {
    static_cast<void>(epoch);
    static_cast<void>(step);
    static_cast<void>(weights);
    static_cast<void>(changes);
  }
  /// The epochs around this one over which the schedule of the learning rate runs once; all `epochs` unless the method
  /// has stages.
  [[nodiscard]] virtual EpochSpan schedule_span(std::uint32_t epoch, std::uint32_t epochs) const {
    static_cast<void>(epoch);
    return {0, epochs};
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
