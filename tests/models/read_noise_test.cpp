#include "models/device/read_noise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/models/small_chip.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::small_chip;

DeviceSpec device_with(const ReadNoiseLaws& laws, double age_s = 0.0) {
  DeviceSpec device = small_chip().device;
  device.read_noise = laws;
  device.time_after_programming = Time::from_si(age_s);
  return device;
}

TEST(ReadNoise, IsAShareOfTheConductance) {
  ReadNoiseLaws laws;
  laws.relative = 0.01;
  const DeviceSpec device = device_with(laws);
  const ReadStatistics statistics = ReadNoise(device, 1_V).of(30_uS, 30_uS);
  EXPECT_NEAR(std::sqrt(statistics.variance_s2), 0.3e-6, 1e-18);
  EXPECT_EQ(statistics.mean_shift_s, 0.0);
}

TEST(ReadNoise, OfPhaseChangeCellsGrowsWithTimeAndWithHighResistance) {
  ReadNoiseLaws laws;
  laws.state_dependent = ReadNoiseLaws::StateDependent{0.0088, 0.65, 0.2, Time::from_si(250e-9), 25_uS};
  for (const double age : {20.0, 3600.0, 86400.0}) {
    const DeviceSpec device = device_with(laws, age);
    const ReadNoise noise(device, 1_V);
    const double growth = std::sqrt(std::log((age + 250e-9) / 500e-9));
    for (const double g : {0.05, 0.5, 1.0}) {
      const double share = 0.0088 / std::pow(g, 0.65) * growth;
      EXPECT_NEAR(std::sqrt(noise.of(25_uS * g, 25_uS * g).variance_s2), share * g * 25e-6, 1e-13);
      // A drifted cell keeps the share of the state it was written to.
      EXPECT_NEAR(std::sqrt(noise.of(20_uS * g, 25_uS * g).variance_s2), share * g * 20e-6, 1e-13);
    }
    EXPECT_NEAR(std::sqrt(noise.of(1_uS, Conductance::from_si(1e-9)).variance_s2), 0.2 * growth * 1e-6, 1e-13);
  }
}

TEST(ReadNoise, OfHeatAndShotsFollowsTheBandwidthAndTheVoltage) {
  ReadNoiseLaws laws;
  laws.thermal_and_shot_bandwidth = 10_MHz;
  DeviceSpec device = device_with(laws);
  // 1e-4 S * 1e7 Hz * (4 * 1.380649e-23 * 300 + 2 * 1.602176634e-19 * 0.2) / 0.2^2
  EXPECT_NEAR(ReadNoise(device, Voltage::from_si(0.2)).of(100_uS, 100_uS).variance_s2, 2.01637e-15, 1e-20);
  device.temperature = TemperatureLaw{Temperature::from_si(400.0), Temperature::from_si(300.0), 0.0, 0.0};
  EXPECT_NEAR(ReadNoise(device, Voltage::from_si(0.2)).of(100_uS, 100_uS).variance_s2, 2.15444e-15, 1e-20);
}

TEST(ReadNoise, TakesTelegraphNoiseByItsFirstTwoMoments) {
  ReadNoiseLaws laws;
  laws.telegraph = ReadNoiseLaws::Telegraph{Conductance::from_si(1.662e-7), 0.0015, 0.5};
  const DeviceSpec device = device_with(laws);
  const ReadNoise noise(device, 1_V);
  const double g = 10e-6, delta = 0.0015 * g + 1.662e-7, step = g * delta / (g - delta);
  EXPECT_NEAR(telegraph_step(*laws.telegraph, 10_uS).si(), step, 1e-18);
  EXPECT_NEAR(noise.of(10_uS, 10_uS).mean_shift_s, step / 2, 1e-18);
  EXPECT_NEAR(noise.of(10_uS, 10_uS).variance_s2, step * step / 4, 1e-24);
  // The fit has a pole where the step reaches the conductance: the second state at most doubles it.
  EXPECT_EQ(telegraph_step(*laws.telegraph, Conductance::from_si(1e-7)), Conductance::from_si(1e-7));
}

TEST(ReadNoise, HasTheMomentsOfSumsOverCellsThatAreSampledOneByOne) {
  ReadNoiseLaws laws;
  laws.relative = 0.02;
  laws.thermal_and_shot_bandwidth = Frequency::from_si(1e9);
  laws.telegraph = ReadNoiseLaws::Telegraph{Conductance::from_si(1.662e-7), 0.0015, 0.3};
  const DeviceSpec device = device_with(laws);
  const Voltage volts = Voltage::from_si(0.2);
  const ReadNoise noise(device, volts);
  ReadNoiseLaws without = laws;
  without.telegraph.reset();
  const DeviceSpec normal_device = device_with(without);
  const ReadNoise normal_part(normal_device, volts);
  double mean = 0.0, variance = 0.0;
  std::vector<Conductance> cells;
  for (int k = 0; k < 32; ++k) {
    cells.push_back(Conductance::from_si((2.0 + k) * 1e-6));
    const ReadStatistics statistics = noise.of(cells.back(), cells.back());
    mean += cells.back().si() + statistics.mean_shift_s;
    variance += statistics.variance_s2;
  }
  RandomStream stream(RandomKey(9).child("reads"));
  std::vector<double> sums;
  for (int read = 0; read < 20'000; ++read) {
    double sum = 0.0;
    for (const Conductance cell : cells) {
      sum += cell.si() + std::sqrt(normal_part.of(cell, cell).variance_s2) * stream.normal();
      if (stream.uniform() < 0.3) sum += telegraph_step(*laws.telegraph, cell).si();
    }
    sums.push_back(sum);
  }
  test::expect_moments(sums, mean, variance);
}

}  // namespace
}  // namespace crossloom
