#include "models/device/aging.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr double kBoltzmannEvPerKelvin = 8.617333262e-5;  // CODATA 2018
constexpr double kSmallestState = 1e-7;

}  // namespace

double evaluate(const LogarithmicFit& fit, Conductance conductance, Conductance full_scale) {
  const double g = std::max(conductance / full_scale, kSmallestState);
  return std::clamp(fit.slope * std::log(g) + fit.offset, fit.lowest, fit.highest);
}

Conductance retention_deviation(const RetentionLaw& law, Conductance state, Time age) {
  CROSSLOOM_CHECK(law.fits.size() >= 2, "retention needs a fit at two times");
  std::size_t after = 1;
  while (after + 1 < law.fits.size() && law.fits[after].time < age) ++after;
  const RetentionLaw::Fit &first = law.fits[after - 1], &last = law.fits[after];
  const double share = std::clamp(std::log(age / first.time) / std::log(last.time / first.time), 0.0, 1.0);
  const double low = polynomial_deviation(first.coefficients, law.full_scale, state).si();
  const double high = polynomial_deviation(last.coefficients, law.full_scale, state).si();
  return Conductance::from_si(std::sqrt((1.0 - share) * low * low + share * high * high));
}

double temperature_factor(const DeviceSpec& device, Conductance conductance) {
  if (!device.temperature) return 1.0;
  const TemperatureLaw& law = *device.temperature;
  const double place =
      (conductance - device.minimum_conductance) / (device.maximum_conductance - device.minimum_conductance);
  const double at = std::clamp(place, 0.0, 1.0);
  const double activation_ev = (1.0 - at) * law.activation_at_minimum_ev + at * law.activation_at_maximum_ev;
  return std::exp(-activation_ev / kBoltzmannEvPerKelvin * (1.0 / law.at.si() - 1.0 / law.reference.si()));
}

CellAging::CellAging(const DeviceSpec& device, RandomKey key, LayerId layer)
    : device_(device),
      retention_(key.child("retention").child(std::uint64_t{layer.value()})),
      drift_(key.child("drift").child(std::uint64_t{layer.value()})) {}

void CellAging::apply(const CellRow& row, const double* targets, const std::uint8_t* stuck, double* conductances) {
  const bool warms = device_.temperature && !device_.temperature->off();
  if (!device_.loses_retention() && !device_.drifts() && !warms) return;
  aged_.assign(conductances, conductances + row.count);
  normals_.resize(row.count);
  if (device_.loses_retention()) lose_retention(row, targets, aged_.data());
  if (device_.drifts()) drift(row, targets, aged_.data());
  for (std::size_t k = 0; warms && k < row.count; ++k) {
    aged_[k] *= temperature_factor(device_, Conductance::from_si(aged_[k]));
  }
  for (std::size_t k = 0; k < row.count; ++k) {
    if (stuck[k] == 0) conductances[k] = aged_[k];
  }
}

void CellAging::lose_retention(const CellRow& row, const double* targets, double* conductances) {
  retention_.normals(row.input, row.outputs, row.count, row.cell, 0, normals_.data());
  const RetentionLaw& law = *device_.retention;
  for (std::size_t k = 0; k < row.count; ++k) {
    const Conductance state = nearest_state(device_, Conductance::from_si(targets[k]));
    const double fresh = polynomial_deviation(law.fits.front().coefficients, law.full_scale, state).si();
    const double now = retention_deviation(law, state, device_.time_after_programming).si();
    const double added = law.scale * std::sqrt(std::max(0.0, now * now - fresh * fresh));
    conductances[k] = std::max(0.0, conductances[k] + added * normals_[k]);
  }
}

void CellAging::drift(const CellRow& row, const double* targets, double* conductances) {
  drift_.normals(row.input, row.outputs, row.count, row.cell, 0, normals_.data());
  const DriftLaw& law = *device_.drift;
  const double log_age = std::log(device_.time_after_programming / law.reference_time);
  for (std::size_t k = 0; k < row.count; ++k) {
    const Conductance state = nearest_state(device_, Conductance::from_si(targets[k]));
    const double exponent = std::abs(evaluate(law.mean, state, law.full_scale) +
                                     evaluate(law.deviation, state, law.full_scale) * normals_[k]);
    conductances[k] *= std::exp(-law.scale * exponent * log_age);
  }
}

}  // namespace crossloom
