// Panels of columns outside, driven rows inside: a panel's sums stay in registers while its rows go by.
#include "models/crossbar_kernels.h"

#include <algorithm>
#include <cstring>

#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::int32_t kLargestPartialSum = 32767;

/// kColumns columns of 16-bit sums in vectors of kBytes, which the compiler then holds in registers.
template <std::size_t kBytes, std::size_t kColumns>
struct IntegerPanel {
  static constexpr std::size_t kLanes = kBytes / sizeof(std::int16_t), kVectors = kColumns / kLanes;
  static_assert(kVectors * kLanes == kColumns, "whole vectors");
  typedef std::int16_t Vector __attribute__((vector_size(kBytes)));
  Vector sums[kVectors];

  CROSSLOOM_INLINE void store(std::int16_t* to) const { std::memcpy(to, sums, sizeof sums); }
  CROSSLOOM_INLINE void add(const std::int16_t* row) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      Vector weights;
      std::memcpy(&weights, row + v * kLanes, sizeof weights);
      sums[v] += weights;
    }
  }
};

/// The same with 32-bit weights, summed in T.
template <class T, std::size_t kBytes, std::size_t kColumns>
struct RealPanel {
  static constexpr std::size_t kLanes = kBytes / sizeof(T), kVectors = kColumns / kLanes;
  static_assert(kVectors * kLanes == kColumns, "whole vectors");
  typedef T Vector __attribute__((vector_size(kBytes)));
  Vector sums[kVectors];

  // Vector by vector, or the sums lie in memory.
  CROSSLOOM_INLINE void load(const T* from) {
    for (std::size_t v = 0; v < kVectors; ++v) std::memcpy(&sums[v], from + v * kLanes, sizeof(Vector));
  }
  CROSSLOOM_INLINE void store(T* to) const {
    for (std::size_t v = 0; v < kVectors; ++v) std::memcpy(to + v * kLanes, &sums[v], sizeof(Vector));
  }
  CROSSLOOM_INLINE void add(const float* row) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      // One by one in writing, one instruction in the end; __builtin_convertvector is taken apart before this is part
      // of a function with wide vectors.
      T wide[kLanes];
      for (std::size_t k = 0; k < kLanes; ++k) wide[k] = static_cast<T>(row[v * kLanes + k]);
      Vector weights;
      std::memcpy(&weights, wide, sizeof weights);
      sums[v] += weights;
    }
  }
};

// The sums of a few rows fit 16 bits: twice the columns an instruction. They move to 32 bits before they could
// overflow.
template <std::size_t kBytes, std::size_t kColumns>
CROSSLOOM_INLINE void add_integer_panel(const std::int16_t* panel_weights, std::size_t stride, std::size_t rows_at_once,
                                        const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns,
                                        std::int32_t* sums) {
  for (std::size_t first = 0; first < driven; first += rows_at_once) {
    const std::size_t last = std::min(driven, first + rows_at_once);
    IntegerPanel<kBytes, kColumns> panel{};
    for (std::size_t k = first; k < last; ++k) panel.add(panel_weights + driven_rows[k] * stride);
    std::int16_t partial[kColumns];
    panel.store(partial);
    if (columns >= kColumns) {
      for (std::size_t j = 0; j < kColumns; ++j) sums[j] += partial[j];
    } else {
      for (std::size_t j = 0; j < columns; ++j) sums[j] += partial[j];
    }
  }
}

template <std::size_t kBytes>
CROSSLOOM_INLINE void add_integer_rows(const std::int16_t* weights, std::size_t stride, std::int32_t largest_weight,
                                       const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns,
                                       std::int32_t* sums) {
  const auto rows_at_once = static_cast<std::size_t>(kLargestPartialSum / largest_weight);
  std::size_t column = 0;
  for (; column + 64 <= stride && column + 32 < columns; column += 64) {
    add_integer_panel<kBytes, 64>(weights + column, stride, rows_at_once, driven_rows, driven, columns - column,
                                  sums + column);
  }
  for (; column < columns; column += 32) {
    add_integer_panel<kBytes, 32>(weights + column, stride, rows_at_once, driven_rows, driven, columns - column,
                                  sums + column);
  }
}

template <class T, std::size_t kBytes, std::size_t kColumns>
CROSSLOOM_INLINE void add_real_panel(const float* panel_weights, std::size_t stride, const std::uint16_t* driven_rows,
                                     std::size_t driven, std::size_t columns, T* sums) {
  const bool whole = columns >= kColumns;
  T padded[kColumns] = {};
  T* place = whole ? sums : padded;
  if (!whole) std::memcpy(padded, sums, columns * sizeof(T));
  RealPanel<T, kBytes, kColumns> panel;
  panel.load(place);
  for (std::size_t k = 0; k < driven; ++k) panel.add(panel_weights + driven_rows[k] * stride);
  panel.store(place);
  if (!whole) std::memcpy(sums, padded, columns * sizeof(T));
}

/// Narrow arrays and the last columns of wide ones take the narrow panel.
template <class T, std::size_t kBytes>
CROSSLOOM_INLINE void add_real_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows,
                                    std::size_t driven, std::size_t columns, T* sums) {
  constexpr std::size_t kNarrow = 16, kWide = std::min<std::size_t>(32, 8 * kBytes / sizeof(T));
  std::size_t column = 0;
  for (; column + kNarrow < columns; column += kWide) {
    add_real_panel<T, kBytes, kWide>(weights + column, stride, driven_rows, driven, columns - column, sums + column);
  }
  if (column >= columns) return;
  add_real_panel<T, kBytes, kNarrow>(weights + column, stride, driven_rows, driven, columns - column, sums + column);
}

// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands bare.
#define CROSSLOOM_DEFINE(attribute, bytes)                                                              \
  attribute void add_rows(const std::int16_t* weights, std::size_t stride, std::int32_t largest_weight, \
                          const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns,    \
                          std::int32_t* sums) {                                                         \
    add_integer_rows<bytes>(weights, stride, largest_weight, driven_rows, driven, columns, sums);       \
  }                                                                                                     \
  attribute void add_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows,   \
                          std::size_t driven, std::size_t columns, double* sums) {                      \
    add_real_rows<double, bytes>(weights, stride, driven_rows, driven, columns, sums);                  \
  }                                                                                                     \
  attribute void add_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows,   \
                          std::size_t driven, std::size_t columns, float* sums) {                       \
    add_real_rows<float, bytes>(weights, stride, driven_rows, driven, columns, sums);                   \
  }
CROSSLOOM_EACH_VECTOR_WIDTH(CROSSLOOM_DEFINE)
#undef CROSSLOOM_DEFINE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace

void add_driven_rows(const std::int16_t* weights, std::size_t stride, std::int32_t largest_weight,
                     const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns, std::int32_t* sums) {
  add_rows(weights, stride, largest_weight, driven_rows, driven, columns, sums);
}

void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, double* sums) {
  add_rows(weights, stride, driven_rows, driven, columns, sums);
}

void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, float* sums) {
  add_rows(weights, stride, driven_rows, driven, columns, sums);
}

}  // namespace crossloom
