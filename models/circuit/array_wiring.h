// What one physical crossbar array is as a circuit: its cells' conductances, its wires, its drivers and its sense ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/units.h"

namespace crossloom {

/// Which ends of each wordline are driven. With `both`, the two drivers of a wordline hold the same voltage.
enum class DriverSides : std::uint8_t { one, both };

/// Wires of an array. Wordline i meets bit line j in cell (i, j). Cell (i, 0) is nearest to the driver, cell
/// (rows - 1, j) nearest to the sense end of its bit line, which is held at 0 V behind the sense resistance.
///
///   driver --- driver + wordline --- (i, 0) --- wordline --- (i, 1) --- ... --- (i, last) [--- wordline + driver]
///   (0, j) --- bitline --- (1, j) --- ... --- (rows - 1, j) --- bitline + sense --- 0 V
///
/// Driver and sense resistances come on top of one wire segment at each end. 0 ohm is exact: the nodes are one.
struct WireSpec {
  Resistance wordline;  ///< a segment between two cells of a wordline
  Resistance bitline;   ///< a segment between two cells of a bit line
  Resistance driver;
  Resistance sense;
  DriverSides sides = DriverSides::one;
  /// No resistance anywhere: currents are sums of V * G.
  [[nodiscard]] bool ideal() const {
    const Resistance none;
    return wordline == none && bitline == none && driver == none && sense == none;
  }
};

/// Conductances in siemens, [wordline][bit line]. 0 is an open cell or one that its selector cuts off.
struct ConductanceMatrix {
  std::uint32_t rows = 0, bit_lines = 0;
  std::vector<double> siemens;
  [[nodiscard]] double at(std::uint32_t row, std::uint32_t bit_line) const {
    return siemens[std::size_t{row} * bit_lines + bit_line];
  }
};

/// Throws UserError where a resistance is negative, not finite, or above 0 and so small (below 1e-15 ohm) or so large
/// (above 1e15 ohm) that it is a slip.
void check_wires(const WireSpec& wires);
/// Throws UserError, naming row and bit line from 0, where a conductance is negative, not finite or above 1e15 S; where
/// there are no rows or bit lines; where the number of values is not rows * bit_lines.
void check_conductances(const ConductanceMatrix& conductances);

}  // namespace crossloom
