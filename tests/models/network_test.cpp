#include "models/network.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/error.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

Network small_network() {
  NetworkSpec spec;
  spec.name = "small";
  spec.input = {2, 1, 1};
  spec.layers.push_back({"hidden", 3, true, Activation::relu, 0.5});
  spec.layers.push_back({"output", 2, false, Activation::none, 0.0});
  Network network = make_network(spec);
  Layer& hidden = network.layers[LayerId(0)];
  hidden.weights.values = {1.0F, -2.0F, 0.5F, 0.25F, 1.0F, 0.0F};
  hidden.bias = {0.5F, 0.0F, -1.0F};
  hidden.live = {1, 1, 1, 1, 1, 0};
  hidden.blocks = {{{0, 1}, {0, 1}}, {{0}, {2}}};
  network.layers[LayerId(1)].weights.values = {1.0F, -1.0F, 0.0F, 0.0F, 2.0F, 2.0F};
  return network;
}

NetworkSpec read_spec(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "net.yaml");
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

std::string problem_of(const std::string& text) {
  try {
    read_spec(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no problem";
}

TEST(NetworkSpec, ReadsThePublishedMnistPerceptron) {
  ConfigDocument document = ConfigDocument::from_file(CROSSLOOM_SOURCE_DIR "/configs/networks/mnist_mlp.yaml");
  const NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  ASSERT_EQ(spec.layers.size(), 3U);
  EXPECT_EQ(spec.inputs_of(LayerId(0)), 784U);
  EXPECT_EQ(spec.inputs_of(LayerId(2)), 1200U);
  EXPECT_EQ(spec.layers[LayerId(2)].outputs, 10U);
  EXPECT_FALSE(spec.layers[LayerId(0)].bias);
  EXPECT_EQ(spec.layers[LayerId(1)].activation, Activation::relu);
  EXPECT_DOUBLE_EQ(spec.layers[LayerId(1)].dropout, 0.5);
}

TEST(NetworkSpec, ReadsTheSmallDigitsPerceptron) {
  ConfigDocument document = ConfigDocument::from_file(CROSSLOOM_SOURCE_DIR "/configs/networks/digits_mlp.yaml");
  const NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  EXPECT_EQ(spec.input.size(), 784U);
  EXPECT_EQ(spec.layers.raw().back().outputs, 10U);
}

TEST(NetworkSpec, NamesEveryMistake) {
  const std::string head = "name: n\ninput: {width: 2, height: 2}\nlayers:\n";
  const std::string good = "  - {name: b, dense: {outputs: 2}}\n";
  EXPECT_THAT(problem_of(head + "  - {name: a, dense: {outputs: 0}}\n" + good), HasSubstr("outputs"));
  EXPECT_THAT(problem_of(head + "  - {name: b, dense: {outputs: 1}}\n" + good), HasSubstr("another layer is called b"));
  EXPECT_THAT(problem_of(head + "  - {name: a, dense: {outputs: 1, activation: none}}\n" + good),
              HasSubstr("only the last layer may do without relu"));
  EXPECT_THAT(problem_of(head + "  - {name: b, dense: {outputs: 2, dropout: 0.5}}\n"), HasSubstr("none may drop out"));
  EXPECT_THAT(problem_of(head + "  - {name: a, dense: {outputs: 1, dropout: 1.0}}\n" + good), HasSubstr("dropout"));
  EXPECT_THAT(problem_of("name: n\ninput: {width: 2, height: 2}\nlayers: []\n"), HasSubstr("at least one layer"));
}

TEST(Network, CountsLiveWeightsWithoutBiases) {
  const Network network = small_network();
  EXPECT_EQ(network.synapses(LayerId(0)), 5U);
  EXPECT_EQ(network.synapses(), 11U);
}

TEST(Network, IsFreshWithAllWeightsLiveAndZero) {
  const Network network = make_network(small_network().spec);
  EXPECT_TRUE(network_faults(network).empty());
  EXPECT_EQ(network.synapses(), 12U);
  EXPECT_EQ(network.layers[LayerId(0)].bias.size(), 3U);
  EXPECT_TRUE(network.layers[LayerId(0)].blocks.empty());
}

TEST(NetworkFaults, NameWhatIsWrong) {
  EXPECT_TRUE(network_faults(small_network()).empty());
  const auto fault_of = [](auto&& change) {
    Network network = small_network();
    change(network.layers[LayerId(0)]);
    const std::vector<std::string> faults = network_faults(network);
    return faults.empty() ? std::string("none") : faults.front();
  };
  EXPECT_THAT(fault_of([](Layer& l) { l.weights.values.pop_back(); }), HasSubstr("matrix is not 2 x 3"));
  EXPECT_THAT(fault_of([](Layer& l) { l.bias.clear(); }), HasSubstr("one bias an output"));
  EXPECT_THAT(fault_of([](Layer& l) { l.live.pop_back(); }), HasSubstr("one value a weight"));
  EXPECT_THAT(fault_of([](Layer& l) { l.weights.values[5] = 1.0F; }), HasSubstr("not live is not 0"));
  EXPECT_THAT(fault_of([](Layer& l) { l.weights.values[0] = std::numeric_limits<float>::quiet_NaN(); }),
              HasSubstr("not finite"));
  EXPECT_THAT(fault_of([](Layer& l) { l.blocks.pop_back(); }), HasSubstr("from input 0 to output 2 lies in no block"));
  EXPECT_THAT(fault_of([](Layer& l) { l.blocks.push_back({{1}, {1}}); }), HasSubstr("more than one block"));
  EXPECT_THAT(fault_of([](Layer& l) { l.blocks[0].rows = {1, 0}; }), HasSubstr("not ascending"));
  EXPECT_THAT(fault_of([](Layer& l) { l.blocks[0].columns = {0, 3}; }), HasSubstr("within the matrix"));
}

TEST(NetworkFile, ReadsBackToTheSameBytes) {
  const Archive archive = to_archive(small_network());
  const Network network = network_from_archive(archive);
  EXPECT_EQ(to_archive(network).to_bytes(), archive.to_bytes());
  EXPECT_EQ(network.layers[LayerId(0)].blocks[1].columns, std::vector<std::uint32_t>({2}));
  EXPECT_EQ(network.spec.layers[LayerId(1)].activation, Activation::none);
}

TEST(NetworkFile, RefusesWhatDoesNotFitTogether) {
  const auto refused = [](auto&& change) {
    Archive archive = to_archive(small_network());
    change(archive);
    EXPECT_THROW(network_from_archive(archive), UserError);
  };
  refused([](Archive& a) { a.header.erase("layers"); });
  refused([](Archive& a) { a.header["layers"] = 3; });
  refused([](Archive& a) { a.header["layers"][0]["outputs"] = -3; });
  refused([](Archive& a) { a.header["layers"][0]["outputs"] = 4000000000U; });
  refused([](Archive& a) { a.header["layers"][0]["activation"] = "tanh"; });
  refused([](Archive& a) { a.header["layers"][1]["name"] = "hidden"; });
  refused([](Archive& a) { a.header["input"]["width"] = 65536; });
  refused([](Archive& a) { a.put("layer0/weights", std::vector<float>{1.0F}); });
  refused([](Archive& a) { a.put("layer0/live", std::vector<std::uint8_t>{1, 1, 1, 1, 1, 2}); });
  refused([](Archive& a) { a.put("layer0/blocks.rows.ends", std::vector<std::uint64_t>{99, 3}); });
  refused([](Archive& a) { a.put("layer0/blocks.rows.ends", std::vector<std::uint64_t>{2, 1}); });
}

TEST(Forward, AddsBiasesAndCutsNegativeSums) {
  const auto outputs = forward(small_network(), {1.0F, 2.0F});
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0], std::vector<float>({2.0F, 0.0F, 0.0F}));  // 1+0.5+0.5, -2+2, 0.5-1 cut
  EXPECT_EQ(outputs[1], std::vector<float>({2.0F, -2.0F}));       // the last layer has no ReLU
}

}  // namespace
}  // namespace crossloom
