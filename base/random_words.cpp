#include "base/random_words.h"

#include <algorithm>

#if defined(__GNUC__) && defined(__x86_64__)
#define CROSSLOOM_PHILOX_AVX2
#include <immintrin.h>
#endif

namespace crossloom {
namespace {

void words_one_by_one(RandomKey key, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                      std::size_t count, std::uint32_t* words) {
  const RandomField field(key);
  for (std::size_t k = 0; k < count; ++k) {
    const auto block = field.words(a, b, c + static_cast<std::uint32_t>(k), d);
    std::copy(block.begin(), block.end(), words + 4 * k);
  }
}

#ifdef CROSSLOOM_PHILOX_AVX2

// Philox4x32-10, Salmon et al., SC 2011: multipliers, key increments and rounds of the published generator.
constexpr std::uint32_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;
constexpr int kRounds = 10;
constexpr std::size_t kVectors = 2, kLanes = 4 * kVectors;

__attribute__((target("avx2"))) inline __m256i everywhere(std::uint32_t word) {
  return _mm256_set1_epi64x(static_cast<long long>(word));
}

/// Four words of four counters each; a word is the lower half of its 64-bit lane. The products read lower halves only,
/// so the upper ones may hold anything.
struct Counters {
  __m256i w0, w1, w2, w3;
};

__attribute__((target("avx2"))) inline void round_of(Counters& x, __m256i key0, __m256i key1) {
  const __m256i product0 = _mm256_mul_epu32(x.w0, everywhere(kMultiplier0));
  const __m256i product1 = _mm256_mul_epu32(x.w2, everywhere(kMultiplier1));
  x.w0 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product1, 32), x.w1), key0);
  x.w2 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(product0, 32), x.w3), key1);
  x.w1 = product1;
  x.w3 = product0;
}

__attribute__((target("avx2"))) inline void store(const Counters& x, std::uint32_t* words) {
  const __m256i low = everywhere(0xFFFFFFFFU);
  const __m256i first = _mm256_or_si256(_mm256_and_si256(x.w0, low), _mm256_slli_epi64(x.w1, 32));
  const __m256i second = _mm256_or_si256(_mm256_and_si256(x.w2, low), _mm256_slli_epi64(x.w3, 32));
  const __m256i even = _mm256_unpacklo_epi64(first, second), odd = _mm256_unpackhi_epi64(first, second);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), _mm256_permute2x128_si256(even, odd, 0x20));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + 8), _mm256_permute2x128_si256(even, odd, 0x31));
}

/// kLanes counters from c on.
__attribute__((target("avx2"))) inline void group_of_words(std::uint64_t key, std::uint32_t a, std::uint32_t b,
                                                           std::uint32_t c, std::uint32_t d, std::uint32_t* words) {
  Counters x[kVectors];
  for (std::uint32_t v = 0; v < kVectors; ++v) {
    const __m256i start = everywhere(c + 4 * v);
    x[v] = {everywhere(a), everywhere(b), _mm256_add_epi64(start, _mm256_setr_epi64x(0, 1, 2, 3)), everywhere(d)};
  }
  auto key0 = static_cast<std::uint32_t>(key & 0xFFFFFFFFU), key1 = static_cast<std::uint32_t>(key >> 32U);
  for (int round = 0; round < kRounds; ++round) {
    for (Counters& counters : x) round_of(counters, everywhere(key0), everywhere(key1));
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  for (std::size_t v = 0; v < kVectors; ++v) store(x[v], words + 16 * v);
}

__attribute__((target("avx2"))) void words_in_vectors(std::uint64_t key, std::uint32_t a, std::uint32_t b,
                                                      std::uint32_t c, std::uint32_t d, std::size_t count,
                                                      std::uint32_t* words) {
  std::size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    group_of_words(key, a, b, c + static_cast<std::uint32_t>(done), d, words + 4 * done);
  }
  if (done == count) return;
  std::uint32_t last[4 * kLanes];
  group_of_words(key, a, b, c + static_cast<std::uint32_t>(done), d, last);
  std::copy_n(last, 4 * (count - done), words + 4 * done);
}

#endif

}  // namespace

void consecutive_words(RandomKey key, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                       std::size_t count, std::uint32_t* words) {
#ifdef CROSSLOOM_PHILOX_AVX2
  if (__builtin_cpu_supports("avx2")) {
    words_in_vectors(key.value(), a, b, c, d, count, words);
    return;
  }
#endif
  words_one_by_one(key, a, b, c, d, count, words);
}

}  // namespace crossloom
