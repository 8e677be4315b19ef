// Whole numbers that stand for multiples of a power of two.
#pragma once

#include <cstdint>

namespace crossloom {

/// Whole numbers of `bits` bits, two's complement if signed, `fraction_bits` of them (which may be negative or more
/// than `bits`) behind the binary point: n stands for n x 2^-fraction_bits.
struct FixedPointFormat {
  static constexpr std::uint32_t kMostBits = 16;
  static constexpr std::int32_t kMostFractionBits = 64;  ///< above or below 0

  std::uint32_t bits = 16;  ///< 1 to kMostBits
  bool is_signed = false;
  std::int32_t fraction_bits = 0;
  [[nodiscard]] std::int32_t lowest() const { return is_signed ? -(std::int32_t{1} << (bits - 1)) : 0; }
  [[nodiscard]] std::int32_t highest() const { return (std::int32_t{1} << (is_signed ? bits - 1 : bits)) - 1; }
  friend bool operator==(const FixedPointFormat& a, const FixedPointFormat& b) {
    return a.bits == b.bits && a.is_signed == b.is_signed && a.fraction_bits == b.fraction_bits;
  }
};

/// The number of that format nearest to a value, half to even; values beyond the lowest and highest become these.
double nearest_in(const FixedPointFormat& format, double value);
/// Whether the value lies between the lowest and the highest number of the format.
bool is_within(const FixedPointFormat& format, double value);

}  // namespace crossloom
