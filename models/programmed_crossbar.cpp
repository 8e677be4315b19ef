// One crossbar: its cells, its sums, its energy.
#include <algorithm>

#include "base/error.h"
#include "models/crossbar_kernels.h"
#include "models/programmed_chip.h"

namespace crossloom {

namespace {

std::uint32_t digit_of(std::uint32_t magnitude, std::uint32_t base, std::uint32_t slice) {
  for (std::uint32_t s = 0; s < slice; ++s) magnitude /= base;
  return magnitude % base;
}

}  // namespace

ProgrammedCrossbar::ProgrammedCrossbar(std::uint32_t rows, std::uint32_t columns, std::uint32_t slices,
                                       const CellLevels& cell_levels, std::uint32_t spare_columns)
    : rows_(rows),
      columns_(columns),
      slices_(slices),
      cell_columns_(columns + spare_columns),
      stride_((cell_columns_ + kColumnPadding - 1) / kColumnPadding * kColumnPadding),
      cell_levels_(cell_levels),
      levels_(rows * stride_),
      row_energy_(rows) {}

std::int32_t ProgrammedCrossbar::target_weight(std::uint32_t row, std::uint32_t column) const {
  CROSSLOOM_CHECK(row < rows_ && column < columns_, "a weight outside the crossbar");
  return levels_[row * stride_ + column];
}

CellReading ProgrammedCrossbar::cell(std::uint32_t row, std::uint32_t column, std::uint32_t polarity,
                                     std::uint32_t slice) const {
  CROSSLOOM_CHECK(polarity < 2 && slice < slices_, "a weight has no such cell");
  CROSSLOOM_CHECK(row < rows_ && column < columns_, "a cell outside the crossbar");
  return cell_unchecked(row, column, polarity, slice);
}

CellReading ProgrammedCrossbar::cell_unchecked(std::uint32_t row, std::uint32_t column, std::uint32_t polarity,
                                               std::uint32_t slice) const {
  const std::int32_t weight = levels_[row * stride_ + column] * (polarity == 0 ? 1 : -1);
  const std::uint32_t level = weight > 0 ? digit_of(static_cast<std::uint32_t>(weight), cell_levels_.count, slice) : 0U;
  CellReading reading;
  reading.target = cell_levels_.minimum + cell_levels_.step * static_cast<double>(level);
  reading.actual = reading.target;
  if (deviation_.empty()) return reading;
  // The deviation is rounded to 32 bits: a cell without any conductance must not come out below zero.
  const float deviation = deviation_[cell_index(row, column, slice) + polarity];
  reading.actual = Conductance::from_si(std::max(0.0, reading.target.si() + static_cast<double>(deviation)));
  return reading;
}

void ProgrammedCrossbar::integrate(const std::uint16_t* driven_rows, std::size_t driven, std::int32_t* sums) const {
  add_driven_rows(levels_.data(), stride_, largest_weight_, driven_rows, driven, columns_, sums);
}

void ProgrammedCrossbar::integrate(const std::uint16_t* driven_rows, std::size_t driven, double* sums) const {
  if (!effective_.empty()) {
    add_driven_rows(effective_.data(), stride_, driven_rows, driven, columns_, sums);
    return;
  }
  for (std::size_t k = 0; k < driven; ++k) {
    const std::int16_t* row = levels_.data() + driven_rows[k] * stride_;
    for (std::size_t j = 0; j < columns_; ++j) sums[j] += row[j];
  }
}

void ProgrammedCrossbar::integrate_variances(const std::uint16_t* driven_rows, std::size_t driven,
                                             float* variances) const {
  add_driven_rows(variance_.data(), stride_, driven_rows, driven, columns_, variances);
}

}  // namespace crossloom
