// The `reliability:` mapping of an experiment: which array sizes and device corners `crossloom reliability` measures,
// how many chips it samples, and what it takes apart by cause.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/corner_spec.h"
#include "base/config_reader.h"
#include "models/array_size.h"

namespace crossloom {

/// One reason why a chip errs, and the settings that switch it off.
struct CauseSpec {
  std::string name;
  std::vector<ConfigOverride> off;
};

/// Where losses are taken apart by cause: each alone, all, all but one, none.
struct BudgetSpec {
  std::vector<ArraySize> sizes;  ///< empty = the largest reliable size of each variant and its neighbours
  std::uint32_t images = 2000;   ///< validation images
  std::uint32_t chips = 4;       ///< at each point; at least 2
  std::vector<std::string> corners;
};

struct ReliabilitySpec {
  std::vector<ArraySize> array_sizes;  ///< ascending by cells, none twice; empty = the chip's own only
  std::vector<std::string> variants;
  std::vector<ConfigOverride> settings;  ///< for all corners
  std::vector<CornerSpec> corners;       ///< at least one; those of `only_corners` where that is given
  std::vector<CauseSpec> causes;
  std::uint32_t least_chips = 4, most_chips = 10;  ///< at each point; at least 2
  double interval = 0.002;                         ///< half width of the 95 % interval at which sampling stops, a share
  double largest_loss = 0.01;                      ///< of a reliable size, a share
  std::uint32_t images = 2000;                     ///< validation images that decide
  std::uint32_t test_images = 2000;                ///< that confirm the decided sizes; 0 = none
  std::uint32_t timed_images = 20;                 ///< through the timed chip at each point
  std::uint32_t checked_images = 200;              ///< of each corner, spread over its points: timed against untimed
  std::optional<BudgetSpec> budget;
};

/// Reads the mapping; problems (unknown variants, sizes that are none, a setting that no corner may change) go to the
/// reader. Settings are tried only where a point is loaded (reliability_points.h).
ReliabilitySpec read_reliability_spec(ConfigReader reader, const std::vector<std::string>& variants);

}  // namespace crossloom
