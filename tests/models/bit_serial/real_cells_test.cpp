// Products on cells and converters that err: against single draws of the laws, plain sums in double, and statistics.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "models/bit_serial/crossbar_product.h"
#include "models/bit_serial/functional_inference.h"
#include "models/circuit/array_solver.h"
#include "models/device/cell_programming.h"
#include "tests/support/hand_placement.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/statistics.h"
#include "tests/support/wide_bit_serial_chip.h"

namespace crossloom {
namespace {

/// Slices of 8 bits and ADCs of 16, so that a code shows 1 / 255 of a level.
BitSerialChipSpec fine_chip() {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.array.rows = 6;
  chip.array.bit_lines = 32;
  chip.dac.bits = 8;
  chip.adc.bits = 16;
  return chip;
}

FixedPointNetwork dense(std::uint32_t rows, std::uint32_t columns, std::uint64_t seed) {
  FixedPointNetwork network;
  network.spec = {8, 8, 100.0};
  FixedPointLayer layer;
  layer.rows = rows;
  layer.columns = columns;
  layer.blocks.emplace_back();
  RandomStream random(RandomKey(seed).child("weights"));
  for (std::uint32_t k = 0; k < rows * columns; ++k) {
    layer.weights.push_back(static_cast<std::int16_t>(static_cast<std::int32_t>(random.below(255)) - 127));
  }
  for (std::uint32_t i = 0; i < rows; ++i) layer.blocks[0].rows.push_back(i);
  for (std::uint32_t j = 0; j < columns; ++j) layer.blocks[0].columns.push_back(j);
  network.layers.push_back(layer);
  return network;
}

ProgrammedArrays program(const FixedPointNetwork& network, const BitSerialChipSpec& chip, std::uint64_t seed = 9,
                         std::size_t threads = 1) {
  return ProgrammedArrays::program(test::place_by_hand(network, chip), network, chip, fixed_adc_shifts(network, chip),
                                   RandomKey(seed), threads);
}

std::vector<std::int64_t> product(const ProgrammedArrays& arrays, const std::vector<std::int32_t>& inputs,
                                  ReadMoment moment = {}, ProductCounts* counts = nullptr) {
  std::vector<std::int64_t> sums(arrays.columns(PlacedCrossbarId(0), 0));
  ProductCounts unused;
  CrossbarProducts(arrays).product(PlacedCrossbarId(0), 0, inputs.data(), false, moment, sums.data(),
                                   counts != nullptr ? *counts : unused);
  return sums;
}

TEST(RealCells, HoldWhatTheLawsDrawForEachWeightWhateverTheArrayAndTheEncoding) {
  const FixedPointNetwork network = dense(6, 2, 1);
  for (const std::uint32_t rows : {6U, 20U}) {
    for (const SlicePlacement placement : {SlicePlacement::columns, SlicePlacement::arrays}) {
      BitSerialChipSpec chip = fine_chip();
      chip.array.rows = rows;
      chip.array.slice_placement = placement;
      chip.device.programming_error = 0.05;
      chip.device.variation = VariationLaw{VariationLaw::Kind::lognormal, 0.1};
      const ProgrammedArrays arrays = program(network, chip);
      CellProgramming programming(chip.device, CrossbarSpec{}, RandomKey(9), LayerId(0));
      const double low = chip.device.minimum_conductance.si(),
                   step = (chip.device.maximum_conductance.si() - low) / 3.0;
      for (std::uint32_t i = 0; i < 6; ++i) {
        std::vector<std::int32_t> inputs(6, 0);
        inputs[i] = 255;
        const auto sums = product(arrays, inputs);
        for (std::uint32_t j = 0; j < 2; ++j) {
          const auto held = static_cast<std::uint32_t>(network.layers[LayerId(0)].weight(i, j) + 128);
          double expected = -128.0;
          for (std::uint32_t s = 0; s < 4; ++s) {
            const double target = low + step * ((held >> (2 * s)) & 3U);
            double written = 0.0;
            WriteCount count;
            programming.write({i, &j, 1, s}, &target, &written, count);
            // Below G_min there is no code.
            expected += std::ldexp(std::max(0.0, (written - low) / step), static_cast<int>(2 * s));
          }
          // Half a code, times 1 + 4 + 16 + 64.
          EXPECT_NEAR(static_cast<double>(sums[j]), 255.0 * expected, 0.5 * 85.0 + 0.1) << i << " " << j;
        }
      }
    }
  }
}

TEST(RealCells, AddUpWithWiresAsTheirTransferMatrixSays) {
  BitSerialChipSpec chip = fine_chip();
  chip.weight_bits = 2;  // one slice: a bit line a column
  chip.array.bit_lines = 2;
  chip.array.wires.wordline = chip.array.wires.bitline = Resistance::from_si(300.0);
  FixedPointNetwork network = dense(6, 2, 2);
  network.spec.weight_bits = 2;
  for (std::int16_t& weight : network.layers[LayerId(0)].weights) {
    weight = static_cast<std::int16_t>(std::clamp<int>(weight, -1, 1));
  }
  const double low = chip.device.minimum_conductance.si(), step = (chip.device.maximum_conductance.si() - low) / 3.0;
  ConductanceMatrix cells{6, 2, {}};
  for (const std::int16_t weight : network.layers[LayerId(0)].weights)
    cells.siemens.push_back(low + step * (weight + 2));
  const TransferMatrix transfer = solve_transfer(cells, chip.array.wires);
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 40, 77};
  const auto sums = product(program(network, chip), inputs);
  for (std::uint32_t j = 0; j < 2; ++j) {
    double expected = 0.0;
    for (std::uint32_t i = 0; i < 6; ++i) expected += inputs[i] * ((transfer.at(i, j) - low) / step - 2.0);
    EXPECT_NEAR(static_cast<double>(sums[j]), expected, 0.51);
  }
  // What the drivers deliver: V^2 x Y, V = 0.2 V x input / 255.
  chip.array.energy = ArrayEnergy::dissipated;
  ProductCounts counts;
  product(program(network, chip), inputs, {}, &counts);
  double joules = 0.0;
  for (std::uint32_t i = 0; i < 6; ++i) {
    for (std::uint32_t k = 0; k < 6; ++k) {
      joules += 0.2 * 0.2 * inputs[i] * inputs[k] / 255.0 / 255.0 * transfer.admittance[i * 6 + k] * 100e-9;
    }
  }
  EXPECT_NEAR(static_cast<double>(counts.array_zeptojoules) / (joules * 1e21), 1.0, 1e-6);
}

TEST(RealCells, WithoutWiresDissipateWhatIdealCellsDo) {
  const FixedPointNetwork network = dense(6, 2, 2);
  BitSerialChipSpec chip = fine_chip();
  chip.array.energy = ArrayEnergy::dissipated;
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 40, 77};
  ProductCounts ideal, real, wired;
  product(program(network, chip), inputs, {}, &ideal);
  chip.device.stuck_at_minimum = 1e-15;
  product(program(network, chip), inputs, {}, &real);
  EXPECT_NEAR(static_cast<double>(real.array_zeptojoules), static_cast<double>(ideal.array_zeptojoules), 1.0);
  EXPECT_EQ(real.driven_wordlines, ideal.driven_wordlines);
  chip.array.wires.wordline = Resistance::from_si(1e-6);
  product(program(network, chip), inputs, {}, &wired);
  EXPECT_NEAR(static_cast<double>(wired.array_zeptojoules) / static_cast<double>(ideal.array_zeptojoules), 1.0, 1e-5);
}

