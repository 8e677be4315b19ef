// Calibrated ADC ranges beside the conversions that the plain formula clips.
#include "models/bit_serial/adc_calibration.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "models/bit_serial/chip_reference.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/wide_bit_serial_chip.h"

namespace crossloom {
namespace {

/// One layer whose weights are one slice, so that the counts of a layer are those of a slice.
FixedPointNetwork one_layer(const BitSerialChipSpec& chip) {
  test::ConvolutionOptions options;
  options.layers =
      "  - {name: only, conv2d: {outputs: 5, kernel: 3, padding: 1, groups: 1, activation: none}}\n"
      "  - {name: line, flatten: {}}\n";
  options.seed = 3;
  return test::random_fixed_point_network(options, test::bits_of(chip));
}

/// Share of the conversions that clip.
double clipped_share(const FixedPointNetwork& network, const BitSerialChipSpec& chip, std::uint32_t shift,
                     const std::vector<std::vector<std::uint8_t>>& images) {
  IdVector<LayerId, ConversionCounts> counts(1);
  const AdcShifts shifts(1, std::vector<std::uint32_t>{shift});
  for (const auto& pixels : images) chip_reference(network, chip, shifts, pixels, &counts);
  return static_cast<double>(counts[LayerId(0)].clipped) / static_cast<double>(counts[LayerId(0)].conversions);
}

TEST(AdcCalibration, TakesTheSmallestStepThatClipsNoMoreThanAsked) {
  for (const WeightEncoding encoding :
       {WeightEncoding::offset, WeightEncoding::differential, WeightEncoding::differential_analog}) {
    for (const bool flip : {false, true}) {
      for (const double percentile : {80.0, 95.0, 100.0}) {
        BitSerialChipSpec chip = test::wide_bit_serial_chip();
        chip.array.weight_encoding = encoding;
        chip.array.flip_encoding = flip && encoding == WeightEncoding::offset;
        chip.device.levels = 8;
        chip.weight_bits = encoding == WeightEncoding::offset ? 3 : 4;
        chip.array.rows = 12;
        chip.dac.bits = 8;
        chip.adc.bits = 8;
        chip.adc.range = AdcRange::calibrated;
        chip.adc.calibration_percentile = percentile;
        const FixedPointNetwork network = one_layer(chip);
        std::vector<std::vector<std::uint8_t>> images;
        // No pixel is 0, so that the one slice of every part drives a wordline.
        for (std::uint64_t n = 0; n < 2; ++n) {
          images.push_back(test::random_pixels(network.nodes[NodeId(0)].shape.size(), n));
          for (std::uint8_t& pixel : images.back()) pixel = std::max<std::uint8_t>(pixel, 1);
        }
        const std::uint32_t shift = calibrate_adc_shifts(network, chip, images)[LayerId(0)][0];
        EXPECT_EQ(calibrate_adc_shifts(network, chip, images, 2)[LayerId(0)][0], shift);
        const double most = 1.0 - percentile / 100.0;
        EXPECT_LE(clipped_share(network, chip, shift, images), most + 1e-12);
        if (shift > 0) {
          EXPECT_GT(clipped_share(network, chip, shift - 1, images), most);
        }
        EXPECT_LE(shift, full_range_shift(chip));
      }
    }
  }
}

TEST(AdcCalibration, NeedsSmallerStepsThanTheFullRange) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.array.rows = 64;
  chip.adc.bits = 4;
  chip.adc.range = AdcRange::calibrated;
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers()[1];
  const FixedPointNetwork network = test::random_fixed_point_network(options, test::bits_of(chip));
  const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), 1);
  const AdcShifts shifts = calibrate_adc_shifts(network, chip, {pixels});
  ASSERT_EQ(shifts.size(), network.layers.size());
  bool any_smaller = false;
  for (const std::vector<std::uint32_t>& of_layer : shifts) {
    ASSERT_EQ(of_layer.size(), chip.weight_slices());
    for (const std::uint32_t shift : of_layer) {
      EXPECT_LE(shift, full_range_shift(chip));
      any_smaller = any_smaller || shift < full_range_shift(chip);
    }
  }
  EXPECT_TRUE(any_smaller);
}

}  // namespace
}  // namespace crossloom
