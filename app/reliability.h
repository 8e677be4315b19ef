// How large may a crossbar be? Losses of programmed chips by array size, device corner and variant, what they cost, and
// the largest reliable size that follows.
#pragma once

#include <filesystem>
#include <string>

#include "app/compare.h"
#include "base/progress.h"

namespace crossloom {

/// Checks every point before any work; then trains, transforms and maps, samples programmed chips with validation
/// images, decides, confirms the decided sizes with test images, and takes losses apart by cause. The network is that
/// of the experiment's first seed. What the cache holds is not done again, so an interrupted study goes on where it
/// stopped. Returns what the screen shows. Throws what the stages throw; UserError where the experiment has no
/// `reliability:` or the data have too few images; DoesNotFit where no point can be mapped.
std::string study_reliability(const ExperimentLoader& load, const CompareOptions& options, ProgressSink& progress);

}  // namespace crossloom
