// Which rows of a stripe lie in its last, partly filled array. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/column_stripes.h"

namespace crossloom {

/// The rows that are left over when a stripe's live rows fill whole arrays, and the columns in which they are live.
struct Tail {
  std::vector<std::uint32_t> rows, columns;  ///< ascending
};

/// live rows % array_rows rows of the stripe, chosen greedily so that few columns are live in them: a small tail may
/// share its array. All rows where they are fewer than an array's; none where whole arrays hold them.
Tail smallest_tail(const SparseMatrix& matrix, const std::vector<std::uint32_t>& stripe,
                   const std::vector<std::uint32_t>& live_rows, std::uint32_t array_rows);

/// The rows that are not in the tail, in whole arrays; both ascending.
std::vector<std::vector<std::uint32_t>> whole_parts(const std::vector<std::uint32_t>& live_rows, const Tail& tail,
                                                    std::uint32_t array_rows);

}  // namespace crossloom