TEST(RealCells, AreReadWithNoiseOfTheVarianceOfTheirIndependentCells) {
  const FixedPointNetwork network = dense(6, 1, 4);
  BitSerialChipSpec chip = fine_chip();
  chip.device.read_noise.relative = 0.03;
  const ProgrammedArrays arrays = program(network, chip);
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 240, 77};
  const double low = chip.device.minimum_conductance.si(), step = (chip.device.maximum_conductance.si() - low) / 3.0;
  double mean = 0.0, variance = 0.0;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const auto held = static_cast<std::uint32_t>(network.layers[LayerId(0)].weight(i, 0) + 128);
    mean += inputs[i] * network.layers[LayerId(0)].weight(i, 0);
    for (std::uint32_t s = 0; s < 4; ++s) {
      const double deviation = 0.03 * (low / step + ((held >> (2 * s)) & 3U)) * inputs[i] * (1U << (2 * s));
      variance += deviation * deviation;
    }
  }
  variance += (1.0 + 16.0 + 256.0 + 4096.0) / 12.0;  // rounding to codes
  std::vector<double> sums;
  for (std::uint32_t n = 0; n < 4000; ++n) {
    sums.push_back(static_cast<double>(product(arrays, inputs, {n % 7, n})[0]));
  }
  test::expect_moments(sums, mean, variance);
  EXPECT_EQ(product(arrays, inputs, {3, 4}), product(arrays, inputs, {3, 4}));
  EXPECT_NE(product(arrays, inputs, {3, 4}), product(arrays, inputs, {4, 3}));
}

