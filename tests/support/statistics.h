// Sample moments against a law, with a stated confidence. Seeds are fixed, so a test that passes once passes always.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

namespace crossloom::test {

/// Two-sided 99.999 % of a normal: one in 100,000 honest laws would fail with a fresh seed.
inline constexpr double kConfidence = 4.417;

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
  double fourth = 0.0;  ///< central moment
  std::size_t count = 0;
};

inline Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  moments.count = values.size();
  const auto n = static_cast<double>(values.size());
  for (const double value : values) moments.mean += value / n;
  for (const double value : values) {
    const double square = (value - moments.mean) * (value - moments.mean);
    moments.variance += square / (n - 1.0);
    moments.fourth += square * square / n;
  }
  return moments;
}

/// Mean and variance are those of the law, within the confidence; the standard error of the variance is taken from the
/// sample's fourth moment, so that the law need not be normal.
inline void expect_moments(const std::vector<double>& values, double mean, double variance) {
  const Moments sample = moments_of(values);
  const auto n = static_cast<double>(sample.count);
  EXPECT_NEAR(sample.mean, mean, kConfidence * std::sqrt(variance / n));
  const double variance_error = std::sqrt(std::max(0.0, sample.fourth - sample.variance * sample.variance) / n);
  EXPECT_NEAR(sample.variance, variance, kConfidence * variance_error);
}

/// A share of `count` independent draws.
inline void expect_share(std::size_t hits, std::size_t count, double share) {
  const auto n = static_cast<double>(count);
  EXPECT_NEAR(static_cast<double>(hits) / n, share, kConfidence * std::sqrt(share * (1.0 - share) / n));
}

}  // namespace crossloom::test
