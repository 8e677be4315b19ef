#include "training/layer_inputs.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/graph_networks.h"

namespace crossloom {
namespace {

struct Setting {
  NetworkSpec spec = test::spec_from("width: 9, height: 8, channels: 3", R"(
  - {name: first, conv2d: {outputs: 6, kernel: 3, padding: 1, activation: none}}
  - {name: norm, batch_norm: {activation: relu}}
  - {name: second, conv2d: {outputs: 4, kernel: 3, stride: 2, padding: 1, activation: none}}
  - {name: output, dense: {outputs: 3, activation: none}}
)");
  Network network = test::random_graph(spec, 5, 0.3);
  Dataset images = test::coloured_noise(spec, 20, 3, 1);
  [[nodiscard]] std::vector<float> outputs(std::uint32_t image, std::size_t node) const {
    std::vector<float> pixels(images.image_size());
    std::transform(images.image(image), images.image(image) + pixels.size(), pixels.begin(),
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
    return forward(network, pixels).at(node);
  }
};

float product(const InputSamples& samples, std::uint32_t sample, const Matrix& weights, std::uint32_t column) {
  double sum = 0.0;
  for (std::uint32_t i = 0; i < samples.rows; ++i) {
    sum += static_cast<double>(samples.sample(sample)[i]) * static_cast<double>(weights.at(i, column));
  }
  return static_cast<float>(sum);
}

TEST(LayerInputs, OfADenseLayerGiveItsOutputsImageByImage) {
  const Setting setting;
  const InputSamples samples =
      sample_inputs(setting.network, LayerId(2), DatasetView(setting.images), 12, RandomKey(1), 1);
  ASSERT_EQ(samples.count, 12U);
  for (std::uint32_t n = 0; n < samples.count; ++n) {
    const std::vector<float> meant = setting.outputs(n, 3);
    for (std::uint32_t j = 0; j < 3; ++j) {
      EXPECT_NEAR(product(samples, n, setting.network.layers[LayerId(2)].weights, j), meant[j], 1e-3F);
    }
  }
}

TEST(LayerInputs, OfAConvolutionAreWindowsOfTheImagesInTurn) {
  const Setting setting;
  for (const std::size_t layer : {0U, 1U}) {
    const InputSamples samples =
        sample_inputs(setting.network, LayerId(layer), DatasetView(setting.images), 20, RandomKey(1), 2);
    ASSERT_EQ(samples.count, 20U);
    for (std::uint32_t n = 0; n < samples.count; ++n) {
      // Eight windows an image; each gives the outputs of one place.
      const std::vector<float> planes = setting.outputs(n / 8, layer == 0 ? 0 : 2);
      const Matrix& weights = setting.network.layers[LayerId(layer)].weights;
      const std::size_t places = planes.size() / weights.columns;
      bool found = false;
      for (std::size_t place = 0; place < places && !found; ++place) {
        found = true;
        for (std::uint32_t j = 0; j < weights.columns; ++j) {
          found = found && std::fabs(product(samples, n, weights, j) - planes[j * places + place]) < 1e-3F;
        }
      }
      EXPECT_TRUE(found);
    }
  }
}

TEST(LayerInputs, AreNoMoreThanTheImagesHave) {
  const Setting setting;
  EXPECT_EQ(sample_inputs(setting.network, LayerId(2), DatasetView(setting.images), 1000, RandomKey(1), 1).count, 20U);
}

}  // namespace
}  // namespace crossloom
