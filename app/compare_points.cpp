#include "app/compare_points.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/stages.h"
#include "app/version.h"
#include "base/error.h"
#include "base/files.h"
#include "training/transform/cluster_pruned.h"

namespace crossloom {
namespace {

/// The lines of one top-level key of a resolved configuration, its own line included.
std::string section_of(const std::string& resolved, const std::string& key) {
  const std::string head = key + ":";
  std::string section;
  bool inside = false;
  for (std::size_t begin = 0; begin < resolved.size();) {
    const std::size_t end = std::min(resolved.find('\n', begin), resolved.size());
    const std::string line = resolved.substr(begin, end - begin);
    if (!line.empty() && line.front() != ' ') inside = line.compare(0, head.size(), head) == 0;
    if (inside) section += line + '\n';
    begin = end + 1;
  }
  return section;
}

/// The lines of item `index` of a top-level list.
std::string item_of(const std::string& section, std::size_t index) {
  const std::string mark = "\n  - ";
  std::size_t begin = section.find(mark);
  for (std::size_t k = 0; k < index && begin != std::string::npos; ++k) begin = section.find(mark, begin + 1);
  CROSSLOOM_CHECK(begin != std::string::npos, "a resolved configuration lists every variant");
  return section.substr(begin, section.find(mark, begin + 1) - begin);
}

/// The mapping below the first line `key:` of a block of YAML, indented as at top level, so that equal mappings are
/// equal texts wherever they stand.
std::string mapping_of(const std::string& block, const std::string& key) {
  std::string mapping;
  std::size_t depth = std::string::npos;  // of the lines of the mapping
  for (std::size_t begin = 0; begin < block.size();) {
    const std::size_t end = std::min(block.find('\n', begin), block.size());
    const std::string line = block.substr(begin, end - begin);
    const std::size_t indent = line.find_first_not_of(' ');
    begin = end + 1;
    if (depth == std::string::npos) {
      if (indent != std::string::npos && line.substr(indent) == key + ":") depth = indent + 2;
      continue;
    }
    if (indent == std::string::npos || indent < depth) break;
    mapping += line.substr(depth) + '\n';
  }
  CROSSLOOM_CHECK(!mapping.empty(), "a resolved configuration shows every mapping");
  return mapping;
}

const SweepSpec* sweep_of(const ComparisonSpec& spec, const std::string& variant) {
  for (const SweepSpec& sweep : spec.sweeps) {
    if (sweep.variant == variant) return &sweep;
  }
  return nullptr;
}

/// Wordlines and bit lines of the physical arrays of a bit-serial chip. What a table gives for one array of its own
/// size goes with the cells; what it gives a wordline or a bit line follows by itself.
std::vector<ConfigOverride> array_overrides(const BitSerialChipSpec& chip, ArraySize array) {
  if (array.rows == chip.array.rows && array.columns == chip.array.bit_lines) return {};
  std::vector<ConfigOverride> overrides = {{"chip.array.rows", fmt::format("{}", array.rows)},
                                           {"chip.array.bit_lines", fmt::format("{}", array.columns)}};
  const double cells =
      static_cast<double>(array.rows) * array.columns / (static_cast<double>(chip.array.rows) * chip.array.bit_lines);
  const BitSerialComponentCost& cost = chip.costs.of(BitSerialComponent::array);
  overrides.push_back({"chip.costs.array.area", fmt::format("{} um2", cost.area.si() * 1e12 * cells)});
  overrides.push_back({"chip.costs.array.leakage", fmt::format("{} mW", cost.leakage.si() * 1e3 * cells)});
  overrides.push_back({"chip.costs.array.active_power", fmt::format("{} mW", cost.active_power.si() * 1e3 * cells)});
  overrides.push_back(
      {"chip.costs.array.read", fmt::format("{} pJ", chip.costs.of(BitSerialAction::array_read).si() * 1e12 * cells)});
  return overrides;
}

std::vector<ConfigOverride> array_overrides(const Experiment& experiment, ArraySize array) {
  if (experiment.bit_serial) return array_overrides(experiment.bit_serial->chip, array);
  return {{"chip.crossbar.rows", fmt::format("{}", array.rows)},
          {"chip.crossbar.columns", fmt::format("{}", array.columns)}};
}

/// The chip's own, as array_sizes would give it.
ArraySize own_array(const Experiment& experiment) {
  if (!experiment.bit_serial) return array_of(experiment);
  return {experiment.bit_serial->chip.array.rows, experiment.bit_serial->chip.array.bit_lines};
}

/// A corner changes what cells, wires and converters do; the network lies in the same crossbars.
void check_corner(const ComparePoint& point, const std::string& name) {
  const BitSerialChipSpec& own = point.file.experiment.bit_serial->chip;
  const BitSerialChipSpec& corner = point.corner->experiment.bit_serial->chip;
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("comparison.corner {}: {}", name, what));
  };
  if (corner.cell_bits() != own.cell_bits()) {
    refuse(
        fmt::format("its cells have {} levels and the chip's {}, so that weights would lie in other slices; add the "
                    "setting chip.device.levels={}",
                    corner.device.levels, own.device.levels, own.device.levels));
  }
  const bool same = corner.weight_bits == own.weight_bits && corner.activation_bits == own.activation_bits &&
                    corner.logical_columns() == own.logical_columns() &&
                    corner.arrays_per_crossbar() == own.arrays_per_crossbar() &&
                    corner.array.weight_encoding == own.array.weight_encoding;
  if (!same)
    refuse("weights would lie in other cells; change what cells, wires and converters do, not where weights lie");
}

