// The trainer's own hot loops: conversion, transposition and packing for the matrix products, and parameter updates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "training/tensor.h"

namespace crossloom {

/// How the right-hand matrix (k x n) of a product lies in memory: element (i, j) at
/// (j / block) * block_stride + (i / pair) * block * pair + (j % block) * pair + i % pair.
/// Plain row-major is block = n, pair = 1. Positions past k or n hold zeros.
struct PackedShape {
  std::uint32_t k = 0;
  std::uint32_t n = 0;
  std::uint32_t block = 0;
  std::uint32_t pair = 1;
  std::size_t block_stride = 0;
  std::size_t elements = 0;  ///< padding included

  [[nodiscard]] std::size_t index(std::uint32_t i, std::uint32_t j) const {
    return (j / block) * block_stride + std::size_t{i / pair} * block * pair + std::size_t{j % block} * pair + i % pair;
  }
};

/// Elementwise conversion.
void convert(const float* from, std::size_t count, float* to);
void convert(const float* from, std::size_t count, Bf16* to);

/// Packs rows first_row .. first_row + rows of the k x n matrix; `from` is the first of them, `from_stride` apart.
/// first_row is a multiple of shape.pair; the last call may end on an odd row only at k.
void pack_rows(const float* from, std::size_t from_stride, std::uint32_t first_row, std::uint32_t rows,
               const PackedShape& shape, float* to);
void pack_rows(const Bf16* from, std::size_t from_stride, std::uint32_t first_row, std::uint32_t rows,
               const PackedShape& shape, Bf16* to);

/// Packs columns first_column .. first_column + columns of the k x n matrix from its transpose: `from` holds column
/// first_column as a row of k values (zero up to a multiple of shape.pair), the next one `from_stride` later.
/// `from_stride` is a multiple of shape.pair.
void pack_columns(const float* from, std::size_t from_stride, std::uint32_t first_column, std::uint32_t columns,
                  const PackedShape& shape, float* to);
void pack_columns(const Bf16* from, std::size_t from_stride, std::uint32_t first_column, std::uint32_t columns,
                  const PackedShape& shape, Bf16* to);

/// to[j * rows + i] = from[i * from_stride + j] for i < rows, j < columns.
void transpose(const float* from, std::size_t from_stride, std::uint32_t rows, std::uint32_t columns, float* to);
void transpose(const Bf16* from, std::size_t from_stride, std::uint32_t rows, std::uint32_t columns, Bf16* to);

/// values[i] = draws[i] < threshold ? 0 : values[i] * scale.
void drop(const std::uint16_t* draws, std::size_t count, std::uint32_t threshold, float scale, float* values);
void drop(const std::uint16_t* draws, std::size_t count, std::uint32_t threshold, float scale, Bf16* values);

/// gradient[i] = output[i] > 0 ? gradient[i] * scale : 0; the derivative of ReLU followed by dropout, whose kept
/// outputs were multiplied by `scale`.
void relu_gradient(const float* output, std::size_t count, float scale, float* gradient);
void relu_gradient(const Bf16* output, std::size_t count, float scale, Bf16* gradient);
void relu_gradient(const float* output, std::size_t count, float scale, Bf16* gradient);

/// to[i] = max(from[i], 0); `from` may be `to`.
void cut_negative(const float* from, std::size_t count, float* to);
void cut_negative(const Bf16* from, std::size_t count, Bf16* to);

/// to[i] += from[i].
void add_to(const float* from, std::size_t count, float* to);
void add_to(const Bf16* from, std::size_t count, Bf16* to);

/// v <- momentum v + (g + decay w); w <- w - rate v. Where live[i] is 0, v and w become 0; live may be null.
struct SgdStep {
  float rate = 0.0F;
  float momentum = 0.0F;
  float decay = 0.0F;
};
void sgd_update(const SgdStep& step, const float* gradient, const std::uint8_t* live, std::size_t count,
                float* velocity, float* weights);

/// Adam with bias correction folded into `rate` and `epsilon` (Kingma and Ba, ICLR 2015, end of section 2), and decay
/// applied to the weights beside it: m <- b1 m + (1-b1) g; s <- b2 s + (1-b2) g^2;
/// w <- w - rate m / (sqrt(s) + epsilon) - decay w.
struct AdamStep {
  float rate = 0.0F;
  float beta1 = 0.0F;
  float beta2 = 0.0F;
  float epsilon = 0.0F;
  float decay = 0.0F;
};
void adam_update(const AdamStep& step, const float* gradient, const std::uint8_t* live, std::size_t count, float* mean,
                 float* square, float* weights);

}  // namespace crossloom
