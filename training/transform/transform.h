// From a trained network to one with masks and blocks, by whichever method.
#pragma once

#include <vector>

#include "base/random.h"
#include "models/array_size.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/trainer.h"
#include "training/transform/transform_spec.h"

namespace crossloom {

struct TransformResult {
  Network network;                   ///< every layer with its live weights marked and covered by blocks
  std::vector<EpochRecord> history;  ///< of the retraining; empty without any
};

/// Starts from `dense` and may retrain it on the part of `training_images` that is not held out for validation.
/// `training` is how `dense` was trained: the retraining's settings where the method names none, and always its
/// validation images. `array` is the crossbar that blocks are to fill, the chip's unless the method names another. Same
/// inputs, same bytes. Throws UserError where the settings do not fit the network or leave a
/// layer without weights.
TransformResult transform(const Network& dense, const Dataset& training_images, const TransformSpec& spec,
                          ArraySize array, const TrainingSpec& training, RandomKey key,
                          const TrainOptions& options = {});

}  // namespace crossloom
