// Networks whose outputs are rounded to fixed-point formats.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "models/bit_serial/exact_reference.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/unfolding.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

constexpr FixedPointFormat kSmall{4, false, 3};  // 0, 1/8 ... 15/8
constexpr FixedPointFormat kSigned{5, true, 2};  // -4 ... 3.75

NetworkSpec spec_of(const std::string& layers) {
  ConfigDocument document =
      ConfigDocument::from_text("name: n\ninput: {width: 4, height: 4, channels: 2}\nlayers:\n" + layers, "net.yaml");
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  return spec;
}

/// Weights that are multiples of 1/8, so that sums are exact.
Network random_network(const NetworkSpec& spec, std::uint64_t seed) {
  Network network = make_network(spec);
  RandomStream stream{RandomKey(seed)};
  const auto draw = [&](std::vector<float>& values) {
    for (float& value : values) value = static_cast<float>(std::nearbyint(4.0 * stream.normal()) / 8.0);
  };
  for (Layer& layer : network.layers) {
    draw(layer.weights.values);
    draw(layer.bias);
  }
  return network;
}

/// Layers with and without signs, pools, a sum and a joint.
Network rounded_network(std::uint64_t seed) {
  Network network = random_network(spec_of(R"(
  - {name: a, conv2d: {outputs: 4, kernel: 3, padding: 1, bias: true}}
  - {name: b, conv2d: {outputs: 4, kernel: 3, padding: 1, activation: none}}
  - {name: c, from: a, conv2d: {outputs: 4, kernel: 1, activation: none}}
  - {name: sum, from: [b, c], add: {activation: relu}}
  - {name: most, from: sum, max_pool: {size: 2}}
  - {name: mean, from: sum, mean_pool: {size: 2}}
  - {name: both, from: [most, mean], concat: {}}
  - {name: output, dense: {outputs: 3, activation: none}}
)"),
                                   seed);
  network.spec.layers[LayerId(0)].output_format = kSmall;
  network.spec.layers[LayerId(1)].output_format = kSigned;
  network.spec.layers[LayerId(2)].output_format = FixedPointFormat{6, true, 1};
  network.spec.nodes[NodeId(4)].output_format = FixedPointFormat{4, false, 0};
  network.spec.nodes[NodeId(7)].output_format = FixedPointFormat{3, false, -1};
  return network;
}

std::vector<std::uint8_t> black_and_white(const NetworkSpec& spec, std::uint64_t seed) {
  std::vector<std::uint8_t> pixels(spec.input.size());
  RandomStream stream{RandomKey(seed)};
  for (std::uint8_t& pixel : pixels) pixel = stream.below(2) == 0 ? 0 : 255;
  return pixels;
}

TEST(FixedPointFormat, RoundsHalfToEvenAndSaturates) {
  EXPECT_EQ(nearest_in(kSmall, 0.0625), 0.0);
  EXPECT_EQ(nearest_in(kSmall, 0.1875), 0.25);
  EXPECT_EQ(nearest_in(kSmall, -3.0), 0.0);
  EXPECT_EQ(nearest_in(kSmall, 7.0), 1.875);
  EXPECT_EQ(nearest_in(kSigned, -7.0), -4.0);
  EXPECT_EQ(nearest_in({2, false, -3}, 11.0), 8.0);
  EXPECT_TRUE(is_within(kSmall, 1.875));
  EXPECT_FALSE(is_within(kSmall, 1.9));
  EXPECT_FALSE(is_within(kSmall, -0.1));
}

