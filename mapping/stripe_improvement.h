// Better stripes by moving columns. Private to mapping.
#pragma once

#include <cstdint>

#include "mapping/column_stripes.h"

namespace crossloom {

/// Moves and swaps columns between stripes: first while that lowers the number of live rows of all stripes, then while
/// it lowers the number of row parts, sum of ceil(live rows / array.rows), or leaves it and lowers the live rows. Stops
/// after `effort` looks at a cell of the matrix or its bookkeeping, about a nanosecond each.
void improve_stripes(const SparseMatrix& matrix, ArraySize array, std::uint64_t effort, Stripes& stripes);

}  // namespace crossloom
