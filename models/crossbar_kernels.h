// Sums of driven rows: the innermost loops of every run, timed or not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossloom {

/// Rows are padded to whole multiples of this many columns.
inline constexpr std::size_t kColumnPadding = 32;

/// sums[j] += sum over the driven rows of weights[row * stride + j] for j in [0, columns), exact. stride is a multiple
/// of kColumnPadding, at least columns, and the padding is readable. No weight is larger in size than largest_weight
/// >= 1.
void add_driven_rows(const std::int16_t* weights, std::size_t stride, std::int32_t largest_weight,
                     const std::uint16_t* driven_rows, std::size_t driven, std::size_t columns, std::int32_t* sums);
/// The same for real weights, in double or in float, row after row in the order given: the bytes of a plain loop,
/// whatever the vector width.
void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, double* sums);
void add_driven_rows(const float* weights, std::size_t stride, const std::uint16_t* driven_rows, std::size_t driven,
                     std::size_t columns, float* sums);

}  // namespace crossloom
