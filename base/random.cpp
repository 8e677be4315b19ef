// Keys, fields and streams of random numbers over Philox4x32-10.
#include "base/random.h"

#include <cmath>

#include "base/error.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

namespace crossloom {

namespace {

// Keys are derived, fields drawn and streams drawn under three different Philox keys, so that no draw ever shows a
// child's key and a field and a stream of one key share nothing. The constants are arbitrary (digits of pi).
constexpr std::uint64_t kDeriveDomain = 0x243f6a8885a308d3U;
constexpr std::uint64_t kStreamDomain = 0x13198a2e03707344U;
constexpr std::uint32_t kSeedTag = 0;
constexpr std::uint32_t kIndexTag = 1;
constexpr std::uint32_t kNameTag = 2;
constexpr std::uint32_t kNameEndTag = 3;

using Block = std::array<std::uint32_t, 4>;

std::uint32_t low_half(std::uint64_t value) { return static_cast<std::uint32_t>(value & 0xffffffffU); }
std::uint32_t high_half(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); }

Block philox(std::uint64_t key, const Block& counter) {
  const r123::Philox4x32::ctr_type c = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type k = {{low_half(key), high_half(key)}};
  const r123::Philox4x32::ctr_type out = r123::Philox4x32()(c, k);
  return {out[0], out[1], out[2], out[3]};
}

/// One step of key derivation: Philox as a keyed hash of 64 bits, a position and a tag.
std::uint64_t derive(std::uint64_t key, std::uint64_t input, std::uint32_t position, std::uint32_t tag) {
  const Block out = philox(key ^ kDeriveDomain, {low_half(input), high_half(input), position, tag});
  return (static_cast<std::uint64_t>(out[1]) << 32U) | out[0];
}

/// 53 bits of two words.
std::uint64_t mantissa(std::uint32_t high, std::uint32_t low) {
  return ((static_cast<std::uint64_t>(high) << 32U) | low) >> 11U;
}

double unit_interval(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(mantissa(high, low)) * 0x1p-53;
}

// The C library's log and cos may differ by the last bit between its versions and between processors (it picks
// variants with fused multiply-add at run time). These use +, -, *, / and sqrt only, which IEEE 754 fixes bit for bit.

/// Natural logarithm for x in (0, 1]: x = m * 2^e, log m = 2 artanh((m - 1) / (m + 1)) by its series.
double portable_log(double x) {
  int e = 0;
  double m = std::frexp(x, &e);  // exact; m in [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2.0;
    e -= 1;
  }
  const double s = (m - 1.0) / (m + 1.0);  // |s| <= 0.1716: 12 terms leave less than 1e-18
  const double s2 = s * s;
  double sum = 0.0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
  constexpr double kLn2 = 0.69314718055994530942;
  return e * kLn2 + 2.0 * (s + s * sum);
}

/// cos(2 pi u) for u in [0, 1); the reduction to an eighth of a turn is exact.
double portable_cos_turns(double u) {
  double eighths = u * 8.0;
  if (eighths > 4.0) eighths = 8.0 - eighths;  // cos(2 pi - x) = cos x
  const bool negate = eighths > 2.0;
  if (negate) eighths = 4.0 - eighths;  // cos(pi - x) = -cos x
  constexpr double kQuarterPi = 0.78539816339744830962;
  double sum = 0.0;
  double result = 0.0;
  if (eighths <= 1.0) {
    const double x2 = (eighths * kQuarterPi) * (eighths * kQuarterPi);
    for (int k = 18; k >= 2; k -= 2) sum = -(1.0 + sum) * x2 / (k * (k - 1));
    result = 1.0 + sum;
  } else {
    const double x = (2.0 - eighths) * kQuarterPi;  // cos(pi/2 - x) = sin x
    const double x2 = x * x;
    for (int k = 19; k >= 3; k -= 2) sum = -(1.0 + sum) * x2 / (k * (k - 1));
    result = x + x * sum;
  }
  return negate ? -result : result;
}

/// Box and Muller, Annals of Mathematical Statistics 29 (1958): `u` is taken as 1 - u, so that its logarithm exists.
double box_muller(double u, double v) { return std::sqrt(-2.0 * portable_log(1.0 - u)) * portable_cos_turns(v); }

}  // namespace

RandomKey::RandomKey(std::uint64_t seed) : value_(derive(0, seed, 0, kSeedTag)) {}

RandomKey RandomKey::child(std::uint64_t index) const {
  RandomKey key = *this;
  key.value_ = derive(value_, index, 0, kIndexTag);
  return key;
}

RandomKey RandomKey::child(std::string_view name) const {
  RandomKey key = *this;
  std::uint32_t position = 0;
  for (std::size_t begin = 0; begin < name.size(); begin += 8, ++position) {
    std::uint64_t chunk = 0;
    for (const char c : name.substr(begin, 8)) chunk = (chunk << 8U) | static_cast<unsigned char>(c);
    key.value_ = derive(key.value_, chunk, position, kNameTag);
  }
  // The length at the end keeps names apart that differ by zero bytes only, and "" apart from the parent.
  key.value_ = derive(key.value_, name.size(), position, kNameEndTag);
  return key;
}

Block RandomField::words(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) const {
  return philox(key_, {a, b, c, d});
}

double RandomField::uniform(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) const {
  const Block w = words(a, b, c, d);
  return unit_interval(w[0], w[1]);
}

double RandomField::normal(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) const {
  const Block w = words(a, b, c, d);
  return box_muller(unit_interval(w[0], w[1]), unit_interval(w[2], w[3]));
}

RandomStream::RandomStream(RandomKey key, std::uint64_t position)
    : key_(key.value() ^ kStreamDomain), position_(position) {}

std::uint32_t RandomStream::word() {
  const std::uint64_t within = position_ % 4;
  if (!block_valid_ || within == 0) {
    const std::uint64_t index = position_ / 4;
    block_ = philox(key_, {low_half(index), high_half(index), 0, 0});
    block_valid_ = true;
  }
  ++position_;
  return block_[within];
}

double RandomStream::uniform() {
  const std::uint32_t high = word();
  return unit_interval(high, word());
}

double RandomStream::normal() {
  const double u = uniform();
  return box_muller(u, uniform());
}

// Lemire, ACM Transactions on Modeling and Computer Simulation 29 (2019): multiply, and reject the short remainder.
std::uint32_t RandomStream::below(std::uint32_t bound) {
  CROSSLOOM_CHECK(bound > 0, "an integer below zero was asked for");
  const std::uint32_t threshold = (0U - bound) % bound;
  while (true) {
    const std::uint64_t product = static_cast<std::uint64_t>(word()) * bound;
    if (low_half(product) >= threshold) return high_half(product);
  }
}

}  // namespace crossloom
