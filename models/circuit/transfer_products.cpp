// Four inputs by a panel of bit lines at a time: their sums stay in registers while the rows go by.
#include "models/circuit/transfer_products.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
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

/// -log of u in (0, 1), to 1e-13: u = m 2^e, log m = 2 artanh((m - 1) / (m + 1)) by its series.
CROSSLOOM_INLINE double minus_log(double u) {
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52U) - 1U;
  constexpr double kSqrt2 = 1.4142135623730951, kLn2 = 0.69314718055994530942;
  const std::uint64_t bits = bits_of(u);
  const double mantissa = double_of((bits & kMantissa) | bits_of(1.0));
  const bool large = mantissa > kSqrt2;
  const double exponent = double_of((bits >> 52U) | bits_of(kTwo52)) - (kTwo52 + 1023.0) + (large ? 1.0 : 0.0);
  const double m = large ? 0.5 * mantissa : mantissa;
  const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
  const double series =
      1.0 +
      s2 * (1.0 / 3 +
            s2 * (1.0 / 5 + s2 * (1.0 / 7 + s2 * (1.0 / 9 + s2 * (1.0 / 11 + s2 * (1.0 / 13 + s2 * (1.0 / 15)))))));
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
      x * (1.0 - x2 / 6 * (1.0 - x2 / 20 * (1.0 - x2 / 42 * (1.0 - x2 / 72 * (1.0 - x2 / 110 * (1.0 - x2 / 156))))));
  const double c =
      1.0 -
      x2 / 2 *
          (1.0 - x2 / 12 * (1.0 - x2 / 30 * (1.0 - x2 / 56 * (1.0 - x2 / 90 * (1.0 - x2 / 132 * (1.0 - x2 / 182))))));
  const bool swapped = (quarter & 1U) != 0;
  const double sine = swapped ? c : s, cosine = swapped ? s : c;
  const bool lower = (quarter & 2U) != 0, left = ((quarter + 1U) & 2U) != 0;
  return {lower ? -sine : sine, left ? -cosine : cosine};
}

/// Words of the generator, separated by place in their block, to normals.
CROSSLOOM_VECTOR_CLONES
void normals_of(const std::uint32_t* radius_words, const std::uint32_t* angle_words, std::size_t count, double* sines,
                double* cosines) {
  for (std::size_t k = 0; k < count; ++k) {
    const double u = (radius_words[k] + 0.5) * 0x1p-32, v = (angle_words[k] + 0.5) * 0x1p-32;
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

void draw_normals(const RandomField& field, std::uint64_t vector, std::size_t count, double* normals) {
  constexpr std::size_t kPairs = 128;
  std::uint32_t radii[kPairs], angles[kPairs];
  double sines[kPairs], cosines[kPairs];
  const auto low = static_cast<std::uint32_t>(vector & 0xffffffffU), high = static_cast<std::uint32_t>(vector >> 32U);
  const std::size_t blocks = (count + 3) / 4;
  for (std::size_t first = 0; first < blocks; first += kPairs / 2) {
    const std::size_t here = std::min(blocks - first, kPairs / 2);
    for (std::size_t k = 0; k < here; ++k) {
      const auto words = field.words(low, high, static_cast<std::uint32_t>(first + k));
      radii[2 * k] = words[0];
      angles[2 * k] = words[1];
      radii[2 * k + 1] = words[2];
      angles[2 * k + 1] = words[3];
    }
    normals_of(radii, angles, 2 * here, sines, cosines);
    for (std::size_t k = 0; k < 2 * here; ++k) {
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
  const RandomField field(key);
  AlignedVector<double> means(kVectorsAtOnce * stride_), variances(means.size()), normals(stride_);
  std::vector<double> squares(kVectorsAtOnce * rows_);
  for (std::size_t begin = 0; begin < vectors; begin += kVectorsAtOnce) {
    const std::size_t here = std::min(vectors - begin, kVectorsAtOnce);
    const double* const input = volts + begin * rows_;
    for (std::size_t k = 0; k < here * rows_; ++k) squares[k] = input[k] * input[k];
    multiply_inputs(means_.data(), stride_, rows_, input, here, means.data());
    multiply_inputs(variances_.data(), stride_, rows_, squares.data(), here, variances.data());
    for (std::size_t v = 0; v < here; ++v) {
      draw_normals(field, first + begin + v, bit_lines_, normals.data());
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
