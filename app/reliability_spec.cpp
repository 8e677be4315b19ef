#include "app/reliability_spec.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "app/comparison_spec.h"

namespace crossloom {
namespace {

constexpr std::int64_t kMostImages = 10'000'000;
constexpr std::int64_t kMostChips = 10'000;

std::uint64_t cells_of(ArraySize size) { return std::uint64_t{size.rows} * size.columns; }

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool same(ArraySize a, ArraySize b) { return a.rows == b.rows && a.columns == b.columns; }

/// Names out of `known`, all of them where the key is left out.
std::vector<std::string> read_names(ConfigReader& reader, const char* key, const std::vector<std::string>& known,
                                    const char* what) {
  if (!reader.has(key)) return known;
  std::vector<std::string> names = reader.text_or_texts(key);
  for (const std::string& name : names) {
    if (contains(known, name)) continue;
    reader.problem(key, fmt::format("there is no {} '{}'; there {}: {}", what, name, known.size() == 1 ? "is" : "are",
                                    fmt::join(known, ", ")));
  }
  return names;
}

/// A name that is there and no other's; notes a problem otherwise.
std::string read_name(ConfigReader& reader, std::set<std::string>& taken, const char* what) {
  std::string name = reader.text("name");
  if (!reader.has("name")) return name;
  if (name.empty()) reader.problem("name", "a name has at least one letter");
  if (!name.empty() && !taken.insert(name).second) {
    reader.problem("name", fmt::format("two {} are called '{}'", what, name));
  }
  return name;
}

std::vector<std::string> read_causes(ConfigReader& reader, std::vector<CauseSpec>& causes) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  if (!reader.has("causes")) return names;
  for (ConfigReader& item : reader.sections("causes")) {
    CauseSpec cause;
    cause.name = read_name(item, taken, "causes");
    if (!item.has("off")) item.problem("off", "missing; the settings that switch this cause off");
    cause.off = read_settings(item, "off");
    names.push_back(cause.name);
    causes.push_back(std::move(cause));
  }
  return names;
}

std::vector<CornerSpec> read_corners(ConfigReader& reader, const std::vector<std::string>& causes) {
  std::vector<CornerSpec> corners;
  std::set<std::string> taken;
  for (ConfigReader& item : reader.sections("corners")) {
    CornerSpec corner;
    corner.name = read_name(item, taken, "corners");
    read_corner(item, corner);
    corner.causes = read_names(item, "causes", causes, "cause");
    corners.push_back(std::move(corner));
  }
  if (corners.empty() && reader.has("corners")) reader.problem("corners", "at least one corner is needed");
  return corners;
}

void read_sampling(ConfigReader& reader, ReliabilitySpec& spec) {
  if (auto chips = reader.optional_section("chips")) {
    spec.least_chips = static_cast<std::uint32_t>(chips->integer_or("least", spec.least_chips, {2, kMostChips}));
    spec.most_chips = static_cast<std::uint32_t>(chips->integer_or("most", spec.most_chips, {2, kMostChips}));
    if (spec.most_chips < spec.least_chips) {
      chips->problem("most", fmt::format("at most {} chips, but at least {}", spec.most_chips, spec.least_chips));
    }
  }
  const auto count = [&](const char* key, std::uint32_t fallback, std::int64_t low) {
    return static_cast<std::uint32_t>(reader.integer_or(key, fallback, {low, kMostImages}));
  };
  spec.interval = reader.real_or("interval_points", 0.2, {0.0, 100.0}) / 100.0;
  spec.largest_loss = reader.real_or("largest_loss_points", 1.0, {0.0, 100.0}) / 100.0;
  spec.images = count("images", spec.images, 1);
  spec.test_images = count("test_images", spec.test_images, 0);
  spec.timed_images = count("timed_images", spec.timed_images, 1);
  spec.checked_images = count("checked_images", spec.checked_images, 0);
}

std::vector<std::string> names_of(const std::vector<CornerSpec>& corners) {
  std::vector<std::string> names;
  names.reserve(corners.size());
  for (const CornerSpec& corner : corners) names.push_back(corner.name);
  return names;
}

/// Leaves the corners that `only_corners` names.
void read_only_corners(ConfigReader& reader, std::vector<CornerSpec>& corners) {
  const std::vector<std::string> only = read_names(reader, "only_corners", names_of(corners), "corner");
  if (only.empty()) reader.problem("only_corners", "at least one corner is needed");
  const auto left_out = [&](const CornerSpec& corner) { return !contains(only, corner.name); };
  corners.erase(std::remove_if(corners.begin(), corners.end(), left_out), corners.end());
}

BudgetSpec read_budget(ConfigReader& reader, const ReliabilitySpec& spec) {
  BudgetSpec budget;
  if (spec.causes.empty()) reader.problem("", "a budget needs causes: to take losses apart by");
  const bool decided = !reader.has("sizes") || reader.text_or_texts("sizes") == std::vector<std::string>{"decided"};
  if (!decided) budget.sizes = read_array_sizes(reader, "sizes");
  for (const ArraySize size : budget.sizes) {
    const auto is_size = [&](ArraySize other) { return same(size, other); };
    if (size.rows == 0 || std::any_of(spec.array_sizes.begin(), spec.array_sizes.end(), is_size)) continue;
    reader.problem("sizes", fmt::format("{} is none of the array_sizes", array_size_text(size)));
  }
  budget.images = static_cast<std::uint32_t>(reader.integer_or("images", spec.images, {1, kMostImages}));
  budget.chips = static_cast<std::uint32_t>(reader.integer_or("chips", spec.least_chips, {2, kMostChips}));
  budget.corners = read_names(reader, "corners", names_of(spec.corners), "corner");
  return budget;
}

}  // namespace

ReliabilitySpec read_reliability_spec(ConfigReader reader, const std::vector<std::string>& variants) {
  ReliabilitySpec spec;
  if (reader.has("array_sizes")) spec.array_sizes = read_array_sizes(reader, "array_sizes");
  std::sort(spec.array_sizes.begin(), spec.array_sizes.end(), [](ArraySize a, ArraySize b) {
    return cells_of(a) != cells_of(b) ? cells_of(a) < cells_of(b) : a.rows < b.rows;
  });
  for (std::size_t k = 1; k < spec.array_sizes.size(); ++k) {
    const ArraySize size = spec.array_sizes[k];
    if (size.rows != 0 && same(size, spec.array_sizes[k - 1])) {
      reader.problem("array_sizes", fmt::format("{} is given twice", array_size_text(size)));
    }
  }
  spec.variants = read_names(reader, "variants", variants, "variant");
  spec.settings = read_settings(reader, "settings");
  const std::vector<std::string> causes = read_causes(reader, spec.causes);
  spec.corners = read_corners(reader, causes);
  read_sampling(reader, spec);
  if (auto budget = reader.optional_section("budget")) spec.budget = read_budget(*budget, spec);
  if (!spec.corners.empty()) read_only_corners(reader, spec.corners);
  return spec;
}

}  // namespace crossloom
