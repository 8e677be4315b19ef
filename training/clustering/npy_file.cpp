// Which entries of a NumPy array are not 0.
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/npy_file.h"
#include "training/clustering/matrix_file.h"

namespace crossloom {

BinaryMatrix parse_npy(std::string_view bytes, const std::string& origin) {
  const NpyArray array = parse_npy_array(bytes, origin);
  if (array.dimensions != 2) throw UserError(fmt::format("{}: it must have two dimensions, rows and columns", origin));
  BinaryMatrix matrix;
  matrix.rows = static_cast<std::uint32_t>(array.rows);
  matrix.columns = static_cast<std::uint32_t>(array.columns);
  matrix.row_begin.assign(1, 0);
  for (std::uint64_t i = 0; i < array.rows; ++i) {
    for (std::uint64_t j = 0; j < array.columns; ++j) {
      const double value = array.at(i, j);
      if (!std::isfinite(value)) {
        throw UserError(fmt::format("{}: the value of row {}, column {} (from 0) is not finite", origin, i, j));
      }
      if (value != 0.0) matrix.column_of.push_back(static_cast<std::uint32_t>(j));
    }
    matrix.row_begin.push_back(matrix.column_of.size());
  }
  return matrix;
}

}  // namespace crossloom
