#include "app/corner_spec.h"

#include <fmt/format.h>

#include "base/error.h"
#include "models/chip_spec.h"

namespace crossloom {
namespace {

/// What a corner may change: the trained network stays the same.
bool of_the_chip(const std::string& path) {
  for (const char* root : {"chip.", "spiking.", "mapping."}) {
    if (path.rfind(root, 0) == 0) return true;
  }
  return false;
}

bool of_size(const std::string& path) {
  for (const char* size : {"chip.crossbar.rows", "chip.crossbar.columns", "chip.array.rows", "chip.array.bit_lines"}) {
    if (path == size) return true;
  }
  return false;
}

}  // namespace

std::vector<ConfigOverride> read_settings(ConfigReader& reader, const char* key) {
  std::vector<ConfigOverride> settings;
  if (!reader.has(key)) return settings;
  for (const std::string& text : reader.text_or_texts(key)) {
    try {
      settings.push_back(parse_override(text));
    } catch (const UserError&) {
      reader.problem(key, fmt::format("'{}' is no setting; write key=value, such as chip.device.levels=16", text));
      continue;
    }
    const std::string& path = settings.back().path;
    if (of_size(path)) {
      reader.problem(key, fmt::format("'{}': array sizes are given by array_sizes", path));
    } else if (!of_the_chip(path)) {
      reader.problem(key, fmt::format("'{}': only chip., spiking. and mapping. may differ, so that all points have the "
                                      "same network",
                                      path));
    }
  }
  return settings;
}

void read_corner(ConfigReader& reader, CornerSpec& corner) {
  if (reader.has("device")) {
    ConfigReader device = reader.section("device");
    (void)read_device_spec(device);
    corner.device = device.as_written();
  }
  corner.settings = read_settings(reader, "settings");
}

std::vector<ConfigOverride> overrides_of(const CornerSpec& corner) {
  std::vector<ConfigOverride> overrides;
  if (!corner.device.empty()) overrides.push_back({"chip.device", corner.device});
  overrides.insert(overrides.end(), corner.settings.begin(), corner.settings.end());
  return overrides;
}

}  // namespace crossloom
