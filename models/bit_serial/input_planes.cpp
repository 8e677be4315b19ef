#include "models/bit_serial/input_planes.h"

#include <cstring>

namespace crossloom {

namespace {

constexpr std::size_t kWordBits = 64;

/// Byte r, bit c of the result is byte c, bit r of the argument (Hacker's Delight, section 7-3: swaps of ever larger
/// blocks).
std::uint64_t transposed(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7U)) & 0x00AA00AA00AA00AAU;
  x ^= t ^ (t << 7U);
  t = (x ^ (x >> 14U)) & 0x0000CCCC0000CCCCU;
  x ^= t ^ (t << 14U);
  t = (x ^ (x >> 28U)) & 0x00000000F0F0F0F0U;
  return x ^ t ^ (t << 28U);
}

}  // namespace

InputPlanes::InputPlanes(const BitSerialChipSpec& chip)
    : unsigned_(input_slice_bits(chip, false)), signed_(input_slice_bits(chip, true)), bits_(chip.activation_bits) {
  sums_.resize(std::max(unsigned_.size(), signed_.size()));
  driven_.resize(sums_.size());
}

void InputPlanes::set(const std::int32_t* inputs, std::size_t rows, bool is_signed) {
  is_signed_ = is_signed;
  words_ = (rows + kWordBits - 1) / kWordBits;
  // Bits are transposed a byte at a time, so there is room for whole bytes.
  planes_.assign((bits_ + 7) / 8 * 8 * words_, 0);
  transpose(inputs, rows);
  count();
  input_sum_ = 0;
  for (std::size_t i = 0; i < rows; ++i) input_sum_ += inputs[i];
}

void InputPlanes::transpose(const std::int32_t* inputs, std::size_t rows) {
  for (std::size_t first = 0; first < rows; first += 8) {
    const std::size_t many = std::min<std::size_t>(8, rows - first);
    for (std::uint32_t byte = 0; byte < bits_; byte += 8) {
      std::uint64_t block = 0;
      for (std::size_t k = 0; k < many; ++k) {
        block |= std::uint64_t{(static_cast<std::uint32_t>(inputs[first + k]) >> byte) & 0xffU} << (8 * k);
      }
      if (block == 0) continue;
      block = transposed(block);
      for (std::uint32_t b = 0; b < 8; ++b) {
        planes_[(byte + b) * words_ + first / kWordBits] |= ((block >> (8 * b)) & 0xffU) << (first % kWordBits);
      }
    }
  }
}

void InputPlanes::count() {
  const std::vector<InputSliceBits>& all = slices();
  for (std::size_t t = 0; t < all.size(); ++t) {
    sums_[t] = 0;
    driven_[t] = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      std::uint64_t any = 0;
      for (std::uint32_t b = 0; b < all[t].bits; ++b) {
        const std::uint64_t word = plane(all[t].first_bit + b)[w];
        any |= word;
        sums_[t] += std::int64_t{__builtin_popcountll(word)} << b;
      }
      driven_[t] += static_cast<std::uint32_t>(__builtin_popcountll(any));
    }
  }
}

}  // namespace crossloom
