// The stages of a comparison's points, each taken from the cache or made and put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/compare_points.h"
#include "app/simulation_job.h"
#include "app/stage_cache.h"
#include "app/stages.h"
#include "base/progress.h"
#include "traces/method_comparison.h"

namespace crossloom {

/// Each throws what the stages throw, UserError where a cached file is damaged, Interrupted after a signal. Options,
/// data and progress outlive it. Not thread-safe.
class CompareStages {
 public:
  CompareStages(const ExperimentFile& base, const TrainAndTest& data, const CompareOptions& options,
                std::filesystem::path scratch, ProgressSink& progress)
      : base_(base),
        data_(data),
        options_(options),
        cache_(options.cache),
        scratch_(std::move(scratch)),
        progress_(progress),
        stimulus_(stimulus_of(stimulus_images(base.experiment, data.test))) {}

  /// Trained, transformed and mapped; validation images only. Throws NothingLeft where the method left a layer without
  /// weights (the cache knows that too).
  PointSeed point_seed(const ComparePoint& point, std::uint64_t seed);
  /// Test accuracy and the timed chip at an operating point.
  Headline figures(const ComparePoint& point, std::uint64_t seed);
  /// Classes of the test images, by image.
  [[nodiscard]] std::vector<std::uint8_t> predictions(const Network& network) const;
  /// Of one network's predictions beside another's.
  [[nodiscard]] PairedOutcome outcome(const std::vector<std::uint8_t>& own,
                                      const std::vector<std::uint8_t>& first) const;
  /// The network with its masks and blocks.
  Network transformed(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] const Stimulus& stimulus() const { return stimulus_; }
  [[nodiscard]] std::string timing_json() const;
  /// What the stages asked for took when they were made, and how much of it now.
  [[nodiscard]] double stage_seconds() const { return stage_seconds_; }
  [[nodiscard]] double new_seconds() const { return new_seconds_; }

 private:
  [[nodiscard]] StageIdentities identities(const ComparePoint& point, std::uint64_t seed) const {
    return StageIdentities(point, data_, seed);
  }
  /// Runs `make`, which writes `file`, unless the file is there; keeps account of the time either way.
  template <class Make>
  void ensure(const std::filesystem::path& file, Make make);
  Network dense(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] nlohmann::ordered_json measure_mapping(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] nlohmann::ordered_json measure_chip(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] std::string label(const ComparePoint& point, std::uint64_t seed) const;

  const ExperimentFile& base_;
  const TrainAndTest& data_;
  const CompareOptions& options_;
  StageCache cache_;
  std::filesystem::path scratch_;
  ProgressSink& progress_;
  Stimulus stimulus_;
  double stage_seconds_ = 0.0, new_seconds_ = 0.0;
  std::set<std::filesystem::path> counted_;
};

}  // namespace crossloom
