#include "training/projection/group_projection.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace crossloom {

WeightGroups grid_groups(std::uint32_t rows, std::uint32_t columns, ArraySize group) {
  CROSSLOOM_CHECK(rows > 0 && columns > 0 && group.rows > 0 && group.columns > 0, "a group has weights");
  const std::uint32_t down = (rows + group.rows - 1) / group.rows;
  const std::uint32_t across = (columns + group.columns - 1) / group.columns;
  WeightGroups groups{down * across, {}};
  groups.group_of.reserve(std::size_t{rows} * columns);
  for (std::uint32_t j = 0; j < columns; ++j) {
    for (std::uint32_t i = 0; i < rows; ++i) groups.group_of.push_back(j / group.columns * down + i / group.rows);
  }
  return groups;
}

WeightGroups block_groups(const Layer& layer) {
  const std::size_t rows = layer.weights.rows;
  WeightGroups groups{static_cast<std::uint32_t>(layer.blocks.size()), {}};
  groups.group_of.assign(layer.weights.values.size(), WeightGroups::kNone);
  for (std::uint32_t b = 0; b < groups.count; ++b) {
    for (const std::uint32_t j : layer.blocks[b].columns) {
      for (const std::uint32_t i : layer.blocks[b].rows) {
        if (layer.is_live(i, j)) groups.group_of[j * rows + i] = b;
      }
    }
  }
  return groups;
}

std::vector<std::uint8_t> strongest_groups(const std::vector<float>& weights, const WeightGroups& groups,
                                           std::size_t kept) {
  CROSSLOOM_CHECK(weights.size() == groups.group_of.size(), "one group a weight");
  std::vector<double> squares(groups.count, 0.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (groups.group_of[k] == WeightGroups::kNone) continue;
    squares[groups.group_of[k]] += static_cast<double>(weights[k]) * static_cast<double>(weights[k]);
  }
  std::vector<std::uint32_t> order(groups.count);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&squares](std::uint32_t a, std::uint32_t b) { return squares[a] > squares[b]; });
  std::vector<std::uint8_t> chosen(groups.count, 0);
  for (std::size_t k = 0; k < std::min(kept, order.size()); ++k) chosen[order[k]] = 1;
  return chosen;
}

std::vector<std::uint8_t> weights_of_groups(const WeightGroups& groups, const std::vector<std::uint8_t>& chosen) {
  std::vector<std::uint8_t> mask(groups.group_of.size());
  std::transform(groups.group_of.begin(), groups.group_of.end(), mask.begin(), [&chosen](std::uint32_t group) {
    return group == WeightGroups::kNone ? std::uint8_t{0} : chosen[group];
  });
  return mask;
}

std::vector<float> project_on_groups(const std::vector<float>& weights, const WeightGroups& groups, std::size_t kept) {
  const std::vector<std::uint8_t> mask = weights_of_groups(groups, strongest_groups(weights, groups, kept));
  std::vector<float> nearest = weights;
  for (std::size_t k = 0; k < nearest.size(); ++k) {
    if (mask[k] == 0) nearest[k] = 0.0F;
  }
  return nearest;
}

}  // namespace crossloom
