// The digits that cells are meant to hold.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// Digits of a part's columns as docs/bit_serial.md encodes and flips them.
class WeightDigits {
 public:
  /// `shifts`: of the layer's ADC steps, one a weight slice. All must outlive it.
  WeightDigits(const CrossbarPart& part, const FixedPointLayer& layer, const BitSerialChipSpec& chip,
               const std::vector<std::uint32_t>& shifts);
  /// Of the part's column j, [line][row], line = slice * polarities + polarity. Returns which slices are flipped, a bit
  /// each.
  std::uint64_t of_column(std::size_t j, std::vector<std::uint8_t>& digits) const;

 private:
  std::uint64_t flip(std::vector<std::uint8_t>& digits) const;
  const CrossbarPart& part_;
  const FixedPointLayer& layer_;
  const std::vector<std::uint32_t>& shifts_;
  WeightEncoding encoding_;
  bool flip_encoding_;
  std::int64_t highest_code_;
  std::uint32_t cell_bits_, slices_, polarities_, dac_bits_, weight_bits_;
};

}  // namespace crossloom
