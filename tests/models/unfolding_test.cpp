#include "models/unfolding.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config_reader.h"
#include "base/error.h"
#include "base/random.h"

namespace crossloom {
namespace {

NetworkSpec spec_of(const std::string& layers, const std::string& input = "width: 9, height: 8, channels: 2") {
  ConfigDocument document =
      ConfigDocument::from_text("name: n\ninput: {" + input + "}\nlayers:\n" + layers, "net.yaml");
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

Network random_network(const NetworkSpec& spec) {
  Network network = make_network(spec);
  RandomStream stream{RandomKey(5)};
  for (Layer& layer : network.layers) {
    for (float& weight : layer.weights.values) weight = static_cast<float>(stream.normal());
    for (float& bias : layer.bias) bias = static_cast<float>(stream.normal());
  }
  for (BatchNorm& norm : network.batch_norms) {
    for (float& value : norm.mean) value = static_cast<float>(stream.normal());
    for (float& value : norm.variance) value = static_cast<float>(0.5 + stream.uniform());
  }
  return network;
}

std::vector<float> random_image(std::size_t values) {
  RandomStream stream{RandomKey(6)};
  std::vector<float> image;
  for (std::size_t i = 0; i < values; ++i) image.push_back(static_cast<float>(stream.uniform()));
  return image;
}

/// The last layer's outputs of the network and of its unfolded form are the same, and the blocks cover it.
void expect_same_function(const Network& network, ArraySize array) {
  const Network chain = unfold(network, array);
  EXPECT_TRUE(chain.spec.is_chain());
  EXPECT_EQ(network_faults(chain), std::vector<std::string>());
  ASSERT_EQ(chain.layers.size(), unfolded(network.spec).layers.size());
  const std::vector<float> image = random_image(network.spec.input.size());
  const std::vector<float> expected = forward(network, image).back();
  const std::vector<float> found = forward(chain, image).back();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t j = 0; j < found.size(); ++j) {
    EXPECT_NEAR(found[j], expected[j], 1e-4F * std::max(1.0F, std::abs(expected[j]))) << j;
  }
}

const char* const kNetwork =
    "  - {name: first, conv2d: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: true, activation: none}}\n"
    "  - {name: norm, batch_norm: {activation: relu}}\n"
    "  - {name: small, mean_pool: {size: 3, stride: 2, padding: 1}}\n"
    "  - {name: second, conv2d: {outputs: 6, kernel: 2, groups: 2}}\n"
    "  - {name: line, flatten: {}}\n"
    "  - {name: output, dense: {outputs: 3, activation: none}}\n";

TEST(Unfolding, KeepsTheFunctionOfStridesPaddingGroupsNormsAndPools) {
  const Network network = random_network(spec_of(kNetwork));
  for (const ArraySize array : {ArraySize{8, 8}, ArraySize{64, 64}, ArraySize{16, 5}}) {
    SCOPED_TRACE(array.columns);
    expect_same_function(network, array);
  }
}

TEST(Unfolding, KeepsMasksAndPutsChannelsOfOneBlockTogether) {
  Network network =
      random_network(spec_of("  - {name: c, conv2d: {outputs: 4, kernel: 3}}\n"
                             "  - {name: output, dense: {outputs: 2}}\n"));
  Layer& kernel = network.layers[LayerId(0)];
  kernel.live.assign(kernel.weights.values.size(), 0);
  // Channels 0 and 2 see the first input channel, 1 and 3 the second.
  kernel.blocks = {{{}, {0, 2}}, {{}, {1, 3}}};
  for (std::uint32_t i = 0; i < 18; ++i) {
    kernel.blocks[i / 9].rows.push_back(i);
    for (std::uint32_t j = 0; j < 4; ++j) {
      const bool live = i / 9 == j % 2;
      kernel.live[i * 4 + j] = live ? 1 : 0;
      if (!live) kernel.weights.at(i, j) = 0.0F;
    }
  }
  expect_same_function(network, {32, 16});
  const Network chain = unfold(network, {32, 16});
  EXPECT_EQ(chain.synapses(LayerId(0)), 4U * 9U * 42U) << "9 live weights at each of 7 x 6 positions of 4 channels";
  for (const Block& block : chain.layers[LayerId(0)].blocks) {
    const std::uint32_t first = block.columns.front() / 42 % 2;
    for (const std::uint32_t j : block.columns) EXPECT_EQ(j / 42 % 2, first);
  }
}

TEST(Unfolding, OfAChainOfDenseLayersChangesNothing) {
  const Network network =
      random_network(spec_of("  - {name: a, dense: {outputs: 5}}\n"
                             "  - {name: z, dense: {outputs: 2}}\n"));
  const Network chain = unfold(network, {});
  EXPECT_EQ(chain.layers[LayerId(0)].weights.values, network.layers[LayerId(0)].weights.values);
  EXPECT_TRUE(chain.layers[LayerId(0)].live.empty());
}

TEST(Unfolding, TakesDenseLayersWithBatchNormsAsAChain) {
  expect_same_function(random_network(spec_of("  - {name: a, dense: {outputs: 4, activation: none}}\n"
                                              "  - {name: n, batch_norm: {activation: relu}}\n"
                                              "  - {name: z, dense: {outputs: 2}}\n")),
                       {});
}

std::string refusal_of(const std::string& layers, const std::string& input = "width: 9, height: 8, channels: 2") {
  try {
    (void)unfolded(spec_of(layers, input));
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(Unfolding, RefusesWhatSpikingChipsDoNotDoAndNamesTheNode) {
  using testing::HasSubstr;
  const std::string last = "  - {name: z, dense: {outputs: 2}}\n";
  EXPECT_THAT(refusal_of("  - {name: p, max_pool: {size: 2}}\n" + last), HasSubstr("node p (max_pool): the largest"));
  EXPECT_THAT(refusal_of("  - {name: a, dense: {outputs: 2}}\n  - {name: b, dense: {outputs: 2}}\n"
                         "  - {name: s, from: [a, b], add: {}}\n" +
                         last),
              HasSubstr("node s (add): joining branches"));
  EXPECT_THAT(refusal_of("  - {name: a, conv2d: {outputs: 2, kernel: 3, activation: none}}\n" + last),
              HasSubstr("layer a has no relu"));
  EXPECT_THAT(refusal_of("  - {name: c, conv2d: {outputs: 64, kernel: 3, padding: 1}}\n" + last,
                         "width: 64, height: 64, channels: 3"),
              HasSubstr("more than 2^28"));
}

TEST(Fold, GivesBackTheKernelThatWasUnfolded) {
  for (const std::string convolution :
       {"{outputs: 4, kernel: 3, padding: 1, activation: relu}", "{outputs: 3, kernel: 2, stride: 2, activation: relu}",
        "{outputs: 6, kernel: 3, padding: 2, stride: 2, groups: 2, activation: relu}"}) {
    const Network network =
        random_network(spec_of("  - {name: c, conv2d: " + convolution + "}\n  - {name: out, dense: {outputs: 3}}\n"));
    const Network chain = unfold(network, {16, 16});
    const Layer& layer = chain.layers[LayerId(0)];
    const std::uint32_t groups = network.spec.layers[LayerId(0)].convolution->groups;
    const Matrix folded = fold(layer.weights, *layer.kernel, groups);
    EXPECT_EQ(folded.rows, network.layers[LayerId(0)].weights.rows) << convolution;
    EXPECT_EQ(folded.values, network.layers[LayerId(0)].weights.values) << convolution;
  }
}

TEST(Fold, IsTheMeanOverThePositionsThatHaveTheWeightInsideThePlane) {
  const Network network = random_network(spec_of(
      "  - {name: c, conv2d: {outputs: 1, kernel: 2, padding: 1, activation: relu}}\n  - {name: out, dense: {outputs: "
      "3}}\n",
      "width: 1, height: 1, channels: 1"));
  Network chain = unfold(network, {16, 16});
  Layer& layer = chain.layers[LayerId(0)];
  // One input and four positions, each of which sees it at another place of the window.
  layer.weights.values = {1.0F, 2.0F, 3.0F, 4.0F};
  EXPECT_THAT(fold(layer.weights, *layer.kernel, 1).values, testing::ElementsAre(4.0F, 3.0F, 2.0F, 1.0F));

  const Network narrow = random_network(spec_of(
      "  - {name: c, conv2d: {outputs: 1, kernel: 1, activation: relu}}\n  - {name: out, dense: {outputs: 3}}\n",
      "width: 2, height: 2, channels: 1"));
  chain = unfold(narrow, {16, 16});
  Matrix& weights = chain.layers[LayerId(0)].weights;
  for (std::uint32_t at = 0; at < 4; ++at) weights.at(at, at) = static_cast<float>(at);
  EXPECT_THAT(fold(weights, *chain.layers[LayerId(0)].kernel, 1).values, testing::ElementsAre(1.5F));
}

}  // namespace
}  // namespace crossloom
