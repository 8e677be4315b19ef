// The formula of a bit-serial chip: by hand, against integer products where nothing clips, and ISAAC's claim about it.
#include "models/bit_serial/chip_reference.h"

#include <cmath>
#include <cstdlib>

#include <gmock/gmock.h>

#include "base/random.h"
#include "tests/support/property.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/wide_bit_serial_chip.h"

namespace crossloom {
namespace {

using Encodings = std::vector<WeightEncoding>;
const Encodings kEncodings{WeightEncoding::offset, WeightEncoding::differential, WeightEncoding::differential_analog};

FixedPointLayer dense_layer(std::uint32_t rows, std::uint32_t columns, const std::vector<std::int16_t>& weights) {
  FixedPointLayer layer;
  layer.name = "layer";
  layer.rows = rows;
  layer.columns = columns;
  layer.weights = weights;
  layer.blocks.emplace_back();
  for (std::uint32_t i = 0; i < rows; ++i) layer.blocks[0].rows.push_back(i);
  for (std::uint32_t j = 0; j < columns; ++j) layer.blocks[0].columns.push_back(j);
  return layer;
}

struct Product {
  std::vector<std::int64_t> sums;
  ConversionCounts counts;
};

Product product(const FixedPointLayer& layer, const BitSerialChipSpec& chip, const std::vector<std::int32_t>& inputs,
                bool is_signed, std::uint32_t shift = 0) {
  Product result;
  result.sums.assign(layer.columns, 0);
  chip_reference_product(layer, chip, std::vector<std::uint32_t>(chip.weight_slices(), shift), inputs, is_signed,
                         result.sums.data(), result.counts);
  return result;
}

std::vector<std::int64_t> integer_product(const FixedPointLayer& layer, const std::vector<std::int32_t>& inputs) {
  std::vector<std::int64_t> sums(layer.columns, 0);
  for (std::uint32_t i = 0; i < layer.rows; ++i) {
    for (std::uint32_t j = 0; j < layer.columns; ++j) sums[j] += std::int64_t{inputs[i]} * layer.weight(i, j);
  }
  return sums;
}

TEST(ChipReference, ClipsEachConversionOfAColumnByHand) {
  // Three weights of 3 with 4-bit offset weights are 11 = 2, 3 in base 4; the input 1 puts 3 rows x 3 = 9 on the bit
  // line of slice 0 and 6 on that of slice 1. A 3-bit ADC stops at 7: 7 + 4 x 6 - 8 x 3 = 7 instead of 9.
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.weight_bits = chip.activation_bits = 4;
  chip.adc.bits = 3;
  const FixedPointLayer layer = dense_layer(3, 1, {3, 3, 3});
  const Product clipped = product(layer, chip, {1, 1, 1}, false);
  EXPECT_EQ(clipped.sums[0], 7);
  EXPECT_EQ(clipped.counts.conversions, 2U * 4U);
  EXPECT_EQ(clipped.counts.clipped, 1U);
  // The same with flip encoding: 9 passes 7, so the bit line holds 0, 0, 0 and 3 x 3 - 0 is right again.
  chip.array.flip_encoding = true;
  EXPECT_EQ(product(layer, chip, {1, 1, 1}, false).sums[0], 9);
  chip.array.flip_encoding = false;
  // Steps of 2: 9 / 2 rounds to 4, 6 / 2 = 3: 8 + 4 x 6 - 24 = 8.
  EXPECT_EQ(product(layer, chip, {1, 1, 1}, false, 1).sums[0], 8);
  // Subtracted currents and codes -4 .. 3: 3 rows x 3 = 9 clips at 3, slice 1 is 0.
  chip.array.weight_encoding = WeightEncoding::differential_analog;
  EXPECT_EQ(product(layer, chip, {1, 1, 1}, false).sums[0], 3);
  EXPECT_EQ(product(dense_layer(3, 1, {-3, -3, -3}), chip, {1, 1, 1}, false).sums[0], -4);
}

TEST(ChipReference, CountsTheSignBitOfAnInputNegative) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  for (const std::uint32_t dac_bits : {1U, 2U, 3U, 8U}) {
    chip.dac.bits = dac_bits;
    chip.adc.bits = 16;
    for (std::int32_t x = -128; x < 128; ++x) {
      EXPECT_EQ(product(dense_layer(1, 1, {-77}), chip, {x}, true).sums[0], -77 * x) << dac_bits;
    }
  }
}

/// A chip, a layer and inputs, all at random.
struct Case {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  FixedPointLayer layer;
  std::vector<std::int32_t> inputs;
  bool is_signed = false;
};

Case random_case(std::uint64_t seed) {
  RandomStream random(RandomKey(seed).child("case"));
  Case made;
  BitSerialChipSpec& chip = made.chip;
  chip.device.levels = 2U << random.below(4);
  chip.dac.bits = 1 + random.below(4);
  chip.weight_bits = 2 + random.below(15);
  chip.activation_bits = 2 + random.below(15);
  chip.array.rows = 1 + random.below(20);
  chip.array.weight_encoding = kEncodings[random.below(3)];
  chip.array.flip_encoding = chip.array.weight_encoding == WeightEncoding::offset && random.below(2) == 0;
  made.is_signed = random.below(2) == 0;
  const std::uint32_t rows = 1 + random.below(40), columns = 1 + random.below(4);
  const std::int32_t largest = (1 << (chip.weight_bits - 1)) - 1;
  std::vector<std::int16_t> weights;
  for (std::uint32_t k = 0; k < rows * columns; ++k) {
    weights.push_back(static_cast<std::int16_t>(
        static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(2 * largest + 1))) - largest));
  }
  made.layer = dense_layer(rows, columns, weights);
  for (std::uint32_t i = 0; i < rows; ++i) {
    const auto value = static_cast<std::int32_t>(random.below(1U << chip.activation_bits));
    made.inputs.push_back(made.is_signed ? value - (1 << (chip.activation_bits - 1)) : value);
  }
  return made;
}

