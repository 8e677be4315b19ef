// The stages of a comparison's points, each taken from the cache or made and put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/compare_points.h"
#include "app/network_stages.h"
#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/variant_run.h"
#include "base/progress.h"
#include "traces/figures.h"
#include "traces/method_comparison.h"

namespace crossloom {

/// Each throws what the stages throw, UserError where a cached file is damaged, Interrupted after a signal. Options,
/// data and progress outlive it. Not thread-safe.
class CompareStages {
 public:
  CompareStages(const ExperimentFile& base, const TrainAndTest& data, const CompareOptions& options,
                std::filesystem::path scratch, ProgressSink& progress)
      : data_(data),
        options_(options),
        scratch_(std::move(scratch)),
        progress_(progress),
        stages_(data, options.cache, options.threads, progress),
        stimulus_(stimulus_of(stimulus_images(base.experiment, data.test))),
        figures_(compared_figures(base.experiment.bit_serial.has_value())) {}

  /// Trained, transformed and mapped; validation images only. Throws NothingLeft where the method left a layer without
  /// weights (the cache knows that too).
  PointSeed point_seed(const ComparePoint& point, std::uint64_t seed);
  /// Test accuracy and the timed chip at an operating point.
  Headline figures(const ComparePoint& point, std::uint64_t seed);
  /// The operating point on the chips of the comparison's corner.
  CornerOutcome corner(const ComparePoint& point, std::uint64_t seed);
  /// Classes of the test images, by image.
  std::vector<std::uint8_t> predictions(const ComparePoint& point, std::uint64_t seed);
  /// Of one network's predictions beside another's.
  [[nodiscard]] PairedOutcome outcome(const std::vector<std::uint8_t>& own,
                                      const std::vector<std::uint8_t>& first) const;
  /// The network with its masks and blocks.
  Network transformed(const ComparePoint& point, std::uint64_t seed) { return stages_.transformed(point, seed); }
  [[nodiscard]] const Stimulus& stimulus() const { return stimulus_; }
  /// Where the time went, and the epochs of each training.
  [[nodiscard]] const NetworkStages& stages() const { return stages_; }

 private:
  [[nodiscard]] nlohmann::ordered_json measure_mapping(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] nlohmann::ordered_json spiking_mapping(const Experiment& experiment, const Network& network,
                                                       std::uint64_t seed);
  [[nodiscard]] nlohmann::ordered_json bit_serial_mapping(const Experiment& experiment, const Network& network,
                                                          std::uint64_t seed);
  /// Of the validation images, for the network that is kept under the identity.
  template <class NetworkOf>
  double validation_accuracy(const ComparePoint& point, const std::string& identity, NetworkOf network);
  NetworkAccuracies accuracies(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] nlohmann::ordered_json measure_chip(const ComparePoint& point, std::uint64_t seed);

  const TrainAndTest& data_;
  const CompareOptions& options_;
  std::filesystem::path scratch_;
  ProgressSink& progress_;
  NetworkStages stages_;
  Stimulus stimulus_;
  const std::vector<Figure>& figures_;
};

}  // namespace crossloom
