// Arrays for tests of circuits.
#pragma once

#include <vector>

#include "base/random.h"
#include "models/circuit/array_wiring.h"

namespace crossloom::test {

inline WireSpec wires_of(double wordline, double bitline, double driver = 0.0, double sense = 0.0,
                         DriverSides sides = DriverSides::one) {
  WireSpec wires;
  wires.wordline = Resistance::from_si(wordline);
  wires.bitline = Resistance::from_si(bitline);
  wires.driver = Resistance::from_si(driver);
  wires.sense = Resistance::from_si(sense);
  wires.sides = sides;
  return wires;
}

/// Cells uniform from maximum / on_off to maximum (siemens); that share of them is open, as many again are nearly
/// shorted (10 mS).
inline ConductanceMatrix random_cells(std::uint32_t rows, std::uint32_t bit_lines, RandomStream& stream,
                                      double on_off = 10.0, double maximum = 1e-4, double faults = 0.0) {
  ConductanceMatrix cells{rows, bit_lines, {}};
  for (std::size_t k = 0; k < std::size_t{rows} * bit_lines; ++k) {
    const double minimum = maximum / on_off, fault = stream.uniform(), u = stream.uniform();
    cells.siemens.push_back(fault < faults ? 0.0 : fault < 2 * faults ? 1e-2 : minimum + u * (maximum - minimum));
  }
  return cells;
}

inline std::vector<double> random_volts(std::uint32_t rows, RandomStream& stream, double largest = 0.2) {
  std::vector<double> volts(rows);
  for (double& value : volts) value = largest * stream.uniform();
  return volts;
}

}  // namespace crossloom::test
