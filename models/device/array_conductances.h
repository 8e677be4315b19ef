// A crossbar as its physical arrays: which cell is where, what conductance it has, and what weights that makes.
//
// This is where circuit effects belong: they turn an array's conductances into transfer conductances (current into a
// bit line for one volt on a word line, same shape), between physical_arrays() and effective_weights().
#pragma once

#include <cstdint>
#include <vector>

#include "models/chip_spec.h"
#include "models/line_order.h"

namespace crossloom {

class ProgrammedCrossbar;
struct CellLevels;

/// Where the cells of a logical crossbar are; rows and columns are physical ones (line_order.h), spare columns last.
/// Slice s of paired columns is array s, its bit line 2 j holds the positive cells of column j and 2 j + 1 the negative
/// ones; with paired arrays, array 2 s holds the positive and 2 s + 1 the negative cells of slice s, column j at bit
/// line j.
struct ArrayLayout {
  SignedScheme scheme = SignedScheme::paired_columns;
  std::uint32_t rows = 0, columns = 0, slices = 1;
  explicit ArrayLayout(const CrossbarSpec& crossbar)
      : scheme(crossbar.signed_scheme),
        rows(crossbar.rows),
        columns(crossbar.physical_columns()),
        slices(crossbar.weight_slices) {}
  [[nodiscard]] std::uint32_t arrays() const { return slices * (paired_columns() ? 1U : 2U); }
  [[nodiscard]] std::uint32_t bitlines() const { return columns * (paired_columns() ? 2U : 1U); }
  [[nodiscard]] std::uint32_t array_of(std::uint32_t slice, std::uint32_t polarity) const {
    return paired_columns() ? slice : 2 * slice + polarity;
  }
  [[nodiscard]] std::uint32_t bitline_of(std::uint32_t column, std::uint32_t polarity) const {
    return paired_columns() ? 2 * column + polarity : column;
  }
  struct Cell {
    std::uint32_t column, slice, polarity;
  };
  [[nodiscard]] Cell cell(std::uint32_t array, std::uint32_t bitline) const {
    return paired_columns() ? Cell{bitline / 2, array, bitline % 2} : Cell{bitline, array / 2, array % 2};
  }

 private:
  [[nodiscard]] bool paired_columns() const { return scheme == SignedScheme::paired_columns; }
};

/// One physical array: conductances (or transfer conductances) in siemens, [wordline][bitline], what they were meant to
/// be, and the variance of each over reads in siemens squared (empty without read noise).
struct PhysicalArray {
  std::uint32_t wordlines = 0, bitlines = 0;
  std::vector<double> conductance_s;
  std::vector<double> target_s;
  std::vector<double> variance_s2;
};

/// The arrays of a crossbar with the mean conductance of every cell over reads, used or not, where its line order has
/// them; never negative.
std::vector<PhysicalArray> physical_arrays(const ProgrammedCrossbar& crossbar, const ChipSpec& chip);

/// weights[row * stride + column] = targets[row * stride + column] + sum over slices of levels^slice (D+ - D-) / step,
/// D what a conductance misses its target by: exactly the target where no cell does. The same for variances, with the
/// squares of the factors and added over polarities (variances may be null). In units of one level. Rows and columns
/// are logical ones, which `lines` finds in the arrays.
void effective_weights(const std::vector<PhysicalArray>& arrays, const ArrayLayout& layout, const CellLevels& levels,
                       const LineOrder& lines, const std::int16_t* targets, std::size_t stride, double* weights,
                       float* variances);

}  // namespace crossloom
