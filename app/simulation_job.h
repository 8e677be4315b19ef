// A simulation cut into shares that run in worker processes (SystemC elaborates once per process) with identical
// results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/watch_spec.h"
#include "base/progress.h"
#include "models/dataset.h"
#include "models/simulation_result.h"

namespace crossloom {

/// The images that go through the chip, in their file form for workers (archive kind "stimulus").
struct Stimulus {
  std::vector<std::uint32_t> images;  ///< indices in the data set
  std::vector<std::uint8_t> labels;
  std::vector<std::uint8_t> pixels;  ///< image after image
  std::uint32_t image_size = 0;      ///< bytes an image
};
Stimulus stimulus_of(const DatasetView& images);
void save_stimulus(const Stimulus& stimulus, const std::filesystem::path& file);
Stimulus load_stimulus(const std::filesystem::path& file);

/// Everything one share needs, by file; all of them exist while the worker runs.
struct SimulationJob {
  std::filesystem::path configuration;  ///< resolved experiment
  std::filesystem::path spiking_network, mapped_network, programmed_chip, stimulus;
  std::uint64_t seed = 0;              ///< of the repetition: keys the encoding
  std::uint32_t first = 0, count = 0;  ///< share of the stimulus
  std::filesystem::path result;        ///< written atomically (archive kind "simulation_result")
  WatchSpec watch;
  bool keep_rasters = false;
};
void save_job(const SimulationJob& job, const std::filesystem::path& file);
SimulationJob load_job(const std::filesystem::path& file);

/// What the worker process does: prints "progress N" lines on standard output.
void run_worker(const std::filesystem::path& job_file);

/// Small enough to keep workers busy and to lose little, large enough to make elaboration negligible.
constexpr std::uint32_t kImagesPerShare = 100;

struct SharingOptions {
  std::size_t workers = 1;
  std::filesystem::path scratch;  ///< for job files and finished shares, which a resumed run finds again
  std::string what;               ///< for progress
  std::uint32_t images_per_share = kImagesPerShare;
};

/// One share that a worker process computes, unless its result is there already.
struct WorkerShare {
  std::filesystem::path job_file, result;
  std::uint32_t first = 0, count = 0;  ///< images
};
/// Runs `worker JOB_FILE` for each share without a result, with progress over the images of all.
void run_shares(const std::vector<WorkerShare>& shares, const SharingOptions& options, ProgressSink& progress);
/// Tells the parent process how far a worker is.
std::unique_ptr<ProgressSink> worker_progress();

/// Cuts `whole` (first, count: the whole stimulus; result unused) into shares, runs those whose results are not there
/// yet, and joins them in order.
SimulationResult simulate_in_workers(const SimulationJob& whole, const SharingOptions& options, ProgressSink& progress);

}  // namespace crossloom
