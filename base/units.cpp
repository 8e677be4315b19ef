// The text form of quantities: a number, a space, an SI prefix and a unit.
#include "base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "base/decimal.h"
#include "base/error.h"

namespace crossloom {

namespace {

struct Prefix {
  std::string_view symbol;
  int exponent;
};

// SI Brochure, 9th edition, table 7. The micro sign has two code points; both are read, "u" is written.
constexpr std::array<Prefix, 11> kPrefixes = {{{"f", -15},
                                               {"p", -12},
                                               {"n", -9},
                                               {"u", -6},
                                               {"\u00b5", -6},
                                               {"\u03bc", -6},
                                               {"m", -3},
                                               {"", 0},
                                               {"k", 3},
                                               {"M", 6},
                                               {"G", 9}}};

struct Unit {
  std::string_view symbol;  ///< as written by us
  int power;                ///< of the prefix: 1 um2 is (1e-6 m)^2
  int low, high;            ///< exponents of the prefixes that are written
  std::string_view example;
};

constexpr std::array<Unit, 11> kUnits = {{{"s", 1, -15, 0, "10 ns"},
                                          {"Hz", 1, 0, 9, "1.2 GHz"},
                                          {"m", 1, -9, 3, "5 um"},
                                          {"m2", 2, -9, 0, "0.29 mm2"},
                                          {"V", 1, -6, 3, "0.5 V"},
                                          {"A", 1, -15, 3, "10 uA"},
                                          {"S", 1, -15, 3, "50 uS"},
                                          {"ohm", 1, -3, 9, "20 kohm"},
                                          {"W", 1, -15, 9, "1.5 mW"},
                                          {"J", 1, -15, 9, "1.5 pJ"},
                                          {"K", 1, 0, 0, "300 K"}}};

const Unit& unit_of(const DimensionInfo& dimension) {
  for (const Unit& unit : kUnits) {
    if (unit.symbol == dimension.si_unit) return unit;
  }
  throw Bug(fmt::format("no text form for the unit {}", dimension.si_unit));
}

/// The power of ten of `text` against the SI unit; nothing where it is another unit.
std::optional<int> scale_of(std::string_view text, const Unit& unit) {
  // U+03A9 (Greek omega) and U+2126 (ohm sign) are the same unit.
  const std::array<std::string_view, 3> spellings = {unit.symbol, unit.symbol == "ohm" ? "\u03a9" : unit.symbol,
                                                     unit.symbol == "ohm" ? "\u2126" : unit.symbol};
  for (const std::string_view spelling : spellings) {
    if (text.size() < spelling.size() || text.substr(text.size() - spelling.size()) != spelling) continue;
    const std::string_view rest = text.substr(0, text.size() - spelling.size());
    for (const Prefix& prefix : kPrefixes) {
      if (prefix.symbol == rest) return prefix.exponent * unit.power;
    }
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

[[noreturn]] void refuse(std::string_view text, const DimensionInfo& dimension, const char* why) {
  const std::string_view name = dimension.name;
  const bool vowel = !name.empty() && std::string_view("aeiou").find(name[0]) != std::string_view::npos;
  throw std::invalid_argument(fmt::format("expected {} {} such as \"{}\", got \"{}\"{}", vowel ? "an" : "a", name,
                                          unit_of(dimension).example, text, why));
}

/// The shortest digits of a double: value = digits[0].digits[1..] * 10^exponent.
struct ShortestDigits {
  std::string digits;
  int exponent = 0;
};

ShortestDigits shortest_digits(double magnitude) {
  std::array<char, 64> buffer{};
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  ShortestDigits shortest;
  for (const char c : text.substr(0, e)) {
    if (c != '.') shortest.digits += c;
  }
  shortest.exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  return shortest;
}

/// `value` / 10^scale without an exponent.
std::string fixed_text(const ShortestDigits& value, int scale) {
  const int point = value.exponent - scale + 1;  // digits before the decimal point
  const int count = static_cast<int>(value.digits.size());
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + value.digits;
  if (point >= count) return value.digits + std::string(static_cast<std::size_t>(point - count), '0');
  return value.digits.substr(0, static_cast<std::size_t>(point)) + "." +
         value.digits.substr(static_cast<std::size_t>(point));
}

}  // namespace

double parse_quantity_si(std::string_view text, const DimensionInfo& dimension) {
  const Unit& unit = unit_of(dimension);
  std::string_view rest = trimmed(text);
  const std::optional<detail::Decimal> number = detail::take_decimal(rest);
  if (!number) refuse(text, dimension, "");
  rest = trimmed(rest);
  if (rest.empty()) refuse(text, dimension, ", which has no unit");
  const std::optional<int> scale = scale_of(rest, unit);
  if (!scale) refuse(text, dimension, "");
  const std::optional<double> si = detail::to_double(*number, *scale);
  if (!si) refuse(text, dimension, ", which is too large or too small for a number");
  return *si;
}

std::string format_quantity_si(double si, const DimensionInfo& dimension) {
  CROSSLOOM_CHECK(std::isfinite(si), fmt::format("a {} is not a finite number", dimension.name));
  const Unit& unit = unit_of(dimension);
  const std::string sign = std::signbit(si) ? "-" : "";
  if (si == 0.0) return fmt::format("{}0 {}", sign, unit.symbol);
  const ShortestDigits value = shortest_digits(std::abs(si));

  // Prefixes step by 1000, those of areas by 10^6: there, numbers from 0.01 to 10000 read best.
  const int lowest = unit.power == 1 ? 0 : -2;
  const int highest = unit.power == 1 ? 3 : 4;
  for (const Prefix& prefix : kPrefixes) {
    if (prefix.symbol.size() > 1 || prefix.exponent < unit.low || prefix.exponent > unit.high) continue;
    const int scale = prefix.exponent * unit.power;
    if (value.exponent < scale + lowest || value.exponent >= scale + highest) continue;
    return fmt::format("{}{} {}{}", sign, fixed_text(value, scale), prefix.symbol, unit.symbol);
  }
  // No prefix fits (1e-30 J, 86400 s): the plain unit, with an exponent where the zeros would be many.
  if (value.exponent >= 0 && value.exponent < 9) return fmt::format("{}{} {}", sign, fixed_text(value, 0), unit.symbol);
  const std::string fraction = value.digits.size() > 1 ? "." + value.digits.substr(1) : "";
  return fmt::format("{}{}{}e{} {}", sign, value.digits[0], fraction, value.exponent, unit.symbol);
}

}  // namespace crossloom
