#include "app/experiment.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "app/stages.h"
#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::int64_t kMostImages = 10'000'000;

/// Names become folders and table cells.
bool plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
}

std::string read_name(ConfigReader& reader) {
  std::string name = reader.text("name");
  if (reader.has("name") && !plain_name(name)) {
    reader.problem("name", "a name has letters, digits, '_', '-' and '.' only (at most 64), as it names a folder");
  }
  return name;
}

DatasetChoice read_dataset_choice(ConfigReader reader) {
  DatasetChoice choice;
  choice.kind = reader.choice("name", dataset_kinds());
  choice.training_images = static_cast<std::uint32_t>(reader.integer_or("training_images", 0, {0, kMostImages}));
  choice.test_images = static_cast<std::uint32_t>(reader.integer_or("test_images", 0, {0, kMostImages}));
  choice.grey = reader.boolean_or("grey", false);
  return choice;
}

StimulusSpec read_stimulus(ConfigReader reader, bool in_streams) {
  StimulusSpec stimulus;
  stimulus.first_image = static_cast<std::uint32_t>(reader.integer_or("first_image", 0, {0, kMostImages}));
  stimulus.images = static_cast<std::uint32_t>(reader.integer("images", {1, kMostImages}));
  if (!in_streams) return stimulus;
  stimulus.stream_length = static_cast<std::uint32_t>(reader.integer_or("stream_length", 1, {1, 1000}));
  stimulus.images_in_flight = static_cast<std::uint32_t>(reader.integer_or("images_in_flight", 1, {1, 1000}));
  if (stimulus.images_in_flight > stimulus.stream_length) {
    reader.problem("images_in_flight", fmt::format("a stream of {} images cannot have {} begun; raise stream_length",
                                                   stimulus.stream_length, stimulus.images_in_flight));
  }
  return stimulus;
}

/// Weights and inputs must fit the chip's slices. `chips` of the experiment takes the place of the chip's own.
BitSerialSetup read_bit_serial_setup(ConfigReader& root, ConfigReader chip) {
  BitSerialSetup setup;
  setup.chip = read_bit_serial_chip(chip);
  if (root.has("chips")) {
    setup.chip.chips = static_cast<std::uint32_t>(root.integer("chips", {1, 4096}));
    if (setup.chip.chips > 1 && !setup.chip.chip_link) {
      root.problem("chips", fmt::format("{} has no chip_link to join several of it", setup.chip.name));
    }
  }
  setup.fixed_point.weight_bits = setup.chip.weight_bits;
  setup.fixed_point.activation_bits = setup.chip.activation_bits;
  if (auto fixed_point = root.optional_section("fixed_point")) {
    setup.fixed_point = read_fixed_point_spec(*fixed_point);
    const auto check = [&](const char* key, std::uint32_t asked, std::uint32_t has) {
      if (asked == has) return;
      fixed_point->problem(
          key, fmt::format("{} has slices for {} bits; give the same here, or set chip.{}", setup.chip.name, has, key));
    };
    check("weight_bits", setup.fixed_point.weight_bits, setup.chip.weight_bits);
    check("activation_bits", setup.fixed_point.activation_bits, setup.chip.activation_bits);
  }
  if (auto mapping = root.optional_section("mapping")) setup.mapping = read_bit_serial_mapping_spec(*mapping);
  return setup;
}

void read_spiking_setup(ConfigReader& root, ConfigReader chip, Experiment& experiment) {
  experiment.chip = read_chip_spec(chip);
  experiment.spiking = read_spiking_spec(root.section("spiking"));
  experiment.calibrate_on = root.choice_or<CalibrateOn>(
      "calibrate_on", CalibrateOn::network, {{"network", CalibrateOn::network}, {"chip", CalibrateOn::chip}});
  if (auto mapping = root.optional_section("mapping")) experiment.mapping = read_mapping_spec(*mapping);
  const FaultAwareness moves = experiment.mapping.fault_aware;
  if (experiment.chip.crossbar.spare_columns > 0 && moves != FaultAwareness::columns &&
      moves != FaultAwareness::rows_and_columns) {
    root.problem("chip",
                 "crossbar.spare_columns are never used unless mapping.fault_aware is columns or rows_and_columns");
  }
}

/// A variant that retrains the network of one above it.
void read_retrained(ConfigReader& reader, const std::vector<VariantSpec>& above, VariantSpec& variant) {
  const std::string from = reader.text("from");
  variant.device_aware = read_device_aware_spec(reader.section("device_aware"));
  for (std::size_t v = 0; v < above.size(); ++v) {
    if (above[v].name != from) continue;
    if (above[v].device_aware) reader.problem("from", from + " is itself retrained; name the variant that it is from");
    variant.from = v;
    variant.transform = above[v].transform;
    return;
  }
  reader.problem("from", "names no variant above this one");
}

/// Whether a chip whose keys may have been wrong has crossbars of a size that can be asked for.
bool has_array(const Experiment& experiment) {
  if (!experiment.bit_serial) return experiment.chip.crossbar.rows > 0 && experiment.chip.crossbar.columns > 0;
  const BitSerialChipSpec& chip = experiment.bit_serial->chip;
  const std::uint32_t levels = chip.device.levels;
  return levels >= 2 && (levels & (levels - 1)) == 0 && chip.weight_bits >= 2 && chip.array.rows > 0 &&
         chip.logical_columns() > 0;
}

