// Numbers as people write them in decimal, read with no locale and with correct rounding.
#include "base/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace crossloom::detail {

namespace {

// Beyond any double's range whatever the unit, and far from overflow when added up.
constexpr std::int64_t kAbsurdExponent = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

/// Takes "e-12" off the front, or leaves `text` as it is ("e" may begin a unit).
std::int64_t take_exponent(std::string_view& text) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return 0;
  std::string_view rest = text.substr(1);
  const bool negative = !rest.empty() && rest[0] == '-';
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) rest.remove_prefix(1);
  const std::size_t digits = count_digits(rest);
  if (digits == 0) return 0;
  std::int64_t value = 0;
  for (const char c : rest.substr(0, digits)) value = std::min(kAbsurdExponent, value * 10 + (c - '0'));
  text = rest.substr(digits);
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> take_decimal(std::string_view& text) {
  std::string_view rest = text;
  Decimal decimal;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    if (rest[0] == '-') decimal.mantissa = "-";
    rest.remove_prefix(1);
  }
  const std::size_t whole = count_digits(rest);
  decimal.mantissa += whole == 0 ? "0" : rest.substr(0, whole);
  rest.remove_prefix(whole);
  std::size_t fraction = 0;
  if (!rest.empty() && rest[0] == '.') {
    fraction = count_digits(rest.substr(1));
    if (fraction > 0) {
      decimal.mantissa += rest.substr(0, fraction + 1);
      rest.remove_prefix(fraction + 1);
    }
  }
  if (whole == 0 && fraction == 0) return std::nullopt;
  decimal.exponent = take_exponent(rest);
  text = rest;
  return decimal;
}

std::optional<double> to_double(const Decimal& decimal, int shift) {
  const std::string text = decimal.mantissa + "e" + std::to_string(decimal.exponent + shift);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool has_digits = decimal.mantissa.find_first_of("123456789") != std::string::npos;
  if (!has_digits) return decimal.mantissa[0] == '-' ? -0.0 : 0.0;
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value == 0.0) return std::nullopt;
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  const std::optional<Decimal> decimal = take_decimal(text);
  if (!decimal || !text.empty()) return std::nullopt;
  return to_double(*decimal);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = !text.empty() && text[0] == '-' ? text.substr(1) : text;
  if (digits.empty() || count_digits(digits) != digits.size()) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace crossloom::detail
