// The stages of an experiment as functions of values; the pipeline and the subcommands compose them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/experiment.h"
#include "app/simulation_job.h"
#include "app/training_curves.h"
#include "base/progress.h"
#include "mapping/mapper.h"
#include "models/array_size.h"
#include "models/dataset.h"
#include "models/network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"
#include "training/dataset_catalogue.h"

namespace crossloom {

/// The chip's crossbar in weights.
ArraySize array_of(const Experiment& experiment);

/// Loads the data set (the environment says where, `data_option` comes first) and cuts it to the experiment's sizes.
/// Throws UserError where its images do not fit the network's input. With random weights, random images.
TrainAndTest load_data(const Experiment& experiment, const std::string& data_option, std::size_t threads);

/// The dense network of one seed, trained or drawn. `checkpoint` is written every epoch and taken up again if there.
TrainedNetwork train_stage(const Experiment& experiment, const Dataset& train_set, std::uint64_t seed,
                           const std::filesystem::path& checkpoint, std::size_t threads, ProgressSink& progress);

/// Masks and blocks of one variant, starting from the dense network of the same seed; with `device_aware` followed by
/// device_aware_stage.
TrainedNetwork transform_stage(const Experiment& experiment, const VariantSpec& variant, const Network& dense,
                               const Dataset& train_set, std::uint64_t seed, const std::filesystem::path& checkpoint,
                               std::size_t threads, ProgressSink& progress);

/// The variant's `device_aware` retraining, from the network of the variant that it is from.
TrainedNetwork device_aware_stage(const Experiment& experiment, const VariantSpec& variant, const Network& transformed,
                                  const Dataset& train_set, std::uint64_t seed, const std::filesystem::path& checkpoint,
                                  std::size_t threads, ProgressSink& progress);

/// What activation of each layer of the unfolded network stands for one spike a step, from the first calibration images
/// of the training part.
std::vector<double> activation_scales(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                      std::size_t threads);

/// Integer spiking network of the unfolded network (models/unfolding.h), with thresholds from the activation scales;
/// with calibrate_on: chip from those of the weights that one more chip holds, of the experiment's first seed.
SpikingNetwork convert_stage(const Experiment& experiment, const Network& network, const Dataset& train_set,
                             std::size_t threads);

/// Maps and proves the result legal. Throws DoesNotFit.
MappingResult map_stage(const Experiment& experiment, const SpikingNetwork& network, std::uint64_t seed,
                        ProgressSink& progress);

/// The same chip whatever the number of threads.
ProgrammedChip program_stage(const Experiment& experiment, const SpikingNetwork& network, const MappedNetwork& mapped,
                             std::uint64_t seed, std::size_t threads = 1);

/// The chip of one device key, its lines assigned as the experiment's mapping says.
ProgrammedChip program_chip(const Experiment& experiment, const SpikingNetwork& network, const MappedNetwork& mapped,
                            RandomKey key, std::size_t threads);

/// The test images of the experiment's stimulus. Throws UserError where there are not so many.
DatasetView stimulus_images(const Experiment& experiment, const Dataset& test_set);

/// Files of the stages of one variant of one seed within a run folder.
struct StageFiles {
  explicit StageFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path network() const { return folder_ / "transformed.network"; }
  [[nodiscard]] std::filesystem::path spiking_network() const { return folder_ / "spiking.network"; }
  [[nodiscard]] std::filesystem::path mapped_network() const { return folder_ / "mapped.network"; }
  [[nodiscard]] std::filesystem::path programmed_chip() const { return folder_ / "programmed.chip"; }
  [[nodiscard]] std::filesystem::path simulation_result() const { return folder_ / "simulation.result"; }

 private:
  std::filesystem::path folder_;
};

}  // namespace crossloom
