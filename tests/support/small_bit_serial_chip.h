// A small bit-serial chip: arrays of 16 x 16 with 2-bit cells, 8-bit weights and activations, ADCs that never clip.
#pragma once

#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom::test {

/// Four weights a wordline; two crossbars an element, two elements a tile.
inline BitSerialChipSpec small_bit_serial_chip() {
  BitSerialChipSpec chip;
  chip.name = "small chip";
  chip.clock = Frequency::from_si(1e9);
  chip.device.levels = 4;
  chip.device.minimum_conductance = 1_uS;
  chip.device.maximum_conductance = 16_uS;
  chip.weight_bits = 8;
  chip.activation_bits = 8;
  chip.array.rows = 16;
  chip.array.bit_lines = 16;
  chip.array.read_voltage = 1_V;
  chip.array.read_time = 10_ns;
  chip.adc.bits = 8;
  chip.adc.conversion_time = 1_ns;
  chip.processing_element.arrays = 2;
  chip.processing_element.adcs = 2;
  chip.processing_element.shift_adders = 2;
  chip.processing_element.input_register_bits = 1024;
  chip.processing_element.output_register_bits = 1024;
  chip.processing_element.load_cycles = Cycles(1);
  chip.processing_element.finish_cycles = Cycles(2);
  chip.tile.processing_elements = 2;
  chip.tile.buffer_bits = 1 << 20;
  chip.tile.buffer_port_bits = 64;
  chip.tile.buffer_cycles = Cycles(1);
  chip.tile.bus_bits = 64;
  chip.tile.adders = 4;
  chip.tile.activation_units = 4;
  chip.tile.pool_units = 4;
  chip.tile.activation_cycles = Cycles(1);
  chip.tile.pool_cycles = Cycles(1);
  chip.tiles = 256;
  return chip;
}

}  // namespace crossloom::test
