#include "models/bit_serial/adc_steps.h"

#include "base/error.h"

namespace crossloom {

AdcCodes::AdcCodes(const BitSerialChipSpec& chip) {
  if (chip.array.weight_encoding == WeightEncoding::differential_analog) {
    lowest = -(std::int64_t{1} << (chip.adc.bits - 1));
    highest = (std::int64_t{1} << (chip.adc.bits - 1)) - 1;
  } else {
    highest = (std::int64_t{1} << chip.adc.bits) - 1;
  }
}

std::uint32_t full_range_shift(const BitSerialChipSpec& chip) {
  const std::int64_t highest = AdcCodes(chip).highest;
  CROSSLOOM_CHECK(highest > 0, "an ADC of signed sums has at least 2 bits");
  const std::int64_t largest =
      ((std::int64_t{1} << chip.dac.bits) - 1) * chip.array.rows * ((std::int64_t{1} << chip.cell_bits()) - 1);
  std::uint32_t shift = 0;
  const auto reached = [&] {
    const std::int64_t held = highest << shift;
    return chip.array.flip_encoding ? 2 * held + 1 : held;
  };
  while (reached() < largest) ++shift;
  return shift;
}

AdcShifts fixed_adc_shifts(const FixedPointNetwork& network, const BitSerialChipSpec& chip) {
  CROSSLOOM_CHECK(chip.adc.range != AdcRange::calibrated, "a calibrated range needs calibration images");
  const std::uint32_t shift = chip.adc.range == AdcRange::full ? full_range_shift(chip) : 0;
  return AdcShifts(network.layers.size(), std::vector<std::uint32_t>(chip.weight_slices(), shift));
}

}  // namespace crossloom
