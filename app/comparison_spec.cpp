#include "app/comparison_spec.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/format.h>

namespace crossloom {
namespace {

constexpr unsigned kLargestArray = 4096;
constexpr std::int64_t kMostCornerChips = 10'000;
constexpr std::int64_t kMostCornerImages = 10'000'000;

/// "64" is square; "64x32" has 64 rows and 32 columns. No such text: rows = 0.
ArraySize array_size_of(const std::string& text) {
  unsigned rows = 0;
  unsigned columns = 0;
  char rest = 0;
  if (text.empty() || text.find_first_not_of("0123456789x") != std::string::npos) return {0, 0};
  const int read = std::sscanf(text.c_str(), "%5ux%5u%c", &rows, &columns, &rest);
  if (read == 1 && text.find('x') == std::string::npos) columns = rows;
  if (read != 2 && (read != 1 || text.find('x') != std::string::npos)) return {0, 0};
  if (rows == 0 || columns == 0 || rows > kLargestArray || columns > kLargestArray) return {0, 0};
  return {rows, columns};
}

void check_variant(ConfigReader& reader, const char* key, const std::string& name,
                   const std::vector<std::string>& variants) {
  if (name.empty() || std::find(variants.begin(), variants.end(), name) != variants.end()) return;
  reader.problem(key, fmt::format("the experiment has no variant '{}'; it has: {}", name, fmt::join(variants, ", ")));
}

SweepSpec read_sweep(ConfigReader& reader, const std::vector<std::string>& variants) {
  SweepSpec sweep;
  sweep.variant = reader.text("variant");
  check_variant(reader, "variant", sweep.variant, variants);
  sweep.setting = reader.text("setting");
  sweep.values = reader.text_or_texts("values");
  if (sweep.values.empty() && reader.has("values")) reader.problem("values", "at least one value is needed");
  return sweep;
}

ComparisonCorner read_comparison_corner(ConfigReader reader) {
  ComparisonCorner spec;
  spec.corner.name = reader.text("name");
  if (reader.has("name") && spec.corner.name.empty()) reader.problem("name", "a name has at least one letter");
  read_corner(reader, spec.corner);
  if (spec.corner.device.empty() && spec.corner.settings.empty()) {
    reader.problem("device",
                   "a corner differs from the chip: give it a device, or settings such as "
                   "chip.device.programming_error=0.05");
  }
  for (const ConfigOverride& setting : spec.corner.settings) {
    if (setting.path.rfind("chip.", 0) == 0) continue;
    reader.problem("settings",
                   fmt::format("'{}': only chip. may differ; the network lies in the same crossbars", setting.path));
  }
  spec.chips = static_cast<std::uint32_t>(reader.integer_or("chips", spec.chips, {2, kMostCornerChips}));
  spec.images = static_cast<std::uint32_t>(reader.integer_or("images", spec.images, {1, kMostCornerImages}));
  return spec;
}

}  // namespace

std::vector<ArraySize> read_array_sizes(ConfigReader& reader, const char* key) {
  std::vector<ArraySize> sizes;
  for (const std::string& text : reader.text_or_texts(key)) {
    const ArraySize size = array_size_of(text);
    if (size.rows == 0) {
      reader.problem(key, fmt::format("'{}' is no array size; write 64 for 64 rows and 64 columns, or 64x32 "
                                      "(each from 1 to {})",
                                      text, kLargestArray));
    }
    sizes.push_back(size);
  }
  return sizes;
}

ComparisonSpec read_comparison_spec(ConfigReader reader, const std::vector<std::string>& variants) {
  ComparisonSpec spec;
  if (reader.has("array_sizes")) {
    spec.array_sizes = read_array_sizes(reader, "array_sizes");
    if (spec.array_sizes.empty()) {
      reader.problem("array_sizes", "at least one size is needed; leave the key out for the chip's own");
    }
  }
  spec.largest_loss = reader.real_or("largest_loss_points", 0.2, {0.0, 100.0}) / 100.0;
  if (reader.has("relative_to")) spec.relative_to = reader.text_or_texts("relative_to");
  for (const std::string& name : spec.relative_to) check_variant(reader, "relative_to", name, variants);
  if (spec.relative_to.empty() && !variants.empty()) spec.relative_to = {variants.front()};
  if (auto corner = reader.optional_section("corner")) spec.corner = read_comparison_corner(*corner);
  std::set<std::string> swept;
  if (!reader.has("sweeps")) return spec;
  for (ConfigReader& item : reader.sections("sweeps")) {
    spec.sweeps.push_back(read_sweep(item, variants));
    const std::string& name = spec.sweeps.back().variant;
    if (!name.empty() && !swept.insert(name).second) {
      item.problem("variant", fmt::format("'{}' has a sweep already; one setting a variant is swept", name));
    }
  }
  return spec;
}

std::string array_size_text(ArraySize array) {
  return array.rows == array.columns ? fmt::format("{}", array.rows) : fmt::format("{}x{}", array.rows, array.columns);
}

}  // namespace crossloom
