// Columns that several groups of inputs keep, packed into crossbars along the outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"

namespace crossloom {

/// Rows of a layer's matrix that go into a crossbar together, and the columns that keep them.
struct KeptColumns {
  std::vector<std::uint32_t> rows;     ///< ascending
  std::vector<std::uint32_t> columns;  ///< ascending: outputs that still read these rows
};

/// Column-grain sparsity leaves each group of rows with columns of its own; side by side, `crossbar_columns` at a time,
/// they take ceil(columns / crossbar_columns) crossbars a group instead of all (Liang et al., IEEE Access 2018). Each
/// block names its columns, so outputs stay what they were. Groups must share no weight; one without columns takes
/// none.
std::vector<Block> recombined(const std::vector<KeptColumns>& groups, std::uint32_t crossbar_columns);

}  // namespace crossloom
