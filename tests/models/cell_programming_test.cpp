#include "models/device/cell_programming.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::expect_moments;
using test::small_chip;

const RandomKey kKey = RandomKey(11).child("devices");
constexpr std::size_t kCells = 20'000;

DeviceSpec pcm() {
  DeviceSpec device = small_chip().device;
  device.minimum_conductance = Conductance::from_si(1e-8);
  device.maximum_conductance = 25_uS;
  device.programming_law.emplace();
  device.programming_law->kind = ProgrammingLaw::Kind::polynomial;
  device.programming_law->coefficients = {Conductance::from_si(0.26348e-6), Conductance::from_si(1.9650e-6),
                                          Conductance::from_si(-1.1731e-6)};
  device.programming_law->full_scale = 25_uS;
  return device;
}

struct Written {
  std::vector<double> values;
  WriteCount count;
};

/// kCells cells that aim at the same conductance.
Written write(const DeviceSpec& device, double target_s, const CrossbarSpec& crossbar = small_chip().crossbar) {
  CellProgramming programming(device, crossbar, kKey, LayerId(0));
  std::vector<std::uint32_t> outputs(kCells);
  std::iota(outputs.begin(), outputs.end(), 0U);
  const std::vector<double> targets(kCells, target_s);
  Written written{std::vector<double>(kCells), {}};
  programming.write({3, outputs.data(), kCells, 0}, targets.data(), written.values.data(), written.count);
  return written;
}

TEST(CellProgramming, SpreadsPhaseChangeCellsAsTheFitSays) {
  for (const double g : {0.25, 0.5, 0.75, 1.0}) {
    const double sigma = (0.26348 + 1.9650 * g - 1.1731 * g * g) * 1e-6;
    EXPECT_NEAR(write_deviation(pcm(), 25_uS * g).si(), sigma, 1e-15);
    expect_moments(write(pcm(), g * 25e-6).values, g * 25e-6, sigma * sigma);
  }
}

TEST(CellProgramming, AgreesWithTheSecondPublishedFitOfPhaseChangeCells) {
  for (const double g : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    const double microsiemens = 25.0 * g;
    const double other = 0.28639 + 0.07586 * microsiemens - 0.001788 * microsiemens * microsiemens;
    EXPECT_NEAR(write_deviation(pcm(), 25_uS * g).si() * 1e6, other, 0.04 * other);
  }
}

TEST(CellProgramming, SpreadsByAShareOfTheConductance) {
  DeviceSpec device = small_chip().device;
  device.programming_law.emplace();
  device.programming_law->factor = 0.07;
  for (const double target : {10e-6, 25e-6, 40e-6}) {
    expect_moments(write(device, target).values, target, std::pow(0.07 * target, 2));
  }
}

TEST(CellProgramming, SpreadsMostInTheMiddleOfTheWindowAndNotAtItsEnds) {
  DeviceSpec device = small_chip().device;  // 10 uS to 40 uS
  device.programming_law.emplace();
  device.programming_law->kind = ProgrammingLaw::Kind::window;
  device.programming_law->factor = 0.1;
  expect_moments(write(device, 25e-6).values, 25e-6, std::pow(0.1 * 15e-6, 2));
  expect_moments(write(device, 20e-6).values, 20e-6, 0.01 * 10e-6 * 20e-6);
  for (const double value : write(device, 10e-6).values) EXPECT_EQ(value, 10e-6);
  for (const double value : write(device, 40e-6).values) EXPECT_EQ(value, 40e-6);
}

TEST(CellProgramming, VariesDevicesByALognormalFactorOfMedianOne) {
  DeviceSpec device = small_chip().device;
  device.variation = VariationLaw{VariationLaw::Kind::lognormal, 0.3};
  std::vector<double> logarithms;
  for (const double value : write(device, 20e-6).values) logarithms.push_back(std::log(value / 20e-6));
  expect_moments(logarithms, 0.0, 0.09);
}

