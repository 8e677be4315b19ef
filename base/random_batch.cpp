// Many draws of a field at once: the arithmetic of random.cpp, a lane a draw, so that it runs in vectors. Compiled
// without contraction and without errno, so each lane gives the bits of the single draw (a test compares them).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/random.h"
#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::size_t kLanes = 32;

struct Words {
  std::uint32_t w[4][kLanes];
};

// Philox4x32-10, Salmon et al., SC 2011: multipliers, key increments and rounds of the published generator.
constexpr std::uint64_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;
constexpr int kRounds = 10;

CROSSLOOM_INLINE void philox_lanes(std::uint64_t key, Words& words) {
  auto key0 = static_cast<std::uint32_t>(key & 0xffffffffU), key1 = static_cast<std::uint32_t>(key >> 32U);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t product0 = kMultiplier0 * words.w[0][i], product1 = kMultiplier1 * words.w[2][i];
      const std::uint32_t next0 = static_cast<std::uint32_t>(product1 >> 32U) ^ words.w[1][i] ^ key0;
      const std::uint32_t next2 = static_cast<std::uint32_t>(product0 >> 32U) ^ words.w[3][i] ^ key1;
      words.w[1][i] = static_cast<std::uint32_t>(product1);
      words.w[3][i] = static_cast<std::uint32_t>(product0);
      words.w[0][i] = next0;
      words.w[2][i] = next2;
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
}

// 53 bits of two words over 2^53. Signed 32-bit conversions are what vectors have; every step is exact.
CROSSLOOM_INLINE void unit_lanes(const std::uint32_t* high, const std::uint32_t* low, double* values) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double upper = static_cast<double>(static_cast<std::int32_t>(high[i] ^ 0x80000000U)) + 2147483648.0;
    const auto lower = static_cast<double>(static_cast<std::int32_t>(low[i] >> 11U));
    values[i] = (upper * 2097152.0 + lower) * 0x1p-53;
  }
}

// Step by step as portable_log in random.cpp; x is at least 2^-53, so its bits are those of a normal number.
CROSSLOOM_INLINE double log_lane(double x) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  // The exponent as a double, without a conversion of 64-bit integers: 2^52 + n has n in its last bits.
  const std::uint64_t exponent_bits = (bits >> 52U) | 0x4330000000000000U;
  const std::uint64_t mantissa_bits = (bits & 0x000fffffffffffffU) | 0x3fe0000000000000U;
  double exponent = 0.0, m = 0.0;
  std::memcpy(&exponent, &exponent_bits, sizeof exponent);
  std::memcpy(&m, &mantissa_bits, sizeof m);
  exponent -= 0x1p52 + 1022.0;
  const bool small = m < 0.70710678118654752;
  m = small ? m * 2.0 : m;
  exponent = small ? exponent - 1.0 : exponent;
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double sum = 0.0;
#pragma GCC unroll 16
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
  constexpr double kLn2 = 0.69314718055994530942;
  return exponent * kLn2 + 2.0 * (s + s * sum);
}

// As portable_cos_turns in random.cpp, both of its series in every lane.
CROSSLOOM_INLINE double cos_lane(double u) {
  double eighths = u * 8.0;
  eighths = eighths > 4.0 ? 8.0 - eighths : eighths;
  const bool negate = eighths > 2.0;
  eighths = negate ? 4.0 - eighths : eighths;
  constexpr double kQuarterPi = 0.78539816339744830962;
  const double near = eighths * kQuarterPi, far = (2.0 - eighths) * kQuarterPi;
  const double near2 = near * near, far2 = far * far;
  double cosine = 0.0, sine = 0.0;
#pragma GCC unroll 16
  for (int k = 18; k >= 2; k -= 2) cosine = -(1.0 + cosine) * near2 / (k * (k - 1));
#pragma GCC unroll 16
  for (int k = 19; k >= 3; k -= 2) sine = -(1.0 + sine) * far2 / (k * (k - 1));
  const double of_near = 1.0 + cosine, of_far = far + far * sine;
  const double result = eighths <= 1.0 ? of_near : of_far;
  return negate ? -result : result;
}

CROSSLOOM_INLINE void normal_lanes(const Words& words, double* values) {
  double u[kLanes], v[kLanes];
  unit_lanes(words.w[0], words.w[1], u);
  unit_lanes(words.w[2], words.w[3], v);
  for (std::size_t i = 0; i < kLanes; ++i) u[i] = std::sqrt(-2.0 * log_lane(1.0 - u[i]));
  for (std::size_t i = 0; i < kLanes; ++i) v[i] = cos_lane(v[i]);
  for (std::size_t i = 0; i < kLanes; ++i) values[i] = u[i] * v[i];
}

/// The counters (a, b[k], c, d) of the next lanes; lanes beyond count repeat the last.
CROSSLOOM_INLINE void fill_counters(std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c,
                                    std::uint32_t d, Words& words) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    words.w[0][i] = a;
    words.w[1][i] = b[std::min(i, count - 1)];
    words.w[2][i] = c;
    words.w[3][i] = d;
  }
}

CROSSLOOM_VECTOR_CLONES
void draw_uniforms(std::uint64_t key, std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c,
                   std::uint32_t d, double* values) {
  for (std::size_t first = 0; first < count; first += kLanes) {
    Words words;
    double lanes[kLanes];
    fill_counters(a, b + first, count - first, c, d, words);
    philox_lanes(key, words);
    unit_lanes(words.w[0], words.w[1], lanes);
    std::copy_n(lanes, std::min(kLanes, count - first), values + first);
  }
}

CROSSLOOM_VECTOR_CLONES
void draw_normals(std::uint64_t key, std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c,
                  std::uint32_t d, double* values) {
  for (std::size_t first = 0; first < count; first += kLanes) {
    Words words;
    double lanes[kLanes];
    fill_counters(a, b + first, count - first, c, d, words);
    philox_lanes(key, words);
    normal_lanes(words, lanes);
    std::copy_n(lanes, std::min(kLanes, count - first), values + first);
  }
}

}  // namespace

void RandomField::uniforms(std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c, std::uint32_t d,
                           double* values) const {
  draw_uniforms(key_, a, b, count, c, d, values);
}

void RandomField::normals(std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c, std::uint32_t d,
                          double* values) const {
  draw_normals(key_, a, b, count, c, d, values);
}

}  // namespace crossloom