TEST(OutputFormat, IsWhatTheFixedPointNetworkComputesWith) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Network network = rounded_network(seed);
    const auto formats = output_formats_of(network.spec);
    const FixedPointNetwork fixed =
        to_fixed_point(network, std::vector<double>(network.spec.graph().size(), 16.0), FixedPointSpec{});
    const std::vector<std::uint8_t> pixels = black_and_white(network.spec, seed);
    const FixedPointOutputs integers = exact_reference(fixed, pixels);
    std::vector<float> image;
    for (const std::uint8_t pixel : pixels) image.push_back(pixel == 0 ? 0.0F : 1.0F);
    const auto reals = forward(network, image);
    bool saturates = false;
    for (std::size_t n = 1; n < formats.size(); ++n) {
      const FixedPointFormat& format = fixed.nodes[NodeId(n)].format;
      if (formats[NodeId(n)]) {
        EXPECT_EQ(format, *formats[NodeId(n)]);
      }
      ASSERT_EQ(reals[n - 1].size(), integers[NodeId(n)].size());
      for (std::size_t k = 0; k < reals[n - 1].size(); ++k) {
        EXPECT_EQ(static_cast<double>(reals[n - 1][k]), std::ldexp(integers[NodeId(n)][k], -format.fraction_bits))
            << "node " << n << ", value " << k;
        saturates = saturates || (formats[NodeId(n)] && integers[NodeId(n)][k] == format.highest());
      }
    }
    EXPECT_TRUE(saturates);
  }
}

TEST(OutputFormat, NeedsNoMoreBitsThanTheFixedPointNetworkHas) {
  const Network network = rounded_network(1);
  const std::vector<double> largest(network.spec.graph().size(), 1.0);
  EXPECT_NO_THROW(to_fixed_point(network, largest, FixedPointSpec{8, 6, 100.0}));
  try {
    to_fixed_point(network, largest, FixedPointSpec{8, 5, 100.0});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(HasSubstr("node c"), HasSubstr("6 bits"), HasSubstr("activation_bits: 5")));
  }
}

TEST(OutputFormat, OfABatchNormBecomesThatOfItsLayer) {
  Network network =
      make_network(spec_of("  - {name: a, conv2d: {outputs: 2, kernel: 3, activation: none}}\n"
                           "  - {name: n, batch_norm: {activation: relu}}\n"
                           "  - {name: z, dense: {outputs: 2}}\n"));
  network.spec.nodes[NodeId(2)].output_format = kSmall;
  const Network folded = fold_batch_norm(network);
  EXPECT_EQ(folded.spec.layers[LayerId(0)].output_format, kSmall);
  network.spec.layers[LayerId(0)].output_format = kSmall;
  EXPECT_THROW(fold_batch_norm(network), UserError) << "what is rounded cannot be scaled afterwards";
}

TEST(OutputFormat, IsInTheNetworksFileAndCheckedThere) {
  const Network network = rounded_network(2);
  const Archive archive = to_archive(network);
  const Network read = network_from_archive(archive);
  EXPECT_EQ(to_archive(read).header, archive.header);
  EXPECT_EQ(output_formats_of(read.spec).raw(), output_formats_of(network.spec).raw());
  const auto refused = [&archive](const char* key, const nlohmann::json& value) {
    Archive damaged = archive;
    damaged.header["nodes"][4]["output_format"][key] = value;
    EXPECT_THROW(network_from_archive(damaged), UserError) << key << " " << value;
  };
  refused("bits", 17);
  refused("bits", 0);
  refused("bits", -1);
  refused("fraction_bits", 65);
  refused("fraction_bits", 0.5);
  refused("signed", 1);
}

TEST(OutputFormat, BelongsToNodesWithOutputsOfTheirOwn) {
  Network network = rounded_network(1);
  EXPECT_THAT(network_faults(network), testing::IsEmpty());
  network.spec.nodes[NodeId(5)].output_format = kSmall;
  EXPECT_THAT(network_faults(network), testing::Contains(HasSubstr("node most")));
  network = rounded_network(1);
  network.spec.layers[LayerId(3)].output_format = kSmall;
  EXPECT_THAT(network_faults(network), testing::Contains(HasSubstr("keep all their bits")));
}

TEST(OutputFormat, IsRefusedOnSpikingChips) {
  for (const char* layers : {"  - {name: a, dense: {outputs: 4}}\n  - {name: z, dense: {outputs: 2}}\n",
                             "  - {name: a, conv2d: {outputs: 4, kernel: 3}}\n  - {name: z, dense: {outputs: 2}}\n"}) {
    Network network = make_network(spec_of(layers));
    network.spec.layers[LayerId(0)].output_format = kSmall;
    try {
      unfold(network, {64, 64});
      FAIL();
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("node a"), HasSubstr("activations")));
    }
  }
}

}  // namespace
}  // namespace crossloom
