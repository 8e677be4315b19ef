#include "training/projection/recombination.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {

std::vector<Block> recombined(const std::vector<KeptColumns>& groups, std::uint32_t crossbar_columns) {
  CROSSLOOM_CHECK(crossbar_columns > 0, "a crossbar has columns");
  std::vector<Block> blocks;
  for (const KeptColumns& group : groups) {
    for (std::size_t first = 0; first < group.columns.size(); first += crossbar_columns) {
      const std::size_t end = std::min(group.columns.size(), first + crossbar_columns);
      blocks.push_back({group.rows,
                        {group.columns.begin() + static_cast<std::ptrdiff_t>(first),
                         group.columns.begin() + static_cast<std::ptrdiff_t>(end)}});
    }
  }
  return blocks;
}

}  // namespace crossloom
