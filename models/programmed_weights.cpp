// What a crossbar computes with: effective weights, their noise and the energy of a read, from what its cells hold.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "models/chip_programmer.h"
#include "models/device/array_conductances.h"
#include "models/device/column_gain.h"

namespace crossloom {

namespace {

constexpr double kZeptojoulesPerJoule = 1e21;

/// Each wordline's driver is off by its own share (key child "driver_variation"). [array][wordline].
std::vector<std::vector<double>> driver_factors(const ArrayLayout& layout, double variation, RandomKey key,
                                                CrossbarId crossbar) {
  std::vector<std::vector<double>> factors(layout.arrays(), std::vector<double>(layout.rows, 1.0));
  if (variation == 0.0) return factors;
  const RandomField field(key.child("driver_variation").child(std::uint64_t{crossbar.value()}));
  for (std::uint32_t a = 0; a < layout.arrays(); ++a) {
    for (std::uint32_t row = 0; row < layout.rows; ++row) {
      factors[a][row] = std::max(0.0, 1.0 + variation * field.normal(a, row, 0));
    }
  }
  return factors;
}

void scale_wordlines(PhysicalArray& array, const std::vector<double>& factors) {
  for (std::size_t at = 0; at < array.conductance_s.size(); ++at) {
    const double factor = factors[at / array.bitlines];
    array.conductance_s[at] *= factor;
    if (!array.variance_s2.empty()) array.variance_s2[at] *= factor * factor;
  }
}

}  // namespace

void ChipProgrammer::derive(ProgrammedChip& chip) const {
  for_each_crossbar([&](CrossbarId id) {
    ProgrammedCrossbar& crossbar = chip.crossbars_[id];
    crossbar.largest_weight_ = 1;
    for (const std::int16_t weight : crossbar.levels_) {
      crossbar.largest_weight_ = std::max<std::int32_t>(crossbar.largest_weight_, std::abs(weight));
    }
    if (!chip.ideal_) {
      derive_real(crossbar, id, chip.key_);
    } else {
      derive_row_energy(crossbar, mapped_.crossbars[id],
                        [&](std::uint32_t row, std::uint32_t first, std::uint32_t last) {
                          return ideal_row_energy(crossbar, row, first, last);
                        });
    }
  });
}

void ChipProgrammer::derive_real(ProgrammedCrossbar& crossbar, CrossbarId id, RandomKey key) const {
  const ArrayLayout layout = layout_of(crossbar);
  std::vector<PhysicalArray> arrays = physical_arrays(crossbar, spec_);
  const auto factors = driver_factors(layout, spec_.crossbar.driver_variation, key, id);
  if (spec_.crossbar.wires.ideal()) {
    derive_cell_energy(crossbar, mapped_.crossbars[id], factors, arrays);
  } else {
    add_wires(crossbar, mapped_.crossbars[id], factors, arrays);
  }
  for (std::uint32_t a = 0; spec_.crossbar.driver_variation > 0.0 && a < arrays.size(); ++a) {
    scale_wordlines(arrays[a], factors[a]);
  }
  std::vector<double> weights(crossbar.rows_ * crossbar.stride_, 0.0);
  const bool noisy = spec_.device.read_noise.any();
  if (noisy) crossbar.variance_.assign(crossbar.rows_ * crossbar.stride_, 0.0F);
  effective_weights(arrays, layout, levels_, crossbar.lines_, crossbar.levels_.data(), crossbar.stride_, weights.data(),
                    noisy ? crossbar.variance_.data() : nullptr);
  if (spec_.crossbar.calibration == Calibration::column_gain) {
    calibrate_columns(crossbar, mapped_.crossbars[id], weights);
  }
  crossbar.effective_.resize(weights.size());
  std::transform(weights.begin(), weights.end(), crossbar.effective_.begin(),
                 [](double weight) { return static_cast<float>(weight); });
}

// Energy is that of the cells at their drivers' voltages, before anything is done to the currents.
void ChipProgrammer::derive_cell_energy(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                                        const std::vector<std::vector<double>>& factors,
                                        const std::vector<PhysicalArray>& arrays) const {
  const ArrayLayout layout = layout_of(crossbar);
  derive_row_energy(crossbar, placed, [&](std::uint32_t row, std::uint32_t first, std::uint32_t last) {
    double conductance = 0.0;
    for (std::uint32_t a = 0; a < arrays.size(); ++a) {
      const std::uint32_t wordline = crossbar.lines_.wordline(row);
      const double* of_row = arrays[a].conductance_s.data() + std::size_t{wordline} * layout.bitlines();
      double sum = 0.0;
      for (std::uint32_t column = first; column < last; ++column) {
        const std::uint32_t place = crossbar.lines_.column(column);
        for (std::uint32_t j = layout.bitline_of(place, 0); j < layout.bitline_of(place + 1, 0); ++j) sum += of_row[j];
      }
      conductance += factors[a][wordline] * factors[a][wordline] * sum;
    }
    return read_energy(conductance);
  });
}

void ChipProgrammer::calibrate_columns(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                                       std::vector<double>& weights) const {
  for (const BlockPart& part : placed.parts) {
    for (std::size_t j = 0; j < part.columns.size(); ++j) {
      const std::size_t first = part.first_wordline * crossbar.stride_ + part.first_column + j;
      const double gain =
          column_gain(crossbar.levels_.data() + first, weights.data() + first, part.rows.size(), crossbar.stride_);
      for (std::size_t at = first; at < first + part.rows.size() * crossbar.stride_; at += crossbar.stride_) {
        weights[at] *= gain;
        if (!crossbar.variance_.empty()) crossbar.variance_[at] *= static_cast<float>(gain * gain);
      }
    }
  }
}

Zeptojoules ChipProgrammer::read_energy(double conductance_s) const {
  const double voltage = spec_.crossbar.read_voltage.si();
  const double joules = voltage * voltage * conductance_s * spec_.crossbar.read_time.si();
  return static_cast<Zeptojoules>(std::llround(joules * kZeptojoulesPerJoule));
}

Zeptojoules ChipProgrammer::ideal_row_energy(const ProgrammedCrossbar& crossbar, std::uint32_t row, std::uint32_t first,
                                             std::uint32_t last) const {
  std::uint64_t level_sum = 0;
  for (std::uint32_t column = first; column < last; ++column) {
    auto magnitude = static_cast<std::uint32_t>(std::abs(crossbar.levels_[row * crossbar.stride_ + column]));
    for (; magnitude != 0; magnitude /= levels_.count) level_sum += magnitude % levels_.count;
  }
  const std::uint64_t cells = std::uint64_t{last - first} * 2 * crossbar.slices_;
  return read_energy(static_cast<double>(cells) * levels_.minimum.si() +
                     static_cast<double>(level_sum) * levels_.step.si());
}

void ChipProgrammer::derive_row_energy(
    ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
    const std::function<Zeptojoules(std::uint32_t row, std::uint32_t first, std::uint32_t last)>& energy_of) const {
  if (spec_.crossbar.selector == Selector::none) {
    for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
      crossbar.row_energy_[row] = energy_of(row, 0, crossbar.cell_columns_);
    }
    return;
  }
  crossbar.row_energy_.assign(crossbar.rows_, 0);
  for (const BlockPart& part : placed.parts) {
    const std::uint32_t last_column = part.first_column + static_cast<std::uint32_t>(part.columns.size());
    for (std::uint32_t k = 0; k < part.rows.size(); ++k) {
      const std::uint32_t row = part.first_wordline + k;
      crossbar.row_energy_[row] = energy_of(row, part.first_column, last_column);
    }
  }
}

}  // namespace crossloom
