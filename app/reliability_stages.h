// The measurements of a reliability study's points, each taken from the cache or made and put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/array_error.h"
#include "app/chip_measurement.h"
#include "app/measured_point.h"
#include "app/network_stages.h"
#include "app/reliability_points.h"
#include "base/parallel.h"
#include "traces/reliability.h"

namespace crossloom {

/// The first `count` images of a part of the data.
struct ImageSet {
  enum class Part { validation, test } part = Part::validation;
  std::uint32_t count = 0;
};

/// Chips of one point on one image set.
struct SampledChips {
  double accuracy = 0.0;        ///< real-valued network
  double ideal_accuracy = 0.0;  ///< ideal chip
  std::vector<std::string> layers;
  std::vector<double> losses;
  std::vector<double> layer_errors;
};

/// Each throws what the stages throw, DoesNotFit where the network cannot be mapped, UserError where a cached file is
/// damaged, Interrupted after a signal. Data and progress outlive it. Not thread-safe.
class ReliabilityStages {
 public:
  ReliabilityStages(const TrainAndTest& data, const std::filesystem::path& cache, std::size_t threads,
                    std::filesystem::path scratch, ProgressSink& progress);
  ~ReliabilityStages();

  /// Programs chips 0, 1, ... (device draws of seed + chip) and runs the images, until there are enough.
  SampledChips sample(const ComparePoint& point, std::uint64_t seed, ImageSet images, const SamplingRule& rule,
                      const std::string& label);
  /// The first `images` validation images through chip 0, timed; throws Bug where one differs from the untimed run.
  SizeCost timed(const ComparePoint& point, std::uint64_t seed, std::uint32_t images, const std::string& label);

  /// Of chip 0.
  ArrayError array_error(const ComparePoint& point, std::uint64_t seed);

  [[nodiscard]] const NetworkStages& networks() const { return networks_; }

 private:
  struct IdealMemory;
  [[nodiscard]] DatasetView view_of(const Experiment& experiment, ImageSet images) const;
  const IdealRun& ideal_run(const MeasuredPoint& point, ImageSet images, const Stimulus& stimulus);
  nlohmann::ordered_json frame(MeasuredPoint& point, ImageSet images);
  /// Records of chips [first, last), made where they are missing.
  std::vector<ChipRecord> chips(MeasuredPoint& point, ImageSet images, std::size_t first, std::size_t last,
                                const std::string& label);
  nlohmann::ordered_json measure_timed(MeasuredPoint& point, std::uint32_t images, const std::string& label);

  const TrainAndTest& data_;
  std::size_t threads_;
  std::filesystem::path scratch_;
  ProgressSink& progress_;
  NetworkStages networks_;
  ThreadPool pool_;
  std::unique_ptr<IdealMemory> ideal_;  ///< of the network measured last
  std::shared_ptr<PointOnChip> last_;   ///< the point measured last
};

}  // namespace crossloom
