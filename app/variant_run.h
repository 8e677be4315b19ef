// One variant of one seed from its network to its figures on a spiking chip: converted, mapped, programmed, simulated
// in workers, costed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/experiment.h"
#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/stopwatch.h"
#include "base/progress.h"
#include "traces/run_report.h"

namespace crossloom {

/// What the variants of an experiment share. Everything outlives the runs.
struct VariantContext {
  const Experiment& experiment;
  const TrainAndTest& data;
  const Stimulus& stimulus;
  std::filesystem::path configuration;  ///< resolved experiment, for the workers
  std::filesystem::path stimulus_file;
  std::size_t threads = 1;  ///< worker processes
  ProgressSink& progress;
  Stopwatch& stopwatch;
};

/// Which variant of which seed, and where its files go.
struct VariantJob {
  std::string variant;
  std::uint64_t seed = 0;
  StageFiles files;
  std::filesystem::path shares;  ///< folder for finished shares, which a resumed run finds again
  WatchSpec watch = {};
};

/// Of the real-valued network, 0..1: whole test set, the simulated images, the validation images.
struct NetworkAccuracies {
  double test = 0.0, simulated = 0.0, validation = 0.0;
};
NetworkAccuracies network_accuracies(const VariantContext& context, const Network& network);

/// Writes the stages' files. Throws what the stages throw, Interrupted after a signal.
SeedReport run_on_chip(const VariantContext& context, const VariantJob& job, const Network& network,
                       const NetworkAccuracies& accuracies);

}  // namespace crossloom
