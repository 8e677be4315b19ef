// Between a network's matrices (one row an input) and the trainer's order (one row of inputs an output).
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"
#include "training/kernels.h"

namespace crossloom {

inline std::vector<float> by_output(const Matrix& matrix) {
  std::vector<float> values(matrix.values.size());
  transpose(matrix.values.data(), matrix.columns, matrix.rows, matrix.columns, values.data());
  return values;
}

inline Matrix by_input(const std::vector<float>& values, std::uint32_t rows, std::uint32_t columns) {
  Matrix matrix(rows, columns);
  transpose(values.data(), rows, columns, rows, matrix.values.data());
  return matrix;
}

inline std::vector<std::uint8_t> live_by_output(const Layer& layer, std::uint32_t rows, std::uint32_t columns) {
  std::vector<std::uint8_t> live(layer.live.size());
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      live[std::size_t{j} * rows + i] = layer.live[std::size_t{i} * columns + j];
    }
  }
  return live;
}

}  // namespace crossloom
