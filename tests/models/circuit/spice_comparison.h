// Random arrays for comparison with ngspice.
#pragma once

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "models/circuit/array_solver.h"
#include "tests/models/circuit/random_array.h"
#include "tests/support/spice.h"

namespace crossloom::test {

struct SpiceCase {
  ConductanceMatrix cells;
  WireSpec wires;
  std::vector<double> volts;
  std::string text;
};

/// On/off from 2 to 1e4, wires from 0 to 30 ohm (one in four exactly 0), drivers on one side and on both, every third
/// with open and nearly shorted cells.
inline SpiceCase spice_case(std::uint32_t draw, std::uint32_t rows, std::uint32_t lines) {
  RandomStream stream(RandomKey(draw).child("spice"));
  const double on_off = 2.0 * std::pow(5e3, stream.uniform());
  const auto ohms = [&](double largest) { return stream.uniform() < 0.25 ? 0.0 : largest * stream.uniform(); };
  SpiceCase result;
  result.wires =
      wires_of(ohms(30), ohms(30), ohms(1000), ohms(300), draw % 2 == 0 ? DriverSides::one : DriverSides::both);
  result.cells = random_cells(rows, lines, stream, on_off, 1e-4, draw % 3 == 0 ? 0.03 : 0.0);
  result.volts = random_volts(rows, stream);
  result.text =
      fmt::format("draw {}: {} x {}, on/off {:.3g}, wordline {}, bitline {}, driver {}, sense {} ohm, sides {}", draw,
                  rows, lines, on_off, result.wires.wordline.si(), result.wires.bitline.si(), result.wires.driver.si(),
                  result.wires.sense.si(), draw % 2 + 1);
  return result;
}

/// Of a size up to `most` in either direction; draw 0 is a single cell.
inline SpiceCase spice_case(std::uint32_t draw, std::uint32_t most) {
  RandomStream sizes(RandomKey(draw).child("size"));
  if (draw == 0) return spice_case(draw, 1, 1);
  const std::uint32_t rows = 1 + sizes.below(most);
  return spice_case(draw, rows, 1 + sizes.below(most));
}

/// Largest relative difference of an output.
inline double worst_difference(const SpiceCase& example) {
  const std::vector<double> expected = spice_currents(example.cells, example.wires, {example.volts}).at(0);
  const TransferMatrix transfer = solve_transfer(example.cells, example.wires);
  double worst = 0.0;
  for (std::uint32_t j = 0; j < example.cells.bit_lines; ++j) {
    double current = 0.0;
    for (std::uint32_t i = 0; i < example.cells.rows; ++i) current += example.volts[i] * transfer.at(i, j);
    const double difference = std::abs(current - expected[j]);
    if (difference > 0.0) worst = std::max(worst, difference / std::abs(expected[j]));
  }
  return worst;
}

}  // namespace crossloom::test
