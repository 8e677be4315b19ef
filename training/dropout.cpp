#include "training/dropout.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::size_t kDrawsPerBlock = 8;  // 16 bits each of four words
constexpr double kDrawValues = 65536.0;

}  // namespace

Dropout::Dropout(RandomKey key, double share)
    : field_(key), threshold_(static_cast<std::uint32_t>(std::lround(share * kDrawValues))),
      scale_(static_cast<float>(kDrawValues / (kDrawValues - static_cast<double>(threshold_)))) {
  CROSSLOOM_CHECK(share >= 0.0 && share < 1.0 && threshold_ < 65536U, "a dropout share is in [0, 1)");
}

template <class T>
void Dropout::apply_to(std::uint64_t step, std::uint32_t row, std::size_t columns, T* values) const {
  const auto step_low = static_cast<std::uint32_t>(step);
  const auto step_high = static_cast<std::uint32_t>(step >> 32U);
  for (std::size_t first = 0; first < columns; first += kDrawsPerBlock) {
    const auto words = field_.words(step_low, row, static_cast<std::uint32_t>(first / kDrawsPerBlock), step_high);
    const std::size_t count = std::min(kDrawsPerBlock, columns - first);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t draw = (words[i / 2] >> (16U * (i % 2))) & 0xFFFFU;
      T& value = values[first + i];
      value = draw < threshold_ ? T{} : from_float<T>(to_float(value) * scale_);
    }
  }
}

void Dropout::apply(std::uint64_t step, std::uint32_t row, std::size_t columns, float* values) const {
  apply_to(step, row, columns, values);
}

void Dropout::apply(std::uint64_t step, std::uint32_t row, std::size_t columns, Bf16* values) const {
  apply_to(step, row, columns, values);
}

}  // namespace crossloom
