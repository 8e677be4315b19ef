// What cells dissipate when their wordline is driven.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/ideal_cells.h"

namespace crossloom {

/// read_time x V^2 x conductance in zeptojoules, V the voltage of an input slice of 1: read_voltage / (2^dac.bits - 1).
/// A slice of x takes x^2 of it.
double unit_zeptojoules(const BitSerialChipSpec& chip, double conductance_s);

/// Of each wordline of a part with ideal cells, in all physical arrays of the crossbar.
/// The cells that its row has beside the part are at G_min, or take nothing with selectors that cut them off. The unit
/// bit line of offset weights is left out (1 bit line in 129).
std::vector<double> ideal_unit_energies(const BitSerialChipSpec& chip, const IdealCells& cells);

}  // namespace crossloom
