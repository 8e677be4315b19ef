// Training a network from random weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/progress.h"
#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/dataset.h"
#include "training/tensor.h"
#include "training/training_spec.h"

namespace crossloom {

/// How training is run; nothing here changes its result.
struct TrainOptions {
  std::size_t threads = 1;
  /// Written after every epoch, atomically. With `resume`, training goes on from it where it exists, to the same bytes
  /// as without the interruption; a checkpoint of another run (other network, data, settings or seed) is a UserError.
  std::optional<std::filesystem::path> checkpoint_file;
  bool resume = false;
  ProgressSink* progress = &no_progress();
};

/// One epoch. Losses and accuracies of the training images are means over the epoch as it went (dropout on).
struct EpochRecord {
  std::uint32_t epoch = 0;     ///< from 1 on
  double learning_rate = 0.0;  ///< of the epoch's last step
  double training_loss = 0.0;
  double training_accuracy = 0.0;             ///< a share, 0..1
  std::optional<double> validation_loss;      ///< absent without validation images
  std::optional<double> validation_accuracy;  ///< a share, 0..1
  std::uint64_t synapses = 0;                 ///< weights that are not 0 at the end of the epoch, biases not included
};

struct TrainResult {
  Network network;
  std::vector<EpochRecord> history;
  /// Highest validation accuracy, the first of equals; the last epoch without validation images.
  std::uint32_t best_epoch = 0;
  bool stopped_early = false;
  Precision precision = Precision::f32;  ///< that was used
};

/// The validation images that TrainingSpec holds out: stratified by class and the same for every seed, so that several
/// seeds and methods are compared on the same images.
ValidationSplit split_for_validation(const Dataset& dataset, const TrainingSpec& spec);

/// The network before its first step.
Network initial_network(const NetworkSpec& spec, const InitialisationSpec& initialisation, RandomKey key);

/// The last epoch's weights, or with early stop those of the best epoch. Same inputs, same bytes, whatever the number
/// of threads. Throws UserError where data and network do not fit or the loss stops being finite, Interrupted after a
/// signal.
TrainResult train(const NetworkSpec& spec, const Dataset& training_images, const TrainingSpec& training, RandomKey key,
                  const TrainOptions& options = {});

}  // namespace crossloom
