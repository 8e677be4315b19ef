// What one step of the ADCs is worth, by layer and weight slice.
#pragma once

#include <cstdint>
#include <vector>

#include "base/id.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

/// The code of an ADC of this chip lies in [lowest, highest]: 0 .. 2^bits - 1, or -2^(bits-1) .. 2^(bits-1) - 1 where
/// currents are subtracted before the conversion.
struct AdcCodes {
  std::int64_t lowest = 0, highest = 0;
  explicit AdcCodes(const BitSerialChipSpec& chip);
};

/// One step is 2^shift levels of one cell driven by one unit of input: shifts[layer][slice].
using AdcShifts = IdVector<LayerId, std::vector<std::uint32_t>>;

/// The smallest shift with which no bit line saturates, whatever the cells of its array hold and whatever is put in.
/// With T = (2^dac.bits - 1) x rows x (2^cell_bits - 1), the largest sum there is: T <= highest x step; with flip
/// encoding T <= 2 x highest x step + 1, since a bit line then holds at most highest x step, or is held as what is
/// missing from T.
std::uint32_t full_range_shift(const BitSerialChipSpec& chip);

/// For AdcRange::unit and full; calibrated ranges come from calibrate_adc_shifts (models/bit_serial/adc_calibration.h).
AdcShifts fixed_adc_shifts(const FixedPointNetwork& network, const BitSerialChipSpec& chip);

}  // namespace crossloom
