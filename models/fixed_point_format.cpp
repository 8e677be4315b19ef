#include "models/fixed_point_format.h"

#include <algorithm>
#include <cmath>

namespace crossloom {

double nearest_in(const FixedPointFormat& format, double value) {
  const double number = std::nearbyint(std::ldexp(value, format.fraction_bits));
  const double within = std::clamp(number, static_cast<double>(format.lowest()), static_cast<double>(format.highest()));
  return std::ldexp(within, -format.fraction_bits);
}

bool is_within(const FixedPointFormat& format, double value) {
  const double number = std::ldexp(value, format.fraction_bits);
  return number >= static_cast<double>(format.lowest()) && number <= static_cast<double>(format.highest());
}

}  // namespace crossloom
