// Column gain calibration: one factor a column, set once after programming.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossloom {

/// A gain stage is built for a range.
inline constexpr double kSmallestColumnGain = 0.5;
inline constexpr double kLargestColumnGain = 2.0;

/// The factor a for which a * actual is nearest to meant in the sum of squares over `rows` values that lie `stride`
/// apart: a = sum(meant * actual) / sum(actual^2), held within the range of the gain stage. 1 where nothing was meant
/// (all zero) or nothing is there.
double column_gain(const std::int16_t* meant, const double* actual, std::size_t rows, std::size_t stride);

}  // namespace crossloom
