#include "models/binary_matrix.h"

#include <numeric>

#include "base/error.h"

namespace crossloom {

BinaryMatrix live_matrix(const Layer& layer) {
  return binary_matrix(layer.live, layer.weights.rows, layer.weights.columns);
}

BinaryMatrix binary_matrix(const std::vector<std::uint8_t>& cells, std::uint32_t rows, std::uint32_t columns) {
  CROSSLOOM_CHECK(cells.empty() || cells.size() == std::size_t{rows} * columns, "one byte a cell");
  BinaryMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.row_begin.assign(1, 0);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      if (cells.empty() || cells[std::size_t{i} * columns + j] != 0) matrix.column_of.push_back(j);
    }
    matrix.row_begin.push_back(matrix.column_of.size());
  }
  return matrix;
}

BinaryMatrix transposed(const BinaryMatrix& matrix) {
  BinaryMatrix turned;
  turned.rows = matrix.columns;
  turned.columns = matrix.rows;
  turned.row_begin.assign(std::size_t{turned.rows} + 1, 0);
  for (const std::uint32_t column : matrix.column_of) ++turned.row_begin[column + 1];
  std::partial_sum(turned.row_begin.begin(), turned.row_begin.end(), turned.row_begin.begin());
  std::vector<std::uint64_t> next(turned.row_begin.begin(), turned.row_begin.end() - 1);
  turned.column_of.resize(matrix.column_of.size());
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      turned.column_of[next[matrix.column_of[k]]++] = i;
    }
  }
  return turned;
}

BinaryMatrix without(const BinaryMatrix& matrix, const Block& block) {
  std::vector<std::uint8_t> in_rows(matrix.rows, 0), in_columns(matrix.columns, 0);
  for (const std::uint32_t row : block.rows) in_rows[row] = 1;
  for (const std::uint32_t column : block.columns) in_columns[column] = 1;
  BinaryMatrix rest;
  rest.rows = matrix.rows;
  rest.columns = matrix.columns;
  rest.row_begin.assign(1, 0);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      if (in_rows[i] == 0 || in_columns[matrix.column_of[k]] == 0) rest.column_of.push_back(matrix.column_of[k]);
    }
    rest.row_begin.push_back(rest.column_of.size());
  }
  return rest;
}

}  // namespace crossloom
