// Views, held-out images and conversion to grey.
#include "training/dataset.h"

#include <set>

#include <gmock/gmock.h>

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Grey images of 1x1 whose pixel is their index (modulo 256); class 0 is three times as frequent as 1 and 2.
Dataset unequal(std::size_t count) {
  Dataset dataset;
  dataset.name = "unequal";
  dataset.width = dataset.height = dataset.channels = 1;
  dataset.classes = 3;
  for (std::size_t i = 0; i < count; ++i) {
    dataset.pixels.push_back(static_cast<std::uint8_t>(i % 256));
    dataset.labels.push_back(static_cast<std::uint8_t>(i % 5 < 3 ? 0 : i % 5 - 2));
  }
  return dataset;
}

TEST(DatasetView, NamesImagesWithoutCopyingThem) {
  const Dataset dataset = unequal(10);
  const DatasetView view(dataset, {7, 3, 7});
  EXPECT_EQ(view.size(), 3U);
  EXPECT_EQ(view.image(0), dataset.pixels.data() + 7);
  EXPECT_EQ(view.label(1), dataset.labels[3]);
  EXPECT_THAT(view.first(2).indices(), ElementsAre(7, 3));
  EXPECT_EQ(view.first(9).size(), 3U);
  EXPECT_EQ(DatasetView(dataset).size(), 10U);
}

TEST(DatasetView, RefusesAnImageThatIsNotThere) {
  const Dataset dataset = unequal(10);
  EXPECT_THROW(DatasetView(dataset, {10}), Bug);
}

TEST(HoldOut, SplitsIntoTwoPartsThatShareNoImage) {
  const Dataset dataset = unequal(503);
  for (const HoldOut how : {HoldOut::last, HoldOut::random, HoldOut::stratified}) {
    const ValidationSplit split = hold_out(dataset, 100, how, RandomKey(1));
    EXPECT_EQ(split.validation.size(), 100U);
    std::set<std::uint32_t> all(split.training.indices().begin(), split.training.indices().end());
    all.insert(split.validation.indices().begin(), split.validation.indices().end());
    EXPECT_EQ(all.size(), 503U);
    EXPECT_EQ(split.training.size(), 403U);
  }
}

TEST(HoldOut, TakesTheLastImages) {
  const Dataset dataset = unequal(6);
  const ValidationSplit split = hold_out(dataset, 2, HoldOut::last, RandomKey(1));
  EXPECT_THAT(split.validation.indices(), ElementsAre(4, 5));
  EXPECT_THAT(split.training.indices(), ElementsAre(0, 1, 2, 3));
}

TEST(HoldOut, GivesTheSameImagesForTheSameKeyOnly) {
  const Dataset dataset = unequal(500);
  for (const HoldOut how : {HoldOut::random, HoldOut::stratified}) {
    const auto held = [&](std::uint64_t seed) {
      return hold_out(dataset, 100, how, RandomKey(seed)).validation.indices();
    };
    EXPECT_EQ(held(1), held(1));
    EXPECT_NE(held(1), held(2));
  }
}

TEST(HoldOut, KeepsTheProportionsOfTheClasses) {
  const Dataset dataset = unequal(500);
  const ValidationSplit split = hold_out(dataset, 51, HoldOut::stratified, RandomKey(1));
  // 51 x (300, 100, 100) / 500 = 30.6, 10.2, 10.2: the one left over goes to the largest remainder.
  EXPECT_THAT(class_counts(split.validation), ElementsAre(31, 10, 10));
}

TEST(HoldOut, RandomImagesComeFromTheWholeSet) {
  const Dataset dataset = unequal(1000);
  const auto held = hold_out(dataset, 200, HoldOut::random, RandomKey(3)).validation.indices();
  std::size_t early = 0;
  for (const std::uint32_t index : held) early += index < 500 ? 1 : 0;
  // Hypergeometric: mean 100, standard deviation 6.3.
  EXPECT_GT(early, 70U);
  EXPECT_LT(early, 130U);
}

TEST(HoldOut, RefusesToLeaveNothingToTrainOn) {
  const Dataset dataset = unequal(10);
  try {
    hold_out(dataset, 10, HoldOut::last, RandomKey(1));
    FAIL() << "no error";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot hold out 10 validation images of the 10 training images of unequal"));
  }
}

TEST(HoldOut, OfNoImageKeepsAll) {
  const Dataset dataset = unequal(10);
  const ValidationSplit split = hold_out(dataset, 0, HoldOut::stratified, RandomKey(1));
  EXPECT_EQ(split.training.size(), 10U);
  EXPECT_TRUE(split.validation.empty());
}

TEST(MeanIntensity, IsAPartOfFullIntensity) {
  Dataset dataset = unequal(4);
  dataset.pixels = {0, 255, 0, 255};
  EXPECT_DOUBLE_EQ(mean_intensity(DatasetView(dataset)), 0.5);
  EXPECT_DOUBLE_EQ(mean_intensity(DatasetView(dataset, {1, 3})), 1.0);
  EXPECT_DOUBLE_EQ(mean_intensity(DatasetView(dataset, {})), 0.0);
}

TEST(ToGrey, WeighsTheColoursAsBt601Does) {
  Dataset dataset;
  dataset.name = "colours";
  dataset.width = 2;
  dataset.height = 1;
  dataset.channels = 3;
  dataset.classes = 2;
  dataset.labels = {0, 1, 1};
  // Red and green; blue and white; black and a mixture.
  dataset.pixels = {255, 0, 0, 255, 0, 0, /**/ 0, 255, 0, 255, 255, 255, /**/ 0, 10, 0, 100, 0, 200};
  dataset.origin.description = "three images";
  const Dataset grey = to_grey(dataset);
  EXPECT_EQ(grey.channels, 1U);
  // 0.299 x 255 = 76.2, 0.587 x 255 = 149.7, 0.114 x 255 = 29.1, 2.99 + 58.7 + 22.8 = 84.5.
  EXPECT_THAT(grey.pixels, ElementsAre(76, 150, 29, 255, 0, 84));
  EXPECT_EQ(grey.labels, dataset.labels);
  EXPECT_EQ(grey.origin.description, "three images, converted to grey");
}

TEST(ToGrey, LeavesGreyImagesAlone) {
  const Dataset dataset = unequal(5);
  const Dataset grey = to_grey(dataset);
  EXPECT_EQ(grey.pixels, dataset.pixels);
  EXPECT_EQ(grey.origin.description, dataset.origin.description);
}

}  // namespace
}  // namespace crossloom
