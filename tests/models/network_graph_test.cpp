// Networks that are more than a chain of dense layers: reading, shapes, forward pass, folding, files.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/random.h"
#include "models/network.h"

namespace crossloom {
namespace {

using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

NetworkSpec read_spec(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "net.yaml");
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

NetworkSpec with_layers(const std::string& input, const std::string& layers) {
  return read_spec("name: n\ninput: {" + input + "}\nlayers:\n" + layers);
}

std::string problem_of(const std::string& layers) {
  try {
    with_layers("width: 8, height: 8, channels: 2", layers);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no problem";
}

const char* const kResidual = R"(
  - {name: first, conv2d: {outputs: 4, kernel: 3, padding: 1, activation: none}}
  - {name: first_norm, batch_norm: {activation: relu}}
  - {name: second, conv2d: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: true, activation: none}}
  - {name: shortcut, from: first_norm, conv2d: {outputs: 4, kernel: 1, stride: 2, activation: none}}
  - {name: sum, from: [second, shortcut], add: {activation: relu}}
  - {name: small, from: sum, max_pool: {size: 3, stride: 2, padding: 1}}
  - {name: wide, from: sum, mean_pool: {size: 3, stride: 2, padding: 1}}
  - {name: both, from: [small, wide], concat: {}}
  - {name: cut, activation: relu}
  - {name: line, flatten: {}}
  - {name: output, dense: {outputs: 3, activation: none}}
  - {name: shares, softmax: {}}
)";

NetworkSpec residual() { return with_layers("width: 8, height: 6, channels: 2", kResidual); }

Network random_network(const NetworkSpec& spec, std::uint64_t seed) {
  Network network = make_network(spec);
  RandomStream stream{RandomKey(seed)};
  const auto draw = [&](std::vector<float>& values, double mean) {
    for (float& value : values) value = static_cast<float>(mean + 0.4 * stream.normal());
  };
  for (Layer& layer : network.layers) {
    draw(layer.weights.values, 0.0);
    draw(layer.bias, 0.0);
  }
  for (BatchNorm& norm : network.batch_norms) {
    draw(norm.scale, 1.0);
    draw(norm.shift, 0.0);
    draw(norm.mean, 0.0);
    for (float& value : norm.variance) value = static_cast<float>(0.5 + stream.uniform());
  }
  return network;
}

std::vector<float> random_image(std::size_t values, std::uint64_t seed) {
  RandomStream stream{RandomKey(seed)};
  std::vector<float> image;
  for (std::size_t i = 0; i < values; ++i) image.push_back(static_cast<float>(stream.uniform()));
  return image;
}

/// All of a network but its weights.
nlohmann::json header_of(const NetworkSpec& spec) {
  Network network;
  network.spec = spec;
  network.layers = IdVector<LayerId, Layer>(spec.layers.size());
  return to_archive(network).header;
}

TEST(NetworkGraph, InfersTheShapeOfEveryNode) {
  const NetworkSpec spec = residual();
  std::vector<std::string> shapes;
  for (const ImageShape& shape : shapes_of(spec)) shapes.push_back(to_text(shape));
  EXPECT_EQ(shapes, (std::vector<std::string>{"8x6x2", "8x6x4", "8x6x4", "4x3x4", "4x3x4", "4x3x4", "2x2x4", "2x2x4",
                                              "2x2x8", "2x2x8", "1x1x32", "1x1x3", "1x1x3"}));
}

TEST(NetworkGraph, LowersAConvolutionToRowsUnderItsWindowTimesOutputChannels) {
  const NetworkSpec spec = with_layers("width: 8, height: 8, channels: 4",
                                       "  - {name: a, conv2d: {outputs: 6, kernel: 3, groups: 2}}\n"
                                       "  - {name: b, dense: {outputs: 2}}\n");
  const Network network = make_network(spec);
  EXPECT_EQ(network.layers[LayerId(0)].weights.rows, 2U * 9U);
  EXPECT_EQ(network.layers[LayerId(0)].weights.columns, 6U);
  EXPECT_EQ(network.layers[LayerId(1)].weights.rows, 6U * 36U);
  EXPECT_EQ(spec.output_count(), 2U);
}

TEST(NetworkGraph, OfEachNetworkOfThePapersHasItsPublishedShapeAndResolvesToItself) {
  struct Published {
    const char* file;
    std::size_t layers;
    std::uint64_t synapses;
    std::uint32_t first_dense_inputs;
  };
  // Synapses of the MLPs and of 12c5-2s-64c5-2s-1200-1200-10 follow from the sizes in their names, those of VGG-8 and
  // ResNet-20 (He et al., CVPR 2016: 0.27 M parameters) from their layers.
  const std::vector<Published> all{{"svhn_mlp", 4, 4120800, 1024},  {"cifar10_mlp", 5, 5560800, 1024},
                                   {"mnist_cnn", 5, 2700300, 1024}, {"lenet5", 5, 61470, 400},
                                   {"vgg8", 8, 12973440, 8192},     {"resnet20", 22, 270896, 64}};
  for (const Published& one : all) {
    const std::string file = std::string(CROSSLOOM_SOURCE_DIR "/configs/networks/") + one.file + ".yaml";
    ConfigDocument document = ConfigDocument::from_file(file);
    const NetworkSpec spec = read_network_spec(document.root());
    document.finish();
    const Network network = make_network(spec);
    EXPECT_EQ(network.layers.size(), one.layers) << one.file;
    EXPECT_EQ(network.synapses(), one.synapses) << one.file;
    EXPECT_EQ(spec.output_count(), 10U);
    const auto first_dense =
        std::find_if(spec.layers.begin(), spec.layers.end(), [](const LayerSpec& layer) { return !layer.convolution; });
    EXPECT_EQ(spec.inputs_of(LayerId(static_cast<std::size_t>(first_dense - spec.layers.begin()))),
              one.first_dense_inputs);
    EXPECT_NO_THROW(fold_batch_norm(network)) << one.file;
    EXPECT_EQ(header_of(read_spec(document.resolved())), header_of(spec)) << one.file;
  }
}

TEST(NetworkGraph, OfDenseLayersAloneStaysAPlainChain) {
  EXPECT_TRUE(
      with_layers("width: 2, height: 2", "  - {name: a, dense: {outputs: 3}}\n  - {name: b, dense: {outputs: 2}}\n")
          .is_chain());
  EXPECT_FALSE(residual().is_chain());
}

TEST(NetworkGraph, OfEveryKindResolvesToItself) {
  ConfigDocument document = ConfigDocument::from_text(
      std::string("name: n\ninput: {width: 8, height: 6, channels: 2}\nlayers:\n") + kResidual, "net.yaml");
  const NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  EXPECT_EQ(header_of(read_spec(document.resolved())), header_of(spec));
}

TEST(NetworkGraph, SaysWhereAndWhyNodesDoNotFit) {
  const std::string last = "  - {name: z, dense: {outputs: 2}}\n";
  const std::string wide = problem_of("  - {name: a, conv2d: {outputs: 3, kernel: 9}}\n" + last);
  EXPECT_THAT(wide, HasSubstr("net.yaml:4:"));
  EXPECT_THAT(wide,
              HasSubstr("node a (from input): its window of 9x9 with padding 0 does not fit into its input of 8x8x2"));
  const std::string sum =
      problem_of("  - {name: a, conv2d: {outputs: 3, kernel: 3}}\n  - {name: b, from: [a, input], add: {}}\n" + last);
  EXPECT_THAT(sum, HasSubstr("net.yaml:5:"));
  EXPECT_THAT(sum,
              HasSubstr("node b (from a, input): it adds equal shapes, but input 1 is 6x6x3 and input 2 is 8x8x2"));
  EXPECT_THAT(problem_of("  - {name: a, conv2d: {outputs: 3, kernel: 3}}\n"
                         "  - {name: b, from: [a, input], concat: {}}\n" +
                         last),
              HasSubstr("planes of equal width and height, but input 1 is 6x6x3 and input 2 is 8x8x2"));
  EXPECT_THAT(problem_of("  - {name: a, conv2d: {outputs: 3, kernel: 3, groups: 2}}\n" + last), HasSubstr("2 groups"));
  EXPECT_THAT(problem_of("  - {name: a, max_pool: {size: 2, padding: 2}}\n" + last),
              HasSubstr("leaves windows of 2 empty"));
  EXPECT_THAT(problem_of("  - {name: a, from: b, flatten: {}}\n" + last), HasSubstr("no earlier node is called b"));
  EXPECT_THAT(problem_of("  - {name: a, from: [input, input], flatten: {}}\n" + last), HasSubstr("exactly one input"));
  EXPECT_THAT(problem_of("  - {name: a, flatten: {}}\n  - {name: z, from: input, dense: {outputs: 2}}\n"),
              HasSubstr("nothing reads node a"));
  EXPECT_THAT(problem_of("  - {name: a, add: {}}\n" + last), HasSubstr("joins two or more nodes"));
  EXPECT_THAT(problem_of("  - {name: a, from: input, concat: {}}\n" + last), HasSubstr("joins two or more nodes"));
  EXPECT_THAT(problem_of("  - {name: input, flatten: {}}\n" + last), HasSubstr("the name of the images"));
  EXPECT_THAT(problem_of("  - {name: a, softmax: {}}\n" + last), HasSubstr("softmax is the last node"));
  EXPECT_THAT(problem_of("  - {name: a, conv2d: {outputs: 2, kernel: 3}}\n"),
              HasSubstr("one value a class, not 6x6x2"));
  EXPECT_THAT(problem_of("  - {name: a, activation: tanh}\n" + last), HasSubstr("relu"));
  EXPECT_THAT(problem_of("  - {name: a, conv3d: {outputs: 2}}\n" + last), HasSubstr("did you mean 'conv2d'"));
  EXPECT_THAT(problem_of("  - {name: a, conv3d: {outputs: 2}}\n" + last), HasSubstr("it says what it is by one of"));
  EXPECT_THAT(problem_of("  - {name: a, flatten: {}, dense: {outputs: 2}}\n"), HasSubstr("it is a dense already"));
  EXPECT_THAT(problem_of("  - {name: a, flatten: {size: 2}}\n" + last), HasSubstr("size"));
}

TEST(NetworkGraph, ComputesEveryKindOfNode) {
  NetworkSpec spec =
      with_layers("width: 3, height: 2, channels: 2",
                  "  - {name: conv, conv2d: {outputs: 2, kernel: 2, stride: 2, padding: 1, bias: true}}\n"
                  "  - {name: most, from: input, max_pool: {size: 2, stride: 1}}\n"
                  "  - {name: mean, from: input, mean_pool: {size: 2, padding: 1}}\n"
                  "  - {name: sum, from: [conv, mean], add: {}}\n"
                  "  - {name: norm, batch_norm: {epsilon: 1.0}}\n"
                  "  - {name: flat, flatten: {}}\n"
                  "  - {name: line, from: most, flatten: {}}\n"
                  "  - {name: all, from: [flat, line], concat: {}}\n"
                  "  - {name: out, dense: {outputs: 2, activation: none}}\n"
                  "  - {name: share, softmax: {}}\n");
  Network network = make_network(spec);
  Layer& conv = network.layers[LayerId(0)];
  conv.weights.at(3, 0) = 1.0F;       // channel 0, lower right of the window
  conv.weights.at(4 + 0, 1) = -2.0F;  // channel 1, upper left
  conv.bias = {0.5F, 10.0F};
  network.layers[LayerId(1)].weights.at(0, 0) = 1.0F;
  network.layers[LayerId(1)].weights.at(1, 1) = 1.0F;
  network.batch_norms[0] = {{2.0F, 1.0F}, {0.0F, 1.0F}, {1.0F, 0.0F}, {3.0F, 0.0F}};
  const auto outputs = forward(network, {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16});
  // Windows start at -1 and 1: the lower right is (0, 0), (0, 2), (2, 0), (2, 2); the upper left of the last is (1, 1).
  EXPECT_EQ(outputs[0], (std::vector<float>{1.5F, 3.5F, 0.5F, 0.5F, 10, 10, 10, 0}));
  EXPECT_EQ(outputs[1], (std::vector<float>{5, 6, 15, 16}));
  EXPECT_EQ(outputs[2], (std::vector<float>{1, 2.5F, 4, 5.5F, 11, 12.5F, 14, 15.5F}));
  EXPECT_EQ(outputs[3], (std::vector<float>{2.5F, 6, 4.5F, 6, 21, 22.5F, 24, 15.5F}));
  EXPECT_FLOAT_EQ(outputs[4][0], 1.5F);   // (2.5 - 1) / sqrt(3 + 1) x 2
  EXPECT_FLOAT_EQ(outputs[4][4], 22.0F);  // 21 / sqrt(0 + 1) + 1
  EXPECT_FLOAT_EQ(outputs[9][0] + outputs[9][1], 1.0F);
  EXPECT_FLOAT_EQ(outputs[9][1] / outputs[9][0], std::exp(outputs[8][1] - outputs[8][0]));
}

TEST(NetworkGraph, GroupsDoNotMix) {
  const NetworkSpec spec = with_layers("width: 1, height: 1, channels: 4",
                                       "  - {name: a, conv2d: {outputs: 2, kernel: 1, groups: 2, activation: none}}\n");
  Network network = make_network(spec);
  network.layers[LayerId(0)].weights.values = {1, 10, 100, 1000};  // rows: channel within the group; columns: outputs
  EXPECT_EQ(forward(network, {1, 2, 3, 4}).back(), (std::vector<float>{1 + 200, 30 + 4000}));
}

TEST(FoldBatchNorm, ComputesTheSameWithoutTheNode) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Network network = random_network(residual(), seed);
    const Network folded = fold_batch_norm(network);
    EXPECT_TRUE(network_faults(folded).empty());
    EXPECT_TRUE(folded.batch_norms.empty());
    EXPECT_EQ(folded.spec.nodes.size() + 1, network.spec.nodes.size());
    EXPECT_EQ(folded.spec.layers[LayerId(0)].activation, Activation::relu);
    const std::vector<float> image = random_image(network.spec.input.size(), seed);
    EXPECT_THAT(forward(folded, image).back(), Pointwise(FloatNear(1e-5F), forward(network, image).back()));
  }
}

