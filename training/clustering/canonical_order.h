// An order of rows and columns that does not depend on how they are numbered. Private to clustering.
#pragma once

#include <cstdint>
#include <vector>

#include "models/binary_matrix.h"

namespace crossloom {

/// row_at[k], column_at[k]: which row and column of the matrix stands at place k.
struct CanonicalOrder {
  std::vector<std::uint32_t> row_at, column_at;
};

/// Colour refinement of the bipartite graph (Weisfeiler and Leman 1968; four rounds): rows differ when their columns
/// do, and so on. Connected components stand together, by their colours; what refinement cannot tell apart stays in the
/// order in which it was numbered.
CanonicalOrder canonical_order(const BinaryMatrix& matrix);

/// result(k, l) = matrix(row_at[k], column_at[l]).
BinaryMatrix reordered(const BinaryMatrix& matrix, const CanonicalOrder& order);

}  // namespace crossloom
