#include "training/spatial_kernels.h"

#include <vector>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

constexpr std::uint32_t kChannels = 70;  // more than are handled at once

/// The same plane in every channel c, plus c.
std::vector<float> planes(const std::vector<float>& plane) {
  std::vector<float> values;
  for (const float value : plane) {
    for (std::uint32_t c = 0; c < kChannels; ++c) values.push_back(value + static_cast<float>(c));
  }
  return values;
}

std::vector<float> channel(const std::vector<float>& values, std::uint32_t c) {
  std::vector<float> plane;
  for (std::size_t k = c; k < values.size(); k += kChannels) plane.push_back(values[k]);
  return plane;
}

const PoolShape kOverlapping{{3, 2, kChannels}, {2, 2, kChannels}, {2, 2, 1}};
const PoolShape kSliding{{3, 2, kChannels}, {2, 1, kChannels}, {2, 1, 0}};

TEST(SpatialKernels, PoolsCountOnlyPlacesInsideThePlane) {
  const std::vector<float> input = planes({1, 2, 3, 4, 5, 6});
  std::vector<float> output(4 * kChannels);
  max_pool(kOverlapping, input.data(), output.data());
  EXPECT_EQ(channel(output, 69), (std::vector<float>{70, 72, 73, 75}));
  mean_pool(kOverlapping, input.data(), output.data());
  EXPECT_EQ(channel(output, 0), (std::vector<float>{1, 2.5F, 4, 5.5F}));
}

TEST(SpatialKernels, FirstOfEqualLargestValuesGetsTheGradient) {
  const std::vector<float> input = planes({7, 7, 1, 7, 2, 1});
  const std::vector<float> gradient = planes({10, 100});
  std::vector<float> back(6 * kChannels, 0.0F);
  max_pool_gradient(kSliding, input.data(), gradient.data(), back.data());
  EXPECT_EQ(channel(back, 0), (std::vector<float>{10, 100, 0, 0, 0, 0}));
  EXPECT_EQ(channel(back, 65), (std::vector<float>{75, 165, 0, 0, 0, 0}));
}

TEST(SpatialKernels, MeanSharesTheGradientAmongItsPlaces) {
  const std::vector<float> gradient = planes({4, 8});
  std::vector<float> back(6 * kChannels, 0.0F);
  mean_pool_gradient(kSliding, gradient.data(), back.data());
  EXPECT_EQ(channel(back, 0), (std::vector<float>{1, 3, 2, 1, 3, 2}));
}

TEST(SpatialKernels, NarrowElementsGiveTheRoundedResult) {
  const std::vector<float> input = planes({1, 2, 3, 4, 5, 6});
  std::vector<Bf16> narrow;
  for (const float value : input) narrow.push_back(to_bf16(value));
  std::vector<Bf16> output(4 * kChannels);
  mean_pool(kOverlapping, narrow.data(), output.data());
  EXPECT_EQ(to_float(output[3 * kChannels]), 5.5F);
  max_pool(kOverlapping, narrow.data(), output.data());
  EXPECT_EQ(to_float(output[3 * kChannels + 69]), 75.0F);
}

TEST(SpatialKernels, AddMomentsAndProductsByChannel) {
  const std::vector<float> values{1, 10, 2, 20, 3, 30};
  std::vector<double> sums(2, 1.0), squares(2, 0.0);
  add_moments(values.data(), 3, 2, sums.data(), squares.data());
  EXPECT_EQ(sums, (std::vector<double>{7, 61}));
  EXPECT_EQ(squares, (std::vector<double>{14, 1400}));
  const std::vector<float> gradient{1, 1, 2, 0, 0, 1};
  const std::vector<float> mean{2, 20};
  std::vector<double> products(2, 0.0);
  sums = {0.0, 0.0};
  add_products(gradient.data(), values.data(), 3, 2, mean.data(), sums.data(), products.data());
  EXPECT_EQ(sums, (std::vector<double>{3, 2}));
  EXPECT_EQ(products, (std::vector<double>{-1, 0}));
}

TEST(SpatialKernels, ScaleAndCombineByChannel) {
  const std::vector<float> values{1, 10, -2, 20};
  const std::vector<float> factor{2, -1}, offset{0.5F, 15};
  std::vector<float> output(4);
  scale_channels(values.data(), 2, 2, factor.data(), offset.data(), false, output.data());
  EXPECT_EQ(output, (std::vector<float>{2.5F, 5, -3.5F, -5}));
  scale_channels(values.data(), 2, 2, factor.data(), offset.data(), true, output.data());
  EXPECT_EQ(output, (std::vector<float>{2.5F, 5, 0, 0}));
  const std::vector<float> gradient{1, 2, 3, 4};
  combine_channels(gradient.data(), values.data(), 2, 2, factor.data(), factor.data(), offset.data(), output.data());
  EXPECT_EQ(output, (std::vector<float>{4.5F, 3, 2.5F, -9}));
}

}  // namespace
}  // namespace crossloom
