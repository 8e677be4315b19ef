// Ranges of ADCs from what bit lines carry for calibration images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/bit_serial/adc_steps.h"

namespace crossloom {

/// For AdcRange::calibrated: by layer and weight slice the smallest shift with which at most (100 -
/// AdcSpec::calibration_percentile) per cent of the sums saturate. Sums are those of every bit line (or pair) of a row
/// part for every input slice that drives a wordline, at every position, with the exact activations of the images and
/// ideal cells; flip encoding goes along, since it depends on the step. A layer that nothing reaches gets shift 0. The
/// result does not depend on `threads`. Throws Bug where there are no images or they are not the network's.
AdcShifts calibrate_adc_shifts(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                               const std::vector<std::vector<std::uint8_t>>& images, std::size_t threads = 1);

}  // namespace crossloom
