#include "app/stages.h"

#include <cstdlib>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "app/chip_in_the_loop.h"
#include "app/random_network.h"
#include "app/streams.h"
#include "base/error.h"
#include "base/parallel.h"
#include "mapping/line_assignment.h"
#include "models/legality.h"
#include "models/unfolding.h"
#include "training/evaluate.h"
#include "training/trainer.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

DataFolderHints hints(const std::string& data_option) {
  DataFolderHints hints;
  if (!data_option.empty()) hints.given = data_option;
  hints.environment = environment("CROSSLOOM_DATA");
  hints.xdg_data_home = environment("XDG_DATA_HOME");
  hints.home = environment("HOME");
  return hints;
}

/// The first `count` images, without copying where all are wanted.
void keep_first(Dataset& dataset, std::size_t count) {
  if (count == 0 || count >= dataset.size()) return;
  dataset.origin.description += fmt::format(", the first {} of them used", count);
  dataset.labels.resize(count);
  dataset.pixels.resize(count * dataset.image_size());
}

void check_fits(const NetworkSpec& network, const Dataset& dataset) {
  if (network.input.width != dataset.width || network.input.height != dataset.height ||
      network.input.channels != dataset.channels) {
    throw UserError(fmt::format("network.input is {}x{}x{} but the images of {} are {}x{}x{}", network.input.width,
                                network.input.height, network.input.channels, dataset.name, dataset.width,
                                dataset.height, dataset.channels));
  }
  if (network.output_count() != dataset.classes) {
    throw UserError(fmt::format("network.layers: the last layer has {} outputs but {} has {} classes",
                                network.output_count(), dataset.name, dataset.classes));
  }
}

std::string joined(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += "\n  - " + reason;
  return text;
}

void check_consistent(const Network& network) {
  const std::vector<std::string> faults = network_faults(network);
  CROSSLOOM_CHECK(faults.empty(), "the transformation left an inconsistent network:" + joined(faults));
}

TrainOptions train_options(const std::filesystem::path& checkpoint, std::size_t threads, ProgressSink& progress) {
  TrainOptions options;
  options.threads = threads;
  options.checkpoint_file = checkpoint;
  options.resume = true;
  options.progress = &progress;
  return options;
}

}  // namespace

ArraySize array_of(const Experiment& experiment) {
  if (experiment.bit_serial) {
    return {experiment.bit_serial->chip.array.rows, experiment.bit_serial->chip.logical_columns()};
  }
  return {experiment.chip.crossbar.rows, experiment.chip.crossbar.columns};
}

TrainAndTest load_data(const Experiment& experiment, const std::string& data_option, std::size_t threads) {
  if (experiment.weights == WeightOrigin::random) return random_images(experiment);
  DatasetRequest request;
  request.kind = experiment.dataset.kind;
  request.folders = data_folders(hints(data_option));
  if (experiment.dataset.training_images > 0) request.generated_train = experiment.dataset.training_images;
  if (experiment.dataset.test_images > 0) request.generated_test = experiment.dataset.test_images;
  ThreadPool pool(threads);
  TrainAndTest data = load_dataset(request, &pool);
  keep_first(data.train, experiment.dataset.training_images);
  keep_first(data.test, experiment.dataset.test_images);
  if (experiment.dataset.grey) {
    data.train = to_grey(std::move(data.train));
    data.test = to_grey(std::move(data.test));
  }
  check_fits(experiment.network, data.train);
  return data;
}

TrainedNetwork train_stage(const Experiment& experiment, const Dataset& train_set, std::uint64_t seed,
                           const std::filesystem::path& checkpoint, std::size_t threads, ProgressSink& progress) {
  if (experiment.weights == WeightOrigin::random) return {random_network(experiment, seed), {}};
  TrainResult result = train(experiment.network, train_set, experiment.training, Streams(seed).training(),
                             train_options(checkpoint, threads, progress));
  return {std::move(result.network), std::move(result.history)};
}

TrainedNetwork transform_stage(const Experiment& experiment, const VariantSpec& variant, const Network& dense,
                               const Dataset& train_set, std::uint64_t seed, const std::filesystem::path& checkpoint,
                               std::size_t threads, ProgressSink& progress) {
  TransformResult result = transform(dense, train_set, variant.transform, array_of(experiment), experiment.training,
                                     Streams(seed).retraining(), train_options(checkpoint, threads, progress));
  check_consistent(result.network);
  if (!variant.device_aware) return {std::move(result.network), std::move(result.history)};
  const std::filesystem::path own = std::filesystem::path(checkpoint).concat(".device_aware");
  TrainedNetwork retrained =
      device_aware_stage(experiment, variant, result.network, train_set, seed, own, threads, progress);
  std::filesystem::remove(own);
  retrained.epochs.insert(retrained.epochs.begin(), result.history.begin(), result.history.end());
  return retrained;
}

