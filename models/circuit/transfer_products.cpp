// Four inputs by a panel of bit lines at a time: their sums stay in registers while the rows go by.
#include "models/circuit/transfer_products.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/random_words.h"
#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::size_t kVectorsAtOnce = 4;
constexpr std::size_t kPanel = 32;  ///< columns; strides are whole panels

/// kColumns columns for kInputs inputs, in vectors of kBytes.
template <std::size_t kBytes, std::size_t kColumns, std::size_t kInputs>
CROSSLOOM_INLINE void multiply_panel(const double* matrix, std::size_t stride, std::size_t rows, const double* inputs,
                                     double* sums, std::size_t sums_stride) {
  typedef double Vector __attribute__((vector_size(kBytes)));
  constexpr std::size_t kLanes = kBytes / sizeof(double), kVectors = kColumns / kLanes;
  Vector totals[kInputs][kVectors] = {};
  for (std::size_t i = 0; i < rows; ++i) {
    Vector row[kVectors];  // loaded vector by vector, or it lies in memory
    for (std::size_t c = 0; c < kVectors; ++c) std::memcpy(&row[c], matrix + i * stride + c * kLanes, sizeof(Vector));
    for (std::size_t v = 0; v < kInputs; ++v) {
      for (std::size_t c = 0; c < kVectors; ++c) totals[v][c] += inputs[v * rows + i] * row[c];
    }
  }
  for (std::size_t v = 0; v < kInputs; ++v) {
    for (std::size_t c = 0; c < kVectors; ++c) {
      std::memcpy(sums + v * sums_stride + c * kLanes, &totals[v][c], sizeof(Vector));
    }
  }
}

/// As many columns as leave their sums in registers: 32 of them with 64 bytes each, else 16 with two for an input.
template <std::size_t kBytes>
CROSSLOOM_INLINE void multiply_inputs_by(const double* matrix, std::size_t stride, std::size_t rows,
                                         const double* inputs, std::size_t vectors, double* sums) {
  constexpr std::size_t kColumns = kBytes == 64 ? kPanel : 2 * kBytes / sizeof(double);
  for (std::size_t column = 0; column < stride; column += kColumns) {
    if (vectors == kVectorsAtOnce) {
      multiply_panel<kBytes, kColumns, kVectorsAtOnce>(matrix + column, stride, rows, inputs, sums + column, stride);
      continue;
    }
    for (std::size_t v = 0; v < vectors; ++v) {
      multiply_panel<kBytes, kColumns, 1>(matrix + column, stride, rows, inputs + v * rows, sums + v * stride + column,
                                          stride);
    }
  }
}

// sums[v][0 .. stride) for `vectors` inputs of `rows` values each.
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands bare.
#define CROSSLOOM_DEFINE(attribute, bytes)                                                                         \
  attribute void multiply_inputs(const double* matrix, std::size_t stride, std::size_t rows, const double* inputs, \
                                 std::size_t vectors, double* sums) {                                              \
    multiply_inputs_by<bytes>(matrix, stride, rows, inputs, vectors, sums);                                        \
  }
CROSSLOOM_EACH_VECTOR_WIDTH(CROSSLOOM_DEFINE)
#undef CROSSLOOM_DEFINE
// NOLINTEND(bugprone-macro-parentheses)

// Logarithm, sine and cosine by +, -, *, / and sqrt alone, without branches, so that all lanes of a vector do the same
// and every machine gets the same bits.