ComparePoint load_point(const ExperimentLoader& load, std::vector<ConfigOverride> overrides, std::size_t variant,
                        const SweepSpec* sweep, const std::string& value) {
  ComparePoint point;
  point.variant = variant;
  if (sweep != nullptr) {
    overrides.push_back({fmt::format("variants[{}].transform.{}", variant, sweep->setting), value});
    point.setting = sweep->setting + " = " + value;
  }
  try {
    point.file = load(overrides);
  } catch (const UserError& error) {
    if (sweep == nullptr) throw;
    throw UserError(fmt::format("the sweep of {} at {}: {}", sweep->variant, point.setting, error.what()));
  }
  if (const std::optional<ComparisonCorner>& corner = point.file.experiment.comparison->corner) {
    const std::vector<ConfigOverride> more = overrides_of(corner->corner);
    overrides.insert(overrides.end(), more.begin(), more.end());
    try {
      point.corner = load(overrides);
    } catch (const UserError& error) {
      throw UserError(fmt::format("comparison.corner {}: {}", corner->corner.name, error.what()));
    }
    check_corner(point, corner->corner.name);
  }
  return point;
}

}  // namespace

std::vector<CompareSize> comparison_points(const ExperimentLoader& load, const ExperimentFile& base) {
  const ComparisonSpec& spec = *base.experiment.comparison;
  std::vector<ArraySize> arrays = spec.array_sizes;
  if (arrays.empty()) arrays.push_back(own_array(base.experiment));
  std::vector<CompareSize> sizes;
  for (const ArraySize array : arrays) {
    const std::vector<ConfigOverride> overrides = array_overrides(base.experiment, array);
    CompareSize size{array, {}, {}};
    for (std::size_t v = 0; v < base.experiment.variants.size(); ++v) {
      const SweepSpec* const sweep = sweep_of(spec, base.experiment.variants[v].name);
      const std::vector<std::string> values = sweep == nullptr ? std::vector<std::string>{""} : sweep->values;
      size.points.emplace_back();
      for (const std::string& value : values) {
        size.points.back().push_back(load_point(load, overrides, v, sweep, value));
      }
    }
    size.crossbar = array_of(size.points.front().front().file.experiment);
    sizes.push_back(std::move(size));
  }
  return sizes;
}

std::optional<ComparePoint> pruning_of(const ComparePoint& point) {
  const std::optional<MagnitudeSpec> pruning =
      pruning_before_clustering(point.file.experiment.variants[point.variant].transform);
  if (!pruning) return std::nullopt;
  ComparePoint alone = point;
  alone.file.experiment.variants[point.variant].transform = *pruning;
  alone.pruning_only = true;
  return alone;
}

StageIdentities::StageIdentities(const ComparePoint& point, const TrainAndTest& data, std::uint64_t seed) {
  const std::string& resolved = point.file.resolved;
  const Experiment& experiment = point.file.experiment;
  dense_ = fmt::format("{}\nseed {}\n", network_code_digest(), seed);
  for (const auto& [name, version] : versions()) dense_ += name + " " + version + "\n";
  for (const Dataset* dataset : {&data.train, &data.test}) {
    dense_ += dataset->origin.description + "\n";
    for (const DatasetFile& input : dataset->origin.files) dense_ += fmt::format("{} {}\n", input.name, input.sha256);
  }
  for (const char* key : {"dataset", "network", "training"}) dense_ += section_of(resolved, key);
  const VariantSpec& variant = experiment.variants[point.variant];
  const std::string transform = mapping_of(item_of(section_of(resolved, "variants"), variant.from), "transform");
  transformed_ = dense_ + (point.pruning_only ? mapping_of(transform, "pruning") : transform);
  // Methods that know nothing of arrays are trained once for all sizes.
  if (depends_on_array(variant.transform)) {
    const ArraySize array = array_of(experiment);
    transformed_ += fmt::format("array {} {}\n", array.rows, array.columns);
  }
  std::string chip;
  for (const char* key : {"chip", "spiking", "fixed_point", "calibration_images", "calibrate_on", "mapping"})
    chip += section_of(resolved, key);
  if (variant.device_aware) transformed_ += item_of(section_of(resolved, "variants"), point.variant) + chip;
  mapped_ = transformed_ + chip_code_digest() + "\n" + chip;
  simulated_ = mapped_ + section_of(resolved, "stimulus");
  if (!point.corner) return;
  const ComparisonCorner& corner = *experiment.comparison->corner;
  corner_ = mapped_ + "corner " + section_of(point.corner->resolved, "chip") +
            fmt::format("chips {} images {}\n", corner.chips, corner.images);
}

}  // namespace crossloom
