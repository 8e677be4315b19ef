// The four words of many counters at once, for what draws millions of them (dropout masks).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace crossloom {

/// words[4 k .. 4 k + 3] = RandomField(key).words(a, b, c + k, d) for k below count: the same bits, in vectors where
/// the processor has 256-bit integers. c + k wraps as 32-bit numbers do. Thread-safe.
void consecutive_words(RandomKey key, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                       std::size_t count, std::uint32_t* words);

}  // namespace crossloom
