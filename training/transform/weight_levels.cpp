#include "training/transform/weight_levels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace crossloom {

WeightLevels read_weight_levels(ConfigReader reader, bool zero_by_default) {
  WeightLevels levels{uniform_levels(2), {}};
  if (reader.has("device")) {
    if (reader.has("levels")) reader.problem("levels", "stands beside device, whose states are the levels; give one");
    const DeviceSpec device = read_device_spec(reader.section("device"));
    const bool zero = reader.boolean_or("zero", zero_by_default);
    const bool sound = device.levels >= 2 && device.maximum_conductance > device.minimum_conductance;
    if (sound) levels.set = device_levels(device, zero);
  } else {
    levels.set = uniform_levels(static_cast<std::uint32_t>(reader.integer("levels", {2, 65536})));
  }
  levels.text = fmt::format("{}", fmt::join(levels.set.magnitudes, " "));
  return levels;
}

}  // namespace crossloom
