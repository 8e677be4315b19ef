#include "training/convolution.h"

#include <vector>

#include <gtest/gtest.h>

#include "training/engine.h"

namespace crossloom {
namespace {

using Direction = ConvolutionPrimitive::Direction;

/// One image of 3 x 3 with one channel under a window of 2 x 2 that stops at every second place.
ConvolutionPrimitive::Spec small(Direction direction) {
  ConvolutionPrimitive::Spec spec;
  spec.direction = direction;
  spec.images = 1;
  spec.input = {3, 3, 1};
  spec.output = {2, 2, 1};
  spec.convolution.window = {2, 2, 1};
  return spec;
}

TEST(ConvolutionPrimitive, ComputesAllThreeDirections) {
  const ComputePool pool(1);
  const std::vector<float> image{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<float> weights{1, 10, 100, 1000};
  AlignedBuffer packed, scratch;
  const ConvolutionPrimitive forward(small(Direction::forward));
  packed.reserve(forward.weight_bytes());
  forward.pack(weights.data(), packed.as<void>());
  std::vector<float> output(4);
  forward.run(image.data(), packed.as<void>(), nullptr, output.data(), scratch);
  EXPECT_EQ(output, (std::vector<float>{1000, 3200, 7040, 9865}));
}

TEST(ConvolutionPrimitive, GivesGradientsOfInputsAndWeights) {
  const ComputePool pool(1);
  const std::vector<float> image{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<float> weights{1, 10, 100, 1000};
  const std::vector<float> upstream{1, 2, 3, 4};
  AlignedBuffer packed, scratch;
  const ConvolutionPrimitive data(small(Direction::backward_data));
  packed.reserve(data.weight_bytes());
  data.pack(weights.data(), packed.as<void>());
  std::vector<float> input(9);
  data.run(input.data(), packed.as<void>(), nullptr, upstream.data(), scratch);
  EXPECT_EQ(input, (std::vector<float>{1000, 200, 2000, 30, 4, 40, 3000, 400, 4000}));
  const ConvolutionPrimitive of_weights(small(Direction::backward_weights));
  AlignedBuffer found;
  found.reserve(of_weights.weight_bytes());
  of_weights.run(image.data(), found.as<void>(), nullptr, upstream.data(), scratch);
  std::vector<float> gradient(4);
  of_weights.unpack(found.as<void>(), gradient.data());
  // Lower right of the window: 1 x 1 + 2 x 3 + 3 x 7 + 4 x 9; lower left: 2 x 2 + 4 x 8; and so on.
  EXPECT_EQ(gradient, (std::vector<float>{4 * 5, 3 * 4 + 4 * 6, 2 * 2 + 4 * 8, 1 + 6 + 21 + 36}));
}

TEST(ConvolutionPrimitive, PacksWeightsForAnotherNumberOfImagesTheSameWay) {
  const ComputePool pool(1);
  ConvolutionPrimitive::Spec spec = small(Direction::forward);
  const ConvolutionPrimitive one(spec);
  spec.images = 7;
  const ConvolutionPrimitive seven(spec, &one);
  EXPECT_EQ(one.weight_bytes(), seven.weight_bytes());
  const std::vector<float> weights{1, 2, 3, 4};
  std::vector<float> a(one.weight_bytes() / sizeof(float)), b(a);
  one.pack(weights.data(), a.data());
  seven.pack(weights.data(), b.data());
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace crossloom
