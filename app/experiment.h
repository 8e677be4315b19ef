// The experiment file: everything a run depends on, read and checked before any work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/comparison_spec.h"
#include "app/reliability_spec.h"
#include "base/config_reader.h"
#include "mapping/bit_serial/network_placement.h"
#include "mapping/mapper.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/chip_spec.h"
#include "models/network.h"
#include "models/spiking_network.h"
#include "training/dataset_catalogue.h"
#include "training/training_spec.h"
#include "training/transform/device_aware.h"
#include "training/transform/transform_spec.h"

namespace crossloom {

/// Which data, and how much of it.
struct DatasetChoice {
  DatasetKind kind = DatasetKind::mnist_or_digits;
  std::uint32_t training_images = 0;  ///< at most this many, the first ones; 0 = all
  std::uint32_t test_images = 0;      ///< likewise
  bool grey = false;                  ///< colours become their luma
};

/// Which test images go through the timed chip.
struct StimulusSpec {
  std::uint32_t first_image = 0;
  std::uint32_t images = 100;
  // Bit-serial chips only: the images are cut into streams of so many, each on an empty chip, so many begun at a time.
  std::uint32_t stream_length = 1;
  std::uint32_t images_in_flight = 1;
};

/// Where the dense network's weights come from. Random ones say what a chip takes and does, without data or training.
enum class WeightOrigin { trained, random };

/// The part of an experiment that only a chip with `execution: bit_serial` has.
struct BitSerialSetup {
  BitSerialChipSpec chip;
  FixedPointSpec fixed_point;
  BitSerialMappingSpec mapping;
};

/// Whose activations set the thresholds: the trained network's, or those of its weights as one programmed chip of the
/// experiment holds them, so that what wires take from all currents does not slow the neurons.
enum class CalibrateOn { network, chip };

/// One row of the comparison.
struct VariantSpec {
  std::string name;
  TransformSpec transform;
  /// With `device_aware` the variant is another one's network, retrained on this chip: `transform` is then that one's,
  /// and so is its random stream.
  std::optional<DeviceAwareSpec> device_aware;
  std::size_t from = 0;  ///< of all variants; its own place without device_aware
};

struct Experiment {
  std::string name;
  std::uint64_t seed = 1;   ///< of the first repetition; repetition k uses seed + k
  std::uint32_t seeds = 1;  ///< repetitions
  DatasetChoice dataset;
  NetworkSpec network;
  WeightOrigin weights = WeightOrigin::trained;
  TrainingSpec training;  ///< nothing is held out, and the rest unused, where weights are random
  /// There where the chip is bit-serial; chip, spiking, calibrate_on and mapping below are those of spiking chips.
  std::optional<BitSerialSetup> bit_serial;
  ChipSpec chip;
  SpikingSpec spiking;
  std::uint32_t calibration_images = 2000;  ///< training images whose activations set thresholds or binary points
  CalibrateOn calibrate_on = CalibrateOn::network;
  MappingSpec mapping;
  StimulusSpec stimulus;
  std::vector<VariantSpec> variants;
  std::optional<ComparisonSpec> comparison;    ///< for `crossloom compare`; a run ignores it
  std::optional<ReliabilitySpec> reliability;  ///< for `crossloom reliability`; a run ignores it
};

/// An experiment and how it was written.
struct ExperimentFile {
  Experiment experiment;
  std::vector<ConfigKey> keys;  ///< every value that was asked for
  std::string resolved;         ///< YAML that reads back to the same experiment, defaults and includes filled in
};

/// Throws UserError listing every problem.
ExperimentFile load_experiment(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides = {});
ExperimentFile experiment_from_text(const std::string& text, const std::string& name,
                                    const std::vector<ConfigOverride>& overrides = {});

/// The variant of that name; throws UserError listing the names there are.
const VariantSpec& variant_named(const Experiment& experiment, const std::string& name);

}  // namespace crossloom
