// Chips as retraining sees them: the experiment's chip, programmed anew for each draw.
#pragma once

#include <cstdint>
#include <vector>

#include "app/experiment.h"
#include "base/progress.h"
#include "models/mapped_network.h"
#include "models/network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"
#include "training/transform/device_aware.h"

namespace crossloom {

/// The weights that a programmed chip works with, in the trained network's own units, bias rows left out: the matrices
/// of the unfolded network (models/unfolding.h), in which a kernel's weight is another cell at each position, or the
/// same where positions share cells. Where several cells hold one weight's position (blocks that overlap where nothing
/// lives), their sum; 0 where none does. Counters of mean pools are exact.
std::vector<Matrix> weights_of(const ProgrammedChip& chip, const MappedNetwork& mapped, const SpikingNetwork& network);

/// The draw of the chip on which thresholds are calibrated; retraining draws none of this number.
inline constexpr std::uint64_t kCalibrationDraw = ~std::uint64_t{0};

/// Maps the transformed network once (masks and blocks stay while it is retrained) and programs it for every draw, with
/// the device streams of this seed's chip but none of the chips that are simulated. A convolution's weight is the mean
/// of what its positions hold (fold() in models/unfolding.h): exact where they share cells; otherwise what wires take
/// is seen, and errors that differ from cell to cell cancel in part. Throws UserError for networks with batch norms,
/// DoesNotFit as mapping does. `experiment` must outlive the result.
WeightsOnChip weights_on_chip(const Experiment& experiment, const Network& transformed, const Dataset& train_set,
                              std::uint64_t seed, std::size_t threads, ProgressSink& progress);

/// The same with each layer's matrix times the gain that brings it nearest to the network's own (least squares): what
/// thresholds that are calibrated on the chip undo. Without it retraining answers a loss of current with larger
/// weights, which draw more current and lose more of it.
WeightsOnChip with_calibrated_gains(WeightsOnChip on_chip);

}  // namespace crossloom
