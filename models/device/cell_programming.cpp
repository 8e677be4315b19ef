#include "models/device/cell_programming.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossloom {

Conductance polynomial_deviation(const std::vector<Conductance>& coefficients, Conductance full_scale,
                                 Conductance conductance) {
  const double g = conductance / full_scale;
  double sum = 0.0;
  for (std::size_t k = coefficients.size(); k-- > 0;) sum = sum * g + coefficients[k].si();
  return Conductance::from_si(std::max(0.0, sum));
}

Conductance write_deviation(const DeviceSpec& device, Conductance state) {
  const Conductance window = device.maximum_conductance - device.minimum_conductance;
  if (!device.programming_law) return window * device.programming_error;
  const ProgrammingLaw& law = *device.programming_law;
  switch (law.kind) {
    case ProgrammingLaw::Kind::share_of_conductance:
      return state * (law.scale * law.factor);
    case ProgrammingLaw::Kind::window: {
      const double above = (state - device.minimum_conductance).si(), below = (device.maximum_conductance - state).si();
      return Conductance::from_si(law.scale * law.factor * std::sqrt(std::max(0.0, above * below)));
    }
    case ProgrammingLaw::Kind::polynomial:
      break;
  }
  return polynomial_deviation(law.coefficients, law.full_scale, state) * law.scale;
}

Conductance nearest_state(const DeviceSpec& device, Conductance target) {
  const std::vector<Conductance>& states = device.level_conductances;
  if (states.empty()) return target;
  const auto above = std::lower_bound(states.begin(), states.end(), target);
  if (above == states.begin()) return states.front();
  if (above == states.end()) return states.back();
  return target - *(above - 1) <= *above - target ? *(above - 1) : *above;
}

CellProgramming::CellProgramming(const DeviceSpec& device, const CrossbarSpec& crossbar, RandomKey key, LayerId layer)
    : device_(device),
      verify_(crossbar.write_verify),
      error_(key.child("programming_error").child(std::uint64_t{layer.value()})),
      variation_(key.child("variation").child(std::uint64_t{layer.value()})),
      errs_(device.programming_law ? !device.programming_law->off() : device.programming_error > 0.0),
      lowest_(0.0),
      highest_(std::numeric_limits<double>::infinity()) {
  if (!device.programming_law || device.programming_law->kind == ProgrammingLaw::Kind::window) {
    lowest_ = device.minimum_conductance.si();
    highest_ = device.maximum_conductance.si();
  }
}

double CellProgramming::once(double state, double deviation, double normal) const {
  return deviation == 0.0 ? state : std::clamp(state + deviation * normal, lowest_, highest_);
}

void CellProgramming::write(const CellRow& row, const double* targets, double* written, WriteCount& count) {
  normals_.resize(row.count);
  factors_.assign(row.count, 1.0);
  states_.resize(row.count);
  deviations_.assign(row.count, 0.0);
  const bool table = !device_.level_conductances.empty();
  for (std::size_t k = 0; k < row.count; ++k) {
    states_[k] = table ? nearest_state(device_, Conductance::from_si(targets[k])).si() : targets[k];
  }
  if (device_.variation && device_.variation->sigma > 0.0) {
    const double sigma = device_.variation->sigma;
    const bool lognormal = device_.variation->kind == VariationLaw::Kind::lognormal;
    variation_.normals(row.input, row.outputs, row.count, row.cell, 0, normals_.data());
    for (std::size_t k = 0; k < row.count; ++k) {
      factors_[k] = lognormal ? std::exp(sigma * normals_[k]) : std::max(0.0, 1.0 + sigma * normals_[k]);
    }
  }
  if (errs_) {
    error_.normals(row.input, row.outputs, row.count, row.cell, 0, normals_.data());
    for (std::size_t k = 0; k < row.count; ++k) {
      deviations_[k] = write_deviation(device_, Conductance::from_si(states_[k])).si();
    }
  }
  for (std::size_t k = 0; k < row.count; ++k) {
    written[k] = factors_[k] * once(states_[k], deviations_[k], normals_[k]);
  }
  count.attempts += row.count;
  if (verify_) verify(row, written, count);
}

void CellProgramming::verify(const CellRow& row, double* written, WriteCount& count) {
  const double window = (device_.maximum_conductance - device_.minimum_conductance).si();
  const double tolerance = verify_->tolerance * window;
  for (std::size_t k = 0; k < row.count; ++k) {
    for (std::uint32_t attempt = 1;; ++attempt) {
      count.read_conductance_s += written[k];
      if (std::abs(written[k] - states_[k]) <= tolerance || attempt >= verify_->attempts) break;
      const double normal = deviations_[k] == 0.0 ? 0.0 : error_.normal(row.input, row.outputs[k], row.cell, attempt);
      written[k] = factors_[k] * once(states_[k], deviations_[k], normal);
      ++count.attempts;
    }
  }
}

}  // namespace crossloom
