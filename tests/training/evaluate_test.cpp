#include "training/evaluate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/tiny_networks.h"

namespace crossloom {
namespace {

NetworkSpec two_layers() {
  return test::network_spec({5, 5, 1}, {test::dense("hidden", 30, true, Activation::relu, 0.5),
                                        test::dense("output", 3, false, Activation::none)});
}

std::vector<float> image_of(const Dataset& dataset, std::size_t index) {
  std::vector<float> image;
  for (std::size_t i = 0; i < dataset.image_size(); ++i)
    image.push_back(static_cast<float>(dataset.image(index)[i]) / 255.0F);
  return image;
}

TEST(Evaluate, CountsWhatThePlainForwardPassPredicts) {
  const Network network = test::random_network(two_layers(), 4, 0.5);
  const Dataset dataset = test::noisy_prototypes(1200, 5, 3, 6);
  const Evaluation evaluation = evaluate(network, dataset, 2);
  std::size_t correct = 0;
  std::vector<double> by_class(3), images(3);
  for (std::size_t n = 0; n < dataset.size(); ++n) {
    const auto outputs = forward(network, image_of(dataset, n)).back();
    const auto predicted = static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
    EXPECT_EQ(evaluation.predictions[n], predicted);
    images[dataset.labels[n]] += 1.0;
    if (predicted != dataset.labels[n]) continue;
    ++correct;
    by_class[dataset.labels[n]] += 1.0;
  }
  EXPECT_DOUBLE_EQ(evaluation.accuracy, static_cast<double>(correct) / 1200.0);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_DOUBLE_EQ(evaluation.class_accuracy[c], by_class[c] / images[c]);
  EXPECT_EQ(evaluate(network, dataset, 1).predictions, evaluation.predictions);
}

TEST(Evaluate, LooksAtTheImagesOfTheViewOnly) {
  const Network network = test::random_network(two_layers(), 4, 0.5);
  const Dataset dataset = test::noisy_prototypes(100, 5, 3, 6);
  const Evaluation all = evaluate(network, dataset, 1);
  const Evaluation some = evaluate(network, DatasetView(dataset, {7, 3, 50}), 1);
  EXPECT_EQ(some.predictions, (std::vector<std::uint8_t>{all.predictions[7], all.predictions[3], all.predictions[50]}));
  EXPECT_EQ(evaluate(network, DatasetView(dataset, {}), 1).accuracy, 0.0);
}

TEST(ActivationStatistics, AreTheNearestRankOfTheNonZeroActivations) {
  const Network network = test::random_network(two_layers(), 4, 0.5);
  const Dataset dataset = test::noisy_prototypes(200, 5, 3, 6);
  const DatasetView images(dataset);
  for (const double percent : {50.0, 99.0, 100.0}) {
    const auto statistics = layer_activation_percentile(network, images, percent, 2);
    ASSERT_EQ(statistics.size(), 2U);
    std::vector<float> positive;
    for (std::size_t n = 0; n < dataset.size(); ++n) {
      const auto outputs = forward(network, image_of(dataset, n));
      for (const float value : outputs[0]) {
        if (value != 0.0F) positive.push_back(value);
      }
    }
    std::sort(positive.begin(), positive.end());
    EXPECT_EQ(statistics[0].non_zero, positive.size());
    EXPECT_EQ(statistics[0].count, 200U * 30U);
    EXPECT_NEAR(statistics[0].maximum, positive.back(), 1e-4);
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(positive.size())));
    EXPECT_NEAR(statistics[0].percentile, positive[rank - 1], 1e-4);
    const auto one_thread = layer_activation_percentile(network, images, percent, 1);
    EXPECT_EQ(one_thread[0].percentile, statistics[0].percentile);
    EXPECT_EQ(one_thread[1].maximum, statistics[1].maximum);
  }
}

TEST(ActivationStatistics, OfASilentLayerAreZero) {
  const Dataset dataset = test::noisy_prototypes(3, 5, 3, 6);
  const auto statistics = layer_activation_percentile(make_network(two_layers()), DatasetView(dataset), 99.9, 1);
  EXPECT_EQ(statistics[0].maximum, 0.0F);
  EXPECT_EQ(statistics[0].non_zero, 0U);
}

TEST(Evaluate, RefusesImagesOfAnotherSize) {
  EXPECT_THROW(evaluate(make_network(two_layers()), test::noisy_prototypes(3, 6, 3, 6), 1), UserError);
}

}  // namespace
}  // namespace crossloom
