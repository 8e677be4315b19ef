#include "models/circuit/cell_law.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

namespace {

CellLaw::Point through_transistor(double siemens, double volts, double factor, double overdrive) {
  const double size = std::abs(volts);
  const double saturated = 0.5 * factor * overdrive * overdrive;
  if (siemens * (size - overdrive) >= saturated) {
    return {Current::from_si(std::copysign(saturated, volts)), Conductance::from_si(0.0)};
  }
  // (b / 2) x^2 - (b V_ov + G) x + G v = 0, its smaller root without cancellation.
  const double linear = factor * overdrive + siemens;
  const double root = std::sqrt(std::max(0.0, linear * linear - 2.0 * factor * siemens * size));
  const double across = 2.0 * siemens * size / (linear + root);
  const double slope = root > 0.0 ? siemens * (1.0 - siemens / root) : 0.0;
  return {Current::from_si(std::copysign(factor * (overdrive - 0.5 * across) * across, volts)),
          Conductance::from_si(std::max(0.0, slope))};
}

void check_positive(const char* name, const char* unit, double value) {
  if (std::isfinite(value) && value > 0.0) return;
  throw UserError(fmt::format("the {} of the cells is {} {}; it must be more than 0, and finite", name, value, unit));
}

}  // namespace

CellLaw::Point CellLaw::at(Conductance conductance, Voltage voltage) const {
  if (kind == Kind::hyperbolic_sine) {
    const double ratio = voltage / sine_voltage;
    return {conductance * sine_voltage * std::sinh(ratio), conductance * std::cosh(ratio)};
  }
  if (kind == Kind::access_transistor) {
    return through_transistor(conductance.si(), voltage.si(), factor.si(), overdrive.si());
  }
  return {conductance * voltage, conductance};
}

Voltage CellLaw::next_voltage(Voltage last, Voltage found) const {
  if (kind != Kind::hyperbolic_sine) return found;
  const double step = (found - last) / sine_voltage;
  const bool outwards = std::abs(found.si()) > std::abs(last.si());
  if (!outwards || std::abs(step) <= 2.0) return found;
  return last + sine_voltage * std::copysign(1.0 + std::log(std::abs(step) / 2.0 + 1.0), step);
}

void check_cell_law(const CellLaw& law) {
  if (law.kind == CellLaw::Kind::hyperbolic_sine) check_positive("sine voltage", "V", law.sine_voltage.si());
  if (law.kind == CellLaw::Kind::access_transistor) {
    check_positive("transistor factor", "A/V^2", law.factor.si());
    check_positive("gate overdrive", "V", law.overdrive.si());
  }
}

}  // namespace crossloom
