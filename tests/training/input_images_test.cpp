#include "training/input_images.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

std::vector<float> shown(const ImageShape& shape, bool channel_last, const std::vector<std::uint8_t>& pixels,
                         const Placement2D& placement) {
  std::vector<float> values(shape.size());
  InputImages(shape, channel_last).convert(pixels.data(), placement, values.data());
  for (float& value : values) value *= 255.0F;
  return values;
}

TEST(InputImages, PutsTheChannelsOfAPlaceTogether) {
  const std::vector<std::uint8_t> pixels{1, 2, 3, 101, 102, 103};
  std::vector<float> values(6);
  InputImages({3, 1, 2}, true).convert(pixels.data(), values.data());
  EXPECT_FLOAT_EQ(values[1] * 255.0F, 101.0F);
  EXPECT_FLOAT_EQ(values[4] * 255.0F, 3.0F);
  InputImages({3, 1, 2}, false).convert(pixels.data(), values.data());
  EXPECT_FLOAT_EQ(values[1] * 255.0F, 2.0F);
}

TEST(InputImages, MovesAndMirrorsAndFillsWithBlack) {
  const std::vector<std::uint8_t> pixels{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(shown({3, 2, 1}, false, pixels, {0, 0, false}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(shown({3, 2, 1}, false, pixels, {0, 0, true}), (std::vector<float>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(shown({3, 2, 1}, false, pixels, {1, 0, false}), (std::vector<float>{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(shown({3, 2, 1}, false, pixels, {-2, 1, false}), (std::vector<float>{0, 0, 0, 3, 0, 0}));
  EXPECT_EQ(shown({3, 2, 1}, false, pixels, {1, 0, true}), (std::vector<float>{0, 3, 2, 0, 6, 5}));
  const std::vector<std::uint8_t> colours{1, 2, 11, 12};
  EXPECT_EQ(shown({2, 1, 2}, true, colours, {0, 0, true}), (std::vector<float>{2, 12, 1, 11}));
}

TEST(Augmentation, DrawsByImageAndEpochEveryShiftAboutEquallyOften) {
  const Augmentation augmentation({2, true}, RandomKey(5));
  std::map<int, int> right, down;
  int mirrored = 0;
  constexpr int kDraws = 10000;
  for (std::uint32_t n = 0; n < kDraws; ++n) {
    const Placement2D placement = augmentation.draw(n % 100, n / 100);
    ++right[placement.right];
    ++down[placement.down];
    mirrored += placement.mirrored ? 1 : 0;
  }
  EXPECT_EQ(right.size(), 5U);
  EXPECT_EQ(right.begin()->first, -2);
  EXPECT_EQ(down.rbegin()->first, 2);
  for (const auto& [shift, count] : right) EXPECT_NEAR(count, kDraws / 5, 200) << shift;
  for (const auto& [shift, count] : down) EXPECT_NEAR(count, kDraws / 5, 200) << shift;
  EXPECT_NEAR(mirrored, kDraws / 2, 250);
  const Placement2D again = augmentation.draw(3, 7);
  EXPECT_EQ(again.right, augmentation.draw(3, 7).right);
  const Augmentation still({1, false}, RandomKey(5));
  for (std::uint32_t n = 0; n < 100; ++n) EXPECT_FALSE(still.draw(n, 0).mirrored);
}

}  // namespace
}  // namespace crossloom
