#include "models/crossbar_kernels.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/random.h"
#include "models/aligned_vector.h"

namespace crossloom {
namespace {

struct Case {
  std::size_t rows, columns, stride;
  std::vector<std::uint16_t> driven;
};

Case random_case(RandomStream& stream) {
  Case c{1 + stream.below(130), 1 + stream.below(130), 0, {}};
  c.stride = (c.columns + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
  for (std::uint16_t row = 0; row < c.rows; ++row) {
    if (stream.below(3) != 0) c.driven.push_back(row);
  }
  return c;
}

void check_integers(const Case& c, std::int32_t limit, RandomStream& stream) {
  AlignedVector<std::int16_t> weights(c.rows * c.stride, 99);
  for (auto& weight : weights) {
    weight = static_cast<std::int16_t>(
        static_cast<std::int32_t>(stream.below(2U * static_cast<std::uint32_t>(limit) + 1U)) - limit);
  }
  // One more than the columns, to see that nothing beyond them is touched.
  std::vector<std::int32_t> sums(c.columns + 1, 7), expected = sums;
  for (const std::uint16_t row : c.driven) {
    for (std::size_t j = 0; j < c.columns; ++j) expected[j] += weights[row * c.stride + j];
  }
  add_driven_rows(weights.data(), c.stride, limit, c.driven.data(), c.driven.size(), c.columns, sums.data());
  EXPECT_EQ(sums, expected) << c.rows << " x " << c.columns << ", weights up to " << limit;
}

TEST(CrossbarKernels, AddIntegerRowsLikeAPlainLoopAtAnySize) {
  RandomStream stream(RandomKey(1).child("integers"));
  for (int round = 0; round < 300; ++round) {
    const Case c = random_case(stream);
    for (const std::int32_t limit : {1, 15, 255, 32767}) check_integers(c, limit, stream);
  }
}

TEST(CrossbarKernels, AddTheLargestWeightsOfAllRowsWithoutOverflow) {
  for (const std::int16_t weight : {std::int16_t{32767}, std::int16_t{-32767}, std::int16_t{255}, std::int16_t{-15}}) {
    const std::size_t rows = 4096, columns = 96;
    const AlignedVector<std::int16_t> weights(rows * columns, weight);
    std::vector<std::uint16_t> driven;
    for (std::size_t row = 0; row < rows; ++row) driven.push_back(static_cast<std::uint16_t>(row));
    std::vector<std::int32_t> sums(columns, 0);
    add_driven_rows(weights.data(), columns, std::abs(weight), driven.data(), driven.size(), columns, sums.data());
    EXPECT_EQ(sums, std::vector<std::int32_t>(columns, 4096 * weight));
  }
}

TEST(CrossbarKernels, AddNothingWhereNoRowIsDriven) {
  const AlignedVector<std::int16_t> weights(64, 3);
  std::vector<std::int32_t> sums = {1, 2, 3};
  add_driven_rows(weights.data(), 32, 3, nullptr, 0, sums.size(), sums.data());
  EXPECT_EQ(sums, (std::vector<std::int32_t>{1, 2, 3}));
}

/// Sums in T of 32-bit weights, beside a plain loop.
template <class T>
void expect_plain_sums(RandomStream& stream) {
  Case c = random_case(stream);
  std::reverse(c.driven.begin(), c.driven.end());
  AlignedVector<float> weights(c.rows * c.stride);
  for (float& weight : weights) weight = static_cast<float>(stream.normal() * 1e3);
  std::vector<T> sums(c.columns + 1, T(0.1)), expected = sums;
  for (const std::uint16_t row : c.driven) {
    for (std::size_t j = 0; j < c.columns; ++j) expected[j] += static_cast<T>(weights[row * c.stride + j]);
  }
  add_driven_rows(weights.data(), c.stride, c.driven.data(), c.driven.size(), c.columns, sums.data());
  EXPECT_EQ(sums, expected) << c.rows << " x " << c.columns;
}

TEST(CrossbarKernels, AddRealRowsInTheOrderGivenToTheLastBit) {
  RandomStream stream(RandomKey(2).child("reals"));
  for (int round = 0; round < 300; ++round) {
    expect_plain_sums<double>(stream);
    expect_plain_sums<float>(stream);
  }
}

}  // namespace
}  // namespace crossloom
