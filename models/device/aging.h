// What becomes of a written conductance until it is read: drift, loss of retention, temperature.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/device/cell_programming.h"

namespace crossloom {

/// clip(slope * ln(g) + offset, lowest, highest), g = conductance / full_scale, at least 1e-7 (the fit's own floor).
double evaluate(const LogarithmicFit& fit, Conductance conductance, Conductance full_scale);
/// Standard deviation around the target at this age, variance linear in ln t between the fits.
Conductance retention_deviation(const RetentionLaw& law, Conductance state, Time age);
/// exp(-E / k (1/T - 1/T_reference)), E at this conductance.
double temperature_factor(const DeviceSpec& device, Conductance conductance);

/// Aging of one layer's cells, in this order: retention (key child "retention"): an added normal deviation whose
/// variance is that of the fit at this age less that of the first fit, which is programming's own; drift (key child
/// "drift"); temperature. Stuck cells do not age. Nothing falls below 0. Not thread-safe: holds scratch.
class CellAging {
 public:
  CellAging(const DeviceSpec& device, RandomKey key, LayerId layer);
  /// `targets` are what the cells were meant to hold: exponents and spreads are those of the state aimed at.
  void apply(const CellRow& row, const double* targets, const std::uint8_t* stuck, double* conductances);

 private:
  void lose_retention(const CellRow& row, const double* targets, double* conductances);
  void drift(const CellRow& row, const double* targets, double* conductances);
  const DeviceSpec& device_;
  RandomField retention_, drift_;
  std::vector<double> normals_, aged_;
};

}  // namespace crossloom
