// The trainer on networks with every kind of node.
#include <cstring>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/graph_networks.h"
#include "training/layer_stack.h"

namespace crossloom {
namespace {

using test::coloured_noise;
using test::every_kind;
using test::random_graph;

constexpr std::uint64_t kStep = 5;

std::vector<std::uint32_t> all_of(const Dataset& dataset) {
  std::vector<std::uint32_t> indices(dataset.size());
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

std::vector<std::size_t> sizes_of(const LayerStack& stack) {
  std::vector<std::size_t> sizes;
  for (const Parameter* parameter : stack.parameters()) sizes.push_back(parameter->values.size());
  return sizes;
}

/// Gradients of a batch of `images`, and everything that the pass leaves behind.
struct Trained {
  Trained(const NetworkSpec& spec, std::size_t images, Precision precision, std::size_t threads)
      : dataset(coloured_noise(spec, images, 3, 21)),
        pool(threads),
        stack(spec, {precision, 0.0, RandomKey(8)}, pool),
        sink(sizes_of(stack)) {
    stack.load(random_graph(spec, 31, 0.3));
    const std::vector<std::uint32_t> indices = all_of(dataset);
    result = stack.train({&dataset, indices.data(), static_cast<std::uint32_t>(images)}, LossKind::cross_entropy, kStep,
                         sink);
    for (const Parameter* state : stack.state()) states.push_back(state->values);
  }
  Dataset dataset;
  ComputePool pool;
  LayerStack stack;
  test::RecordingSink sink;
  BatchResult result;
  std::vector<std::vector<float>> states;
};

void check_gradients(const NetworkSpec& spec, std::size_t images, Precision precision, double tolerance) {
  Trained trained(spec, images, precision, 2);
  std::vector<std::vector<double>> values;
  for (const Parameter* parameter : trained.stack.parameters()) {
    values.emplace_back(parameter->values.begin(), parameter->values.end());
  }
  const test::DoubleGraph reference(spec, trained.dataset, RandomKey(8), kStep);
  EXPECT_NEAR(trained.result.loss / static_cast<double>(images), reference.loss(values), tolerance);
  for (std::size_t p = 0; p < values.size(); ++p) {
    const std::string name = trained.stack.parameters()[p]->name;
    double largest = 0.0;
    for (const float gradient : trained.sink.gradients[p]) largest = std::max(largest, std::fabs(double{gradient}));
    EXPECT_GT(largest, 0.0) << name;
    for (std::size_t k = 0; k < values[p].size(); k += 1 + values[p].size() / 12) {
      ASSERT_EQ(trained.sink.times_taken[p][k], 1) << name;
      const double before = values[p][k];
      values[p][k] = before + 1e-6;
      const double above = reference.loss(values);
      values[p][k] = before - 1e-6;
      const double below = reference.loss(values);
      values[p][k] = before;
      EXPECT_NEAR(static_cast<double>(trained.sink.gradients[p][k]), (above - below) / 2e-6,
                  tolerance * std::max(1e-1, largest))
          << name << " " << k;
    }
    for (const int times : trained.sink.times_taken[p]) ASSERT_EQ(times, 1) << name;
  }
}

TEST(GraphStack, GradientsOfEveryKindOfNodeAgreeWithCentralDifferences) {
  check_gradients(every_kind(), 7, Precision::f32, 1e-4);
}

TEST(GraphStack, GradientsAgreeAcrossPanelsOfImages) {
  check_gradients(test::spec_from("width: 5, height: 4, channels: 2",
                                  "  - {name: a, conv2d: {outputs: 3, kernel: 3, bias: true, activation: none}}\n"
                                  "  - {name: n, batch_norm: {activation: relu}}\n"
                                  "  - {name: p, max_pool: {size: 2, stride: 1}}\n"
                                  "  - {name: z, dense: {outputs: 3}}\n"),
                  37, Precision::f32, 1e-4);
}

TEST(GraphStack, LastNodeMayBeAPoolOverTheWholePlane) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16_products()) continue;
    check_gradients(test::spec_from("width: 4, height: 4, channels: 2",
                                    "  - {name: a, conv2d: {outputs: 3, kernel: 3, padding: 1, activation: none}}\n"
                                    "  - {name: p, mean_pool: {size: 4}}\n"),
                    6, precision, precision == Precision::f32 ? 1e-4 : 0.03);
  }
}

TEST(GraphStack, GivesTheSameBytesWithOneAndWithThreeThreads) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16_products()) continue;
    const Trained one(every_kind(), 45, precision, 1);
    const Trained three(every_kind(), 45, precision, 3);
    EXPECT_EQ(one.sink.gradients, three.sink.gradients);
    EXPECT_EQ(one.states, three.states);
    EXPECT_EQ(one.result.loss, three.result.loss);
  }
}