TEST(FoldBatchNorm, MakesAPlainChainOfDenseLayersWithNormsAndActivations) {
  const Network network = random_network(with_layers("width: 2, height: 2",
                                                     "  - {name: a, dense: {outputs: 5, activation: none}}\n"
                                                     "  - {name: n, batch_norm: {}}\n"
                                                     "  - {name: r, activation: relu}\n"
                                                     "  - {name: b, dense: {outputs: 2}}\n"),
                                         3);
  const Network folded = fold_batch_norm(network);
  EXPECT_TRUE(folded.spec.is_chain());
  EXPECT_TRUE(folded.spec.layers[LayerId(0)].bias);
  EXPECT_EQ(folded.spec.layers[LayerId(0)].activation, Activation::relu);
  const std::vector<float> image = random_image(4, 1);
  EXPECT_THAT(forward(folded, image).back(), Pointwise(FloatNear(1e-5F), forward(network, image).back()));
}

TEST(FoldBatchNorm, RefusesWhatNoWeightCanHold) {
  const auto problem = [](const std::string& layers) -> std::string {
    try {
      fold_batch_norm(make_network(with_layers("width: 8, height: 8", layers)));
    } catch (const UserError& error) {
      return error.what();
    }
    return "no problem";
  };
  const std::string norm = "  - {name: n, batch_norm: {}}\n  - {name: z, dense: {outputs: 2}}\n";
  EXPECT_THAT(problem("  - {name: p, max_pool: {size: 2}}\n" + norm),
              HasSubstr("node n: this batch_norm cannot be taken"));
  EXPECT_THAT(problem("  - {name: c, conv2d: {outputs: 2, kernel: 1}}\n" + norm),
              HasSubstr("c before it has an activation"));
  EXPECT_THAT(problem("  - {name: c, conv2d: {outputs: 1, kernel: 1, activation: none}}\n"
                      "  - {name: m, batch_norm: {}}\n  - {name: s, from: [c, m], add: {}}\n"
                      "  - {name: z, dense: {outputs: 2}}\n"),
              HasSubstr("others read c too"));
}

