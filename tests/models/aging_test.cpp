#include "models/device/aging.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::expect_moments;
using test::small_chip;

const RandomKey kKey = RandomKey(13).child("devices");
constexpr std::size_t kCells = 20'000;
constexpr double kDay = 86400.0;

std::vector<Conductance> microsiemens(const std::vector<double>& values) {
  std::vector<Conductance> list;
  for (const double value : values) list.push_back(Conductance::from_si(value * 1e-6));
  return list;
}

DeviceSpec pcm(double age_s) {
  DeviceSpec device = small_chip().device;
  device.minimum_conductance = Conductance::from_si(1e-8);
  device.maximum_conductance = 25_uS;
  device.time_after_programming = Time::from_si(age_s);
  device.drift = DriftLaw{Time::from_si(20.0), 25_uS, {-0.0155, 0.0244, 0.049, 0.1}, {-0.0125, -0.0059, 0.008, 0.045}};
  return device;
}

DeviceSpec wan(double age_s) {
  DeviceSpec device = small_chip().device;
  device.minimum_conductance = 1_uS;
  device.maximum_conductance = 40_uS;
  device.time_after_programming = Time::from_si(age_s);
  device.retention.emplace();
  device.retention->full_scale = 40_uS;
  device.retention->fits = {{Time::from_si(1.0), microsiemens({0.348, 16.03, -43.853, 45.393, -16.815})},
                            {Time::from_si(kDay), microsiemens({0.701, 22.086, -50.773, 47.095, -16.458})}};
  device.programming_law.emplace();
  device.programming_law->kind = ProgrammingLaw::Kind::polynomial;
  device.programming_law->coefficients = device.retention->fits[0].coefficients;
  device.programming_law->full_scale = 40_uS;
  return device;
}

std::vector<double> aged(const DeviceSpec& device, double target_s, bool written_exactly = true, bool stuck = false) {
  std::vector<std::uint32_t> outputs(kCells);
  std::iota(outputs.begin(), outputs.end(), 0U);
  const CellRow row{1, outputs.data(), kCells, 0};
  const std::vector<double> targets(kCells, target_s);
  std::vector<double> cells = targets;
  WriteCount count;
  if (!written_exactly) {
    CellProgramming(device, small_chip().crossbar, kKey, LayerId(0)).write(row, targets.data(), cells.data(), count);
  }
  const std::vector<std::uint8_t> flags(kCells, stuck ? 1 : 0);
  CellAging(device, kKey, LayerId(0)).apply(row, targets.data(), flags.data(), cells.data());
  return cells;
}

/// Mean and variance of |m + s n|.
std::pair<double, double> folded(double m, double s) {
  const double mean =
      s * std::sqrt(2.0 / M_PI) * std::exp(-m * m / (2 * s * s)) + m * std::erf(m / (s * std::sqrt(2.0)));
  return {mean, m * m + s * s - mean * mean};
}

TEST(CellAging, DriftsPhaseChangeCellsAsTheFitSaysAtSeveralTimesAndStates) {
  for (const double g : {0.05, 0.2, 0.5, 1.0}) {
    const double m = std::min(std::max(-0.0155 * std::log(g) + 0.0244, 0.049), 0.1);
    const double s = std::min(std::max(-0.0125 * std::log(g) - 0.0059, 0.008), 0.045);
    const auto [mean, variance] = folded(m, s);
    for (const double age : {3600.0, kDay, 30 * kDay}) {
      std::vector<double> exponents;
      for (const double value : aged(pcm(age), g * 25e-6)) {
        exponents.push_back(-std::log(value / (g * 25e-6)) / std::log(age / 20.0));
      }
      expect_moments(exponents, mean, variance);
    }
  }
}

TEST(CellAging, HasNotDriftedYetAtTheReferenceTime) {
  for (const double value : aged(pcm(20.0), 10e-6)) EXPECT_EQ(value, 10e-6);
  for (const double value : aged(pcm(1.0), 10e-6)) EXPECT_EQ(value, 10e-6);
}

TEST(CellAging, LeavesStuckCellsAlone) {
  for (const double value : aged(pcm(kDay), 10e-6, true, true)) EXPECT_EQ(value, 10e-6);
}

double wan_second(double g) {
  return 0.348 + 16.03 * g - 43.853 * g * g + 45.393 * std::pow(g, 3) - 16.815 * std::pow(g, 4);
}
double wan_day(double g) {
  return 0.701 + 22.086 * g - 50.773 * g * g + 47.095 * std::pow(g, 3) - 16.458 * std::pow(g, 4);
}

TEST(CellAging, SpreadsResistiveCellsAsMeasuredAfterASecondAndAfterADay) {
  for (const double g : {0.25, 0.5, 0.75, 1.0}) {
    const double target = 40e-6 * g;
    expect_moments(aged(wan(1.0), target, false), target, std::pow(wan_second(g) * 1e-6, 2));
    expect_moments(aged(wan(kDay), target, false), target, std::pow(wan_day(g) * 1e-6, 2));
  }
}

TEST(CellAging, SpreadsInBetweenByTheLogarithmOfTime) {
  const RetentionLaw law = *wan(1.0).retention;
  const double second = wan_second(0.5) * 1e-6, day = wan_day(0.5) * 1e-6;
  const Time middle = Time::from_si(std::sqrt(kDay));
  EXPECT_NEAR(retention_deviation(law, 20_uS, Time::from_si(1.0)).si(), second, 1e-15);
  EXPECT_NEAR(retention_deviation(law, 20_uS, middle).si(), std::sqrt((second * second + day * day) / 2), 1e-15);
  EXPECT_NEAR(retention_deviation(law, 20_uS, Time::from_si(kDay)).si(), day, 1e-15);
  expect_moments(aged(wan(std::sqrt(kDay)), 20e-6, false), 20e-6, (second * second + day * day) / 2);
}

TEST(CellAging, ConductsMoreWhenWarmBySimpleActivation) {
  DeviceSpec device = small_chip().device;
  device.temperature = TemperatureLaw{Temperature::from_si(350.0), Temperature::from_si(300.0), 0.1, 0.0};
  // 0.1 eV / k = 1160.45 K; 1/300 - 1/350 = 4.7619e-4 / K
  const double factor = std::exp(1160.4518 * 4.7619048e-4);
  EXPECT_NEAR(temperature_factor(device, 10_uS), factor, 1e-6);
  EXPECT_NEAR(temperature_factor(device, 25_uS), std::sqrt(factor), 1e-6);
  EXPECT_EQ(temperature_factor(device, 40_uS), 1.0);
  for (const double value : aged(device, 10e-6)) EXPECT_NEAR(value, 10e-6 * factor, 1e-11);
}

TEST(CellAging, ChangesNothingWithoutALaw) {
  for (const double value : aged(small_chip().device, 20e-6)) EXPECT_EQ(value, 20e-6);
}

}  // namespace
}  // namespace crossloom
