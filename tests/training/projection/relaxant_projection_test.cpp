#include "training/projection/relaxant_projection.h"

#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crossloom {
namespace {

/// Of terms drawn at random, with as many samples: as alike as `common` says.
Gram random_gram(std::uint32_t terms, std::uint32_t samples, double common, std::uint64_t seed) {
  RandomStream stream{RandomKey(seed)};
  std::vector<std::vector<double>> x(terms, std::vector<double>(samples));
  for (std::uint32_t s = 0; s < samples; ++s) {
    const double shared = stream.normal();
    for (std::uint32_t i = 0; i < terms; ++i) x[i][s] = stream.normal() + common * shared;
  }
  Gram gram(terms);
  for (std::uint32_t i = 0; i < terms; ++i) {
    for (std::uint32_t k = 0; k < terms; ++k) {
      for (std::uint32_t s = 0; s < samples; ++s) gram.at(i, k) += x[i][s] * x[k][s];
    }
  }
  return gram;
}

double least_energy(const Gram& gram, std::uint32_t kept) {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t choice = 0; choice < (1U << gram.terms); ++choice) {
    std::vector<std::uint8_t> mask(gram.terms);
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < gram.terms; ++i) {
      mask[i] = static_cast<std::uint8_t>(choice >> i & 1U);
      count += mask[i];
    }
    if (count == kept) least = std::min(least, dropped_energy(gram, mask));
  }
  return least;
}

TEST(RelaxantProjection, KeepsExactlySoManyTerms) {
  const Gram gram = random_gram(9, 30, 0.3, 1);
  for (std::uint32_t kept = 0; kept <= 11; ++kept) {
    for (const std::uint32_t iterations : {0U, 1U, 40U}) {
      const auto mask = select_terms(gram, kept, iterations, RandomKey(5));
      EXPECT_EQ(std::count(mask.begin(), mask.end(), 1), std::min(kept, 9U));
    }
  }
  const Gram nothing(4);
  const auto mask = select_terms(nothing, 2, 10, RandomKey(1));
  EXPECT_EQ(std::count(mask.begin(), mask.end(), 1), 2) << "also where all terms are 0";
}

TEST(RelaxantProjection, KeepsTheLongestOfTermsThatHaveNothingInCommon) {
  Gram gram(6);
  const double squares[] = {4, 9, 1, 16, 0, 2};
  for (std::uint32_t i = 0; i < 6; ++i) gram.at(i, i) = squares[i];
  EXPECT_THAT(select_terms(gram, 3, 40, RandomKey(2)), testing::ElementsAre(1, 1, 0, 1, 0, 0));
}

TEST(RelaxantProjection, ComesNearTheBestOfAllChoicesAndNeverFarFromTheLongestTerms) {
  double found = 0.0;
  double best = 0.0;
  double longest = 0.0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Gram gram = random_gram(10, 12, 0.5, seed);
    const std::uint32_t kept = 3 + static_cast<std::uint32_t>(seed % 4);
    const double energy = dropped_energy(gram, select_terms(gram, kept, 40, RandomKey(seed)));
    const double by_length = dropped_energy(gram, select_terms(gram, kept, 0, RandomKey(seed)));
    EXPECT_LE(energy, by_length);
    found += energy;
    best += least_energy(gram, kept);
    longest += by_length;
  }
  EXPECT_LT(found, 1.35 * best);
  EXPECT_LT(found, 0.9 * longest);
}

TEST(RelaxantProjection, DrawsFromTheNamedStreamOnly) {
  const Gram gram = random_gram(40, 25, 0.5, 3);
  EXPECT_EQ(select_terms(gram, 10, 30, RandomKey(1)), select_terms(gram, 10, 30, RandomKey(1)));
  EXPECT_NE(select_terms(gram, 10, 30, RandomKey(1)), select_terms(gram, 10, 30, RandomKey(2)));
}

}  // namespace
}  // namespace crossloom
