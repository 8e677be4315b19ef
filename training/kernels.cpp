#include "training/kernels.h"

#include <algorithm>
#include <cmath>

#include "training/branchless.h"
#include "training/target_clones.h"

#define CROSSLOOM_INLINE inline __attribute__((always_inline))

namespace crossloom {
namespace {

/// Two Bf16 or one float, moved as they are.
using Word = std::uint32_t __attribute__((may_alias));
using HalfWord = std::uint16_t __attribute__((may_alias));

constexpr std::uint32_t kTile = 16;
using WordRow = std::uint32_t __attribute__((vector_size(kTile * sizeof(std::uint32_t))));

/// Transposes sixteen rows of sixteen words in four rounds that swap ever larger corners.
CROSSLOOM_INLINE void transpose_tile(WordRow (&t)[kTile]) {
#define CROSSLOOM_SWAP(distance, ...)                                        \
  for (std::uint32_t i = 0; i < kTile; ++i) {                                \
    if ((i & (distance)) != 0) continue;                                     \
    const WordRow low = t[i];                                                \
    const WordRow high = t[i + (distance)];                                  \
    t[i] = __builtin_shufflevector(low, high, __VA_ARGS__);                  \
    t[i + (distance)] = __builtin_shufflevector(low, high, CROSSLOOM_OTHER); \
  }
#define CROSSLOOM_OTHER 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
  CROSSLOOM_SWAP(8U, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#undef CROSSLOOM_OTHER
#define CROSSLOOM_OTHER 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
  CROSSLOOM_SWAP(4U, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
#undef CROSSLOOM_OTHER
#define CROSSLOOM_OTHER 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
  CROSSLOOM_SWAP(2U, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#undef CROSSLOOM_OTHER
#define CROSSLOOM_OTHER 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
  CROSSLOOM_SWAP(1U, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
#undef CROSSLOOM_OTHER
#undef CROSSLOOM_SWAP
}

template <class W>
CROSSLOOM_INLINE void transpose_rest(const W* from, std::size_t from_stride, std::uint32_t first_row,
                                     std::uint32_t rows, std::uint32_t first_column, std::uint32_t columns,
                                     std::size_t to_stride, W* to) {
  for (std::uint32_t i = first_row; i < rows; ++i) {
    for (std::uint32_t j = first_column; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
  }
}

CROSSLOOM_CLONES void transpose_words(const Word* from, std::size_t from_stride, std::uint32_t rows,
                                      std::uint32_t columns, std::size_t to_stride, Word* to) {
  const std::uint32_t whole_rows = rows / kTile * kTile;
  const std::uint32_t whole_columns = columns / kTile * kTile;
  for (std::uint32_t j = 0; j < whole_columns; j += kTile) {
    for (std::uint32_t i = 0; i < whole_rows; i += kTile) {
      WordRow tile[kTile];
      for (std::uint32_t r = 0; r < kTile; ++r)
        std::memcpy(&tile[r], from + (i + r) * from_stride + j, sizeof(WordRow));
      transpose_tile(tile);
      for (std::uint32_t r = 0; r < kTile; ++r) std::memcpy(to + (j + r) * to_stride + i, &tile[r], sizeof(WordRow));
    }
  }
  transpose_rest(from, from_stride, whole_rows, rows, 0, whole_columns, to_stride, to);
  transpose_rest(from, from_stride, 0, rows, whole_columns, columns, to_stride, to);
}

CROSSLOOM_CLONES void transpose_half_words(const HalfWord* from, std::size_t from_stride, std::uint32_t rows,
                                           std::uint32_t columns, std::size_t to_stride, HalfWord* to) {
  // Two rows interleaved are one row of words, whose transpose is the transpose of both.
  const std::uint32_t whole_rows = rows / (2 * kTile) * (2 * kTile);
  const std::uint32_t whole_columns = columns / kTile * kTile;
  for (std::uint32_t j = 0; j < whole_columns; j += kTile) {
    for (std::uint32_t i = 0; i < whole_rows; i += 2 * kTile) {
      WordRow tile[kTile];
      for (std::uint32_t r = 0; r < kTile; ++r) {
        const HalfWord* const first = from + (i + 2 * r) * from_stride + j;
        const HalfWord* const second = first + from_stride;
        for (std::uint32_t c = 0; c < kTile; ++c) {
          tile[r][c] = static_cast<std::uint32_t>(first[c]) | (static_cast<std::uint32_t>(second[c]) << 16U);
        }
      }
      transpose_tile(tile);
      for (std::uint32_t r = 0; r < kTile; ++r) std::memcpy(to + (j + r) * to_stride + i, &tile[r], sizeof(WordRow));
    }
  }
  transpose_rest(from, from_stride, whole_rows, rows, 0, whole_columns, to_stride, to);
  transpose_rest(from, from_stride, 0, rows, whole_columns, columns, to_stride, to);
}

CROSSLOOM_CLONES void interleave(const HalfWord* first, const HalfWord* second, std::uint32_t count, Word* to) {
  for (std::uint32_t j = 0; j < count; ++j) {
    to[j] = static_cast<std::uint32_t>(first[j]) | (static_cast<std::uint32_t>(second[j]) << 16U);
  }
}

CROSSLOOM_CLONES void widen_pairs(const HalfWord* first, std::uint32_t count, Word* to) {
  for (std::uint32_t j = 0; j < count; ++j) to[j] = first[j];
}

/// Columns of one block that a packing writes, and where they go.
template <class Visit>
void for_each_block(std::uint32_t first_column, std::uint32_t columns, const PackedShape& shape, const Visit& visit) {
  for (std::uint32_t j = first_column; j < first_column + columns;) {
    const std::uint32_t end = std::min(first_column + columns, (j / shape.block + 1) * shape.block);
    visit(j, end - j);
    j = end;
  }
}

}  // namespace

void convert(const float* from, std::size_t count, float* to) { std::copy_n(from, count, to); }

CROSSLOOM_CLONES void convert(const float* from, std::size_t count, Bf16* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = to_bf16(from[i]);
}

void pack_rows(const float* from, std::size_t from_stride, std::uint32_t first_row, std::uint32_t rows,
               const PackedShape& shape, float* to) {
  for_each_block(0, shape.n, shape, [&](std::uint32_t column, std::uint32_t count) {
    for (std::uint32_t i = 0; i < rows; ++i) {
      std::copy_n(from + i * from_stride + column, count, to + shape.index(first_row + i, column));
    }
  });
}

void pack_rows(const Bf16* from, std::size_t from_stride, std::uint32_t first_row, std::uint32_t rows,
               const PackedShape& shape, Bf16* to) {
  const auto* const source = reinterpret_cast<const HalfWord*>(from);
  for_each_block(0, shape.n, shape, [&](std::uint32_t column, std::uint32_t count) {
    for (std::uint32_t i = 0; i < rows; i += shape.pair) {
      Bf16* const target = to + shape.index(first_row + i, column);
      const HalfWord* const row = source + i * from_stride + column;
      if (shape.pair == 1) {
        std::copy_n(row, count, reinterpret_cast<HalfWord*>(target));
      } else if (i + 1 < rows) {
        interleave(row, row + from_stride, count, reinterpret_cast<Word*>(target));
      } else {
        widen_pairs(row, count, reinterpret_cast<Word*>(target));
      }
    }
  });
}

void pack_columns(const float* from, std::size_t from_stride, std::uint32_t first_column, std::uint32_t columns,
                  const PackedShape& shape, float* to) {
  for_each_block(first_column, columns, shape, [&](std::uint32_t column, std::uint32_t count) {
    const float* const source = from + (column - first_column) * from_stride;
    transpose_words(reinterpret_cast<const Word*>(source), from_stride, count, shape.k, shape.block,
                    reinterpret_cast<Word*>(to + shape.index(0, column)));
  });
}

void pack_columns(const Bf16* from, std::size_t from_stride, std::uint32_t first_column, std::uint32_t columns,
                  const PackedShape& shape, Bf16* to) {
  for_each_block(first_column, columns, shape, [&](std::uint32_t column, std::uint32_t count) {
    const Bf16* const source = from + (column - first_column) * from_stride;
    Bf16* const target = to + shape.index(0, column);
    if (shape.pair == 1) {
      transpose_half_words(reinterpret_cast<const HalfWord*>(source), from_stride, count, shape.k, shape.block,
                           reinterpret_cast<HalfWord*>(target));
    } else {
      transpose_words(reinterpret_cast<const Word*>(source), from_stride / 2, count, (shape.k + 1) / 2, shape.block,
                      reinterpret_cast<Word*>(target));
    }
  });
}

void transpose(const float* from, std::size_t from_stride, std::uint32_t rows, std::uint32_t columns, float* to) {
  transpose_words(reinterpret_cast<const Word*>(from), from_stride, rows, columns, rows, reinterpret_cast<Word*>(to));
}

void transpose(const Bf16* from, std::size_t from_stride, std::uint32_t rows, std::uint32_t columns, Bf16* to) {
  transpose_half_words(reinterpret_cast<const HalfWord*>(from), from_stride, rows, columns, rows,
                       reinterpret_cast<HalfWord*>(to));
}

CROSSLOOM_CLONES void drop(const std::uint16_t* draws, std::size_t count, std::uint32_t threshold, float scale,
                           float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = value_or_zero(draws[i] >= threshold, values[i] * scale);
}

CROSSLOOM_CLONES void drop(const std::uint16_t* draws, std::size_t count, std::uint32_t threshold, float scale,
                           Bf16* values) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bf16 scaled = to_bf16(to_float(values[i]) * scale);
    values[i].bits = draws[i] < threshold ? std::uint16_t{0} : scaled.bits;
  }
}

CROSSLOOM_CLONES void relu_gradient(const float* output, std::size_t count, float scale, float* gradient) {
  for (std::size_t i = 0; i < count; ++i) gradient[i] = value_or_zero(output[i] > 0.0F, gradient[i] * scale);
}

CROSSLOOM_CLONES void relu_gradient(const Bf16* output, std::size_t count, float scale, Bf16* gradient) {
  // Outputs are never negative here, so "positive" is "any bit but the sign set", which needs no conversion.
  if (scale == 1.0F) {
    for (std::size_t i = 0; i < count; ++i) {
      gradient[i].bits = (output[i].bits & 0x7FFFU) != 0 ? gradient[i].bits : std::uint16_t{0};
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Bf16 scaled = to_bf16(to_float(gradient[i]) * scale);
    gradient[i].bits = (output[i].bits & 0x7FFFU) != 0 ? scaled.bits : std::uint16_t{0};
  }
}

CROSSLOOM_CLONES void relu_gradient(const float* output, std::size_t count, float scale, Bf16* gradient) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bf16 scaled = to_bf16(to_float(gradient[i]) * scale);
    gradient[i].bits = output[i] > 0.0F ? scaled.bits : std::uint16_t{0};
  }
}

CROSSLOOM_CLONES void cut_negative(const float* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = from[i] > 0.0F ? from[i] : 0.0F;
}

CROSSLOOM_CLONES void cut_negative(const Bf16* from, std::size_t count, Bf16* to) {
  for (std::size_t i = 0; i < count; ++i) to[i].bits = (from[i].bits & 0x8000U) != 0 ? std::uint16_t{0} : from[i].bits;
}

CROSSLOOM_CLONES void add_to(const float* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
}

CROSSLOOM_CLONES void add_to(const Bf16* from, std::size_t count, Bf16* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = to_bf16(to_float(to[i]) + to_float(from[i]));
}

CROSSLOOM_CLONES void sgd_update(const SgdStep& step, const float* __restrict gradient, const std::uint8_t* live,
                                 std::size_t count, float* __restrict velocity, float* __restrict weights) {
  const SgdStep s = step;
  if (live == nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      const float v = s.momentum * velocity[i] + (gradient[i] + s.decay * weights[i]);
      velocity[i] = v;
      weights[i] = weights[i] - s.rate * v;
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const float kept = live[i] != 0 ? 1.0F : 0.0F;
    const float v = kept * (s.momentum * velocity[i] + (gradient[i] + s.decay * weights[i]));
    velocity[i] = v;
    weights[i] = kept * (weights[i] - s.rate * v);
  }
}

CROSSLOOM_CLONES void adam_update(const AdamStep& step, const float* __restrict gradient, const std::uint8_t* live,
                                  std::size_t count, float* __restrict mean, float* __restrict square,
                                  float* __restrict weights) {
  const AdamStep s = step;
  for (std::size_t i = 0; i < count; ++i) {
    const float kept = live == nullptr || live[i] != 0 ? 1.0F : 0.0F;
    const float m = kept * (s.beta1 * mean[i] + (1.0F - s.beta1) * gradient[i]);
    const float q = kept * (s.beta2 * square[i] + (1.0F - s.beta2) * gradient[i] * gradient[i]);
    mean[i] = m;
    square[i] = q;
    weights[i] = kept * (weights[i] - s.rate * m / (std::sqrt(q) + s.epsilon) - s.decay * weights[i]);
  }
}

}  // namespace crossloom
