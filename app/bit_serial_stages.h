// The stages of an experiment on a bit-serial chip, from the transformed network to programmed arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "app/experiment.h"
#include "app/stages.h"
#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"
#include "models/bit_serial/programmed_arrays.h"
#include "models/dataset.h"

namespace crossloom {

/// Of each node of the folded network: the fixed_point.activation_percentile (nearest rank) of its absolute outputs
/// over `images`; 1 for the input and where all outputs are 0. By the plain forward pass: some seconds an image for
/// large networks.
std::vector<double> largest_outputs(const Network& folded, const DatasetView& images, double percentile,
                                    std::size_t threads);

/// Batch norms folded, binary points from the first calibration images of the training part, blocks packed as the
/// experiment's mapping says.
FixedPointNetwork fixed_point_stage(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                    std::size_t threads);

/// Places and proves the result consistent. Throws DoesNotFit.
PlacedNetwork place_stage(const Experiment& experiment, const FixedPointNetwork& network, std::uint64_t seed,
                          ProgressSink& progress);

/// What one step of each layer's ADCs is worth; with adc.range: calibrated from the calibration images.
AdcShifts adc_stage(const Experiment& experiment, const FixedPointNetwork& network, const Dataset& train_set,
                    std::size_t threads);

/// The same arrays in every process.
ProgrammedArrays program_stage(const Experiment& experiment, const FixedPointNetwork& network,
                               const PlacedNetwork& placed, const AdcShifts& shifts, std::uint64_t seed);

/// Files of one variant of one seed, beside StageFiles::network().
struct BitSerialFiles {
  explicit BitSerialFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path fixed_point_network() const { return folder_ / "fixed_point.network"; }
  [[nodiscard]] std::filesystem::path placed_network() const { return folder_ / "placed.network"; }
  [[nodiscard]] std::filesystem::path adc_shifts() const { return folder_ / "adc.shifts"; }
  void save(const FixedPointNetwork& network, const PlacedNetwork& placed, const AdcShifts& shifts) const;
  [[nodiscard]] FixedPointNetwork load_network() const;
  [[nodiscard]] PlacedNetwork load_placed() const;
  [[nodiscard]] AdcShifts load_shifts() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace crossloom
