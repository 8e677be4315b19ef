// Activations that are rounded while a network is trained.
#include "training/transform/activation_formats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/graph_networks.h"
#include "tests/training/method_tests.h"
#include "training/layer_stack.h"
#include "training/rounding_node.h"
#include "training/transform/quantise.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

using test::coloured_noise;
using test::every_kind;
using test::random_graph;

std::vector<float> image_of(const Dataset& dataset, std::size_t index) {
  std::vector<float> values;
  for (std::size_t i = 0; i < dataset.image_size(); ++i) {
    values.push_back(static_cast<float>(dataset.image(index)[i]) / 255.0F);
  }
  return values;
}

TEST(ActivationFormats, BelongToWhatIsStoredAndHaveSignsWhereNeeded) {
  const Network network = random_graph(every_kind(), 3, 0.3);
  const Dataset dataset = coloured_noise(network.spec, 8, 3, 5);
  const Network rounded = with_activation_formats(network, DatasetView(dataset), {6, 4}, no_progress());
  EXPECT_THAT(network_faults(rounded), testing::IsEmpty());
  std::string with, with_signs;
  for (const NodeSpec& node : rounded.spec.graph()) {
    const auto& format = node.layer ? rounded.spec.layers[*node.layer].output_format : node.output_format;
    if (!format) continue;
    EXPECT_EQ(format->bits, 6U);
    with += node.name + " ";
    if (format->is_signed) with_signs += node.name + " ";
  }
  // `first`, `third`, `fourth` and `all` are taken on by a batch_norm or an activation; `output` is the network's.
  EXPECT_EQ(with, "first_norm second third_norm sum both cut deep wide image all_norm ");
  EXPECT_EQ(with_signs, "third_norm image all_norm ");
}

TEST(ActivationFormats, HaveTheStepOfLeastSquaredError) {
  const Network network = random_graph(every_kind(), 4, 0.3);
  const Dataset dataset = coloured_noise(network.spec, 6, 3, 5);
  const Network rounded = with_activation_formats(network, DatasetView(dataset), {3, 4}, no_progress());
  const auto graph = rounded.spec.graph();
  std::vector<std::vector<std::vector<float>>> outputs;
  for (std::size_t k = 0; k < 4; ++k) outputs.push_back(forward(network, image_of(dataset, k)));
  for (std::size_t n = 1; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    const auto& chosen = node.layer ? rounded.spec.layers[*node.layer].output_format : node.output_format;
    if (!chosen) continue;
    const auto error_of = [&](std::int32_t fraction_bits) {
      FixedPointFormat format = *chosen;
      format.fraction_bits = fraction_bits;
      double sum = 0.0;
      for (std::size_t k = 0; k < 4; ++k) {
        for (const float value : outputs[k][n - 1]) {
          sum += std::pow(nearest_in(format, static_cast<double>(value)) - static_cast<double>(value), 2);
        }
      }
      return sum;
    };
    for (std::int32_t fraction_bits = -6; fraction_bits <= 12; ++fraction_bits) {
      EXPECT_LE(error_of(chosen->fraction_bits), error_of(fraction_bits) * (1.0 + 1e-12)) << node.name;
    }
  }
}

TEST(ActivationFormats, AreThoseOfTheNetworksOwnLoopsInTheTrainer) {
  const Network network = random_graph(every_kind(), 5, 0.3);
  const Dataset dataset = coloured_noise(network.spec, 40, 3, 5);
  const Network rounded = with_activation_formats(network, DatasetView(dataset), {4, 4}, no_progress());
  std::vector<std::uint32_t> indices(40);
  std::iota(indices.begin(), indices.end(), 0U);
  ComputePool pool(2);
  LayerStack stack(rounded.spec, {}, pool);
  stack.load(rounded);
  const float* const outputs = stack.forward({&dataset, indices.data(), 40});
  for (const std::uint32_t r : {0U, 7U, 39U}) {
    const auto wanted = forward(rounded, image_of(dataset, r));
    const std::vector<float> logits(outputs + r * 3, outputs + r * 3 + 3);
    // A sum next to the middle between two numbers may round either way: few values, each by one step.
    const std::vector<float>& expected = wanted[wanted.size() - 2];
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(logits[j], expected[j], 0.05) << r;
    std::vector<float> values;
    stack.copy_outputs(LayerId(1), r, values);
    const FixedPointFormat format = *rounded.spec.layers[LayerId(1)].output_format;
    for (const float value : values) EXPECT_EQ(nearest_in(format, static_cast<double>(value)), double{value});
  }
}

