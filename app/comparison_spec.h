// The `comparison:` mapping of an experiment: what `crossloom compare` sweeps, and how it decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/corner_spec.h"
#include "base/config_reader.h"
#include "models/array_size.h"

namespace crossloom {

/// The settings of one method among which its operating point is looked for.
struct SweepSpec {
  std::string variant;
  std::string setting;              ///< dotted key inside the variant's `transform`, e.g. kept
  std::vector<std::string> values;  ///< as they would be written there
};

/// Chips that err, on which the operating points are tried once they are chosen.
struct ComparisonCorner {
  CornerSpec corner;
  std::uint32_t chips = 5;     ///< programmed for each network and seed; at least 2
  std::uint32_t images = 200;  ///< test images, the first ones
};

struct ComparisonSpec {
  /// At least one unless left out: then the chip's own. Of a spiking chip in weights, of a bit-serial one the wordlines
  /// and bit lines of a physical array.
  std::vector<ArraySize> array_sizes;
  double largest_loss = 0.002;           ///< of mean validation accuracy, a share (0.002 = 0.2 percentage points)
  std::vector<std::string> relative_to;  ///< variants that the others are compared with; the first variant unless named
  std::optional<ComparisonCorner> corner;
  std::vector<SweepSpec> sweeps;  ///< variants without one have a single point, as written
};

/// Reads the mapping; problems (unknown variants, sizes that are none) go to the reader.
ComparisonSpec read_comparison_spec(ConfigReader reader, const std::vector<std::string>& variants);

/// The list of sizes ("64" is square, "64x32" has 64 rows) at `key`; what is no size is noted and 0 x 0.
std::vector<ArraySize> read_array_sizes(ConfigReader& reader, const char* key);

/// "64" or "64x32".
std::string array_size_text(ArraySize array);

}  // namespace crossloom
