#include "models/device/column_gain.h"

#include <algorithm>

namespace crossloom {

double column_gain(const std::int16_t* meant, const double* actual, std::size_t rows, std::size_t stride) {
  double products = 0.0, squares = 0.0;
  bool any = false;
  for (std::size_t i = 0; i < rows; ++i) {
    const double value = actual[i * stride];
    any = any || meant[i * stride] != 0;
    products += meant[i * stride] * value;
    squares += value * value;
  }
  if (!any || squares == 0.0) return 1.0;
  return std::clamp(products / squares, kSmallestColumnGain, kLargestColumnGain);
}

}  // namespace crossloom
