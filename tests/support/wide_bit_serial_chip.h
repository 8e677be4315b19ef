// A bit-serial chip for products: few wordlines, room for many weight slices a row.
#pragma once

#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom::test {

/// 8 wordlines, 64 bit lines, 2-bit cells, 1-bit DACs, 8-bit weights and activations; ADCs with bits enough.
inline BitSerialChipSpec wide_bit_serial_chip() {
  BitSerialChipSpec chip;
  chip.name = "test chip";
  chip.clock = 1_GHz;
  chip.device.minimum_conductance = 1_uS;
  chip.device.maximum_conductance = 16_uS;
  chip.device.levels = 4;
  chip.weight_bits = chip.activation_bits = 8;
  chip.array.rows = 8;
  chip.array.bit_lines = 64;
  chip.array.read_voltage = 0.2_V;
  chip.array.read_time = 100_ns;
  chip.dac.bits = 1;
  chip.adc.bits = 8;
  chip.processing_element.arrays = 8;
  chip.processing_element.adcs = 8;
  return chip;
}

inline FixedPointSpec bits_of(const BitSerialChipSpec& chip) { return {chip.weight_bits, chip.activation_bits, 100.0}; }

}  // namespace crossloom::test
