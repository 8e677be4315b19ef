// Panels of columns outside, driven rows inside: a panel's sums stay in registers while its rows go by.
#include "models/crossbar_kernels.h"

#include <algorithm>
#include <cstring>

// One copy a vector width, chosen at start; sanitizers' run-time libraries are not up yet when the choice is made.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CROSSLOOM_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CROSSLOOM_VECTOR_CLONES
#endif
#define CROSSLOOM_INLINE inline __attribute__((always_inline))

namespace crossloom {

namespace {

constexpr std::size_t kRegisterBytes = 64;
constexpr std::int32_t kLargestPartialSum = 32767;

/// kVectors x 64 bytes of columns of T, kept as vectors so that the compiler holds them in registers.
template <class T, std::size_t kVectors>
struct Panel {
  typedef T Vector __attribute__((vector_size(kRegisterBytes)));
  static constexpr std::size_t kColumns = kVectors * kRegisterBytes / sizeof(T);
  Vector sums[kVectors];

  CROSSLOOM_INLINE void load(const T* from) { std::memcpy(sums, from, sizeof sums); }
  CROSSLOOM_INLINE void store(T* to) const { std::memcpy(to, sums, sizeof sums); }
  CROSSLOOM_INLINE void add(const T* row) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      Vector values;
      std::memcpy(&values, row + v * (kRegisterBytes / sizeof(T)), sizeof values);
      sums[v] += values;
    }
  }
};

// The sums of a few rows fit 16 bits: twice the columns an instruction. They move to 32 bits before they could
// overflow.
template <std::size_t kVectors>
CROSSLOOM_INLINE void add_integer_panel(const std::int16_t* panel_weights, std::size_t stride, std::size_t rows_at_once,
                                        const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns,
                                        std::int32_t* sums) {
  using IntegerPanel = Panel<std::int16_t, kVectors>;
  for (std::size_t first = 0; first < driven; first += rows_at_once) {
    const std::size_t last = std::min(driven, first + rows_at_once);
    IntegerPanel panel{};
    for (std::size_t k = first; k < last; ++k) panel.add(panel_weights + driven_rows[k] * stride);
    std::int16_t partial[IntegerPanel::kColumns];
    panel.store(partial);
    if (columns >= IntegerPanel::kColumns) {
      for (std::size_t j = 0; j < IntegerPanel::kColumns; ++j) sums[j] += partial[j];
    } else {
      for (std::size_t j = 0; j < columns; ++j) sums[j] += partial[j];
    }
  }
}

/// kWidth columns of 32-bit weights, summed in T.
template <class T, std::size_t kWidth>
struct RealPanel {
  static constexpr std::size_t kColumns = kWidth;
  static constexpr std::size_t kLanes = kRegisterBytes / sizeof(T);
  typedef T Vector __attribute__((vector_size(kRegisterBytes)));
  typedef float Weights __attribute__((vector_size(kLanes * sizeof(float))));
  Vector sums[kColumns / kLanes];

  CROSSLOOM_INLINE void load(const T* from) { std::memcpy(sums, from, sizeof sums); }
  CROSSLOOM_INLINE void store(T* to) const { std::memcpy(to, sums, sizeof sums); }
  CROSSLOOM_INLINE void add(const float* row) {
    for (std::size_t v = 0; v < kColumns / kLanes; ++v) {
      Weights weights;
      std::memcpy(&weights, row + v * kLanes, sizeof weights);
      sums[v] += __builtin_convertvector(weights, Vector);
    }
  }
};

template <class T, std::size_t kWidth>
CROSSLOOM_INLINE void add_real_panel(const float* panel_weights, std::size_t stride, const std::uint16_t* driven_rows,
                                     std::size_t driven, std::size_t columns, T* sums) {
  const bool whole = columns >= kWidth;
  T padded[kWidth] = {};
  T* place = whole ? sums : padded;
  if (!whole) std::memcpy(padded, sums, columns * sizeof(T));
  RealPanel<T, kWidth> panel;
  panel.load(place);
  for (std::size_t k = 0; k < driven; ++k) panel.add(panel_weights + driven_rows[k] * stride);
  panel.store(place);
  if (!whole) std::memcpy(sums, padded, columns * sizeof(T));
}

/// Narrow arrays and the last columns of wide ones take the narrow panel.
template <class T>
CROSSLOOM_INLINE void add_real_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows,
                                    std::size_t driven, std::size_t columns, T* sums) {
  std::size_t column = 0;
  for (; column + 16 < columns; column += 32) {
    add_real_panel<T, 32>(weights + column, stride, driven_rows, driven, columns - column, sums + column);
  }
  if (column >= columns) return;
  add_real_panel<T, 16>(weights + column, stride, driven_rows, driven, columns - column, sums + column);
}

}  // namespace

CROSSLOOM_VECTOR_CLONES
void add_driven_rows(const std::int16_t* weights, std::size_t stride, std::int32_t largest_weight,
                     const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns, std::int32_t* sums) {
  const auto rows_at_once = static_cast<std::size_t>(kLargestPartialSum / largest_weight);
  std::size_t column = 0;
  for (; column + 64 <= stride && column + 32 < columns; column += 64) {
    add_integer_panel<2>(weights + column, stride, rows_at_once, driven_rows, driven, columns - column, sums + column);
  }
  for (; column < columns; column += 32) {
    add_integer_panel<1>(weights + column, stride, rows_at_once, driven_rows, driven, columns - column, sums + column);
  }
}

CROSSLOOM_VECTOR_CLONES
void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, double* sums) {
  add_real_rows(weights, stride, driven_rows, driven, columns, sums);
}

CROSSLOOM_VECTOR_CLONES
void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, float* sums) {
  add_real_rows(weights, stride, driven_rows, driven, columns, sums);
}

}  // namespace crossloom
