#include "models/device/layer_physics.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "models/device/read_noise.h"
#include "tests/models/device_laws.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

const RandomKey kKey = RandomKey(14).child("devices");

struct Programmed {
  explicit Programmed(const ChipSpec& spec, std::uint32_t inputs = 24, std::uint32_t outputs = 8)
      : chip(spec),
        network(network_of({random_layer(inputs, outputs, 15, 3)})),
        mapped(grid_mapping(network, chip)),
        programmed(ProgrammedChip::program(mapped, network, chip, kKey)) {}
  [[nodiscard]] LayerPhysics physics(std::int32_t threshold, std::uint32_t outputs, bool floor = false) const {
    return LayerPhysics(programmed, LayerId(0), {threshold, Reset::by_subtraction, floor}, outputs);
  }
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

std::vector<std::uint32_t> first_numbers(std::uint32_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

TEST(LayerPhysics, AddsTheNoiseOfExactlyTheCellsThatAreRead) {
  ChipSpec spec = small_chip(32, 16, 2);
  spec.device.read_noise = test::all_read_noise(spec.device.maximum_conductance);
  spec.device.time_after_programming = Time::from_si(3600.0);
  spec.device.programming_error = 0.05;
  const Programmed p(spec);
  const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
  const std::vector<std::uint16_t> rows = {0, 3, 4, 11, 20};
  const std::uint32_t column = 5;
  // From the cells, one by one.
  const ReadNoise noise(p.chip.device, p.chip.crossbar.read_voltage);
  const double step = 10e-6;
  double mean = 0.0, variance = 0.0;
  for (const std::uint16_t row : rows) {
    for (std::uint32_t slice = 0; slice < 2; ++slice) {
      for (std::uint32_t polarity = 0; polarity < 2; ++polarity) {
        const CellReading cell = crossbar.cell(row, column, polarity, slice);
        const ReadStatistics statistics = noise.of(cell.actual, cell.target);
        const double weight = (slice == 0 ? 1.0 : 4.0) / step;
        mean += (polarity == 0 ? 1.0 : -1.0) * weight * (cell.actual.si() + statistics.mean_shift_s);
        variance += weight * weight * statistics.variance_s2;
      }
    }
  }
  std::vector<double> membranes(16, 0.0);
  std::vector<float> variances(16, 0.0F);
  crossbar.integrate(rows.data(), rows.size(), membranes.data());
  crossbar.integrate_variances(rows.data(), rows.size(), variances.data());
  EXPECT_NEAR(membranes[column], mean, 1e-6 * std::abs(mean));
  EXPECT_NEAR(static_cast<double>(variances[column]), variance, 1e-5 * variance);

  const LayerPhysics physics = p.physics(100, 8);
  ASSERT_TRUE(physics.reads_are_noisy());
  const std::vector<std::uint32_t> outputs = first_numbers(8);
  std::vector<double> reads;
  for (std::uint32_t image = 0; image < 400; ++image) {
    for (std::uint32_t time = 0; time < 50; ++time) {
      std::vector<double> noisy = membranes;
      physics.add_read_noise(image, time, outputs.data(), 8, variances.data(), noisy.data());
      reads.push_back(noisy[column]);
    }
  }
  test::expect_moments(reads, mean, variance);
}

TEST(LayerPhysics, AddsNoNoiseWhereNothingWasRead) {
  ChipSpec spec = small_chip();
  spec.device.read_noise.relative = 0.1;
  const LayerPhysics physics = Programmed(spec).physics(100, 8);
  const std::vector<std::uint32_t> outputs = first_numbers(8);
  const std::vector<float> variances(8, 0.0F);
  std::vector<double> membranes(8, 3.0);
  physics.add_read_noise(0, 0, outputs.data(), 8, variances.data(), membranes.data());
  EXPECT_EQ(membranes, std::vector<double>(8, 3.0));
}

TEST(LayerPhysics, GivesANeuronTheSameNoiseInWhateverBankItIs) {
  ChipSpec spec = small_chip();
  spec.device.read_noise.relative = 0.1;
  spec.neurons = {0.2, 0.0, 0.2, "a test"};
  const LayerPhysics physics = Programmed(spec).physics(100, 8);
  const std::vector<std::uint32_t> all = first_numbers(8), some = {2, 5, 7};
  const std::vector<float> variances(8, 4.0F);
  std::vector<double> of_all(8, 95.0), of_some(3, 95.0);
  physics.add_read_noise(3, 1, all.data(), 8, variances.data(), of_all.data());
  physics.add_read_noise(3, 1, some.data(), 3, variances.data(), of_some.data());
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(of_some[k], of_all[some[k]]);
  std::vector<std::uint32_t> fired_all, fired_some, expected;
  physics.fire(3, 1, all.data(), all.data(), 8, of_all.data(), fired_all);
  physics.fire(3, 1, some.data(), some.data(), 3, of_some.data(), fired_some);
  for (const std::uint32_t neuron : fired_all) {
    if (neuron == 2 || neuron == 5 || neuron == 7) expected.push_back(neuron);
  }
  EXPECT_EQ(fired_some, expected);
}

TEST(LayerPhysics, DrawsAThresholdForEachNeuron) {
  ChipSpec spec = small_chip();
  spec.neurons.threshold_variation = 0.08;
  const LayerPhysics physics = Programmed(spec).physics(50, 20'000);
  std::vector<double> thresholds;
  for (std::uint32_t output = 0; output < 20'000; ++output) thresholds.push_back(physics.threshold(output));
  test::expect_moments(thresholds, 50.0, 16.0);
}

TEST(LayerPhysics, SubtractsTheNeuronsOwnThresholdAndFloorsWhatIsLeft) {
  ChipSpec spec = small_chip();
  spec.neurons.threshold_variation = 0.08;
  const LayerPhysics physics = Programmed(spec).physics(50, 4, true);
  const std::vector<std::uint32_t> outputs = first_numbers(4), labels = {10, 11, 12, 13};
  std::vector<double> membranes = {physics.threshold(0), physics.threshold(1) - 1e-9, physics.threshold(2) + 7.0, -3.0};
  std::vector<std::uint32_t> fired;
  EXPECT_EQ(physics.fire(0, 0, outputs.data(), labels.data(), 4, membranes.data(), fired), 2U);
  EXPECT_EQ(fired, (std::vector<std::uint32_t>{10, 12}));
  EXPECT_EQ(membranes[0], 0.0);
  EXPECT_NEAR(membranes[2], 7.0, 1e-12);
  EXPECT_EQ(membranes[3], 0.0);
}

/// Share of comparisons in which a membrane of 50 fires at threshold 50.
double fired_share(const NeuronSpec& neurons, std::size_t& fired_count) {
  ChipSpec spec = small_chip();
  spec.neurons = neurons;
  const LayerPhysics physics = Programmed(spec).physics(50, 1000);
  const std::vector<std::uint32_t> outputs = first_numbers(1000);
  fired_count = 0;
  for (std::uint32_t step = 0; step < 20; ++step) {
    std::vector<double> membranes(1000, 50.0);
    std::vector<std::uint32_t> fired;
    fired_count += physics.fire(7, step, outputs.data(), outputs.data(), 1000, membranes.data(), fired);
  }
  return static_cast<double>(fired_count) / 20'000;
}

TEST(LayerPhysics, ComparesWithNoiseAndOffset) {
  std::size_t fired = 0;
  fired_share({0.0, 0.0, 0.1, "a test"}, fired);
  test::expect_share(fired, 20'000, 0.5);
  fired_share({0.0, 0.1, 0.1, "a test"}, fired);
  test::expect_share(fired, 20'000, 0.158655);  // Phi(-1)
  fired_share({0.0, -0.1, 0.1, "a test"}, fired);
  test::expect_share(fired, 20'000, 0.841345);
  EXPECT_EQ(fired_share({0.0, 0.01, 0.0, "a test"}, fired), 0.0);
  EXPECT_EQ(fired_share({0.0, -0.01, 0.0, "a test"}, fired), 1.0);
}

}  // namespace
}  // namespace crossloom
