#include "models/encoding.h"

#include <array>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
constexpr std::uint64_t kFullScale = 255;

// Rounded up, so that a rate such as 0.2 reaches its whole spikes exactly on time (every 5 steps, not every 6th once).
std::uint64_t fixed_rate(double rate) {
  CROSSLOOM_CHECK(rate > 0.0 && rate <= 1.0, "a spike rate lies in (0, 1]");
  return static_cast<std::uint64_t>(std::ceil(rate * static_cast<double>(kOne)));
}

}  // namespace

SpikeEncoder::SpikeEncoder(const SpikingSpec& spec, RandomKey key)
    : encoding_(spec.encoding), rate_(fixed_rate(spec.maximum_rate)), field_(key) {}

void SpikeEncoder::spikes(std::uint32_t image, std::uint32_t step, const std::uint8_t* pixels, std::uint32_t inputs,
                          std::vector<std::uint32_t>& result) const {
  result.clear();
  for (std::uint32_t quad = 0; quad * 4 < inputs; ++quad) {
    const std::uint32_t first = quad * 4;
    const std::uint32_t size = inputs - first < 4 ? inputs - first : 4;
    std::uint32_t packed = 0;
    std::memcpy(&packed, pixels + first, size);
    if (packed == 0) continue;
    if (encoding_ == Encoding::bernoulli) {
      const std::array<std::uint32_t, 4> words = field_.words(image, step, quad);
      for (std::uint32_t k = 0; k < size; ++k) {
        const std::uint64_t threshold = (pixels[first + k] * rate_ + kFullScale / 2) / kFullScale;
        if (words[k] < threshold) result.push_back(first + k);
      }
    } else {
      for (std::uint32_t k = 0; k < size; ++k) {
        const std::uint64_t per_step = pixels[first + k] * rate_;
        const std::uint64_t before = step * per_step / (kFullScale * kOne);
        const std::uint64_t after = (std::uint64_t{step} + 1) * per_step / (kFullScale * kOne);
        if (after > before) result.push_back(first + k);
      }
    }
  }
}

}  // namespace crossloom
