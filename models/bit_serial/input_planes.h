// The inputs of one product as bit planes: bit b of 64 wordlines to a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/aligned_vector.h"
#include "models/bit_serial/bit_slices.h"

namespace crossloom {

/// Scratch that is filled again for every product. Not thread-safe.
class InputPlanes {
 public:
  explicit InputPlanes(const BitSerialChipSpec& chip);
  /// `inputs`: one a wordline, within activation_bits bits (of two's complement where signed).
  void set(const std::int32_t* inputs, std::size_t rows, bool is_signed);

  [[nodiscard]] std::size_t words() const { return words_; }
  [[nodiscard]] const std::uint64_t* plane(std::uint32_t bit) const { return planes_.data() + bit * words_; }
  [[nodiscard]] const std::vector<InputSliceBits>& slices() const { return is_signed_ ? signed_ : unsigned_; }
  /// Sum over the wordlines of slice t.
  [[nodiscard]] std::int64_t slice_sum(std::size_t t) const { return sums_[t]; }
  /// Wordlines on which slice t is not 0.
  [[nodiscard]] std::uint32_t slice_driven(std::size_t t) const { return driven_[t]; }
  /// Sum of the inputs.
  [[nodiscard]] std::int64_t input_sum() const { return input_sum_; }
  /// Slice t of an input.
  [[nodiscard]] std::uint32_t slice_of(std::int32_t input, std::size_t t) const {
    const InputSliceBits& slice = slices()[t];
    return (static_cast<std::uint32_t>(input) >> slice.first_bit) & ((1U << slice.bits) - 1U);
  }

 private:
  void transpose(const std::int32_t* inputs, std::size_t rows);
  void count();
  std::vector<InputSliceBits> unsigned_, signed_;
  std::uint32_t bits_;
  bool is_signed_ = false;
  std::size_t words_ = 0;
  std::int64_t input_sum_ = 0;
  AlignedVector<std::uint64_t> planes_;  ///< [bit][word]
  std::vector<std::int64_t> sums_;
  std::vector<std::uint32_t> driven_;
};

}  // namespace crossloom
