// Transformation methods side by side: every setting of every method at every array size, the operating point of each,
// and what it costs on the chip.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/experiment.h"
#include "app/run_folder.h"
#include "base/progress.h"

namespace crossloom {

struct CompareOptions {
  std::filesystem::path out;
  bool force = false;           ///< replace a finished OUT
  std::filesystem::path cache;  ///< finished stages by content, shared by all comparisons
  std::size_t threads = 1;
  std::string data;  ///< --data, may be empty
};

/// Reads the experiment with more settings on top.
using ExperimentLoader = std::function<ExperimentFile(const std::vector<ConfigOverride>&)>;

/// Checks every point before any work, then trains, transforms, maps, chooses operating points by validation accuracy,
/// and evaluates and simulates those. What the cache holds is not done again, so an interrupted comparison goes on
/// where it stopped. Returns what the screen shows. Throws what the stages throw; UserError where the experiment has no
/// `comparison:`.
std::string compare_methods(const ExperimentLoader& load, const CompareOptions& options, ProgressSink& progress);

}  // namespace crossloom
