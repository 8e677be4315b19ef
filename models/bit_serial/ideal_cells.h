// One crossbar part with ideal cells: the product of its integers, and what ADCs take from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/aligned_vector.h"
#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/input_planes.h"
#include "models/bit_serial/placed_network.h"
#include "models/bit_serial/product_counts.h"

namespace crossloom {

/// The product is that of the integers plus, for each conversion that clips or rounds, what it is off. A conversion can
/// only do so where its ADC's step is more than 1, or where the inputs of its slice times the largest digit pass the
/// highest code and so does its bit line with all inputs on: bits are counted there and nowhere else. Using it is
/// thread-safe.
class IdealCells {
 public:
  /// `shifts`: of the layer's ADC steps, one a weight slice. Throws Bug where a weight has more bits than the chip.
  IdealCells(const CrossbarPart& part, const FixedPointLayer& layer, const BitSerialChipSpec& chip,
             const std::vector<std::uint32_t>& shifts);
  /// sums[j] = what the chip makes of column j, for the inputs and their planes. Adds to counts.clipped.
  void product(const std::int32_t* inputs, const InputPlanes& planes, std::int64_t* sums, ProductCounts& counts) const;
  /// Sum over the cells of wordline i of their levels.
  [[nodiscard]] std::uint64_t level_sum(std::size_t i) const { return level_sums_[i]; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  /// Columns that may clip or round.
  [[nodiscard]] std::size_t counted_columns() const { return counted_.size(); }

 private:
  struct Column {
    std::uint32_t column = 0;
    std::uint64_t flipped = 0;  ///< a bit a slice
  };
  [[nodiscard]] bool may_clip(const std::vector<std::uint8_t>& digits) const;
  void keep_planes(const std::vector<std::uint8_t>& digits);
  void correct(const InputPlanes& planes, std::int64_t* sums, ProductCounts& counts) const;
  [[nodiscard]] const std::uint64_t* planes_of(std::size_t counted, std::size_t line) const {
    return planes_.data() + (counted * lines_ + line) * cell_bits_ * words_;
  }

  WeightEncoding encoding_;
  AdcCodes codes_;
  std::uint32_t cell_bits_, slices_, polarities_, lines_, dac_bits_;
  std::vector<std::uint32_t> shifts_;
  bool rounds_ = false;  ///< a step is more than 1
  std::size_t rows_, columns_, stride_, words_;
  AlignedVector<std::int16_t> weights_;  ///< [row][stride]
  std::vector<Column> counted_;
  AlignedVector<std::uint64_t> planes_;  ///< [counted column][line][cell bit][word]
  std::vector<std::uint64_t> level_sums_;
};

}  // namespace crossloom
