#include "training/kernels.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

PackedShape shape_of(std::uint32_t k, std::uint32_t n, std::uint32_t block, std::uint32_t pair) {
  PackedShape shape{k, n, block, pair, 0, 0};
  const std::size_t padded_k = (k + 16 * pair - 1) / (16 * pair) * (16 * pair);
  shape.block_stride = padded_k * block;
  shape.elements = shape.block_stride * ((n + block - 1) / block);
  return shape;
}

/// Distinct values that are exact in bf16.
template <class T>
T value_at(std::uint32_t i, std::uint32_t j) {
  return from_float<T>(static_cast<float>((i * 37 + j * 11) % 127 + 1));
}

template <class T>
void expect_packed(const PackedShape& shape, const std::vector<T>& packed) {
  double sum = 0.0;
  double wanted_sum = 0.0;
  for (std::uint32_t i = 0; i < shape.k; ++i) {
    for (std::uint32_t j = 0; j < shape.n; ++j) {
      ASSERT_EQ(to_float(packed[shape.index(i, j)]), to_float(value_at<T>(i, j))) << i << "," << j;
      wanted_sum += static_cast<double>(to_float(value_at<T>(i, j)));
    }
  }
  for (const T& value : packed) sum += static_cast<double>(to_float(value));
  EXPECT_EQ(sum, wanted_sum) << "the padding is not zero";
}

template <class T>
void check_packing(const PackedShape& shape) {
  std::vector<T> by_rows(shape.elements), by_columns(shape.elements);
  std::vector<T> plain, transposed;
  const std::size_t stride = (shape.k + shape.pair - 1) / shape.pair * shape.pair;
  for (std::uint32_t i = 0; i < shape.k; ++i) {
    for (std::uint32_t j = 0; j < shape.n; ++j) plain.push_back(value_at<T>(i, j));
  }
  for (std::uint32_t j = 0; j < shape.n; ++j) {
    for (std::uint32_t i = 0; i < stride; ++i) transposed.push_back(i < shape.k ? value_at<T>(i, j) : T{});
  }
  // In two parts each, as the panels do.
  const std::uint32_t rows = shape.k > 34 ? 34 : shape.k;
  pack_rows(plain.data(), shape.n, 0, rows, shape, by_rows.data());
  if (rows < shape.k) {
    pack_rows(plain.data() + std::size_t{rows} * shape.n, shape.n, rows, shape.k - rows, shape, by_rows.data());
  }
  const std::uint32_t columns = shape.n > 20 ? 20 : shape.n;
  pack_columns(transposed.data(), stride, 0, columns, shape, by_columns.data());
  if (columns < shape.n) {
    pack_columns(transposed.data() + columns * stride, stride, columns, shape.n - columns, shape, by_columns.data());
  }
  expect_packed(shape, by_rows);
  expect_packed(shape, by_columns);
}

TEST(Kernels, PackAMatrixFromItsRowsAndFromItsColumns) {
  for (const std::uint32_t k : {1U, 2U, 31U, 45U, 64U}) {
    for (const std::uint32_t n : {1U, 10U, 64U, 70U, 130U}) {
      for (const std::uint32_t block : {16U, 48U, 64U}) {
        check_packing<float>(shape_of(k, n, block, 1));
        check_packing<Bf16>(shape_of(k, n, block, 2));
      }
      check_packing<float>({k, n, n, 1, 0, std::size_t{k} * n});
      check_packing<Bf16>({k, n, n, 1, 0, std::size_t{k} * n});
    }
  }
}

template <class T>
void check_transpose(std::uint32_t rows, std::uint32_t columns, std::size_t stride) {
  std::vector<T> from(rows * stride), to(std::size_t{rows} * columns);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) from[i * stride + j] = value_at<T>(i, j);
  }
  transpose(from.data(), stride, rows, columns, to.data());
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      ASSERT_EQ(to_float(to[std::size_t{j} * rows + i]), to_float(value_at<T>(i, j))) << i << "," << j;
    }
  }
}

TEST(Kernels, TransposeEveryElement) {
  for (const std::uint32_t rows : {1U, 7U, 16U, 33U, 64U, 100U}) {
    for (const std::uint32_t columns : {1U, 10U, 16U, 48U, 67U}) {
      check_transpose<float>(rows, columns, columns + 3);
      check_transpose<Bf16>(rows, columns, columns + 3);
    }
  }
}

TEST(Bf16, RoundsToNearestEvenAndKeepsSpecialValues) {
  EXPECT_EQ(to_float(to_bf16(1.0F)), 1.0F);
  EXPECT_EQ(to_float(to_bf16(1.00390625F)), 1.0F) << "half way, to even below";
  EXPECT_EQ(to_float(to_bf16(1.01171875F)), 1.015625F) << "half way, to even above";
  EXPECT_EQ(to_float(to_bf16(1.004F)), 1.0078125F);
  EXPECT_EQ(to_float(to_bf16(-0.0F)), 0.0F);
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::infinity())), std::numeric_limits<float>::infinity());
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::max())), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(to_float(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Kernels, ReluGradientPassesOnlyPositiveOutputs) {
  const std::vector<float> output{0.0F, 1.0F, -0.0F, 1e-30F};
  std::vector<float> gradient{1.0F, 2.0F, 3.0F, 4.0F};
  relu_gradient(output.data(), output.size(), 2.0F, gradient.data());
  EXPECT_EQ(gradient, (std::vector<float>{0.0F, 4.0F, 0.0F, 8.0F}));
  std::vector<Bf16> narrow_output(4), narrow(4);
  convert(output.data(), 4, narrow_output.data());
  for (std::size_t i = 0; i < 4; ++i) narrow[i] = to_bf16(static_cast<float>(i + 1));
  relu_gradient(narrow_output.data(), 4, 2.0F, narrow.data());
  EXPECT_EQ(to_float(narrow[1]), 4.0F);
  EXPECT_EQ(to_float(narrow[0]) + to_float(narrow[2]), 0.0F);
}

}  // namespace
}  // namespace crossloom
