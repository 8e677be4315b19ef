// The loop over epochs that training and every pruning method share, with its checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.h"
#include "training/layer_stack.h"
#include "training/optimiser.h"
#include "training/trainer.h"

namespace crossloom {

/// The weights of a run and their masks, in the trainer's order (one row of inputs an output).
class TrainedWeights {
 public:
  TrainedWeights(LayerStack& stack, Optimiser& optimiser);
  [[nodiscard]] std::size_t layers() const { return weights_.size(); }
  [[nodiscard]] const std::vector<float>& weights(LayerId layer) const;
  /// Weights where keep is 0 become 0 now; they may grow again.
  void clear(LayerId layer, const std::vector<std::uint8_t>& keep);
  /// ... and stay 0 from now on.
  void set_live(LayerId layer, std::vector<std::uint8_t> keep);
  [[nodiscard]] std::uint64_t non_zero() const;

 private:
  LayerStack& stack_;
  Optimiser& optimiser_;
  std::vector<std::size_t> weights_;  // parameter index by layer
};

/// What a pruning method does between epochs. Called on one thread.
class EpochHook {
 public:
  virtual ~EpochHook() = default;
  /// Names the method and its settings in checkpoints.
  [[nodiscard]] virtual std::string identity() const = 0;
  /// `epoch` counts from 0.
  virtual void before_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  virtual void after_epoch(std::uint32_t epoch, TrainedWeights& weights) = 0;
  /// Whether after_epoch_error() wants the loss over all training images, dropout off, before after_epoch() pruned.
  [[nodiscard]] virtual bool needs_training_loss(std::uint32_t epoch) const = 0;
  virtual void take_training_loss(std::uint32_t epoch, double loss) = 0;
  virtual void save(Archive& archive) const = 0;
  virtual void restore(const Archive& archive) = 0;
};

/// Trains from `start` (masks of the network are respected). `hook` may be null; with one, early stop is off and the last
/// epoch's weights are the result.
TrainResult run_training(const Network& start, const Dataset& training_images, const TrainingSpec& training, RandomKey key,
                         const TrainOptions& options, EpochHook* hook);

}  // namespace crossloom
