// How inputs fall into slices and weights into bit lines; shared by everything that computes with a bit-serial chip's
// cells (but not by chip_reference.h, which they are compared with).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom {

/// One slice of the inputs: bits [first_bit, first_bit + bits) of their two's complement.
struct InputSliceBits {
  std::uint32_t first_bit = 0, bits = 1;
  bool is_sign = false;  ///< the sign bit, which counts -2^first_bit
};

inline std::vector<InputSliceBits> input_slice_bits(const BitSerialChipSpec& chip, bool is_signed) {
  const std::uint32_t magnitude = is_signed ? chip.activation_bits - 1 : chip.activation_bits;
  std::vector<InputSliceBits> slices;
  for (std::uint32_t first = 0; first < magnitude; first += chip.dac.bits) {
    slices.push_back({first, std::min(chip.dac.bits, magnitude - first), false});
  }
  if (is_signed) slices.push_back({magnitude, 1, true});
  return slices;
}

/// Where the cells of a weight are. The bit line of slice s and polarity p (0 = positive or the only one, 1 = negative)
/// is line s * polarities + p of its column: neighbouring bit lines of one array, or an array of its own each.
struct BitLineLayout {
  SlicePlacement placement = SlicePlacement::columns;
  std::uint32_t slices = 1, polarities = 1;
  std::uint32_t rows = 0, bit_lines = 0;  ///< of a physical array
  std::uint32_t arrays = 1;               ///< physical, of a crossbar
  std::uint32_t adcs = 1, element_arrays = 1;

  explicit BitLineLayout(const BitSerialChipSpec& chip)
      : placement(chip.array.slice_placement),
        slices(chip.weight_slices()),
        polarities(chip.polarities()),
        rows(chip.array.rows),
        bit_lines(chip.array.bit_lines),
        arrays(chip.arrays_per_crossbar()),
        adcs(chip.processing_element.adcs),
        element_arrays(chip.processing_element.arrays) {}
  [[nodiscard]] std::uint32_t lines() const { return slices * polarities; }
  [[nodiscard]] std::uint32_t array_of(std::uint32_t slice, std::uint32_t polarity) const {
    return placement == SlicePlacement::arrays ? slice * polarities + polarity : 0;
  }
  [[nodiscard]] std::uint32_t bit_line_of(std::uint32_t column, std::uint32_t slice, std::uint32_t polarity) const {
    return placement == SlicePlacement::arrays ? column : column * lines() + slice * polarities + polarity;
  }
  /// Bit lines of `columns` neighbouring columns in one array.
  [[nodiscard]] std::uint32_t width_of(std::uint32_t columns) const {
    return placement == SlicePlacement::arrays ? columns : columns * lines();
  }
  /// ADC of the element that converts a bit line of physical array `array` of it: with more arrays than ADCs,
  /// neighbouring arrays share one; with more ADCs, they take the array's bit lines in turn.
  [[nodiscard]] std::uint32_t adc_of(std::uint32_t array, std::uint32_t bit_line) const {
    if (adcs <= element_arrays) return array / (element_arrays / adcs);
    const std::uint32_t each = adcs / element_arrays;
    return array * each + bit_line % each;
  }
};

}  // namespace crossloom
