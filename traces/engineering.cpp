// Three significant digits and an SI prefix.
#include "traces/engineering.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace crossloom {

namespace {

constexpr int kLowestExponent = -18;
constexpr std::array<const char*, 12> kPrefixes = {"a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T", "P"};

/// Decimal exponent after rounding to `digits` significant digits, so that 999.6 is 1.00e3.
int rounded_exponent(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::stoi(text.substr(text.find('e') + 1));
}

int floor_to_multiple_of_three(int exponent) { return exponent >= 0 ? exponent / 3 * 3 : -((2 - exponent) / 3 * 3); }

}  // namespace

EngineeringScale engineering_scale(double value) {
  if (value == 0.0 || !std::isfinite(value)) return {};
  const int exponent = rounded_exponent(value, 3);
  const int highest = kLowestExponent + 3 * (static_cast<int>(kPrefixes.size()) - 1);
  const int power = std::clamp(floor_to_multiple_of_three(exponent), kLowestExponent, highest);
  const auto index = static_cast<std::size_t>((power - kLowestExponent) / 3);
  return {std::pow(10.0, power), kPrefixes[index], std::max(0, 2 - (exponent - power))};
}

std::string format_engineering(double value, const std::string& unit) {
  if (!std::isfinite(value)) return "-";
  const EngineeringScale scale = engineering_scale(value);
  return fmt::format("{:.{}f} {}{}", value / scale.factor, scale.decimals, scale.prefix, unit);
}

std::string format_significant(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  if (value == 0.0) return "0";
  const int exponent = rounded_exponent(value, digits);
  if (exponent < -4 || exponent >= 7) return fmt::format("{:.{}e}", value, digits - 1);
  return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
}

std::string format_count(double value) {
  if (!std::isfinite(value)) return "-";
  std::string text = fmt::format("{:.0f}", std::fabs(value));
  for (std::size_t left = text.size(); left > 3; left -= 3) text.insert(left - 3, ",");
  return (value <= -0.5 ? "-" : "") + text;
}

}  // namespace crossloom
