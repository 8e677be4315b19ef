// Choices that stay arithmetic, for loops that run in vectors.
#pragma once

#include <cstdint>
#include <cstring>

namespace crossloom {

/// `value` or +0, by a mask of bits: with AVX2 the compiler makes a choice between reals a branch, and half of them are
/// mispredicted.
inline __attribute__((always_inline)) float value_or_zero(bool wanted, float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  bits &= 0U - static_cast<std::uint32_t>(wanted);
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace crossloom
