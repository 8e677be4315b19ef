#include "models/bit_serial/ideal_cells.h"

#include <algorithm>
#include <array>

#include "models/bit_serial/bit_kernels.h"
#include "models/bit_serial/weight_digits.h"

namespace crossloom {

namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kPadding = 16;
constexpr std::size_t kMostBits = 16;

/// q / 2^shift, rounded half to even.
std::int64_t rounded_shift(std::int64_t q, std::uint32_t shift) {
  if (shift == 0) return q;
  return (q + (std::int64_t{1} << (shift - 1)) - 1 + ((q >> shift) & 1)) >> shift;
}

}  // namespace

IdealCells::IdealCells(const CrossbarPart& part, const FixedPointLayer& layer, const BitSerialChipSpec& chip,
                       const std::vector<std::uint32_t>& shifts)
    : encoding_(chip.array.weight_encoding),
      codes_(chip),
      cell_bits_(chip.cell_bits()),
      slices_(chip.weight_slices()),
      polarities_(chip.polarities()),
      lines_(slices_ * polarities_),
      dac_bits_(chip.dac.bits),
      shifts_(shifts),
      rows_(part.rows.size()),
      columns_(part.columns.size()),
      stride_((columns_ + kPadding - 1) / kPadding * kPadding),
      words_((rows_ + kWordBits - 1) / kWordBits) {
  rounds_ = std::any_of(shifts_.begin(), shifts_.end(), [](std::uint32_t shift) { return shift > 0; });
  weights_.assign(rows_ * stride_, 0);
  level_sums_.assign(rows_, 0);
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t j = 0; j < columns_; ++j) {
      weights_[i * stride_ + j] = layer.weight(part.rows[i], part.columns[j]);
    }
  }
  const WeightDigits weight_digits(part, layer, chip, shifts_);
  std::vector<std::uint8_t> digits;
  for (std::size_t j = 0; j < columns_; ++j) {
    const std::uint64_t flipped = weight_digits.of_column(j, digits);
    for (std::size_t at = 0; at < digits.size(); ++at) level_sums_[at % rows_] += digits[at];
    if (!rounds_ && !may_clip(digits)) continue;
    counted_.push_back({static_cast<std::uint32_t>(j), flipped});
    keep_planes(digits);
  }
}

bool IdealCells::may_clip(const std::vector<std::uint8_t>& digits) const {
  for (std::uint32_t line = 0; line < lines_; ++line) {
    std::int64_t all_on = 0;
    for (std::size_t i = 0; i < rows_; ++i) all_on += digits[line * rows_ + i];
    if (all_on * ((std::int64_t{1} << dac_bits_) - 1) > codes_.highest) return true;
  }
  return false;
}

void IdealCells::keep_planes(const std::vector<std::uint8_t>& digits) {
  const std::size_t first = planes_.size();
  planes_.resize(first + std::size_t{lines_} * cell_bits_ * words_, 0);
  for (std::size_t line = 0; line < lines_; ++line) {
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::uint32_t c = 0; c < cell_bits_; ++c) {
        const std::uint64_t bit = (std::uint32_t{digits[line * rows_ + i]} >> c) & 1U;
        planes_[first + (line * cell_bits_ + c) * words_ + i / kWordBits] |= bit << (i % kWordBits);
      }
    }
  }
}

void IdealCells::product(const std::int32_t* inputs, const InputPlanes& planes, std::int64_t* sums,
                         ProductCounts& counts) const {
  integer_product(inputs, weights_.data(), rows_, stride_, columns_, sums);
  if (!counted_.empty()) correct(planes, sums, counts);
}

void IdealCells::correct(const InputPlanes& planes, std::int64_t* sums, ProductCounts& counts) const {
  const std::int64_t largest_digit = (std::int64_t{1} << cell_bits_) - 1;
  std::array<std::size_t, kMostBits + 1> suspects{};
  std::size_t suspect_count = 0;
  const std::vector<InputSliceBits>& slices = planes.slices();
  for (std::size_t t = 0; t < slices.size(); ++t) {
    const bool suspect = rounds_ ? planes.slice_sum(t) > 0 : planes.slice_sum(t) * largest_digit > codes_.highest;
    if (suspect) suspects[suspect_count++] = t;
  }
  if (suspect_count == 0) return;
  const bool by_pair = encoding_ == WeightEncoding::differential_analog;
  const std::uint32_t bits = slices.back().first_bit + slices.back().bits;
  // Of a few suspects among many slices only the planes between the first and the last are counted.
  const std::uint32_t first_bit = slices[suspects[0]].first_bit;
  const InputSliceBits& last = slices[suspects[suspect_count - 1]];
  const std::uint32_t many = std::min(bits, last.first_bit + last.bits) - first_bit;
  std::int32_t ones[kMostBits], negative_ones[kMostBits] = {};
  for (std::size_t u = 0; u < counted_.size(); ++u) {
    std::int64_t missed = 0;
    for (std::uint32_t line = 0; line < lines_; line += by_pair ? 2 : 1) {
      const std::uint32_t s = line / polarities_, shift = shifts_[s];
      count_bits(planes.plane(first_bit), many, planes_of(u, line), cell_bits_, words_, ones);
      if (by_pair) count_bits(planes.plane(first_bit), many, planes_of(u, line + 1), cell_bits_, words_, negative_ones);
      std::int64_t of_line = 0;
      for (std::size_t k = 0; k < suspect_count; ++k) {
        const InputSliceBits& slice = slices[suspects[k]];
        std::int64_t q = 0;
        for (std::uint32_t b = 0; b < slice.bits; ++b) {
          const std::size_t at = slice.first_bit + b - first_bit;
          q += std::int64_t{ones[at] - negative_ones[at]} << b;
        }
        const std::int64_t code = rounded_shift(q, shift);
        const std::int64_t held = std::clamp(code, codes_.lowest, codes_.highest);
        counts.clipped += held != code ? 1U : 0U;
        const std::int64_t off = held * (std::int64_t{1} << shift) - q;
        of_line += (slice.is_sign ? -off : off) * (std::int64_t{1} << slice.first_bit);
      }
      const bool subtracted = !by_pair && (line % polarities_ == 1 || ((counted_[u].flipped >> s) & 1U) != 0);
      missed += (subtracted ? -of_line : of_line) * (std::int64_t{1} << (s * cell_bits_));
    }
    sums[counted_[u].column] += missed;
  }
}

}  // namespace crossloom
