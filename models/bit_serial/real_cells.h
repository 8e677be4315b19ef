// One crossbar part whose cells, wires or converters err: sums of real numbers, and what each single ADC makes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "models/aligned_vector.h"
#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/bit_slices.h"
#include "models/bit_serial/converters.h"
#include "models/bit_serial/input_planes.h"
#include "models/bit_serial/product_counts.h"

namespace crossloom {

/// What products on real cells need beside the cells; one a thread.
struct RealScratch {
  std::vector<std::uint16_t> rows;     ///< driven wordlines, slice after slice; what lies behind the last end is old
  std::vector<std::size_t> ends;       ///< of each slice's
  std::vector<float> factors;          ///< values of their slices
  std::vector<float> driven, squares;  ///< what DACs make of them in one array
  std::vector<float> before;           ///< where each wordline stood at the last slice
  std::vector<std::uint32_t> wordlines;
  AlignedVector<float> sums, variances;  ///< [slice][bit line of any array]
  AlignedVector<float> values, noise;    ///< [conversion]
  std::vector<double> normals;
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> totals;
};

/// The part's cells in one physical array.
struct RealArrayPart {
  std::uint32_t lines = 0;         ///< bit lines
  AlignedVector<float> digits;     ///< [panel][row][kPanelLines], levels above G_min
  AlignedVector<float> variances;  ///< over reads, levels squared; empty without read noise
  std::vector<float> dac_levels;   ///< [row][2^dac.bits] (converters.h); empty with ideal DACs that settle at once
  [[nodiscard]] std::size_t panels() const;
};

/// One conversion of each input slice: bit line, converter, and what its code counts for.
struct RealConversion {
  std::uint32_t line = 0;           ///< among those of all arrays, arrays padded to whole panels
  std::uint32_t negative_line = 0;  ///< taken off before the conversion (differential_analog)
  std::uint32_t column = 0, slice = 0;
  bool subtracted = false;  ///< its code counts negative
  bool flipped = false;     ///< and is taken from the sum of inputs
  AdcDeviation deviation;
  std::shared_ptr<const std::vector<float>> transitions;
};

class RealCells {
 public:
  struct Parts {
    std::vector<RealArrayPart> arrays;
    std::vector<RealConversion> conversions;
    std::uint32_t rows = 0, columns = 0;
    std::uint32_t first_wordline = 0;
    /// Energy of wordlines driven together, in zeptojoules: sum over i, k of x_i x_k of this, [panel][row]
    /// [kPanelLines]; empty where wires are ideal or energy is constant.
    AlignedVector<float> joint_zeptojoules;
    RandomKey key{0};  ///< of what differs from read to read in this part
  };
  RealCells(Parts parts, const BitSerialChipSpec& chip, const std::vector<std::uint32_t>& shifts);
  void product(const std::int32_t* inputs, const InputPlanes& planes, ReadMoment moment, RealScratch& scratch,
               std::int64_t* sums, ProductCounts& counts) const;

 private:
  void list_driven(const std::int32_t* inputs, const InputPlanes& planes, RealScratch& scratch) const;
  /// The same where a slice is one bit and wordlines settle at once.
  void list_set_bits(const InputPlanes& planes, RealScratch& scratch) const;
  void sum_array(const RealArrayPart& array, std::size_t first_line, std::size_t slices, RealScratch& scratch) const;
  void sum_arrays(const InputPlanes& planes, ReadMoment moment, RealScratch& scratch) const;
  void dac_factors(std::size_t array, const InputPlanes& planes, ReadMoment moment, RealScratch& scratch) const;
  void convert(std::size_t slice, const InputPlanes& planes, ReadMoment moment, RealScratch& scratch,
               ProductCounts& counts) const;
  void shift_transitions(RealScratch& scratch) const;
  void add_joint_energy(const InputPlanes& planes, RealScratch& scratch, ProductCounts& counts) const;

  Parts parts_;
  AdcCodes codes_;
  WeightEncoding encoding_;
  std::uint32_t cell_bits_, weight_bits_, dac_bits_;
  float adc_variance_;
  double dac_noise_;
  float unsettled_;  ///< share of a wordline's step that is missing when bit lines are sampled
  bool by_pair_, noisy_, plain_inputs_, converters_ideal_, transitions_ = false;
  std::size_t all_lines_ = 0;  ///< of all arrays, padded
  std::vector<std::uint32_t> shifts_;
  RandomKey read_noise_;
  RandomField dac_field_;
  AlignedVector<float> inverse_step_, gain_, offset_, bow_;
};

}  // namespace crossloom
