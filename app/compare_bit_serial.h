// What a comparison measures of a network on a bit-serial chip, beside the timed run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/compare_points.h"
#include "base/progress.h"
#include "traces/bit_serial_report.h"
#include "traces/method_comparison.h"

namespace crossloom {

/// Crossbars, areas and utilisation of the placed network; nothing is simulated. Throws DoesNotFit.
BitSerialSeedReport placed_figures(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                   std::uint64_t seed, std::size_t threads, ProgressSink& progress);

/// The first test images through the untimed chip: the experiment's own, and each of the corner's chips, which hold the
/// same network in the same crossbars and differ in all that is drawn. The same whatever the number of threads. Throws
/// Interrupted after a signal.
CornerOutcome measure_corner(const ComparePoint& point, const Network& network, const TrainAndTest& data,
                             std::uint64_t seed, const std::string& what, std::size_t threads, ProgressSink& progress);

}  // namespace crossloom
