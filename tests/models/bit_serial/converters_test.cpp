// Draws of converters against their laws.
#include "models/bit_serial/converters.h"

#include <cmath>

#include "tests/support/statistics.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kConverters = 20000;

TEST(AdcDeviations, HaveTheDeviationsOfTheirLaws) {
  ConverterErrors errors;
  errors.offset = 0.7;
  errors.gain = 0.02;
  errors.integral_nonlinearity = 0.4;
  const AdcDeviations deviations(errors, 8, RandomKey(3));
  std::vector<double> gains, offsets;
  std::size_t up = 0;
  for (std::uint32_t adc = 0; adc < kConverters; ++adc) {
    const AdcDeviation one = deviations.of(adc);
    gains.push_back(static_cast<double>(one.gain));
    offsets.push_back(static_cast<double>(one.offset));
    EXPECT_FLOAT_EQ(std::abs(one.bow), 0.4F);
    up += one.bow > 0.0F ? 1U : 0U;
  }
  test::expect_moments(gains, 1.0, 0.02 * 0.02);
  test::expect_moments(offsets, 0.0, 0.7 * 0.7);
  test::expect_share(up, kConverters, 0.5);
}

TEST(AdcDeviations, MakeWidthsOfCodesWithTheDeviationOfTheLawAndKeepTheirOrder) {
  ConverterErrors errors;
  errors.differential_nonlinearity = 0.15;
  const AdcDeviations deviations(errors, 8, RandomKey(3));
  std::vector<double> widths;
  for (std::uint32_t adc = 0; adc < 200; ++adc) {
    const std::vector<float> off = deviations.transitions(adc);
    ASSERT_EQ(off.size(), 256U);
    // Every other code, so that no transition counts twice.
    for (std::size_t code = 1; code + 1 < off.size(); code += 3) {
      widths.push_back(1.0 + static_cast<double>(off[code + 1]) - static_cast<double>(off[code]));
    }
  }
  test::expect_moments(widths, 1.0, 0.15 * 0.15);
  errors.differential_nonlinearity = 3.0;
  for (const float off : AdcDeviations(errors, 8, RandomKey(3)).transitions(0)) EXPECT_LT(std::abs(off), 0.5F);
}

TEST(DacDeviations, HaveTheDeviationsOfTheirLawsAndGroundTheWordlineAtZero) {
  DacSpec dac;
  dac.bits = 4;
  dac.errors.offset = 0.05;
  dac.errors.gain = 0.02;
  dac.errors.differential_nonlinearity = 0.1;
  const DacDeviations deviations(dac, RandomKey(5));
  std::vector<double> top, middle;
  for (std::uint32_t k = 0; k < kConverters; ++k) {
    const std::vector<float> levels = deviations.levels(k / 128, k % 128);
    ASSERT_EQ(levels.size(), 16U);
    EXPECT_EQ(levels[0], 0.0F);
    top.push_back(static_cast<double>(levels[15]));
    middle.push_back(static_cast<double>(levels[5]));
  }
  const double own = 0.05 * 0.05 + 0.1 * 0.1 / 2.0;
  test::expect_moments(top, 15.0, own + 0.02 * 0.02 * 15.0 * 15.0);
  test::expect_moments(middle, 5.0, own + 0.02 * 0.02 * 5.0 * 5.0);
}

TEST(DacDeviations, BowMostInTheMiddleAndNotAtTheEnds) {
  DacSpec dac;
  dac.bits = 4;
  dac.errors.integral_nonlinearity = 0.3;
  const DacDeviations deviations(dac, RandomKey(5));
  const std::vector<float> levels = deviations.levels(0, 0);
  EXPECT_FLOAT_EQ(levels[15], 15.0F);
  const float u = 7.0F / 15.0F;
  EXPECT_NEAR(std::abs(levels[7] - 7.0F), 0.3F * 4.0F * u * (1.0F - u), 1e-5F);
}

}  // namespace
}  // namespace crossloom
