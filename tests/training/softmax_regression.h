// A linear classifier for judging data sets: multinomial logistic regression on the pixels, in plain loops.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"

namespace crossloom::testing_support {

class SoftmaxRegression {
 public:
  explicit SoftmaxRegression(std::size_t inputs) : inputs_(inputs), weights_(inputs), second_(inputs) {}

  /// Minimises the cross entropy by mini-batches of 50 with RMSProp (Hinton, lecture notes, 2012) and a step that falls
  /// along a half cosine to nothing.
  void fit(const DatasetView& images, std::size_t epochs, float step) {
    constexpr std::size_t kBatch = 50;
    RandomStream random(RandomKey(3).child("order"));
    std::vector<std::size_t> order(images.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const std::size_t batches = images.size() / kBatch;
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
      for (std::size_t i = order.size() - 1; i > 0; --i) {
        std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
      }
      for (std::size_t batch = 0; batch < batches; ++batch) {
        const float done = static_cast<float>(epoch * batches + batch) / static_cast<float>(epochs * batches);
        update(images, &order[batch * kBatch], kBatch, step * 0.5F * (1.0F + std::cos(3.14159265F * done)));
      }
    }
  }

  [[nodiscard]] double accuracy(const DatasetView& images) const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const Row scores = evaluate(images.image(i));
      const auto best = std::max_element(scores.begin(), scores.begin() + 10) - scores.begin();
      right += best == images.label(i) ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(images.size());
  }

 private:
  /// Ten classes, padded to a length that compilers turn into whole vectors.
  using Row = std::array<float, 16>;

  [[nodiscard]] Row evaluate(const std::uint8_t* image) const {
    Row scores = bias_;
    for (std::size_t k = 0; k < inputs_; ++k) {
      if (image[k] == 0) continue;
      const float value = static_cast<float>(image[k]) / 255.0F;
      for (std::size_t j = 0; j < scores.size(); ++j) scores[j] += value * weights_[k][j];
    }
    return scores;
  }

  void update(const DatasetView& images, const std::size_t* chosen, std::size_t count, float step) {
    std::vector<Row> slopes(inputs_);
    Row bias_slope{};
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* image = images.image(chosen[i]);
      Row slope = evaluate(image);
      const float highest = *std::max_element(slope.begin(), slope.begin() + 10);
      float sum = 0.0F;
      for (std::size_t j = 0; j < 10; ++j) sum += slope[j] = std::exp(slope[j] - highest);
      for (std::size_t j = 0; j < slope.size(); ++j) slope[j] = j < 10 ? slope[j] / sum : 0.0F;
      slope[images.label(chosen[i])] -= 1.0F;
      for (std::size_t j = 0; j < slope.size(); ++j) bias_slope[j] += slope[j];
      for (std::size_t k = 0; k < inputs_; ++k) {
        if (image[k] == 0) continue;
        const float value = static_cast<float>(image[k]) / 255.0F;
        for (std::size_t j = 0; j < slope.size(); ++j) slopes[k][j] += value * slope[j];
      }
    }
    for (std::size_t k = 0; k < inputs_; ++k) move(weights_[k], second_[k], slopes[k], step, static_cast<float>(count));
    move(bias_, bias_second_, bias_slope, step, static_cast<float>(count));
  }

  static void move(Row& values, Row& second, const Row& slopes, float step, float count) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      const float slope = slopes[j] / count;
      second[j] = 0.99F * second[j] + 0.01F * slope * slope;
      values[j] -= step * slope / (std::sqrt(second[j]) + 1e-4F);
    }
  }

  std::size_t inputs_;
  std::vector<Row> weights_, second_;
  Row bias_{}, bias_second_{};
};

}  // namespace crossloom::testing_support
