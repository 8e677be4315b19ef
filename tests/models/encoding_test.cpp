#include "models/encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace crossloom {
namespace {

SpikingSpec spec_of(Encoding encoding, double rate = 1.0) {
  SpikingSpec spec;
  spec.encoding = encoding;
  spec.maximum_rate = rate;
  return spec;
}

std::vector<std::uint32_t> spikes_at(const SpikeEncoder& encoder, std::uint32_t step,
                                     const std::vector<std::uint8_t>& pixels, std::uint32_t image = 0) {
  std::vector<std::uint32_t> spikes{99};
  encoder.spikes(image, step, pixels.data(), static_cast<std::uint32_t>(pixels.size()), spikes);
  return spikes;
}

TEST(SpikeEncoder, AFullPixelSpikesEveryStepAndABlackOneNever) {
  const std::vector<std::uint8_t> pixels{255, 0, 255, 0, 0, 0, 0, 0, 0, 255};
  for (const Encoding encoding : {Encoding::bernoulli, Encoding::deterministic}) {
    const SpikeEncoder encoder(spec_of(encoding), RandomKey(3));
    for (std::uint32_t step = 0; step < 200; ++step) {
      EXPECT_EQ(spikes_at(encoder, step, pixels), std::vector<std::uint32_t>({0, 2, 9}));
    }
  }
}

TEST(SpikeEncoder, BernoulliRatesAreThePixelShare) {
  const SpikeEncoder encoder(spec_of(Encoding::bernoulli, 0.5), RandomKey(3));
  const std::vector<std::uint8_t> pixels{255, 102, 51, 10, 200};
  std::vector<int> counts(pixels.size(), 0);
  constexpr int kSteps = 20000;
  for (int step = 0; step < kSteps; ++step) {
    for (const std::uint32_t input : spikes_at(encoder, static_cast<std::uint32_t>(step), pixels)) ++counts[input];
  }
  for (std::size_t k = 0; k < pixels.size(); ++k) {
    const double expected = 0.5 * pixels[k] / 255.0;
    const double deviation = std::sqrt(expected * (1.0 - expected) / kSteps);
    EXPECT_NEAR(counts[k] / static_cast<double>(kSteps), expected, 4.5 * deviation) << k;
  }
}

TEST(SpikeEncoder, DrawsAnInputAlikeWhateverTheOtherPixelsAre) {
  const SpikeEncoder encoder(spec_of(Encoding::bernoulli), RandomKey(3));
  const std::vector<std::uint8_t> alone{0, 0, 0, 0, 0, 128, 0};
  const std::vector<std::uint8_t> among{9, 8, 7, 200, 1, 128, 255};
  for (std::uint32_t step = 0; step < 100; ++step) {
    const std::vector<std::uint32_t> all = spikes_at(encoder, step, among);
    const bool spiked = std::find(all.begin(), all.end(), 5U) != all.end();
    EXPECT_EQ(!spikes_at(encoder, step, alone).empty(), spiked);
  }
}

TEST(SpikeEncoder, DrawsDifferByImageStepAndSeed) {
  const std::vector<std::uint8_t> pixels(64, 128);
  const SpikeEncoder encoder(spec_of(Encoding::bernoulli), RandomKey(3));
  const SpikeEncoder other_seed(spec_of(Encoding::bernoulli), RandomKey(4));
  EXPECT_NE(spikes_at(encoder, 0, pixels, 0), spikes_at(encoder, 0, pixels, 1));
  EXPECT_NE(spikes_at(encoder, 0, pixels), spikes_at(encoder, 1, pixels));
  EXPECT_NE(spikes_at(encoder, 0, pixels), spikes_at(other_seed, 0, pixels));
  EXPECT_EQ(spikes_at(encoder, 7, pixels), spikes_at(encoder, 7, pixels));
}

TEST(SpikeEncoder, DeterministicCountsAreTheFloorOfTheExpectedOnes) {
  for (const double rate : {1.0, 0.5, 0.2, 0.1}) {
    const SpikeEncoder encoder(spec_of(Encoding::deterministic, rate), RandomKey(3));
    std::vector<std::uint8_t> pixels;
    for (int p = 0; p < 256; ++p) pixels.push_back(static_cast<std::uint8_t>(p));
    std::vector<std::uint64_t> counts(256, 0);
    const auto per_spike = static_cast<std::uint64_t>(std::lround(255.0 / rate));  // whole for these rates
    for (std::uint64_t step = 0; step < 300; ++step) {
      for (const std::uint32_t input : spikes_at(encoder, static_cast<std::uint32_t>(step), pixels)) ++counts[input];
      for (std::uint64_t p = 0; p < 256; ++p)
        ASSERT_EQ(counts[p], (step + 1) * p / per_spike) << rate << " " << p << " " << step;
    }
  }
}

TEST(SpikeEncoder, RefusesRatesThatAreNone) {
  EXPECT_THROW(SpikeEncoder(spec_of(Encoding::bernoulli, 0.0), RandomKey(1)), Bug);
  EXPECT_THROW(SpikeEncoder(spec_of(Encoding::bernoulli, 1.5), RandomKey(1)), Bug);
}

}  // namespace
}  // namespace crossloom
