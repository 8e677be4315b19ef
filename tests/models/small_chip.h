// A chip whose numbers are easy to reckon with, for tests.
#pragma once

#include "models/chip_spec.h"

namespace crossloom::test {

/// 4 levels of 10 uS from 10 uS to 40 uS, read at 1 V for 1 ns; every component and action has a cost of its own.
inline ChipSpec small_chip(std::uint32_t rows = 8, std::uint32_t columns = 8, std::uint32_t slices = 2) {
  ChipSpec chip;
  chip.name = "small";
  chip.technology = "paper";
  chip.source = "chip source";
  chip.clock = 200_MHz;
  chip.device.name = "cell";
  chip.device.minimum_conductance = 10_uS;
  chip.device.maximum_conductance = 40_uS;
  chip.device.levels = 4;
  chip.device.write_energy = 2_pJ;
  chip.device.write_time = 10_ns;
  chip.device.write_pulses = 3;
  chip.device.source = "device source";
  chip.crossbar.rows = rows;
  chip.crossbar.columns = columns;
  chip.crossbar.weight_slices = slices;
  chip.crossbar.read_voltage = 1_V;
  chip.crossbar.read_time = 1_ns;
  chip.crossbar.source = "crossbar source";
  chip.tile.crossbars = 2;
  chip.tile.neurons = 2 * columns;
  chip.tile.source = "tile source";
  chip.tile_group.source = "group source";
  chip.interconnect.source = "interconnect source";
  for (std::size_t i = 0; i < kComponents; ++i) {
    chip.costs.components[i].area = Area::from_si(1e-12 * static_cast<double>(i + 1));
    chip.costs.components[i].leakage = Power::from_si(1e-6 * static_cast<double>(i + 2));
    chip.costs.components[i].source = "source " + std::to_string(i);
  }
  for (std::size_t i = 0; i < kActions; ++i)
    chip.costs.actions[i] = Energy::from_si(1e-12 * static_cast<double>(i + 1));
  return chip;
}

}  // namespace crossloom::test
