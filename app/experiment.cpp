#include "app/experiment.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include <fmt/format.h>

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

StimulusSpec read_stimulus(ConfigReader reader) {
  StimulusSpec stimulus;
  stimulus.first_image = static_cast<std::uint32_t>(reader.integer_or("first_image", 0, {0, kMostImages}));
  stimulus.images = static_cast<std::uint32_t>(reader.integer("images", {1, kMostImages}));
  return stimulus;
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

std::vector<VariantSpec> read_variants(ConfigReader& root) {
  std::vector<VariantSpec> variants;
  std::set<std::string> names;
  for (ConfigReader& reader : root.sections("variants")) {
    VariantSpec variant;
    variant.name = read_name(reader);
    variant.from = variants.size();
    if (reader.has("from")) {
      read_retrained(reader, variants, variant);
    } else {
      variant.transform = read_transform_spec(reader.section("transform"));
    }
    if (!variant.name.empty() && !names.insert(variant.name).second) {
      reader.problem("name", fmt::format("two variants are called '{}'", variant.name));
    }
    variants.push_back(std::move(variant));
  }
  if (variants.empty() && root.has("variants")) root.problem("variants", "at least one variant is needed");
  return variants;
}

Experiment read_experiment(ConfigReader root) {
  Experiment experiment;
  experiment.name = read_name(root);
  experiment.seed =
      static_cast<std::uint64_t>(root.integer_or("seed", 1, {0, std::numeric_limits<std::int64_t>::max() - 1'000'000}));
  experiment.seeds = static_cast<std::uint32_t>(root.integer_or("seeds", 1, {1, 1000}));
  experiment.dataset = read_dataset_choice(root.section("dataset"));
  experiment.network = read_network_spec(root.section("network"));
  experiment.training = read_training_spec(root.section("training"));
  experiment.chip = read_chip_spec(root.section("chip"));
  experiment.spiking = read_spiking_spec(root.section("spiking"));
  experiment.calibration_images =
      static_cast<std::uint32_t>(root.integer_or("calibration_images", 2000, {1, kMostImages}));
  experiment.calibrate_on = root.choice_or<CalibrateOn>(
      "calibrate_on", CalibrateOn::network, {{"network", CalibrateOn::network}, {"chip", CalibrateOn::chip}});
  if (auto mapping = root.optional_section("mapping")) experiment.mapping = read_mapping_spec(*mapping);
  experiment.stimulus = read_stimulus(root.section("stimulus"));
  experiment.variants = read_variants(root);
  std::vector<std::string> names;
  for (const VariantSpec& variant : experiment.variants) names.push_back(variant.name);
  if (auto comparison = root.optional_section("comparison")) {
    experiment.comparison = read_comparison_spec(*comparison, names);
  }
  if (auto reliability = root.optional_section("reliability")) {
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