TEST(UnitLinks, FollowUnitsThroughPoolsAndFlattenButNotThroughSums) {
  const UnitLinks links = unit_links(with_layers("width: 4, height: 4, channels: 3",
                                                 "  - {name: a, conv2d: {outputs: 2, kernel: 1}}\n"
                                                 "  - {name: p, mean_pool: {size: 2}}\n"
                                                 "  - {name: b, conv2d: {outputs: 5, kernel: 2}}\n"
                                                 "  - {name: c, from: p, dense: {outputs: 5}}\n"
                                                 "  - {name: s, from: [b, c], add: {}}\n"
                                                 "  - {name: d, dense: {outputs: 2}}\n"));
  EXPECT_EQ(links.rows[LayerId(0)].size(), 3U);
  EXPECT_FALSE(links.rows[LayerId(0)][0].has_value());
  ASSERT_EQ(links.rows[LayerId(1)].size(), 8U);
  EXPECT_EQ(links.rows[LayerId(1)][3]->column, 0U);
  EXPECT_EQ(links.rows[LayerId(1)][4]->column, 1U);
  EXPECT_EQ(links.rows[LayerId(2)][7]->layer, LayerId(0));
  EXPECT_FALSE(links.rows[LayerId(3)][0].has_value());
  EXPECT_EQ(links.only_rows.raw(), (std::vector<std::uint8_t>{1, 0, 0, 0}));
}