TEST(GraphStack, Bf16GradientsPointTheSameWay) {
  if (!has_bf16_products()) GTEST_SKIP() << "no bf16 products on this processor";
  const Trained wide(every_kind(), 30, Precision::f32, 2);
  const Trained narrow(every_kind(), 30, Precision::bf16, 2);
  for (std::size_t p = 0; p < wide.sink.gradients.size(); ++p) {
    double dot = 0.0, a = 0.0, b = 0.0;
    for (std::size_t k = 0; k < wide.sink.gradients[p].size(); ++k) {
      const double x = double{wide.sink.gradients[p][k]};
      const double y = double{narrow.sink.gradients[p][k]};
      dot += x * y;
      a += x * x;
      b += y * y;
    }
    EXPECT_GT(dot / std::sqrt(a * b), 0.97) << wide.stack.parameters()[p]->name;
  }
}

TEST(GraphStack, ForwardAgreesWithTheNetworksOwnLoops) {
  const NetworkSpec spec = every_kind();
  const Network network = random_graph(spec, 3, 0.3);
  const Dataset dataset = coloured_noise(spec, 70, 3, 5);
  const std::vector<std::uint32_t> indices = all_of(dataset);
  ComputePool pool(2);
  LayerStack stack(spec, {}, pool);
  stack.load(network);
  const float* const outputs = stack.forward({&dataset, indices.data(), 70});
  const auto graph = spec.graph();
  for (const std::uint32_t r : {0U, 4U, 69U}) {
    std::vector<float> image;
    for (std::size_t i = 0; i < dataset.image_size(); ++i) {
      image.push_back(static_cast<float>(dataset.image(r)[i]) / 255.0F);
    }
    const auto wanted = forward(network, image);
    const std::vector<float> logits(outputs + r * 3, outputs + r * 3 + 3);
    EXPECT_THAT(logits, testing::Pointwise(testing::FloatNear(1e-4F), wanted[wanted.size() - 2]));
    for (std::size_t n = 1; n < graph.size(); ++n) {
      if (!graph[NodeId(n)].layer) continue;
      std::vector<float> values;
      stack.copy_outputs(*graph[NodeId(n)].layer, r, values);
      EXPECT_THAT(values, testing::Pointwise(testing::FloatNear(1e-4F), wanted[n - 1])) << graph[NodeId(n)].name;
    }
  }
}

TEST(GraphStack, KeepsRunningAveragesOfEveryBatchAndStoresThem) {
  const NetworkSpec spec = test::spec_from("width: 2, height: 1",
                                           "  - {name: n, batch_norm: {momentum: 0.25}}\n"
                                           "  - {name: z, dense: {outputs: 2}}\n");
  Dataset dataset = coloured_noise(spec, 2, 2, 1);
  dataset.pixels = {0, 51, 102, 255};  // 0, 0.2, 0.4, 1: mean 0.4, unbiased variance 0.56 / 3
  const std::vector<std::uint32_t> indices = all_of(dataset);
  ComputePool pool(1);
  LayerStack stack(spec, {}, pool);
  Network network = make_network(spec);
  stack.load(network);
  test::RecordingSink sink(sizes_of(stack));
  stack.train({&dataset, indices.data(), 2}, LossKind::cross_entropy, 0, sink);
  stack.store(network);
  EXPECT_NEAR(network.batch_norms[0].mean[0], 0.25 * 0.4, 1e-6);
  EXPECT_NEAR(network.batch_norms[0].variance[0], 0.75 + 0.25 * 0.56 / 3.0, 1e-6);
  EXPECT_EQ(network.batch_norms[0].scale[0], 1.0F);
}

TEST(GraphStack, StoresWhatItLoaded) {
  const Network network = random_graph(every_kind(), 3, 0.5);
  ComputePool pool(1);
  LayerStack stack(network.spec, {}, pool);
  stack.load(network);
  Network stored = make_network(network.spec);
  stack.store(stored);
  EXPECT_EQ(to_archive(stored).to_bytes(), to_archive(network).to_bytes());
}

TEST(GraphStack, TakesFewerImagesAtOnceWhereTheyAreLarge) {
  EXPECT_EQ(evaluation_rows(test::network_spec({4, 4, 1}, {test::dense("a", 3, false, Activation::none)})), 1024U);
  EXPECT_EQ(evaluation_rows(every_kind()), 1024U);
  EXPECT_EQ(evaluation_rows(test::spec_from("width: 64, height: 64",
                                            "  - {name: a, conv2d: {outputs: 64, kernel: 3}}\n"
                                            "  - {name: z, dense: {outputs: 2}}\n")),
            256U);
}

}  // namespace
}  // namespace crossloom