RC_GTEST_PROP(ChipReference, EqualsIntegerProductsWhereNoSumCanPassTheHighestCode, ()) {
  Case made = random_case(*rc::gen::arbitrary<std::uint64_t>());
  made.chip.adc.bits = 2;
  while (full_range_shift(made.chip) > 0) ++made.chip.adc.bits;
  const Product result = product(made.layer, made.chip, made.inputs, made.is_signed);
  RC_ASSERT(result.sums == integer_product(made.layer, made.inputs));
  RC_ASSERT(result.counts.clipped == 0U);
}

RC_GTEST_PROP(ChipReference, IsOffByNoMoreThanHalfAStepAConversionInTheFullRange, ()) {
  Case made = random_case(*rc::gen::arbitrary<std::uint64_t>());
  made.chip.adc.bits = 3;
  const std::uint32_t shift = full_range_shift(made.chip);
  const Product result = product(made.layer, made.chip, made.inputs, made.is_signed, shift);
  RC_ASSERT(result.counts.clipped == 0U);
  const auto exact = integer_product(made.layer, made.inputs);
  const double parts = std::ceil(made.layer.rows / static_cast<double>(made.chip.array.rows));
  const double polarities = made.chip.array.weight_encoding == WeightEncoding::differential ? 2.0 : 1.0;
  const double worth = std::ldexp(1.0, static_cast<int>(made.chip.activation_bits)) *
                       std::ldexp(1.0, static_cast<int>(made.chip.cell_bits() * made.chip.weight_slices()));
  for (std::size_t j = 0; j < exact.size(); ++j) {
    RC_ASSERT(std::abs(static_cast<double>(result.sums[j] - exact[j])) <=
              parts * polarities * worth * std::ldexp(0.5, static_cast<int>(shift)));
  }
}