/// `target` is null where network or chip are not sound.
std::vector<VariantSpec> read_variants(ConfigReader& root, const TransformTarget* target) {
  std::vector<VariantSpec> variants;
  std::set<std::string> names;
  for (ConfigReader& reader : root.sections("variants")) {
    VariantSpec variant;
    variant.name = read_name(reader);
    variant.from = variants.size();
    if (reader.has("from")) {
      read_retrained(reader, variants, variant);
    } else {
      variant.transform = read_transform_spec(reader.section("transform"), target);
    }
    if (!variant.name.empty() && !names.insert(variant.name).second) {
      reader.problem("name", fmt::format("two variants are called '{}'", variant.name));
    }
    variants.push_back(std::move(variant));
  }
  if (variants.empty() && root.has("variants")) root.problem("variants", "at least one variant is needed");
  return variants;
}

/// Nothing that needs data or training stands beside random weights.
void check_random_weights(ConfigReader& root, const Experiment& experiment) {
  for (const char* key : {"dataset", "training", "comparison", "reliability"}) {
    if (!root.has(key)) continue;
    root.problem(key, "nothing is trained or measured with weights: random; take one of the two out");
  }
  if (!experiment.bit_serial) root.problem("weights", "random weights are for bit-serial chips so far");
  for (const VariantSpec& variant : experiment.variants) {
    if (std::holds_alternative<NoneSpec>(variant.transform) && !variant.device_aware) continue;
    root.problem("variants", variant.name + ": transformations retrain, but nothing is trained with weights: random");
  }
}

Experiment read_experiment(ConfigReader root) {
  Experiment experiment;
  experiment.name = read_name(root);
  experiment.seed =
      static_cast<std::uint64_t>(root.integer_or("seed", 1, {0, std::numeric_limits<std::int64_t>::max() - 1'000'000}));
  experiment.seeds = static_cast<std::uint32_t>(root.integer_or("seeds", 1, {1, 1000}));
  experiment.weights = root.choice_or<WeightOrigin>(
      "weights", WeightOrigin::trained, {{"trained", WeightOrigin::trained}, {"random", WeightOrigin::random}});
  const bool trained = experiment.weights == WeightOrigin::trained;
  if (trained) experiment.dataset = read_dataset_choice(root.section("dataset"));
  experiment.network = read_network_spec(root.section("network"));
  if (trained) {
    experiment.training = read_training_spec(root.section("training"));
  } else {
    experiment.training.validation_images = 0;
  }
  const ConfigReader chip = root.section("chip");
  if (read_chip_execution(chip) == ChipExecution::bit_serial) {
    experiment.bit_serial = read_bit_serial_setup(root, chip);
  } else {
    read_spiking_setup(root, chip, experiment);
  }
  experiment.calibration_images =
      static_cast<std::uint32_t>(root.integer_or("calibration_images", 2000, {1, kMostImages}));
  experiment.stimulus = read_stimulus(root.section("stimulus"), experiment.bit_serial.has_value());
  if (experiment.bit_serial) experiment.bit_serial->mapping.images_a_pass = experiment.stimulus.stream_length;
  const bool sound = graph_faults(experiment.network).empty() && has_array(experiment);
  const TransformTarget target{experiment.network, sound ? array_of(experiment) : ArraySize{}};
  experiment.variants = read_variants(root, sound ? &target : nullptr);
  if (experiment.bit_serial && root.has("reliability")) {
    root.problem("reliability", "is for spiking chips so far; this chip is bit-serial");
  }
  if (!trained) check_random_weights(root, experiment);
  std::vector<std::string> names;
  for (const VariantSpec& variant : experiment.variants) {
    names.push_back(variant.name);
    if (experiment.bit_serial && variant.device_aware) {
      root.problem("variants", variant.name + ": device_aware retraining is for spiking chips so far");
    }
  }
  if (auto comparison = root.optional_section("comparison")) {
    experiment.comparison = read_comparison_spec(*comparison, names);
    if (experiment.comparison->corner && !experiment.bit_serial) {
      comparison->problem("corner", "is for bit-serial chips; crossloom reliability tries corners of spiking chips");
    }
  }
  if (auto reliability = experiment.bit_serial ? std::nullopt : root.optional_section("reliability")) {
    experiment.reliability = read_reliability_spec(*reliability, names);
  }
  return experiment;
}

ExperimentFile finish(ConfigDocument document) {
  ExperimentFile file;
  file.experiment = read_experiment(document.root());
  document.finish();
  file.keys = document.keys();
  file.resolved = document.resolved();
  return file;
}

}  // namespace

ExperimentFile load_experiment(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides) {
  return finish(ConfigDocument::from_file(file, overrides));
}

ExperimentFile experiment_from_text(const std::string& text, const std::string& name,
                                    const std::vector<ConfigOverride>& overrides) {
  return finish(ConfigDocument::from_text(text, name, overrides));
}

const VariantSpec& variant_named(const Experiment& experiment, const std::string& name) {
  std::string names;
  for (const VariantSpec& variant : experiment.variants) {
    if (variant.name == name) return variant;
    names += (names.empty() ? "" : ", ") + variant.name;
  }
  throw UserError(fmt::format("the experiment has no variant '{}'; it has: {}", name, names));
}

}  // namespace crossloom
