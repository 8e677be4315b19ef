// Numbers as an engineer reads them: three significant digits and an SI prefix.
#pragma once

#include <string>

namespace crossloom {

/// How a number is shown so that it has three significant digits: divide by `factor`, print `decimals`, add `prefix`.
struct EngineeringScale {
  double factor = 1.0;
  const char* prefix = "";
  int decimals = 0;
};
/// Prefixes from a (1e-18) to P (1e15), u for micro; beyond them the nearest. 999.6 counts as 1.00 k.
EngineeringScale engineering_scale(double value);

/// "12.3 uJ"; "0 J" for 0; "-" where the value is not finite.
std::string format_engineering(double value, const std::string& unit);
/// `digits` significant digits without prefix: "0.149", "12.3", "123"; with an exponent below 1e-4 and from 1e7 on.
std::string format_significant(double value, int digits = 3);
/// Whole number with commas: "2,392,800".
std::string format_count(double value);

}  // namespace crossloom
