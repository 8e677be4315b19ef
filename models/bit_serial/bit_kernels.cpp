#include "models/bit_serial/bit_kernels.h"

#include <algorithm>

#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::size_t kPanel = 16;

/// 16 columns whose sums stay in registers while the rows go by.
CROSSLOOM_INLINE void panel_product(const std::int32_t* inputs, const std::int16_t* weights, std::size_t rows,
                                    std::size_t stride, std::int64_t* sums) {
  std::int64_t panel[kPanel] = {};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::int32_t input = inputs[i];
    if (input == 0) continue;
    const std::int16_t* const row = weights + i * stride;
    for (std::size_t j = 0; j < kPanel; ++j) panel[j] += std::int64_t{input} * std::int32_t{row[j]};
  }
  for (std::size_t j = 0; j < kPanel; ++j) sums[j] = panel[j];
}

/// kWords and kCellBits are known to the compiler, or 0.
template <std::size_t kWords, std::size_t kCellBits>
CROSSLOOM_INLINE void count_planes(const std::uint64_t* inputs, std::size_t bits, const std::uint64_t* cells,
                                   std::size_t cell_bits, std::size_t words, std::int32_t* counts) {
  const std::size_t many = kWords == 0 ? words : kWords, digits = kCellBits == 0 ? cell_bits : kCellBits;
  for (std::size_t k = 0; k < bits; ++k) {
    std::int32_t count = 0;
    for (std::size_t c = 0; c < digits; ++c) {
      std::int32_t of_plane = 0;
      for (std::size_t w = 0; w < many; ++w) {
        of_plane += __builtin_popcountll(inputs[k * many + w] & cells[c * many + w]);
      }
      count += of_plane << c;
    }
    counts[k] = count;
  }
}

}  // namespace

CROSSLOOM_VECTOR_CLONES
void integer_product(const std::int32_t* inputs, const std::int16_t* weights, std::size_t rows, std::size_t stride,
                     std::size_t columns, std::int64_t* sums) {
  std::size_t column = 0;
  for (; column + kPanel <= columns; column += kPanel) {
    panel_product(inputs, weights + column, rows, stride, sums + column);
  }
  if (column == columns) return;
  std::int64_t padded[kPanel];
  panel_product(inputs, weights + column, rows, stride, padded);
  std::copy_n(padded, columns - column, sums + column);
}

CROSSLOOM_VECTOR_CLONES
void count_bits(const std::uint64_t* inputs, std::size_t bits, const std::uint64_t* cells, std::size_t cell_bits,
                std::size_t words, std::int32_t* counts) {
  if (words == 2 && cell_bits == 2) return count_planes<2, 2>(inputs, bits, cells, cell_bits, words, counts);
  if (words == 2) return count_planes<2, 0>(inputs, bits, cells, cell_bits, words, counts);
  if (words == 1 && cell_bits == 2) return count_planes<1, 2>(inputs, bits, cells, cell_bits, words, counts);
  if (words == 1) return count_planes<1, 0>(inputs, bits, cells, cell_bits, words, counts);
  count_planes<0, 0>(inputs, bits, cells, cell_bits, words, counts);
}

}  // namespace crossloom