TEST(NetworkGraphFile, ReadsBackToTheSameBytesAndTheSameOutputs) {
  const Network network = random_network(residual(), 8);
  const Archive archive = to_archive(network);
  const Network again = network_from_archive(archive);
  EXPECT_EQ(to_archive(again).to_bytes(), archive.to_bytes());
  const std::vector<float> image = random_image(network.spec.input.size(), 2);
  EXPECT_EQ(forward(again, image), forward(network, image));
}

TEST(NetworkGraphFile, RefusesGraphsThatDoNotFitTogether) {
  const auto refused = [](auto&& change) {
    Archive archive = to_archive(random_network(residual(), 8));
    change(archive);
    EXPECT_THROW(network_from_archive(archive), UserError);
  };
  refused([](Archive& a) { a.header["nodes"][1]["kind"] = "conv3d"; });
  refused([](Archive& a) { a.header["nodes"][1]["inputs"] = {7}; });
  refused([](Archive& a) { a.header["nodes"][5]["inputs"] = {1, 4}; });
  refused([](Archive& a) { a.header["nodes"][5]["inputs"] = {-1, 4}; });
  refused([](Archive& a) { a.header["nodes"][3]["layer"] = 0; });
  refused([](Archive& a) { a.header["nodes"][2]["name"] = "first"; });
  refused([](Archive& a) { a.header["nodes"].erase(0); });
  refused([](Archive& a) { a.header["nodes"] = nlohmann::json::array(); });
  refused([](Archive& a) { a.header["layers"][0]["window"]["size"] = 0; });
  refused([](Archive& a) { a.header["layers"][0]["window"]["size"] = 5; });
  refused([](Archive& a) { a.put("batch_norm0/mean", std::vector<float>{1.0F}); });
  refused([](Archive& a) { a.put("batch_norm0/variance", std::vector<float>{1, 1, 1, -1}); });
}

}  // namespace
}  // namespace crossloom
