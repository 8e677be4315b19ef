#include "models/bit_serial/weight_digits.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"

namespace crossloom {

WeightDigits::WeightDigits(const CrossbarPart& part, const FixedPointLayer& layer, const BitSerialChipSpec& chip,
                           const std::vector<std::uint32_t>& shifts)
    : part_(part),
      layer_(layer),
      shifts_(shifts),
      encoding_(chip.array.weight_encoding),
      flip_encoding_(chip.array.flip_encoding),
      highest_code_(AdcCodes(chip).highest),
      cell_bits_(chip.cell_bits()),
      slices_(chip.weight_slices()),
      polarities_(chip.polarities()),
      dac_bits_(chip.dac.bits),
      weight_bits_(chip.weight_bits) {
  CROSSLOOM_CHECK(shifts_.size() == slices_, "one ADC step a weight slice");
}

std::uint64_t WeightDigits::of_column(std::size_t j, std::vector<std::uint8_t>& digits) const {
  const std::size_t rows = part_.rows.size();
  const std::uint32_t mask = (1U << cell_bits_) - 1U;
  const std::int32_t limit = (1 << (weight_bits_ - 1)) - 1;
  digits.resize(std::size_t{slices_} * polarities_ * rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::int32_t weight = layer_.weight(part_.rows[i], part_.columns[j]);
    CROSSLOOM_CHECK(std::abs(weight) <= limit, "a weight has more bits than the chip");
    for (std::uint32_t p = 0; p < polarities_; ++p) {
      std::uint32_t held = 0;
      if (encoding_ == WeightEncoding::offset) {
        held = static_cast<std::uint32_t>(weight + (1 << (weight_bits_ - 1)));
      } else if ((weight < 0) == (p == 1)) {
        held = static_cast<std::uint32_t>(std::abs(weight));
      }
      for (std::uint32_t s = 0; s < slices_; ++s) {
        digits[(s * polarities_ + p) * rows + i] = static_cast<std::uint8_t>((held >> (s * cell_bits_)) & mask);
      }
    }
  }
  return flip_encoding_ ? flip(digits) : 0;
}

std::uint64_t WeightDigits::flip(std::vector<std::uint8_t>& digits) const {
  std::uint64_t flipped = 0;
  const auto rows = static_cast<std::ptrdiff_t>(part_.rows.size());
  const auto largest = static_cast<std::uint8_t>((1U << cell_bits_) - 1U);
  for (std::uint32_t s = 0; s < slices_; ++s) {
    const auto first = digits.begin() + s * rows;
    std::int64_t all_on = 0;
    std::for_each(first, first + rows, [&](std::uint8_t digit) { all_on += digit; });
    if (all_on * ((std::int64_t{1} << dac_bits_) - 1) <= highest_code_ << shifts_[s]) continue;
    flipped |= std::uint64_t{1} << s;
    std::transform(first, first + rows, first,
                   [largest](std::uint8_t digit) { return static_cast<std::uint8_t>(largest - digit); });
  }
  return flipped;
}

}  // namespace crossloom