// ISAAC (ISCA 2016, section on ADC overheads): 128 rows, 1-bit DACs and 2-bit cells need 9 bits, and 8 once columns are
// stored flipped; here for the worst inputs and the worst weights, and for random ones.
TEST(ChipReference, OfIsaacIsExactWithNineBitsAndWithEightOnlyIfColumnsAreFlipped) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.weight_bits = chip.activation_bits = 16;
  chip.array.rows = 128;
  RandomStream random(RandomKey(5).child("isaac"));
  for (const bool worst : {true, false}) {
    std::vector<std::int16_t> weights;
    std::vector<std::int32_t> inputs;
    for (std::uint32_t i = 0; i < 128; ++i) {
      const auto drawn = static_cast<std::int32_t>(random.below(65535)) - 32767;
      weights.push_back(worst ? std::int16_t{32767} : static_cast<std::int16_t>(drawn));
      inputs.push_back(worst ? 65535 : static_cast<std::int32_t>(random.below(65536)));
    }
    const FixedPointLayer layer = dense_layer(128, 1, weights);
    const auto exact = integer_product(layer, inputs);
    const auto of_bits = [&](std::uint32_t bits, bool flip) {
      chip.adc.bits = bits;
      chip.array.flip_encoding = flip;
      return product(layer, chip, inputs, false);
    };
    EXPECT_EQ(of_bits(9, false).sums, exact);
    EXPECT_EQ(of_bits(8, true).sums, exact);
    EXPECT_EQ(of_bits(8, true).counts.clipped, 0U);
    if (worst) {
      EXPECT_NE(of_bits(8, false).sums, exact);
      EXPECT_GT(of_bits(8, false).counts.clipped, 0U);
    }
  }
  chip.array.flip_encoding = false;
  chip.adc.bits = 8;
  EXPECT_EQ(full_range_shift(chip), 1U);
  chip.adc.bits = 9;
  EXPECT_EQ(full_range_shift(chip), 0U);
  chip.array.flip_encoding = true;
  chip.adc.bits = 8;
  EXPECT_EQ(full_range_shift(chip), 0U);
  chip.adc.bits = 7;
  EXPECT_EQ(full_range_shift(chip), 1U);
}

TEST(ChipReference, EqualsTheExactNetworkWhereTheAdcHasBitsEnough) {
  for (std::size_t which = 0; which < test::fixed_point_layers().size(); ++which) {
    for (const WeightEncoding encoding : kEncodings) {
      BitSerialChipSpec chip = test::wide_bit_serial_chip();
      chip.array.weight_encoding = encoding;
      test::ConvolutionOptions options;
      options.layers = test::fixed_point_layers()[which];
      options.density = which == 1 ? 0.5 : 1.0;
      const FixedPointNetwork network = test::random_fixed_point_network(options, test::bits_of(chip));
      const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), which);
      IdVector<LayerId, ConversionCounts> counts(network.layers.size());
      const AdcShifts shifts = fixed_adc_shifts(network, chip);
      EXPECT_EQ(chip_reference(network, chip, shifts, pixels, &counts).raw(), exact_reference(network, pixels).raw());
      for (const ConversionCounts& of_layer : counts) {
        EXPECT_GT(of_layer.conversions, 0U);
        EXPECT_EQ(of_layer.clipped, 0U);
      }
    }
  }
}

TEST(ChipReference, WithTooFewAdcBitsSaysHowOftenItClipped) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.adc.bits = 3;
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers()[1];
  const FixedPointNetwork network = test::random_fixed_point_network(options, test::bits_of(chip));
  const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), 1);
  IdVector<LayerId, ConversionCounts> counts(network.layers.size());
  const auto outputs = chip_reference(network, chip, fixed_adc_shifts(network, chip), pixels, &counts);
  EXPECT_NE(outputs.raw(), exact_reference(network, pixels).raw());
  EXPECT_GT(counts[LayerId(0)].clipped, 0U);
  EXPECT_LT(counts[LayerId(0)].clipped, counts[LayerId(0)].conversions);
}

}  // namespace
}  // namespace crossloom
