// Which columns of a matrix share crossbars. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "models/array_size.h"
#include "models/binary_matrix.h"

namespace crossloom {

/// Columns of each stripe, ascending, at most an array's columns. A column is in one stripe; one without a live weight
/// may be in none.
using Stripes = std::vector<std::vector<std::uint32_t>>;

/// One matrix, by rows and by columns.
struct SparseMatrix {
  explicit SparseMatrix(BinaryMatrix cells) : by_row(std::move(cells)), by_column(transposed(by_row)) {}
  BinaryMatrix by_row, by_column;
};

/// Rows with a live weight in each stripe, ascending.
std::vector<std::vector<std::uint32_t>> live_rows_of(const SparseMatrix& matrix, const Stripes& stripes);

/// Arrays that no cut into stripes can do without, were no two row parts to share an array: a stripe needs the arrays
/// of its fullest column.
std::uint64_t fewest_row_parts(const SparseMatrix& matrix, ArraySize array);

/// Which column joins a stripe next: the one with the fewest live rows that the stripe does not have, or the one with
/// the smallest share of such rows.
enum class Likeness { fewest_new_rows, smallest_new_share };
/// Where a stripe ends: when it is as wide as an array, or where it holds the most columns a row part.
enum class StripeEnd { full_width, most_columns_a_part };

/// Stripe after stripe, each from the fullest column that waits. Columns with `taken` set are left out; none if empty.
Stripes stripes_of_like_columns(const SparseMatrix& matrix, ArraySize array, Likeness likeness, StripeEnd end,
                                const std::vector<std::uint8_t>& taken = {});

/// The sets' live columns as stripes, the set with the most live weights first; a column belongs to the first set that
/// has it, and columns of no set follow as stripes of like columns.
Stripes stripes_along(const SparseMatrix& matrix, ArraySize array, const std::vector<std::vector<std::uint32_t>>& sets);

}  // namespace crossloom
