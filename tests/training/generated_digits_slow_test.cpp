// The promise of the generated digits at full size: a linear classifier stays below 95 %.
#include "training/generated_digits.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/training/softmax_regression.h"

namespace crossloom {
namespace {

TEST(GeneratedDigitsAtFullSize, KeepALinearClassifierBelowNinetyFivePercent) {
  const RandomKey key = RandomKey(1).child("digits");
  const Dataset train = generate_digits(key.child("training"), 60000);
  const Dataset test = generate_digits(key.child("test"), 10000);
  for (const std::size_t images : {12000U, 60000U}) {
    const DatasetView part = DatasetView(train).first(images);
    testing_support::SoftmaxRegression classifier(train.image_size());
    classifier.fit(part, images == 60000 ? 20 : 60, 0.003F);
    const double learned = classifier.accuracy(part);
    const double accuracy = classifier.accuracy(DatasetView(test));
    RecordProperty("train_accuracy_of_" + std::to_string(images), std::to_string(learned));
    RecordProperty("test_accuracy_of_" + std::to_string(images), std::to_string(accuracy));
    // A classifier that did not learn would prove nothing.
    EXPECT_GT(learned, 0.92);
    EXPECT_LT(accuracy, 0.95) << images;
    EXPECT_GT(accuracy, 0.90) << images;
  }
}

}  // namespace
}  // namespace crossloom
