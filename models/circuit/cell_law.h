// How the current of a cell depends on the voltage across it.
#pragma once

#include <string>

#include "base/units.h"

namespace crossloom {

/// Ampere per volt squared: what a transistor's mu C W / L is.
using TransconductanceFactor = Quantity<0, 0, -2, 1>;

/// A cell of conductance G. Currents are odd in the voltage.
///   ohmic              I = G v
///   hyperbolic_sine    I = G v0 sinh(v / v0): G at small voltages, growing with hopping or tunnelling through the
///   filament
///                      (form: Yang et al., Nature Nanotechnology 3, 2008, recalled). v0 of 0.1 to 0.5 V is usual.
///   access_transistor  the cell in series with a transistor whose gate overdrive V_ov is fixed: with x the voltage
///   across
///                      the transistor, I = G (v - x) = b (V_ov - x / 2) x while x <= V_ov, and b V_ov^2 / 2 beyond
///                      (square law, Shichman and Hodges, IEEE JSSC 3, 1968). The source's own voltage is taken as 0.
struct CellLaw {
  enum class Kind { ohmic, hyperbolic_sine, access_transistor };
  Kind kind = Kind::ohmic;
  Voltage sine_voltage = Voltage::from_si(0.25);  ///< v0
  TransconductanceFactor factor = TransconductanceFactor::from_si(1e-3);
  Voltage overdrive = Voltage::from_si(0.7);

  struct Point {
    Current current;
    Conductance slope;  ///< dI/dv, never negative
  };
  [[nodiscard]] Point at(Conductance conductance, Voltage voltage) const;
  /// Where Newton's method is to linearise next, having linearised at `last` and found `found`: large steps up an
  /// exponential are cut to their logarithm.
  [[nodiscard]] Voltage next_voltage(Voltage last, Voltage found) const;
};

/// Throws UserError where a parameter is not positive or not finite.
void check_cell_law(const CellLaw& law);

}  // namespace crossloom
