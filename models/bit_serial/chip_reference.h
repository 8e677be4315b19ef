// What a bit-serial chip with ideal devices computes, as a plain formula: slices, ADC, shift-and-add. Knows blocks and
// row parts, but no crossbars, tiles or times, and shares no code with the runs that it is compared with.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/exact_reference.h"

namespace crossloom {

/// Of one layer, without the unit bit line of offset weights.
struct ConversionCounts {
  std::uint64_t conversions = 0;
  std::uint64_t clipped = 0;  ///< of them, those whose rounded sum lay beyond the lowest or highest code
};

/// The `chip` reference (docs/bit_serial.md). `counts`, where given, gets the conversions of each layer added.
FixedPointOutputs chip_reference(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                                 const AdcShifts& shifts, const std::vector<std::uint8_t>& pixels,
                                 IdVector<LayerId, ConversionCounts>* counts = nullptr);

/// The sums of one layer at one position; `inputs` and `sums` as for LayerProduct.
void chip_reference_product(const FixedPointLayer& layer, const BitSerialChipSpec& chip,
                            const std::vector<std::uint32_t>& slice_shifts, const std::vector<std::int32_t>& inputs,
                            bool is_signed, std::int64_t* sums, ConversionCounts& counts);

}  // namespace crossloom
