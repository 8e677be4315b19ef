// A device's YAML: laws are read as they are written, and what makes no sense is refused with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/device/device_spec.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

constexpr const char* kPlain =
    "name: cell\n"
    "minimum_conductance: 1 uS\n"
    "maximum_conductance: 40 uS\n"
    "levels: 16\n"
    "write_energy: 1 pJ\n"
    "write_time: 10 ns\n"
    "write_pulses: 1\n"
    "source: a test\n";

DeviceSpec read(const std::string& laws) {
  ConfigDocument document = ConfigDocument::from_text(kPlain + laws, "device.yaml");
  const DeviceSpec device = read_device_spec(document.root());
  document.finish();
  return device;
}

std::string problems_of(const std::string& laws) {
  try {
    read(laws);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no problem";
}

TEST(DeviceSpecReader, LeavesAllLawsOffThatAreNotWritten) {
  const DeviceSpec device = read("");
  EXPECT_TRUE(device.ideal());
  EXPECT_EQ(device.working_temperature(), Temperature::from_si(300.0));
  EXPECT_EQ(programmed_laws_text(device), "");
}

TEST(DeviceSpecReader, TakesALawWithoutStrengthAsOff) {
  const std::string laws =
      "programming_law: {law: polynomial, coefficients: [0.3 uS], full_scale: 40 uS, scale: 0}\n"
      "variation: {law: normal, sigma: 0}\n"
      "faults: {clustered: 0}\n"
      "time_after_programming: 86400 s\n"
      "drift: {reference_time: 20 s, full_scale: 25 uS, mean: {offset: 0.05}, deviation: {offset: 0.01}, scale: 0}\n"
      "retention: {full_scale: 40 uS, scale: 0, fits: [{time: 1 s, coefficients: [1 uS]}, {time: 1 Ms, coefficients: "
      "[2 "
      "uS]}]}\n"
      "temperature: {at: 350 K}\n"
      "read_noise: {relative: 0.1, thermal_and_shot: {bandwidth: 1 GHz}, scale: 0}\n";
  EXPECT_TRUE(read(laws).ideal());
  for (const char* scale : {"40 uS, scale: 0", "offset: 0.01}, scale: 0", "40 uS, scale: 0, fits", "GHz}, scale: 0"}) {
    std::string on = laws;
    const std::size_t at = on.find(scale);
    ASSERT_NE(at, std::string::npos) << scale;
    on.replace(on.find("scale: 0", at), 8, "scale: 1");
    EXPECT_FALSE(read(on).ideal()) << scale;
  }
}

TEST(DeviceSpecReader, ReadsEveryLaw) {
  const DeviceSpec device = read(
      "level_conductances: [1 uS, 10 uS, 40 uS]\n"
      "programming_law: {law: polynomial, coefficients: [0.3 uS, -0.1 uS], full_scale: 40 uS}\n"
      "variation: {law: lognormal, sigma: 0.1}\n"
      "faults:\n"
      "  clustered: 0.01\n"
      "  cluster_size: 6\n"
      "  clustered_at: minimum\n"
      "  broken_wordlines: 0.002\n"
      "  broken_bitlines: 0.003\n"
      "  stuck_low: [0.01 uS, 1 uS]\n"
      "  stuck_high: [300 uS, 1200 uS]\n"
      "time_after_programming: 3600 s\n"
      "drift:\n"
      "  reference_time: 20 s\n"
      "  full_scale: 25 uS\n"
      "  mean: {slope: -0.0155, offset: 0.0244, lowest: 0.049, highest: 0.1}\n"
      "  deviation: {offset: 0.01}\n"
      "retention:\n"
      "  full_scale: 40 uS\n"
      "  fits:\n"
      "    - {time: 1 s, coefficients: [0.3 uS]}\n"
      "    - {time: 86400 s, coefficients: [0.7 uS, 2 uS]}\n"
      "temperature: {at: 350 K, activation_at_minimum_ev: 0.06}\n"
      "read_noise:\n"
      "  relative: 0.01\n"
      "  state_dependent: {factor: 0.0088, exponent: 0.65, largest: 0.2, read_time: 250 ns, full_scale: 25 uS}\n"
      "  thermal_and_shot: {bandwidth: 10 MHz}\n"
      "  telegraph: {offset: 0.1662 uS, slope: 0.0015, probability: 0.5}\n");
  EXPECT_FALSE(device.ideal());
  EXPECT_EQ(device.level_conductances, (std::vector<Conductance>{1_uS, 10_uS, 40_uS}));
  ASSERT_TRUE(device.programming_law.has_value());
  EXPECT_EQ(device.programming_law->coefficients[1], Conductance::from_si(-0.1e-6));
  EXPECT_EQ(device.variation->sigma, 0.1);
  EXPECT_EQ(device.faults.clustered_at, StuckSide::minimum);
  EXPECT_EQ(device.faults.broken_bitlines, 0.003);
  EXPECT_EQ(device.faults.stuck_high->high, 1200_uS);
  EXPECT_EQ(device.drift->mean.highest, 0.1);
  EXPECT_EQ(device.drift->deviation.slope, 0.0);
  EXPECT_EQ(device.retention->fits[1].coefficients.size(), 2U);
  EXPECT_EQ(device.temperature->at, Temperature::from_si(350.0));
  EXPECT_EQ(device.read_noise.state_dependent->exponent, 0.65);
  EXPECT_EQ(*device.read_noise.thermal_and_shot_bandwidth, 10_MHz);
  EXPECT_EQ(device.read_noise.telegraph->probability, 0.5);
}

TEST(DeviceSpecReader, TellsDevicesApartByEveryLawThatProgramsThem) {
  const std::string plain = programmed_laws_text(read("variation: {law: normal, sigma: 0.1}\n"));
  for (const char* laws :
       {"variation: {law: normal, sigma: 0.2}\n", "variation: {law: lognormal, sigma: 0.1}\n",
        "faults: {clustered: 0.1}\n", "temperature: {at: 350 K}\n", "programming_law: {law: window, factor: 0.1}\n"}) {
    EXPECT_NE(programmed_laws_text(read(laws)), plain) << laws;
  }
}

struct Broken {
  const char* laws;
  const char* message;
};

class BrokenDevice : public testing::TestWithParam<Broken> {};

TEST_P(BrokenDevice, IsRefusedWithThePlaceAndTheReason) {
  EXPECT_THAT(problems_of(GetParam().laws), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    DeviceSpecReader, BrokenDevice,
    testing::Values(
        Broken{"level_conductances: [1 uS, 50 uS]\n",
               "device.yaml:9:21: level_conductances: 50 uS lies outside the window from 1 uS to 40 uS"},
        Broken{"level_conductances: [10 uS, 5 uS]\n", "level_conductances: must ascend"},
        Broken{"level_conductances: [10 uS]\n", "level_conductances: expected at least 2 conductances"},
        Broken{"level_conductances: [10 uS, 20]\n", "level_conductances: expected a conductance such as"},
        Broken{"programming_law: {law: share_of_conductance, factor: -0.1}\n",
               "programming_law.factor: expected a number from 0 to 10, got \"-0.1\""},
        Broken{"programming_law: {law: gaussian, factor: 0.1}\n", "programming_law.law: expected one of"},
        Broken{"programming_law: {law: polynomial, coefficients: [], full_scale: 1 uS}\n",
               "programming_law.coefficients: expected 1 to 9 conductances"},
        Broken{"programming_error: 0.1\nprogramming_law: {law: window, factor: 0.1}\n",
               "programming_law: stands instead of programming_error"},
        Broken{"variation: {law: lognormal, sigma: -1}\n", "variation.sigma: expected a number from 0 to 3"},
        Broken{"variation: {law: lognormal, sigma: .nan}\n", "variation.sigma: expected a number from 0 to 3"},
        Broken{"faults: {clustered: 1.5}\n", "faults.clustered: expected a number from 0 to 0.9"},
        Broken{"faults: {broken_wordlines: 1.1}\n", "faults.broken_wordlines: expected a number from 0 to 1"},
        Broken{"faults: {cluster_size: 0.5}\n", "faults.cluster_size: expected a number from 1 to 1000"},
        Broken{"faults: {stuck_low: [2 uS, 1 uS]}\n", "faults.stuck_low: expected two ascending conductances"},
        Broken{"faults: {stuck_high: [2 uS]}\n", "faults.stuck_high: expected two ascending conductances"},
        Broken{"drift: {reference_time: 20 s, full_scale: 25 uS, mean: {offset: 0.05}, deviation: {offset: 0.01}}\n",
               "time_after_programming: missing"},
        Broken{"time_after_programming: -1 s\n", "time_after_programming: expected a time from 0 s to 1e9 s"},
        Broken{"time_after_programming: 1 s\ndrift: {reference_time: 20 s, full_scale: 25 uS, mean: {offset: 0.05, "
               "lowest: 0.2, highest: 0.1}, deviation: {offset: 0.01}}\n",
               "drift.mean.highest: must not be less than lowest (0.2), got 0.1"},
        Broken{
            "time_after_programming: 0.1 s\nretention: {full_scale: 40 uS, fits: [{time: 1 s, coefficients: [1 uS]}, "
            "{time: 2 s, coefficients: [2 uS]}]}\n",
            "time_after_programming: retention is known from 1 s to 2 s, got 100 ms"},
        Broken{"time_after_programming: 1 s\nretention: {full_scale: 40 uS, fits: [{time: 2 s, coefficients: [1 uS]}, "
               "{time: 1 s, coefficients: [2 uS]}]}\n",
               "retention.fits: expected at least two fits, ascending in time"},
        Broken{"temperature: {at: -3 K}\n", "temperature.at: expected a temperature from 100 K to 600 K"},
        Broken{"read_noise: {relative: 2}\n", "read_noise.relative: expected a number from 0 to 1"},
        Broken{
            "read_noise: {state_dependent: {factor: 0.01, exponent: 0.6, largest: 0.2, read_time: 250 ns, full_scale: "
            "25 uS}}\n",
            "time_after_programming: is needed by read_noise.state_dependent"},
        Broken{"read_noise: {thermal_and_shot: {bandwidth: 0 Hz}}\n", "bandwidth: expected a frequency from 1 Hz"},
        Broken{"read_noise: {telegraph: {offset: 1 uS, slope: 0.1, probability: 1.5}}\n",
               "read_noise.telegraph.probability: expected a number from 0 to 1"},
        Broken{"read_noise: {shot: 1}\n", "read_noise.shot: unknown key"}));

}  // namespace
}  // namespace crossloom