/// Gradients of the weights of the first of two layers.
std::vector<float> first_gradients(const std::optional<FixedPointFormat>& format) {
  NetworkSpec spec = test::network_spec(
      {6, 6, 1}, {test::dense("a", 20, false, Activation::none), test::dense("z", 4, false, Activation::none)});
  spec.layers[LayerId(0)].output_format = format;
  std::vector<std::uint32_t> indices(16);
  std::iota(indices.begin(), indices.end(), 0U);
  ComputePool pool(2);
  LayerStack stack(spec, {}, pool);
  stack.load(test::random_network(spec, 7, 0.2));
  std::vector<std::size_t> sizes;
  for (const Parameter* parameter : stack.parameters()) sizes.push_back(parameter->values.size());
  test::RecordingSink sink(sizes);
  stack.train({&test::method_images(), indices.data(), 16}, LossKind::cross_entropy, 0, sink);
  return sink.gradients[0];
}

TEST(RoundingNode, LetsGradientsThroughWithinTheFormatAndStopsThemBeyond) {
  const std::vector<float> plain = first_gradients(std::nullopt);
  const float largest = std::abs(
      *std::max_element(plain.begin(), plain.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
  // Fine steps change nothing but rounding.
  EXPECT_THAT(first_gradients(FixedPointFormat{16, true, 10}),
              testing::Pointwise(testing::FloatNear(0.02F * largest), plain));
  // So small a range saturates every value but a 0.
  EXPECT_THAT(first_gradients(FixedPointFormat{2, true, 30}), testing::Each(0.0F));
  // Coarse steps still have slopes: rounding alone has none anywhere.
  const std::vector<float> coarse = first_gradients(FixedPointFormat{3, true, 0});
  EXPECT_THAT(coarse, testing::Contains(testing::Ne(0.0F)));
}

QuantiseSpec activations_of(std::uint32_t bits) {
  QuantiseSpec spec;
  spec.activations = ActivationBits{bits, 16};
  spec.retraining = test::quick_training(6);
  return spec;
}

Network run(const TransformSpec& spec, const TrainOptions& options = {}) {
  return transform(test::method_network(), test::method_images(), spec, {8, 6}, test::quick_training(1), RandomKey(3),
                   options)
      .network;
}

TEST(Quantise, TrainsWithRoundedActivations) {
  const Network rounded =
      with_activation_formats(test::method_network(), DatasetView(test::method_images()), {1, 16}, no_progress());
  const double before = evaluate(rounded, test::method_images(), 1).accuracy;
  const Network trained = run(activations_of(1));
  EXPECT_EQ(trained.spec.layers[LayerId(1)].output_format, rounded.spec.layers[LayerId(1)].output_format);
  EXPECT_FALSE(trained.spec.layers[LayerId(2)].output_format);
  const double after = evaluate(trained, test::method_images(), 1).accuracy;
  EXPECT_GT(after, 0.95);
  EXPECT_GE(after, before);
  test::expect_whole(trained, {50, 50});
}

TEST(Quantise, TakesWeightsAndActivationsTogether) {
  QuantiseSpec spec = activations_of(2);
  spec.levels = WeightLevels{uniform_levels(3), "3"};
  const Network network = run(spec);
  EXPECT_TRUE(network.spec.layers[LayerId(0)].output_format);
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(Quantise, OfActivationsGivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  const QuantiseSpec spec = activations_of(3);
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

}  // namespace
}  // namespace crossloom
