// Innermost loops of ideal cells. Private to models/bit_serial.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossloom {

/// sums[j] = sum over i of inputs[i] * weights[i * stride + j] for j below columns. stride is a multiple of 16 and the
/// padding is readable.
void integer_product(const std::int32_t* inputs, const std::int16_t* weights, std::size_t rows, std::size_t stride,
                     std::size_t columns, std::int64_t* sums);

/// counts[k] = sum over c < cell_bits of 2^c x popcount(input plane k AND cell plane c), for the `bits` planes of
/// inputs, each of `words` words, and likewise cells.
void count_bits(const std::uint64_t* inputs, std::size_t bits, const std::uint64_t* cells, std::size_t cell_bits,
                std::size_t words, std::int32_t* counts);

}  // namespace crossloom
