#include "models/bit_serial/crossbar_product.h"

#include <cmath>

namespace crossloom {

CrossbarProducts::CrossbarProducts(const ProgrammedArrays& arrays) : arrays_(&arrays), planes_(arrays.chip()) {}

void CrossbarProducts::product(PlacedCrossbarId crossbar, std::uint32_t part, const std::int32_t* inputs,
                               bool is_signed, ReadMoment moment, std::int64_t* sums, ProductCounts& counts) {
  const ProgrammedArrays::Part& programmed = arrays_->part_of(crossbar, part);
  planes_.set(inputs, programmed.rows, is_signed);
  const std::size_t slices = planes_.slices().size();
  counts.conversions += arrays_->conversions(crossbar, part, slices);
  for (std::size_t t = 0; t < slices; ++t) counts.driven_wordlines += planes_.slice_driven(t);
  count_energy(programmed, inputs, counts);
  if (programmed.ideal != nullptr) {
    programmed.ideal->product(inputs, planes_, sums, counts);
  } else {
    programmed.real->product(inputs, planes_, moment, scratch_, sums, counts);
  }
}

void CrossbarProducts::count_energy(const ProgrammedArrays::Part& part, const std::int32_t* inputs,
                                    ProductCounts& counts) const {
  if (part.unit_zeptojoules == nullptr) return;
  const std::vector<double>& unit = *part.unit_zeptojoules;
  const std::uint32_t mask = (1U << arrays_->chip().activation_bits) - 1U;
  const bool one_bit = arrays_->chip().dac.bits == 1;
  double energy = 0.0;
  for (std::size_t i = 0; i < part.rows; ++i) {
    if (inputs[i] == 0) continue;
    std::uint64_t squares = 0;
    if (one_bit) {
      squares = static_cast<std::uint64_t>(__builtin_popcount(static_cast<std::uint32_t>(inputs[i]) & mask));
    } else {
      for (std::size_t t = 0; t < planes_.slices().size(); ++t) {
        const std::uint64_t x = planes_.slice_of(inputs[i], t);
        squares += x * x;
      }
    }
    energy += static_cast<double>(squares) * unit[i];
  }
  counts.array_zeptojoules += static_cast<std::uint64_t>(std::llround(energy));
}

}  // namespace crossloom
