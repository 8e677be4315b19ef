// The composition of all stages: experiment -> run folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/experiment.h"
#include "app/run_folder.h"
#include "app/simulation_job.h"
#include "base/progress.h"

namespace crossloom {

enum class TraceLevel { none, summary, events };

struct PipelineOptions {
  std::filesystem::path out;
  ExistingRun existing = ExistingRun::refuse;
  std::size_t threads = 1;  ///< for training, and worker processes for simulation
  std::string data;         ///< --data, may be empty
  TraceLevel trace = TraceLevel::summary;
  WatchSpec watch;  ///< without names of files: traces go to trace/VARIANT.json.gz and .vcd
};

struct PipelineOutcome {
  std::string comparison;         ///< what the screen shows
  bool already_complete = false;  ///< --resume found a finished run
};

/// Runs every seed and variant; finished stages of an interrupted run are taken from its folder. Throws what the stages
/// throw; the folder then stays for --resume.
PipelineOutcome run_experiment(const ExperimentFile& file, const PipelineOptions& options, ProgressSink& progress);

}  // namespace crossloom
