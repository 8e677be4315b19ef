#include "models/bit_serial/real_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::size_t kLanes = 8;
typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
static_assert(kPanelLines == 4 * kLanes, "a panel is four vectors");

// Vectors go by reference: their way by value depends on the instruction set.
CROSSLOOM_INLINE void add_row(const float* from, Vector& sum) {
  Vector row;
  std::memcpy(&row, from, sizeof row);
  sum += row;
}

CROSSLOOM_INLINE void add_scaled_row(const float* from, float factor, Vector& sum) {
  Vector row;
  std::memcpy(&row, from, sizeof row);
  sum += factor * row;
}

CROSSLOOM_INLINE void store_panel(const Vector& a, const Vector& b, const Vector& c, const Vector& d, float* to) {
  std::memcpy(to, &a, sizeof a);
  std::memcpy(to + kLanes, &b, sizeof b);
  std::memcpy(to + 2 * kLanes, &c, sizeof c);
  std::memcpy(to + 3 * kLanes, &d, sizeof d);
}

constexpr float kRound = 12582912.0F;  // 1.5 x 2^23: adding it leaves no bits behind the point

}  // namespace

// Four sums by name, so that the compiler keeps them in registers.
CROSSLOOM_VECTOR_CLONES
void sum_scaled_rows(const float* panel, const std::uint16_t* rows, const float* factors, std::size_t count,
                     float* sums) {
  Vector a{}, b{}, c{}, d{};
  for (std::size_t k = 0; k < count; ++k) {
    const float* const row = panel + rows[k] * kPanelLines;
    const float factor = factors[k];
    add_scaled_row(row, factor, a);
    add_scaled_row(row + kLanes, factor, b);
    add_scaled_row(row + 2 * kLanes, factor, c);
    add_scaled_row(row + 3 * kLanes, factor, d);
  }
  store_panel(a, b, c, d, sums);
}

CROSSLOOM_VECTOR_CLONES
void sum_rows(const float* panel, const std::uint16_t* rows, std::size_t count, float* sums) {
  Vector a{}, b{}, c{}, d{};
  for (std::size_t k = 0; k < count; ++k) {
    const float* const row = panel + rows[k] * kPanelLines;
    add_row(row, a);
    add_row(row + kLanes, b);
    add_row(row + 2 * kLanes, c);
    add_row(row + 3 * kLanes, d);
  }
  store_panel(a, b, c, d, sums);
}

CROSSLOOM_VECTOR_CLONES
void apply_converters(const ConverterRow& row, float lowest, float highest, std::size_t count, float* values) {
  const float range = 1.0F / (highest - lowest);
  for (std::size_t k = 0; k < count; ++k) {
    const float v = values[k] * row.inverse_step[k];
    const float u = std::min(1.0F, std::max(0.0F, (v - lowest) * range));
    values[k] = v * row.gain[k] + row.offset[k] + row.bow[k] * (4.0F * u * (1.0F - u));
  }
}

CROSSLOOM_VECTOR_CLONES
void add_noise(const ConverterRow& row, const float* variances, float own_variance, const double* normals,
               std::size_t count, float* values) {
  for (std::size_t k = 0; k < count; ++k) {
    const float factor = row.inverse_step[k] * row.gain[k];
    const float deviation = std::sqrt(variances[k] * factor * factor + own_variance);
    values[k] += deviation * static_cast<float>(normals[k]);
  }
}

CROSSLOOM_VECTOR_CLONES
std::size_t round_codes(const float* values, float lowest, float highest, std::size_t count, std::int32_t* codes) {
  std::int32_t beyond = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const float near = std::min(highest + 1.0F, std::max(lowest - 1.0F, values[k]));
    const float rounded = (near + kRound) - kRound;
    beyond += rounded < lowest || rounded > highest ? 1 : 0;
    codes[k] = static_cast<std::int32_t>(std::min(highest, std::max(lowest, rounded)));
  }
  return static_cast<std::size_t>(beyond);
}

CROSSLOOM_VECTOR_CLONES
void add_codes(const std::int32_t* codes, std::int64_t worth, std::size_t count, std::int64_t* sums) {
  // Every worth is a power of two or minus one, no more than 2^16, so products fit 32 bits but for codes of 16 bits.
  for (std::size_t k = 0; k < count; ++k) sums[k] += worth * std::int64_t{codes[k]};
}

}  // namespace crossloom
