#include "training/projection/level_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace crossloom {
namespace {

/// Magnitudes of the live weights that differ from 0.
std::vector<double> magnitudes_of(const std::vector<float>& weights, const std::vector<std::uint8_t>& live) {
  std::vector<double> magnitudes;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] == 0.0F || (!live.empty() && live[k] == 0)) continue;
    magnitudes.push_back(std::fabs(static_cast<double>(weights[k])));
  }
  return magnitudes;
}

struct Fit {
  double scale = 0.0;
  double error = 0.0;  // sum of squares
};

/// Levels for this scale, and then the scale for these levels.
Fit refit(const std::vector<double>& values, const LevelSet& levels, double scale) {
  double product = 0.0;
  double square = 0.0;
  double error = 0.0;
  for (const double value : values) {
    const double level = nearest_level(levels, value / scale);
    product += value * level;
    square += level * level;
    error += (value - scale * level) * (value - scale * level);
  }
  return {square > 0.0 ? product / square : scale, error};
}

}  // namespace

LevelSet uniform_levels(std::uint32_t count) {
  CROSSLOOM_CHECK(count >= 2, "a weight has two levels at least");
  LevelSet levels;
  const std::uint32_t last = count - 1;
  for (std::uint32_t k = last % 2; k <= last; k += 2) {
    levels.magnitudes.push_back(static_cast<double>(k) / static_cast<double>(last));
  }
  return levels;
}

LevelSet device_levels(const DeviceSpec& device, bool zero) {
  const double low = device.minimum_conductance.si();
  const double window = device.maximum_conductance.si() - low;
  std::vector<double> shares;
  for (std::uint32_t k = 0; k < device.levels; ++k) {
    double share = static_cast<double>(k) / static_cast<double>(device.levels - 1);
    if (!device.level_conductances.empty()) {
      const auto nearer = [&](Conductance a, Conductance b) {
        return std::fabs(a.si() - low - share * window) < std::fabs(b.si() - low - share * window);
      };
      const auto state = std::min_element(device.level_conductances.begin(), device.level_conductances.end(), nearer);
      share = (state->si() - low) / window;
    }
    shares.push_back(share);
  }
  shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
  if (!zero && shares.size() > 1) shares.erase(shares.begin());
  CROSSLOOM_CHECK(shares.back() > 0.0, "a device has a state above its lowest");
  LevelSet levels;
  for (const double share : shares) levels.magnitudes.push_back(share / shares.back());
  return levels;
}

double nearest_level(const LevelSet& levels, double value) {
  const std::vector<double>& all = levels.magnitudes;
  const double magnitude = std::fabs(value);
  const auto above = std::lower_bound(all.begin(), all.end(), magnitude);
  double nearest = above == all.end() ? all.back() : *above;
  if (above != all.begin() && above != all.end() && magnitude - *(above - 1) <= *above - magnitude) {
    nearest = *(above - 1);
  }
  return value < 0.0 ? -nearest : nearest;
}

std::vector<float> project_on_levels(const std::vector<float>& weights, const std::vector<std::uint8_t>& live,
                                     const LevelSet& levels, double scale) {
  std::vector<float> nearest(weights.size(), 0.0F);
  if (scale <= 0.0) return nearest;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (!live.empty() && live[k] == 0) continue;
    nearest[k] = static_cast<float>(scale * nearest_level(levels, static_cast<double>(weights[k]) / scale));
  }
  return nearest;
}

double best_scale(const std::vector<float>& weights, const std::vector<std::uint8_t>& live, const LevelSet& levels) {
  const std::vector<double> values = magnitudes_of(weights, live);
  if (values.empty()) return 0.0;
  const double largest = *std::max_element(values.begin(), values.end());
  const std::size_t count = levels.magnitudes.size();
  const double last_step = count > 1 ? 0.5 * (levels.magnitudes[count - 2] + 1.0) : 0.5;
  // A hair below halfway, where rounding still goes up.
  const double most = largest / last_step * (1.0 - 1e-9);
  constexpr int kStarts = 32;
  constexpr int kRounds = 20;
  Fit best{0.0, std::numeric_limits<double>::infinity()};
  for (int start = 1; start <= kStarts; ++start) {
    const double scale = most * start / kStarts;
    const double error = refit(values, levels, scale).error;
    if (error < best.error) best = {scale, error};
  }
  double scale = best.scale;
  for (int round = 0; round < kRounds; ++round) {
    const Fit fit = refit(values, levels, scale);
    if (fit.error < best.error) best = {scale, fit.error};
    const double next = std::min(fit.scale, most);
    if (next == scale) break;
    scale = next;
  }
  return best.scale;
}

}  // namespace crossloom
