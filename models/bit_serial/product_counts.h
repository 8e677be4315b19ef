// What one matrix-vector product of a crossbar part counted.
#pragma once

#include <cstdint>

namespace crossloom {

struct ProductCounts {
  /// Of all columns, slices and polarities, and one an input slice of the unit bit line that offset weights need.
  std::uint64_t conversions = 0;
  std::uint64_t clipped = 0;  ///< of these: rounded sum beyond the lowest or highest code
  /// Wordlines whose slice is not 0, summed over input slices (of one physical array; all of the crossbar's do the
  /// same).
  std::uint64_t driven_wordlines = 0;
  /// Dissipated in the cells of all physical arrays, 1e-21 J, rounded once a product (with wires: once a slice), so
  /// that sums do not depend on their order.
  std::uint64_t array_zeptojoules = 0;
  ProductCounts& operator+=(const ProductCounts& other) {
    conversions += other.conversions;
    clipped += other.clipped;
    driven_wordlines += other.driven_wordlines;
    array_zeptojoules += other.array_zeptojoules;
    return *this;
  }
};

/// Which read a product is: what differs from read to read is drawn by it.
struct ReadMoment {
  std::uint32_t image = 0;
  std::uint32_t position = 0;  ///< raster number in the layer's output plane
};

}  // namespace crossloom
