// Euclidean projection of weights onto the levels that a pair of memristive cells can hold.
#pragma once

#include <cstdint>
#include <vector>

#include "models/device/device_spec.h"

namespace crossloom {

/// Values that a weight may take, as shares of the layer's scale: these magnitudes with either sign.
struct LevelSet {
  std::vector<double> magnitudes;  ///< ascending, distinct, from 0 (where that is a level) to 1
};

/// `count` evenly spaced levels from -1 to 1, at least 2; 0 is one of them if the count is odd.
LevelSet uniform_levels(std::uint32_t count);

/// What a differential pair of these cells holds, the other cell at G_min: (G - G_min) / (G_max - G_min) of the states
/// that the device's evenly spaced levels are written as (level_conductances where it has measured states), times what
/// makes the largest 1. Without `zero` the state at G_min is no level: pruned weights are masked, so live ones need not
/// be 0 (Yuan et al., ISLPED 2019).
LevelSet device_levels(const DeviceSpec& device, bool zero);

/// The level nearest to the value, as a share of the scale; halfway the smaller magnitude, and 0 counts as positive.
double nearest_level(const LevelSet& levels, double value);

/// By weight: scale x the nearest level where live (empty = all), 0 elsewhere. The nearest point of the set.
std::vector<float> project_on_levels(const std::vector<float>& weights, const std::vector<std::uint8_t>& live,
                                     const LevelSet& levels, double scale);

/// The scale > 0 of least squared distance: from the best of 32 evenly spaced ones, the weights' nearest levels Q and
/// the scale <W, Q> / <Q, Q> in turns. Never so large that no weight takes the outermost level, because a chip's own
/// scale is that of the layer's largest weight. 0 where no live weight differs from 0.
double best_scale(const std::vector<float>& weights, const std::vector<std::uint8_t>& live, const LevelSet& levels);

}  // namespace crossloom
