// One matrix-vector product of one crossbar part: the innermost work of every run, timed or not.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/input_planes.h"
#include "models/bit_serial/programmed_arrays.h"

namespace crossloom {

/// Computes products on programmed arrays, one after another. Holds scratch: one object a thread.
class CrossbarProducts {
 public:
  /// `arrays` must outlive it.
  explicit CrossbarProducts(const ProgrammedArrays& arrays);
  /// sums[j] = the partial sum of the part's column j, in units of input x weight, as docs/bit_serial.md has it.
  /// `inputs`: one a row of the part, in its order, within the chip's activation_bits (of two's complement where
  /// `is_signed`). `moment` keys what differs from read to read and matters only where devices or converters are noisy.
  /// Adds to `counts`.
  void product(PlacedCrossbarId crossbar, std::uint32_t part, const std::int32_t* inputs, bool is_signed,
               ReadMoment moment, std::int64_t* sums, ProductCounts& counts);

 private:
  void count_energy(const ProgrammedArrays::Part& part, const std::int32_t* inputs, ProductCounts& counts) const;
  const ProgrammedArrays* arrays_;
  InputPlanes planes_;
  RealScratch scratch_;
};

}  // namespace crossloom
