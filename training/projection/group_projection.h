// Euclidean projection onto sets of matrices of which only so many groups of weights may differ from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "models/array_size.h"
#include "models/network.h"

namespace crossloom {

/// Weights that stay or go together, in the trainer's order (one row of inputs an output).
struct WeightGroups {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t count = 0;
  std::vector<std::uint32_t> group_of;  ///< by weight: below count, or kNone for a weight that is 0 whatever happens
};

/// The matrix of rows (inputs) x columns (outputs) cut into groups of at most group.rows x group.columns, counted down
/// each strip of columns. A group may be as large as the matrix.
WeightGroups grid_groups(std::uint32_t rows, std::uint32_t columns, ArraySize group);

/// The blocks that the layer has, each a group of its live weights.
WeightGroups block_groups(const Layer& layer);

/// By group: 1 for the `kept` groups of the largest sums of squares, of equal ones the first; all where there are no
/// more.
std::vector<std::uint8_t> strongest_groups(const std::vector<float>& weights, const WeightGroups& groups,
                                           std::size_t kept);

/// By weight: whether its group is chosen.
std::vector<std::uint8_t> weights_of_groups(const WeightGroups& groups, const std::vector<std::uint8_t>& chosen);

/// The nearest matrix with at most `kept` groups that are not 0: the strongest ones stay as they are (the set is a
/// union of subspaces; what leaves is the distance). As ADMM pruning projects (Ye et al.'s published code).
std::vector<float> project_on_groups(const std::vector<float>& weights, const WeightGroups& groups, std::size_t kept);

}  // namespace crossloom
