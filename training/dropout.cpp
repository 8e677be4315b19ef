#include "training/dropout.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random_words.h"
#include "training/kernels.h"

namespace crossloom {
namespace {

constexpr std::size_t kDrawsPerBlock = 8;  // 16 bits each of four words
constexpr double kDrawValues = 65536.0;

}  // namespace

Dropout::Dropout(RandomKey key, double share)
    : key_(key),
      threshold_(static_cast<std::uint32_t>(std::lround(share * kDrawValues))),
      scale_(static_cast<float>(kDrawValues / (kDrawValues - static_cast<double>(threshold_)))) {
  CROSSLOOM_CHECK(share >= 0.0 && share < 1.0 && threshold_ < 65536U, "a dropout share is in [0, 1)");
}

template <class T>
void Dropout::apply_to(std::uint64_t step, std::uint32_t row, std::size_t columns, T* values) const {
  const auto step_low = static_cast<std::uint32_t>(step);
  const auto step_high = static_cast<std::uint32_t>(step >> 32U);
  constexpr std::size_t kBlocks = 64;
  std::array<std::uint32_t, kBlocks * kDrawsPerBlock / 2> words;
  std::array<std::uint16_t, kBlocks * kDrawsPerBlock> draws;
  for (std::size_t first = 0; first < columns; first += draws.size()) {
    const std::size_t count = std::min(draws.size(), columns - first);
    const std::size_t blocks = (count + kDrawsPerBlock - 1) / kDrawsPerBlock;
    const auto index = static_cast<std::uint32_t>(first / kDrawsPerBlock);
    consecutive_words(key_, step_low, row, index, step_high, blocks, words.data());
    for (std::size_t i = 0; i < blocks * kDrawsPerBlock / 2; ++i) {
      draws[2 * i] = static_cast<std::uint16_t>(words[i] & 0xFFFFU);
      draws[2 * i + 1] = static_cast<std::uint16_t>(words[i] >> 16U);
    }
    drop(draws.data(), count, threshold_, scale_, values + first);
  }
}

void Dropout::apply(std::uint64_t step, std::uint32_t row, std::size_t columns, float* values) const {
  apply_to(step, row, columns, values);
}

void Dropout::apply(std::uint64_t step, std::uint32_t row, std::size_t columns, Bf16* values) const {
  apply_to(step, row, columns, values);
}

}  // namespace crossloom