TEST(CellProgramming, VariesDevicesByANormalFactorThatIsNeverNegative) {
  DeviceSpec device = small_chip().device;
  device.variation = VariationLaw{VariationLaw::Kind::normal, 0.1};
  std::vector<double> factors;
  for (const double value : write(device, 20e-6).values) factors.push_back(value / 20e-6);
  expect_moments(factors, 1.0, 0.01);
  device.variation->sigma = 3.0;
  std::size_t none = 0;
  for (const double value : write(device, 20e-6).values) {
    EXPECT_GE(value, 0.0);
    none += value == 0.0 ? 1 : 0;
  }
  test::expect_share(none, kCells, 0.36944);  // Phi(-1/3)
}

TEST(CellProgramming, WritesTheNearestStateThereIs) {
  DeviceSpec device = small_chip().device;
  device.level_conductances = {10_uS, 18_uS, 33_uS, 40_uS};
  EXPECT_EQ(nearest_state(device, 10_uS), 10_uS);
  EXPECT_EQ(nearest_state(device, 14_uS), 10_uS);  // a tie
  EXPECT_EQ(nearest_state(device, 15_uS), 18_uS);
  EXPECT_EQ(nearest_state(device, 30_uS), 33_uS);
  EXPECT_EQ(nearest_state(device, 40_uS), 40_uS);
  for (const double value : write(device, 20e-6).values) EXPECT_EQ(value, (18_uS).si());
}

/// Share of a standard normal within +-x.
double within(double x) { return std::erf(x / std::sqrt(2.0)); }

TEST(CellProgramming, WritesAgainUntilTheCellIsWithinTolerance) {
  DeviceSpec device = small_chip().device;
  device.programming_error = 0.05;  // 1.5 uS
  CrossbarSpec crossbar = small_chip().crossbar;
  crossbar.write_verify = WriteVerify{1000, 0.02};
  const Written written = write(device, 20e-6, crossbar);
  std::vector<double> attempts;
  for (const double value : written.values) EXPECT_LE(std::abs(value - 20e-6), 0.6e-6 * (1 + 1e-9));
  // Attempts a cell are geometric with the share of writes that are within 0.4 deviations.
  const double p = within(0.4);
  const double error = std::sqrt((1.0 - p) / (p * p) / kCells);
  EXPECT_NEAR(static_cast<double>(written.count.attempts) / kCells, 1.0 / p, test::kConfidence * error);
  EXPECT_NEAR(written.count.read_conductance_s, 20e-6 * static_cast<double>(written.count.attempts),
              0.01 * written.count.read_conductance_s);
}

TEST(CellProgramming, GivesUpAfterTheAttemptsAllowed) {
  DeviceSpec device = small_chip().device;
  device.programming_error = 0.05;
  CrossbarSpec crossbar = small_chip().crossbar;
  crossbar.write_verify = WriteVerify{3, 0.02};
  const Written written = write(device, 20e-6, crossbar);
  std::size_t missed = 0;
  for (const double value : written.values) missed += std::abs(value - 20e-6) > 0.6e-6 ? 1 : 0;
  test::expect_share(missed, kCells, std::pow(1.0 - within(0.4), 3));
  EXPECT_LE(written.count.attempts, 3 * kCells);
}

TEST(CellProgramming, VerifiesAgainstTheStateThatThereIs) {
  DeviceSpec device = small_chip().device;
  device.level_conductances = {10_uS, 18_uS, 33_uS, 40_uS};
  CrossbarSpec crossbar = small_chip().crossbar;
  crossbar.write_verify = WriteVerify{10, 0.01};
  EXPECT_EQ(write(device, 20e-6, crossbar).count.attempts, kCells);
}

TEST(CellProgramming, WritesOnceWhereNothingErrs) {
  CrossbarSpec crossbar = small_chip().crossbar;
  crossbar.write_verify = WriteVerify{10, 0.0};
  const Written written = write(small_chip().device, 20e-6, crossbar);
  for (const double value : written.values) EXPECT_EQ(value, 20e-6);
  EXPECT_EQ(written.count.attempts, kCells);
}

}  // namespace
}  // namespace crossloom
