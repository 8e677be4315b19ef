// Numbers as people write them in decimal, read with no locale and with correct rounding. Private to base.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossloom::detail {

/// A decimal number whose digits are kept as text, so that a unit's power of ten can be added before it is rounded.
struct Decimal {
  std::string mantissa;  ///< optional '-', digits, optional '.' and digits
  std::int64_t exponent = 0;
};

/// Splits the longest number at the front of `text` off it; nothing where there is none. Takes what
/// [-+]?(digits[.digits]|.digits)([eE][-+]?digits)? takes; no "inf", "nan", hexadecimal, octal or digit separators.
std::optional<Decimal> take_decimal(std::string_view& text);
/// The nearest double of mantissa * 10^(exponent + shift); nothing where it overflows or a non-zero number underflows.
std::optional<double> to_double(const Decimal& decimal, int shift = 0);

/// All of `text` as a finite number.
std::optional<double> parse_real(std::string_view text);
/// All of `text` as a decimal integer without leading zeros or '+'.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace crossloom::detail