TEST(RealCells, AreConvertedByAdcsWithTheirOwnOffsetGainBowAndNoise) {
  // One row, one column, one slice, a conductance of 2 levels: the code is 2 x the input and what the ADC does.
  FixedPointNetwork network = dense(1, 1, 4);
  network.spec.weight_bits = 2;
  network.layers[LayerId(0)].weights = {0};
  BitSerialChipSpec chip = fine_chip();
  chip.weight_bits = 2;
  chip.adc.bits = 9;
  const auto code = [&](std::int32_t input, std::uint64_t seed, ReadMoment moment = {}) {
    return static_cast<double>(product(program(network, chip, seed), {input}, moment)[0] + 2 * input);
  };
  chip.adc.errors.offset = 8.0;
  std::vector<double> offsets, gains, noises;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) offsets.push_back(code(128, seed));
  test::expect_moments(offsets, 256.0, 8.0 * 8.0 + 1.0 / 12.0);
  chip.adc.errors = {};
  chip.adc.errors.gain = 0.04;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) gains.push_back(code(128, seed));
  test::expect_moments(gains, 256.0, 0.04 * 0.04 * 256.0 * 256.0 + 1.0 / 12.0);
  chip.adc.errors = {};
  chip.adc.errors.noise = 3.0;
  for (std::uint32_t n = 0; n < 2000; ++n) noises.push_back(code(128, 1, {0, n}));
  test::expect_moments(noises, 256.0, 9.0 + 1.0 / 12.0);
  chip.adc.errors = {};
  chip.adc.errors.integral_nonlinearity = 5.0;
  EXPECT_EQ(std::abs(code(128, 1) - 256.0), 5.0);  // the middle of 0 .. 511
  EXPECT_EQ(code(0, 1), 0.0);
  EXPECT_EQ(code(255, 1), 510.0);
}

TEST(RealCells, MeetTransitionsOfCodesWhereTheConverterHasThem) {
  // Levels 0 to 255 in steps of a sixteenth of a code: the input is 16 slices' worth of one code of a coarse ADC.
  FixedPointNetwork network = dense(1, 1, 4);
  network.spec.weight_bits = 2;
  network.layers[LayerId(0)].weights = {-1};  // held as 1
  BitSerialChipSpec chip = fine_chip();
  chip.weight_bits = 2;
  chip.adc.bits = 4;
  chip.adc.errors.differential_nonlinearity = 0.2;
  const AdcShifts shifts(1, {4});
  const PlacedNetwork placed = test::place_by_hand(network, chip);
  const ProgrammedArrays arrays = ProgrammedArrays::program(placed, network, chip, shifts, RandomKey(9));
  const std::vector<float> off = AdcDeviations(chip.adc.errors, 4, RandomKey(9)).transitions(0);
  for (std::int32_t x = 0; x < 256; ++x) {
    std::int64_t expected = 0;
    while (expected < 15 && static_cast<float>(x) / 16.0F >=
                                static_cast<float>(expected) + 0.5F + off[static_cast<std::size_t>(expected) + 1]) {
      ++expected;
    }
    EXPECT_EQ(product(arrays, {x})[0], 16 * expected - 2 * x) << x;
  }
}

TEST(RealCells, AreDrivenByDacsWithTheirOwnLevelsAndNoise) {
  const FixedPointNetwork network = dense(6, 2, 6);
  BitSerialChipSpec chip = fine_chip();
  chip.weight_bits = 8;
  chip.dac.errors.gain = 0.05;
  chip.dac.errors.differential_nonlinearity = 0.5;
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 40, 77};
  const auto sums = product(program(network, chip), inputs);
  const DacDeviations deviations(chip.dac, RandomKey(9));
  for (std::uint32_t j = 0; j < 2; ++j) {
    double expected = 0.0;
    for (std::uint32_t i = 0; i < 6; ++i) {
      const auto level = static_cast<double>(deviations.levels(0, i)[static_cast<std::size_t>(inputs[i])]);
      expected += level * (network.layers[LayerId(0)].weight(i, j) + 128) - 128.0 * inputs[i];
    }
    EXPECT_NEAR(static_cast<double>(sums[j]), expected, 0.5 * 85.0 + 1.0);
  }
  chip.dac.errors = {};
  chip.dac.errors.noise = 2.0;
  const ProgrammedArrays noisy = program(network, chip);
  double mean = 0.0, variance = (1.0 + 16.0 + 256.0 + 4096.0) / 12.0;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const double held = network.layers[LayerId(0)].weight(i, 0) + 128;
    mean += inputs[i] * (held - 128.0);
    if (inputs[i] != 0) variance += 4.0 * held * held;  // one DAC drives all slices of the row
  }
  std::vector<double> values;
  for (std::uint32_t n = 0; n < 3000; ++n) values.push_back(static_cast<double>(product(noisy, inputs, {1, n})[0]));
  test::expect_moments(values, mean, variance);
}

