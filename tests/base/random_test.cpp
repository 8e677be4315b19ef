// Tests of random keys, fields and streams.
#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/random_words.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

namespace crossloom {
namespace {

using Words = std::array<std::uint32_t, 4>;

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
  double skewness = 0.0;
  double kurtosis = 0.0;
};

Moments moments_of(const std::vector<double>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / n;
  for (const double v : values) m.variance += (v - m.mean) * (v - m.mean) / n;
  for (const double v : values) m.skewness += std::pow((v - m.mean) / std::sqrt(m.variance), 3) / n;
  for (const double v : values) m.kurtosis += std::pow((v - m.mean) / std::sqrt(m.variance), 4) / n;
  return m;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const Moments ma = moments_of(a);
  const Moments mb = moments_of(b);
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - ma.mean) * (b[i] - mb.mean);
  return sum / static_cast<double>(a.size()) / std::sqrt(ma.variance * mb.variance);
}

double chi_square(const std::vector<std::size_t>& counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0.0;
  for (const std::size_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

std::vector<double> uniforms(RandomKey key, std::size_t count) {
  RandomStream stream(key);
  std::vector<double> values(count);
  for (double& value : values) value = stream.uniform();
  return values;
}

// The vectors that Random123 publishes with its sources (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, GivesThePublishedKnownAnswers) {
  const auto run = [](const Words& counter, std::array<std::uint32_t, 2> key) -> Words {
    const r123::Philox4x32::ctr_type c = {{counter[0], counter[1], counter[2], counter[3]}};
    const r123::Philox4x32::key_type k = {{key[0], key[1]}};
    const auto out = r123::Philox4x32()(c, k);
    return {out[0], out[1], out[2], out[3]};
  };
  EXPECT_EQ(run({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(run({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}), (Words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  EXPECT_EQ(run({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U}),
            (Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(RandomField, IsPhiloxUnderItsKey) {
  const RandomKey key(7);
  const r123::Philox4x32::ctr_type c = {{1, 2, 3, 4}};
  const r123::Philox4x32::key_type k = {
      {static_cast<std::uint32_t>(key.value()), static_cast<std::uint32_t>(key.value() >> 32U)}};
  const auto out = r123::Philox4x32()(c, k);
  EXPECT_EQ(RandomField(key).words(1, 2, 3, 4), (Words{out[0], out[1], out[2], out[3]}));
}

// From a separate computation (all of it written again in Python, the normal with 60 digits): a change here would
// silently change every stored experiment.
TEST(RandomStream, KeepsItsDrawsBetweenVersions) {
  RandomStream stream(RandomKey(1).child("weights").child(3));
  std::vector<std::uint32_t> words(6);
  for (std::uint32_t& word : words) word = stream.word();
  EXPECT_EQ(words,
            (std::vector<std::uint32_t>{0xf036cb7cU, 0x488a8720U, 0x4f9117e0U, 0x95cb5121U, 0xea5bcd5fU, 0xda892c99U}));
  EXPECT_EQ(RandomField(RandomKey(1)).normal(1, 2, 3), -0x1.ae1828339881bp-8);
}

TEST(RandomStream, GoesOnFromAnyPosition) {
  const RandomKey key(42);
  RandomStream whole(key);
  std::vector<std::uint32_t> words(40);
  for (std::uint32_t& word : words) word = whole.word();
  for (std::size_t start = 0; start < words.size(); ++start) {
    RandomStream rest(key, start);
    for (std::size_t i = start; i < words.size(); ++i) ASSERT_EQ(rest.word(), words[i]) << start << " " << i;
    EXPECT_EQ(rest.position(), words.size());
  }
}

TEST(RandomStream, ResumesBetweenDrawsOfDifferentKinds) {
  RandomStream one(RandomKey(5));
  static_cast<void>(one.normal());
  static_cast<void>(one.below(10));
  RandomStream other(RandomKey(5), one.position());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(one.normal(), other.normal());
    EXPECT_EQ(one.uniform(), other.uniform());
    EXPECT_EQ(one.below(1000), other.below(1000));
  }
}

TEST(RandomStream, DrawsUniformsInTheUnitIntervalWithTheRightMoments) {
  const std::vector<double> values = uniforms(RandomKey(11), 100'000);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), 0.0);
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 1.0);
  const Moments m = moments_of(values);
  EXPECT_NEAR(m.mean, 0.5, 4 * std::sqrt(1.0 / 12 / 1e5));
  EXPECT_NEAR(m.variance, 1.0 / 12, 4 * std::sqrt(1.0 / 180 / 1e5));
}

TEST(RandomStream, FillsTheUnitIntervalEvenly) {
  std::vector<std::size_t> counts(64);
  for (const double value : uniforms(RandomKey(12), 64'000)) ++counts[static_cast<std::size_t>(value * 64)];
  // 63 degrees of freedom: 0.1 % lie above 103.4 and 0.1 % below 32.6.
  EXPECT_LT(chi_square(counts), 103.4);
  EXPECT_GT(chi_square(counts), 32.6);
}

TEST(RandomStream, DrawsNormalsWithTheRightMomentsAndTails) {
  RandomStream stream(RandomKey(13));
  std::vector<double> values(200'000);
  for (double& value : values) value = stream.normal();
  const Moments m = moments_of(values);
  EXPECT_NEAR(m.mean, 0.0, 4 / std::sqrt(2e5));
  EXPECT_NEAR(m.variance, 1.0, 4 * std::sqrt(2.0 / 2e5));
  EXPECT_NEAR(m.skewness, 0.0, 4 * std::sqrt(6.0 / 2e5));
  EXPECT_NEAR(m.kurtosis, 3.0, 4 * std::sqrt(24.0 / 2e5));
  const auto beyond = [&](double limit) {
    return static_cast<double>(
        std::count_if(values.begin(), values.end(), [&](double v) { return std::abs(v) > limit; }));
  };
  for (const double limit : {1.0, 2.0, 3.0}) {
    const double p = std::erfc(limit / std::sqrt(2.0));
    EXPECT_NEAR(beyond(limit), 2e5 * p, 4 * std::sqrt(2e5 * p * (1 - p))) << limit;
  }
}

TEST(RandomField, DrawsNormalsThatAgreeWithTheMathLibrary) {
  const RandomField field(RandomKey(14));
  const auto unit = [](std::uint32_t high, std::uint32_t low) {
    return static_cast<double>(((std::uint64_t{high} << 32U) | low) >> 11U) * 0x1p-53;
  };
  constexpr double kTwoPi = 6.283185307179586476925;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Words w = field.words(i, 0, 0);
    const double expected = std::sqrt(-2.0 * std::log(1.0 - unit(w[0], w[1]))) * std::cos(kTwoPi * unit(w[2], w[3]));
    ASSERT_NEAR(field.normal(i, 0, 0), expected, 4e-15) << i;
  }
}

TEST(RandomStream, DrawsIntegersBelowABoundEvenly) {
  for (const std::uint32_t bound : {1U, 2U, 3U, 7U, 100U}) {
    RandomStream stream{RandomKey(bound)};
    std::vector<std::size_t> counts(bound);
    for (int i = 0; i < 50'000; ++i) ++counts.at(stream.below(bound));
    const double freedom = bound - 1.0;
    EXPECT_LT(chi_square(counts), freedom + 4 * std::sqrt(2 * freedom) + 4) << bound;
  }
}

TEST(RandomStream, IsUnbiasedForABoundThatDoesNotDivideTheWords) {
  // Of the words, a plain remainder by 3 * 2^30 would give the lower third twice as often as the others.
  const std::uint32_t bound = 3U << 30U;
  RandomStream stream(RandomKey(15));
  std::vector<std::size_t> thirds(3);
  for (int i = 0; i < 30'000; ++i) ++thirds[stream.below(bound) / (1U << 30U)];
  EXPECT_LT(chi_square(thirds), 13.8);  // 2 degrees of freedom, 0.1 %
}

TEST(RandomStream, RefusesAnEmptyRange) { EXPECT_THROW(RandomStream(RandomKey(1)).below(0), Bug); }

TEST(RandomKey, GivesEveryChildAKeyOfItsOwn) {
  const RandomKey key(1);
  std::set<std::uint64_t> values = {key.value(), RandomKey(2).value(), RandomKey(0).value()};
  std::size_t count = values.size();
  const auto add = [&](RandomKey child) {
    values.insert(child.value());
    ++count;
  };
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    add(key.child(i));
    add(key.child("tile" + std::to_string(i)));
  }
  using namespace std::string_view_literals;
  for (const std::string_view name : {""sv, "\0"sv, "\0\0"sv, "a"sv, "a\0"sv, "\0a"sv, "abcdefgh"sv, "abcdefgh\0"sv})
    add(key.child(name));
  add(key.child("a").child("b"));
  add(key.child("ab"));
  add(key.child("b").child("a"));
  EXPECT_EQ(values.size(), count);
}

TEST(RandomKey, DependsOnItsNameOnlyAndNotOnOtherChildren) {
  const RandomKey key(9);
  const std::uint64_t alone = key.child("program").value();
  static_cast<void>(key.child("a new part"));
  EXPECT_EQ(key.child("program").value(), alone);
  EXPECT_EQ(RandomKey(9).child("program").value(), alone);
}

TEST(RandomKey, GivesChildrenThatDoNotCorrelate) {
  const std::size_t count = 20'000;
  const double limit = 4.5 / std::sqrt(static_cast<double>(count));
  std::vector<std::vector<double>> draws;
  for (std::uint64_t i = 0; i < 6; ++i) draws.push_back(uniforms(RandomKey(3).child(i), count));
  draws.push_back(uniforms(RandomKey(3), count));
  draws.push_back(uniforms(RandomKey(4).child(0), count));
  for (std::size_t a = 0; a < draws.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) EXPECT_LT(std::abs(correlation(draws[a], draws[b])), limit) << a << " " << b;
  }
}

TEST(RandomField, DoesNotCorrelateAlongAnyOfItsNumbers) {
  const RandomField field(RandomKey(6));
  const std::uint32_t count = 20'000;
  const double limit = 4.5 / std::sqrt(static_cast<double>(count));
  std::vector<double> here;
  std::vector<std::vector<double>> beside(4);
  for (std::uint32_t i = 0; i < count; ++i) {
    here.push_back(field.uniform(i, i, i, i));
    beside[0].push_back(field.uniform(i + 1, i, i, i));
    beside[1].push_back(field.uniform(i, i + 1, i, i));
    beside[2].push_back(field.uniform(i, i, i + 1, i));
    beside[3].push_back(field.uniform(i, i, i, i + 1));
  }
  for (const std::vector<double>& other : beside) EXPECT_LT(std::abs(correlation(here, other)), limit);
}

TEST(RandomField, SharesNothingWithTheStreamOfTheSameKey) {
  const RandomKey key(8);
  RandomStream stream(key);
  std::set<std::uint32_t> words;
  for (int i = 0; i < 400; ++i) words.insert(stream.word());
  const RandomField field(key);
  for (std::uint32_t i = 0; i < 100; ++i) {
    for (const std::uint32_t word : field.words(i, 0, 0)) EXPECT_EQ(words.count(word), 0U);
  }
}

TEST(RandomField, DrawsManyAtOnceToTheSameBits) {
  const RandomField field(RandomKey(7).child("batch"));
  RandomStream stream(RandomKey(8));
  for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 5000U}) {
    std::vector<std::uint32_t> counters(count);
    for (std::uint32_t& counter : counters) counter = stream.word();
    const std::uint32_t a = stream.word(), c = stream.word(), d = stream.word();
    std::vector<double> uniforms(count), normals(count);
    field.uniforms(a, counters.data(), count, c, d, uniforms.data());
    field.normals(a, counters.data(), count, c, d, normals.data());
    for (std::size_t k = 0; k < count; ++k) {
      ASSERT_EQ(uniforms[k], field.uniform(a, counters[k], c, d)) << k;
      ASSERT_EQ(normals[k], field.normal(a, counters[k], c, d)) << k;
    }
  }
}

TEST(RandomField, DrawsTheWordsOfConsecutiveCountersToTheSameBits) {
  const RandomKey key = RandomKey(9).child("words");
  RandomStream stream(RandomKey(10));
  for (const std::size_t count : {0U, 1U, 15U, 16U, 17U, 150U}) {
    const std::uint32_t a = stream.word(), b = stream.word(), d = stream.word();
    for (const std::uint32_t c : {0U, stream.word(), 0xFFFFFFF8U}) {  // the last one wraps
      std::vector<std::uint32_t> words(4 * count);
      consecutive_words(key, a, b, c, d, count, words.data());
      for (std::size_t k = 0; k < count; ++k) {
        const Words expected = RandomField(key).words(a, b, c + static_cast<std::uint32_t>(k), d);
        ASSERT_EQ(Words({words[4 * k], words[4 * k + 1], words[4 * k + 2], words[4 * k + 3]}), expected) << k;
      }
    }
  }
}

}  // namespace
}  // namespace crossloom