TrainedNetwork device_aware_stage(const Experiment& experiment, const VariantSpec& variant, const Network& transformed,
                                  const Dataset& train_set, std::uint64_t seed, const std::filesystem::path& checkpoint,
                                  std::size_t threads, ProgressSink& progress) {
  WeightsOnChip on_chip = weights_on_chip(experiment, transformed, train_set, seed, threads, progress);
  if (experiment.calibrate_on == CalibrateOn::chip) on_chip = with_calibrated_gains(std::move(on_chip));
  TrainResult result = retrain_on_chips(transformed, train_set, *variant.device_aware, experiment.training,
                                        Streams(seed).transform().child(variant.name), on_chip,
                                        train_options(checkpoint, threads, progress));
  check_consistent(result.network);
  return {std::move(result.network), std::move(result.history)};
}

std::vector<double> activation_scales(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                      std::size_t threads) {
  const ValidationSplit split = split_for_validation(train_set, experiment.training);
  const Network chain = unfold(network, array_of(experiment));
  const std::vector<ActivationStatistics> statistics = layer_activation_percentile(
      chain, split.training.first(experiment.calibration_images), experiment.spiking.activation_percentile, threads);
  std::vector<double> scales;
  for (std::size_t l = 0; l < statistics.size(); ++l) {
    // A counter's threshold is its window, so its spikes stand for what those that it counts do.
    const bool counted = is_counted(experiment.mapping, chain.layers[LayerId(l)].kernel);
    const double of_inputs = scales.empty() ? 1.0 : scales.back();
    scales.push_back(counted ? of_inputs : static_cast<double>(statistics[l].percentile));
  }
  return scales;
}

SpikingNetwork convert_stage(const Experiment& experiment, const Network& network, const Dataset& train_set,
                             std::size_t threads) {
  const Network chain = unfold(network, array_of(experiment));
  Network seen = chain;
  if (experiment.calibrate_on == CalibrateOn::chip) {
    const auto matrices =
        weights_on_chip(experiment, chain, train_set, experiment.seed, threads, no_progress())(chain, kCalibrationDraw);
    for (std::size_t l = 0; l < matrices.size(); ++l) seen.layers[LayerId(l)].weights = matrices[l];
  }
  return convert(chain, activation_scales(experiment, seen, train_set, threads), experiment.spiking,
                 experiment.chip.device, experiment.chip.crossbar);
}

MappingResult map_stage(const Experiment& experiment, const SpikingNetwork& network, std::uint64_t seed,
                        ProgressSink& progress) {
  MappingResult result = map_network(network, experiment.chip, experiment.mapping, Streams(seed).placement(), progress);
  const std::vector<std::string> faults = legality_faults(result.mapped, network, experiment.chip);
  CROSSLOOM_CHECK(faults.empty(), "the mapper made a mapping that is not legal:" + joined(faults));
  return result;
}

ProgrammedChip program_stage(const Experiment& experiment, const SpikingNetwork& network, const MappedNetwork& mapped,
                             std::uint64_t seed, std::size_t threads) {
  return program_chip(experiment, network, mapped, Streams(seed).device(), threads);
}

ProgrammedChip program_chip(const Experiment& experiment, const SpikingNetwork& network, const MappedNetwork& mapped,
                            RandomKey key, std::size_t threads) {
  const LineAssignment lines = assign_lines(mapped, network, experiment.chip, experiment.mapping, key, threads);
  return ProgrammedChip::program(mapped, network, experiment.chip, key, threads, lines);
}

DatasetView stimulus_images(const Experiment& experiment, const Dataset& test_set) {
  const StimulusSpec& stimulus = experiment.stimulus;
  if (std::size_t{stimulus.first_image} + stimulus.images > test_set.size()) {
    throw UserError(fmt::format("stimulus: images {}..{} are wanted but {} has {} test images", stimulus.first_image,
                                std::size_t{stimulus.first_image} + stimulus.images - 1, test_set.name,
                                test_set.size()));
  }
  std::vector<std::uint32_t> indices(stimulus.images);
  std::iota(indices.begin(), indices.end(), stimulus.first_image);
  return DatasetView(test_set, std::move(indices));
}

}  // namespace crossloom
