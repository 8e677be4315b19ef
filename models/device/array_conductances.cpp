#include "models/device/array_conductances.h"

#include <algorithm>

#include "models/device/read_noise.h"
#include "models/programmed_chip.h"

namespace crossloom {

std::vector<PhysicalArray> physical_arrays(const ProgrammedCrossbar& crossbar, const ChipSpec& chip) {
  ArrayLayout layout(chip.crossbar);
  layout.rows = crossbar.rows();
  layout.columns = crossbar.columns() + chip.crossbar.spare_columns;
  const ReadNoise noise(chip.device, chip.crossbar.read_voltage);
  const bool noisy = chip.device.read_noise.any();
  const std::size_t cells = std::size_t{layout.rows} * layout.bitlines();
  std::vector<PhysicalArray> arrays(layout.arrays());
  for (std::uint32_t a = 0; a < layout.arrays(); ++a) {
    PhysicalArray& array = arrays[a];
    array.wordlines = layout.rows;
    array.bitlines = layout.bitlines();
    array.conductance_s.resize(cells);
    array.target_s.resize(cells);
    if (noisy) array.variance_s2.resize(cells);
    for (std::uint32_t row = 0; row < layout.rows; ++row) {
      for (std::uint32_t k = 0; k < array.bitlines; ++k) {
        const ArrayLayout::Cell place = layout.cell(a, k);
        const std::uint32_t bitline = layout.bitline_of(crossbar.lines().column(place.column), place.polarity);
        const std::size_t at = std::size_t{crossbar.lines().wordline(row)} * array.bitlines + bitline;
        const CellReading cell = crossbar.cell_unchecked(row, place.column, place.polarity, place.slice);
        array.conductance_s[at] = cell.actual.si();
        array.target_s[at] = cell.target.si();
        if (!noisy) continue;
        const ReadStatistics statistics = noise.of(cell.actual, cell.target);
        array.conductance_s[at] += statistics.mean_shift_s;
        array.variance_s2[at] = statistics.variance_s2;
      }
    }
  }
  return arrays;
}

void effective_weights(const std::vector<PhysicalArray>& arrays, const ArrayLayout& layout, const CellLevels& levels,
                       const LineOrder& lines, const std::int16_t* targets, std::size_t stride, double* weights,
                       float* variances) {
  for (std::uint32_t row = 0; row < layout.rows; ++row) {
    for (std::uint32_t column = 0; column < layout.columns; ++column) {
      double missed = 0.0, variance = 0.0, slice_weight = 1.0 / levels.step.si();
      for (std::uint32_t slice = 0; slice < layout.slices; ++slice, slice_weight *= levels.count) {
        const std::size_t first = std::size_t{lines.wordline(row)} * layout.bitlines();
        const std::size_t plus = first + layout.bitline_of(lines.column(column), 0),
                          minus = first + layout.bitline_of(lines.column(column), 1);
        const PhysicalArray &positive = arrays[layout.array_of(slice, 0)],
                            &negative = arrays[layout.array_of(slice, 1)];
        missed += slice_weight * ((positive.conductance_s[plus] - positive.target_s[plus]) -
                                  (negative.conductance_s[minus] - negative.target_s[minus]));
        if (variances == nullptr) continue;
        variance += slice_weight * slice_weight * (positive.variance_s2[plus] + negative.variance_s2[minus]);
      }
      const std::size_t at = row * stride + column;
      weights[at] = targets[at] + missed;
      if (variances != nullptr) variances[at] = static_cast<float>(variance);
    }
  }
}

}  // namespace crossloom
