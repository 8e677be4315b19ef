// Innermost loops of cells that are real numbers. Private to models/bit_serial. Every sum is taken in the order given,
// lane by lane, so that vector widths change no bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossloom {

/// Bit lines to a panel.
inline constexpr std::size_t kPanelLines = 32;

/// sums[j] = sum over k of factors[k] * panel[rows[k] * kPanelLines + j], k ascending.
void sum_scaled_rows(const float* panel, const std::uint16_t* rows, const float* factors, std::size_t count,
                     float* sums);
/// The same with all factors 1.
void sum_rows(const float* panel, const std::uint16_t* rows, std::size_t count, float* sums);

/// The ADC of each conversion of a part, one value each.
struct ConverterRow {
  const float* inverse_step = nullptr;
  const float* gain = nullptr;
  const float* offset = nullptr;
  const float* bow = nullptr;
};

/// values[k] becomes what is compared with the codes: v = values[k] x inverse_step, gain v + offset + bow 4 u (1 - u)
/// with u = (v - lowest) / (highest - lowest) within [0, 1].
void apply_converters(const ConverterRow& row, float lowest, float highest, std::size_t count, float* values);

/// values[k] += sqrt(variances[k] (inverse_step x gain)^2 + own_variance) normals[k].
void add_noise(const ConverterRow& row, const float* variances, float own_variance, const double* normals,
               std::size_t count, float* values);

/// codes[k] = values[k] rounded half to even and held within [lowest, highest]; returns how many were beyond. Bounds
/// are less than 2^20 in size.
std::size_t round_codes(const float* values, float lowest, float highest, std::size_t count, std::int32_t* codes);

/// sums[k] += worth x codes[k].
void add_codes(const std::int32_t* codes, std::int64_t worth, std::size_t count, std::int64_t* sums);

}  // namespace crossloom