TEST(RealCells, ReadWordlinesThatAreStillOnTheirWayFromOneSliceToTheNext) {
  const FixedPointNetwork network = dense(6, 2, 6);
  BitSerialChipSpec chip = fine_chip();
  chip.dac.bits = 2;
  chip.dac.time_constant = Time::from_si(chip.array.read_time.si() / std::log(5.0));
  EXPECT_NEAR(chip.unsettled_share(), 0.2, 1e-12);
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 64, -77};
  std::vector<std::int64_t> sums(2);
  ProductCounts counts;
  const ProgrammedArrays arrays = program(network, chip);
  EXPECT_FALSE(arrays.ideal());
  for (const bool is_signed : {false, true}) {
    std::vector<std::int32_t> sent = inputs;
    if (is_signed) {
      sent[0] = -128;  // the sign bit alone
    } else {
      sent[5] = 77;
    }
    CrossbarProducts(arrays).product(PlacedCrossbarId(0), 0, sent.data(), is_signed, {}, sums.data(), counts);
    for (std::uint32_t j = 0; j < 2; ++j) {
      double lines[6] = {};  // where the wordlines stand
      std::int64_t expected = 0, input_sum = 0;
      for (const std::int32_t x : sent) input_sum += x;
      const auto read = [&](std::uint32_t first_bit, std::uint32_t bits, std::int64_t worth) {
        for (std::size_t i = 0; i < 6; ++i) {
          const std::int32_t aim = (sent[i] >> first_bit) & ((1 << bits) - 1);
          lines[i] = aim + 0.2 * (lines[i] - aim);
        }
        for (std::uint32_t s = 0; s < 4; ++s) {
          double current = 0.0;
          for (std::uint32_t i = 0; i < 6; ++i) {
            const std::int32_t held = network.layers[LayerId(0)].weight(i, j) + 128;
            current += lines[i] * ((held >> (2 * s)) & 3);
          }
          expected += worth * (std::int64_t{1} << (2 * s)) * std::llround(current);
        }
      };
      for (std::uint32_t bit = 0; bit < (is_signed ? 6U : 8U); bit += 2) read(bit, 2, std::int64_t{1} << bit);
      if (is_signed) read(6, 1, 64);
      if (is_signed) read(7, 1, -128);
      EXPECT_EQ(sums[j], expected - 128 * input_sum) << j << " " << is_signed;
    }
  }
}

TEST(RealCells, AreThoseOfAnIdealChipWhereWordlinesSettleLongBeforeTheyAreRead) {
  const FixedPointNetwork network = dense(6, 2, 6);
  BitSerialChipSpec chip = fine_chip();
  chip.dac.bits = 1;
  const std::vector<std::int32_t> inputs{255, 3, 0, 100, 64, 77};
  const auto ideal = product(program(network, chip), inputs);
  chip.dac.time_constant = Time::from_si(chip.array.read_time.si() / 1000.0);
  const ProgrammedArrays arrays = program(network, chip);
  EXPECT_FALSE(arrays.ideal());
  EXPECT_EQ(product(arrays, inputs), ideal);
}

TEST(RealCells, AreTheSameBytesForAnyNumberOfThreadsAndDifferFromCopyToCopy) {
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers()[1];
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.device.programming_error = 0.05;
  chip.device.read_noise.relative = 0.02;
  chip.device.stuck_at_maximum = 0.01;
  chip.device.faults.broken_bitlines = 0.01;
  chip.adc.errors.offset = 0.3;
  const FixedPointNetwork network = test::random_fixed_point_network(options, test::bits_of(chip));
  const PlacedNetwork placed = test::place_by_hand(network, chip, 2);
  const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), 3);
  std::vector<FunctionalOutcome> outcomes;
  for (const std::size_t threads : {1U, 2U}) {
    const ProgrammedArrays arrays =
        ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(4), threads);
    EXPECT_FALSE(arrays.ideal());
    outcomes.push_back(FunctionalInference(network, placed, arrays).run(3, pixels));
  }
  EXPECT_EQ(outcomes[0].outputs.raw(), outcomes[1].outputs.raw());
  const PlacedNetwork single = test::place_by_hand(network, chip, 1);
  const ProgrammedArrays arrays =
      ProgrammedArrays::program(single, network, chip, fixed_adc_shifts(network, chip), RandomKey(4));
  EXPECT_NE(FunctionalInference(network, single, arrays).run(3, pixels).outputs.raw(), outcomes[0].outputs.raw());
}

}  // namespace
}  // namespace crossloom