CROSSLOOM_INLINE std::uint64_t bits_of(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
CROSSLOOM_INLINE double double_of(std::uint64_t bits) {
  double value = 0.0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr double kTwo52 = 4503599627370496.0;

/// Sum of coefficients[k] x^k.
template <std::size_t kTerms>
CROSSLOOM_INLINE double polynomial(const double (&coefficients)[kTerms], double x) {
  double sum = coefficients[kTerms - 1];
#pragma GCC unroll 16
  for (std::size_t k = kTerms - 1; k > 0; --k) sum = sum * x + coefficients[k - 1];
  return sum;
}

/// -log of u in (0, 1), to 1e-13: u = m 2^e, log m = 2 artanh((m - 1) / (m + 1)) by its series.
CROSSLOOM_INLINE double minus_log(double u) {
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52U) - 1U;
  constexpr double kSqrt2 = 1.4142135623730951, kLn2 = 0.69314718055994530942;
  const std::uint64_t bits = bits_of(u), mantissa = (bits & kMantissa) | bits_of(1.0);
  const std::uint64_t large = (bits_of(kSqrt2) - mantissa) >> 63U;  // 1 where m would lie above sqrt 2: half of it then
  const double exponent = double_of(((bits >> 52U) + large) | bits_of(kTwo52)) - (kTwo52 + 1023.0);
  const double m = double_of(mantissa - (large << 52U));
  const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
  const double series = polynomial({1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15}, s2);
  return -(exponent * kLn2 + 2.0 * s * series);
}

struct SineCosine {
  double sine, cosine;
};
/// Of 2 pi u, u in (0, 1), to 1e-12: within an eighth of a turn by series, then turned by quarters.
CROSSLOOM_INLINE SineCosine sine_cosine_turns(double u) {
  constexpr double kHalfPi = 1.57079632679489661923, kRound = 1.5 * kTwo52;
  const double quarters = 4.0 * u, shifted = quarters + kRound;
  const std::uint64_t quarter = bits_of(shifted);
  const double x = (quarters - (shifted - kRound)) * kHalfPi, x2 = x * x;
  const double s =
      x *
      polynomial({1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5'040, 1.0 / 362'880, -1.0 / 39'916'800, 1.0 / 6'227'020'800.0}, x2);
  const double c = polynomial(
      {1.0, -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40'320, -1.0 / 3'628'800, 1.0 / 479'001'600, -1.0 / 87'178'291'200.0},
      x2);
  const std::uint64_t swapped = 0U - (quarter & 1U), difference = (bits_of(s) ^ bits_of(c)) & swapped;
  const std::uint64_t lower = (quarter & 2U) << 62U, left = ((quarter + 1U) & 2U) << 62U;  // signs
  return {double_of(bits_of(s) ^ difference ^ lower), double_of(bits_of(c) ^ difference ^ left)};
}

/// Middle of the n-th of 2^32 parts of (0, 1). Exact; by signed conversion, which vectors have.
CROSSLOOM_INLINE double middle_of_part(std::uint32_t n) {
  return (static_cast<double>(static_cast<std::int32_t>(n ^ 0x80000000U)) + 2147483648.5) * 0x1p-32;
}

/// Words of the generator, separated by place in their block, to normals.
CROSSLOOM_VECTOR_CLONES
void normals_of(const std::uint32_t* radius_words, const std::uint32_t* angle_words, std::size_t count, double* sines,
                double* cosines) {
  for (std::size_t k = 0; k < count; ++k) {
    const double u = middle_of_part(radius_words[k]), v = middle_of_part(angle_words[k]);
    const double radius = std::sqrt(2.0 * minus_log(u));
    const SineCosine turned = sine_cosine_turns(v);
    sines[k] = radius * turned.sine;
    cosines[k] = radius * turned.cosine;
  }
}

CROSSLOOM_VECTOR_CLONES
void add_noise(double* sums, const double* variances, const double* normals, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) sums[j] += std::sqrt(variances[j]) * normals[j];
}

}  // namespace

void draw_normals(RandomKey key, std::uint64_t vector, std::size_t count, double* normals) {
  constexpr std::size_t kBlocks = 64;
  std::uint32_t words[4 * kBlocks], radii[2 * kBlocks], angles[2 * kBlocks];
  double sines[2 * kBlocks], cosines[2 * kBlocks];
  const auto low = static_cast<std::uint32_t>(vector & 0xffffffffU), high = static_cast<std::uint32_t>(vector >> 32U);
  const std::size_t blocks = (count + 3) / 4;
  for (std::size_t first = 0; first < blocks; first += kBlocks) {
    const std::size_t pairs = 2 * std::min(blocks - first, kBlocks);
    consecutive_words(key, low, high, static_cast<std::uint32_t>(first), 0, pairs / 2, words);
    for (std::size_t k = 0; k < pairs; ++k) {
      radii[k] = words[2 * k];
      angles[k] = words[2 * k + 1];
    }
    normals_of(radii, angles, pairs, sines, cosines);
    for (std::size_t k = 0; k < pairs; ++k) {
      normals[4 * first + 2 * k] = cosines[k];
      normals[4 * first + 2 * k + 1] = sines[k];
    }
  }
}

TransferProducts::TransferProducts(const TransferMatrix& transfer, const std::vector<double>& variances)
    : rows_(transfer.rows),
      bit_lines_(transfer.bit_lines),
      stride_((transfer.bit_lines + kPanel - 1) / kPanel * kPanel),
      means_(rows_ * stride_),
      variances_(variances.empty() ? 0 : rows_ * stride_) {
  CROSSLOOM_CHECK(transfer.siemens.size() == std::size_t{rows_} * bit_lines_, "a transfer matrix of another size");
  CROSSLOOM_CHECK(variances.empty() || variances.size() == transfer.siemens.size(), "one variance an entry");
  for (std::size_t i = 0; i < rows_; ++i) {
    std::copy_n(transfer.siemens.data() + i * bit_lines_, bit_lines_, means_.data() + i * stride_);
    if (!variances.empty()) std::copy_n(variances.data() + i * bit_lines_, bit_lines_, variances_.data() + i * stride_);
  }
}

void TransferProducts::multiply(const double* volts, std::size_t vectors, double* currents) const {
  AlignedVector<double> sums(kVectorsAtOnce * stride_);
  for (std::size_t first = 0; first < vectors; first += kVectorsAtOnce) {
    const std::size_t here = std::min(vectors - first, kVectorsAtOnce);
    multiply_inputs(means_.data(), stride_, rows_, volts + first * rows_, here, sums.data());
    for (std::size_t v = 0; v < here; ++v) {
      std::copy_n(sums.data() + v * stride_, bit_lines_, currents + (first + v) * bit_lines_);
    }
  }
}

void TransferProducts::multiply_noisy(const double* volts, std::size_t vectors, RandomKey key, std::uint64_t first,
                                      double* currents) const {
  CROSSLOOM_CHECK(!variances_.empty(), "noise needs variances");
  AlignedVector<double> means(kVectorsAtOnce * stride_), variances(means.size()), normals(stride_);
  std::vector<double> squares(kVectorsAtOnce * rows_);
  for (std::size_t begin = 0; begin < vectors; begin += kVectorsAtOnce) {
    const std::size_t here = std::min(vectors - begin, kVectorsAtOnce);
    const double* const input = volts + begin * rows_;
    for (std::size_t k = 0; k < here * rows_; ++k) squares[k] = input[k] * input[k];
    multiply_inputs(means_.data(), stride_, rows_, input, here, means.data());
    multiply_inputs(variances_.data(), stride_, rows_, squares.data(), here, variances.data());
    for (std::size_t v = 0; v < here; ++v) {
      draw_normals(key, first + begin + v, bit_lines_, normals.data());
      add_noise(means.data() + v * stride_, variances.data() + v * stride_, normals.data(), bit_lines_);
      std::copy_n(means.data() + v * stride_, bit_lines_, currents + (begin + v) * bit_lines_);
    }
  }
}

std::vector<double> transfer_variances(const ConductanceMatrix& cells, const TransferMatrix& transfer,
                                       const std::vector<double>& cell_variances) {
  CROSSLOOM_CHECK(cells.siemens.size() == transfer.siemens.size() && cell_variances.size() == cells.siemens.size(),
                  "cells, transfer matrix and variances of one array");
  std::vector<double> variances(cell_variances.size(), 0.0);
  for (std::size_t k = 0; k < variances.size(); ++k) {
    if (cells.siemens[k] == 0.0) continue;
    const double share = transfer.siemens[k] / cells.siemens[k];
    variances[k] = share * share * cell_variances[k];
  }
  return variances;
}

}  // namespace crossloom
