// The generated digits: deterministic, like handwriting in their statistics, and no task for a linear classifier.
#include "training/generated_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "base/files.h"
#include "tests/training/softmax_regression.h"
#include "training/dataset.h"
#include "training/digit_styles.h"

namespace crossloom {
namespace {

using testing::Each;
using testing_support::SoftmaxRegression;

RandomKey key(const std::string& name) { return RandomKey(1).child("digits").child(name); }

TEST(GeneratedDigits, AreTheSameBytesForAnyNumberOfThreads) {
  const Dataset alone = generate_digits(key("training"), 1000);
  for (const std::size_t threads : {1U, 2U, 3U}) {
    ThreadPool pool(threads);
    const Dataset together = generate_digits(key("training"), 1000, &pool);
    EXPECT_EQ(alone.pixels, together.pixels);
    EXPECT_EQ(alone.labels, together.labels);
  }
}

TEST(GeneratedDigits, KeepTheirBytesFromVersionToVersion) {
  const Dataset digits = generate_digits(key("training"), 100);
  const std::string pixels(digits.pixels.begin(), digits.pixels.end());
  EXPECT_EQ(sha256_hex(pixels), "046c4c7cd1b29553bcbd190fbcbe971e0c8733d0f0f0864a826c7c03d3d4b8ef");
}

TEST(GeneratedDigits, BeginAlikeWhateverTheirNumber) {
  const Dataset few = generate_digits(key("training"), 130);
  const Dataset many = generate_digits(key("training"), 400);
  EXPECT_TRUE(std::equal(few.pixels.begin(), few.pixels.end(), many.pixels.begin()));
  EXPECT_TRUE(std::equal(few.labels.begin(), few.labels.end(), many.labels.begin()));
}

TEST(GeneratedDigits, HoldEachDigitOnceInEachTen) {
  const Dataset digits = generate_digits(key("training"), 500);
  EXPECT_EQ(digits.width, 28U);
  EXPECT_EQ(digits.height, 28U);
  EXPECT_EQ(digits.channels, 1U);
  EXPECT_TRUE(digits.origin.generated);
  std::set<std::vector<std::uint8_t>> orders;
  for (std::size_t block = 0; block < 500; block += 10) {
    const auto from = digits.labels.begin() + static_cast<std::ptrdiff_t>(block);
    std::vector<std::uint8_t> order(from, from + 10);
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
  EXPECT_GT(orders.size(), 45U);
}

TEST(GeneratedDigits, DifferBetweenStreamsAndNeverRepeat) {
  const Dataset train = generate_digits(key("training"), 2000);
  const Dataset test = generate_digits(key("test"), 1000);
  std::set<std::vector<std::uint8_t>> images;
  for (const Dataset* set : {&train, &test}) {
    for (std::size_t i = 0; i < set->size(); ++i) {
      images.emplace(set->image(i), set->image(i) + set->image_size());
    }
  }
  EXPECT_EQ(images.size(), 3000U);
}

TEST(GeneratedDigits, HaveAboutAsMuchInkAsMnist) {
  const Dataset digits = generate_digits(key("training"), 2000);
  // MNIST's mean intensity is 0.131.
  EXPECT_GT(mean_intensity(DatasetView(digits)), 0.08);
  EXPECT_LT(mean_intensity(DatasetView(digits)), 0.20);
  const auto dark = std::count(digits.pixels.begin(), digits.pixels.end(), std::uint8_t{0});
  const double share = static_cast<double>(dark) / static_cast<double>(digits.pixels.size());
  // 81 % of MNIST's pixels are exactly zero.
  EXPECT_GT(share, 0.70);
  EXPECT_LT(share, 0.90);
}

TEST(GeneratedDigits, AreCentredByMassAndStayInsideTheImage) {
  const Dataset digits = generate_digits(key("training"), 2000);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    double mass = 0.0, moment_x = 0.0, moment_y = 0.0;
    int border = 0;
    for (std::size_t y = 0; y < 28; ++y) {
      for (std::size_t x = 0; x < 28; ++x) {
        const double value = digits.image(i)[y * 28 + x];
        mass += value;
        moment_x += value * static_cast<double>(x);
        moment_y += value * static_cast<double>(y);
        if (x == 0 || y == 0 || x == 27 || y == 27) border = std::max(border, static_cast<int>(value));
      }
    }
    ASSERT_GT(mass, 255.0 * 10.0) << i;
    EXPECT_NEAR(moment_x / mass, 13.5, 2.5) << i;
    EXPECT_NEAR(moment_y / mass, 13.5, 2.5) << i;
    EXPECT_EQ(border, 0) << i;
  }
}

TEST(GeneratedDigits, AreWrittenInSeveralStylesEach) {
  for (std::size_t digit = 0; digit < kDigitCount; ++digit) {
    EXPECT_GE(digit_styles(digit).size(), 3U);
    for (const DigitStyle& style : digit_styles(digit)) {
      EXPECT_GT(style.weight, 0.0);
      ASSERT_FALSE(style.strokes.empty());
      for (const PenStroke& stroke : style.strokes) EXPECT_GE(stroke.size(), 3U);
    }
  }
}

double linear_accuracy(std::size_t train_images, std::size_t test_images, std::size_t epochs) {
  const Dataset train = generate_digits(key("training"), train_images);
  const Dataset test = generate_digits(key("test"), test_images);
  SoftmaxRegression classifier(train.image_size());
  classifier.fit(DatasetView(train), epochs, 0.003F);
  const double learned = classifier.accuracy(DatasetView(train));
  const double accuracy = classifier.accuracy(DatasetView(test));
  testing::Test::RecordProperty("train_accuracy", std::to_string(learned));
  testing::Test::RecordProperty("test_accuracy", std::to_string(accuracy));
  // A classifier that did not learn would prove nothing.
  EXPECT_GT(learned, 0.90);
  return accuracy;
}

TEST(GeneratedDigits, AreNotSolvedByALinearClassifierOfFewImages) {
  const double accuracy = linear_accuracy(3000, 2000, 12);
  EXPECT_LT(accuracy, 0.95);
  EXPECT_GT(accuracy, 0.85);
}

}  // namespace
}  // namespace crossloom
