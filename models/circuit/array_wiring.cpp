#include "models/circuit/array_wiring.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr double kSmallest = 1e-15, kLargest = 1e15;

void check_resistance(const char* name, Resistance resistance) {
  const double ohms = resistance.si();
  if (!std::isfinite(ohms) || ohms < 0.0) {
    throw UserError(fmt::format("the {} resistance is {} ohm; it must be 0 or more, and finite", name, ohms));
  }
  if (ohms > 0.0 && (ohms < kSmallest || ohms > kLargest)) {
    throw UserError(fmt::format("the {} resistance is {} ohm; it must be 0, or from {} to {} ohm", name, ohms,
                                kSmallest, kLargest));
  }
}

}  // namespace

void check_wires(const WireSpec& wires) {
  check_resistance("wordline", wires.wordline);
  check_resistance("bitline", wires.bitline);
  check_resistance("driver", wires.driver);
  check_resistance("sense", wires.sense);
}

void check_conductances(const ConductanceMatrix& conductances) {
  const std::size_t cells = std::size_t{conductances.rows} * conductances.bit_lines;
  if (cells == 0) throw UserError("an array needs at least one row and one bit line");
  if (conductances.siemens.size() != cells) {
    throw UserError(fmt::format("{} rows of {} bit lines take {} conductances, got {}", conductances.rows,
                                conductances.bit_lines, cells, conductances.siemens.size()));
  }
  for (std::size_t k = 0; k < cells; ++k) {
    const double siemens = conductances.siemens[k];
    if (siemens >= 0.0 && siemens <= kLargest) continue;
    throw UserError(fmt::format("the conductance of row {}, bit line {} (from 0) is {} S; it must be from 0 to {} S",
                                k / conductances.bit_lines, k % conductances.bit_lines, siemens, kLargest));
  }
}

}  // namespace crossloom
