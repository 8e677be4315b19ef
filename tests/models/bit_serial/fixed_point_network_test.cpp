// Formats, rounding, files, and what a fixed-point network computes beside the real-valued one.
#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"
#include "models/bit_serial/exact_reference.h"
#include "models/bit_serial/fixed_point_network.h"
#include "tests/support/random_fixed_point.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

FixedPointNetwork make(std::size_t which, const FixedPointSpec& spec, double density = 1.0) {
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers().at(which);
  options.density = density;
  options.seed = 7 + which;
  return test::random_fixed_point_network(options, spec);
}

TEST(ToFormat, RoundsHalfToEvenAndSaturates) {
  const FixedPointFormat signed8{8, true, 0}, unsigned8{8, false, 0};
  EXPECT_EQ(to_format(5, 1, signed8), 2);    // 2.5
  EXPECT_EQ(to_format(7, 1, signed8), 4);    // 3.5
  EXPECT_EQ(to_format(-5, 1, signed8), -2);  // -2.5
  EXPECT_EQ(to_format(-7, 1, signed8), -4);  // -3.5
  EXPECT_EQ(to_format(11, 2, signed8), 3);   // 2.75
  EXPECT_EQ(to_format(1000, 0, signed8), 127);
  EXPECT_EQ(to_format(-1000, 0, signed8), -128);
  EXPECT_EQ(to_format(1000, 0, unsigned8), 255);
  EXPECT_EQ(to_format(-3, 0, unsigned8), 0);
  EXPECT_EQ(to_format(3, -4, signed8), 48);  // 3 x 2^4
  EXPECT_EQ(to_format(-8, -4, signed8), -128);
  EXPECT_EQ(to_format(8, -4, signed8), 127);
}

TEST(ToFormat, StaysInRangeHoweverFarApartTheBinaryPointsAre) {
  const FixedPointFormat format{16, true, 0};
  const std::int64_t large = std::int64_t{1} << 61;
  for (const std::int32_t bits : {-2000, -63, -62, -40}) {
    EXPECT_EQ(to_format(1, bits, format), 32767) << bits;
    EXPECT_EQ(to_format(-1, bits, format), -32768) << bits;
    EXPECT_EQ(to_format(0, bits, format), 0) << bits;
  }
  EXPECT_EQ(to_format(large, 61, format), 1);
  EXPECT_EQ(to_format(-large, 61, format), -1);
  EXPECT_EQ(to_format(large, 62, format), 0);  // a half, to even
  EXPECT_EQ(to_format(large + 1, 62, format), 1);
  EXPECT_EQ(to_format(large, 2000, format), 0);
}

TEST(ToFormat, IsTheNearestMultipleForEveryValue) {
  for (const std::int32_t shift : {-3, -1, 0, 1, 2, 5}) {
    const FixedPointFormat format{6, true, shift};
    for (std::int64_t sum = -300; sum <= 300; ++sum) {
      const double wanted = std::nearbyint(std::ldexp(static_cast<double>(sum), shift));
      EXPECT_EQ(to_format(sum, 0, format), static_cast<int>(std::min(31.0, std::max(-32.0, wanted)))) << sum;
    }
  }
}

TEST(FixedPointNetwork, GivesEveryValueAsManyFractionBitsAsFit) {
  test::ConvolutionOptions options;
  options.layers = "  - {name: output, dense: {outputs: 1, activation: none}}\n";
  options.input = "width: 1, height: 1, channels: 2";
  Network network = test::random_convolution_network(options);
  network.layers[LayerId(0)].weights.values = {0.5F, -0.9961F};
  const auto make_with = [&](double largest) {
    return to_fixed_point(network, {1.0, largest}, FixedPointSpec{8, 8, 100.0});
  };
  const FixedPointNetwork fixed = make_with(3.96875);  // 127 / 32
  EXPECT_EQ(fixed.nodes[NodeId(0)].format.fraction_bits, 7);
  EXPECT_FALSE(fixed.nodes[NodeId(0)].format.is_signed);
  EXPECT_TRUE(fixed.nodes[NodeId(1)].format.is_signed);
  EXPECT_EQ(fixed.nodes[NodeId(1)].format.fraction_bits, 5);
  EXPECT_EQ(make_with(3.98).nodes[NodeId(1)].format.fraction_bits, 5);   // rounds to 127
  EXPECT_EQ(make_with(3.985).nodes[NodeId(1)].format.fraction_bits, 4);  // would round to 128
  EXPECT_EQ(make_with(1000.0).nodes[NodeId(1)].format.fraction_bits, -3);
  EXPECT_EQ(fixed.layers[LayerId(0)].weight_fraction_bits, 6);
  EXPECT_EQ(fixed.layers[LayerId(0)].weights, (std::vector<std::int16_t>{32, -64}));
}

TEST(FixedPointNetwork, OfSixteenBitsComputesTheRealValuedNetworkToAFewUnits) {
  for (std::size_t which = 0; which < test::fixed_point_layers().size(); ++which) {
    test::ConvolutionOptions options;
    options.layers = test::fixed_point_layers()[which];
    const Network network = test::random_float_network(options);
    const FixedPointNetwork fixed = to_fixed_point(network, test::largest_outputs(network, 1), FixedPointSpec{});
    const std::vector<std::uint8_t> pixels = test::random_pixels(network.spec.input.size(), 1);
    std::vector<float> image;
    for (const std::uint8_t pixel : pixels) image.push_back(static_cast<float>(pixel) / 255.0F);
    const auto real = forward(network, image);
    const FixedPointOutputs outputs = exact_reference(fixed, pixels);
    for (std::size_t n = 1; n < outputs.size(); ++n) {
      const FixedPointNode& node = fixed.nodes[NodeId(n)];
      if (node.spec.kind == NodeKind::softmax) continue;
      // Some hundred rounded inputs and weights of size about 1 a sum, over at most six nodes.
      const double tolerance = 100.0 * std::ldexp(1.0, -std::min(11, node.format.fraction_bits));
      ASSERT_EQ(outputs[NodeId(n)].size(), real[n - 1].size());
      for (std::size_t k = 0; k < real[n - 1].size(); ++k) {
        const double value = std::ldexp(outputs[NodeId(n)][k], -node.format.fraction_bits);
        EXPECT_NEAR(value, static_cast<double>(real[n - 1][k]), tolerance) << node.spec.name << " of network " << which;
      }
    }
  }
}

TEST(FixedPointNetwork, IsTheSameAfterItsFile) {
  for (std::size_t which = 0; which < test::fixed_point_layers().size(); ++which) {
    const FixedPointNetwork network = make(which, FixedPointSpec{8, 6, 99.5}, which == 1 ? 0.6 : 1.0);
    EXPECT_THAT(fixed_point_network_faults(network), IsEmpty());
    const std::string bytes = to_archive(network).to_bytes();
    const FixedPointNetwork read =
        fixed_point_network_from_archive(Archive::from_bytes(bytes, "test", "fixed_point_network", 1));
    EXPECT_EQ(to_archive(read).to_bytes(), bytes);
    const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), 3);
    EXPECT_EQ(exact_reference(read, pixels).raw(), exact_reference(network, pixels).raw());
  }
}

TEST(FixedPointNetwork, RefusesNetworksThatHaveNoFixedPointForm) {
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers()[2];
  const Network unfolded = test::random_convolution_network(options);
  std::vector<double> ones(unfolded.spec.nodes.size(), 1.0);
  EXPECT_THROW(to_fixed_point(unfolded, ones, FixedPointSpec{}), UserError);
  const Network network = fold_batch_norm(unfolded);
  std::vector<double> largest(network.spec.nodes.size(), 1.0);
  largest[1] = 0.0;
  EXPECT_THROW(to_fixed_point(network, largest, FixedPointSpec{}), UserError);
  largest[1] = std::nan("");
  EXPECT_THROW(to_fixed_point(network, largest, FixedPointSpec{}), UserError);
  largest[1] = 1.0;
  largest[2] = 1e-18;  // what is added to it is 1: binary points too far apart
  EXPECT_THROW(to_fixed_point(network, largest, FixedPointSpec{}), UserError);
}

TEST(FixedPointNetwork, SaysWhatIsWrongWithIt) {
  const FixedPointNetwork good = make(2, FixedPointSpec{8, 8, 100.0});
  const auto fault = [&](const std::function<void(FixedPointNetwork&)>& damage) {
    FixedPointNetwork bad = good;
    damage(bad);
    const auto faults = fixed_point_network_faults(bad);
    return faults.empty() ? std::string() : faults.front();
  };
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.layers[LayerId(0)].weights[0] = 200; }), HasSubstr("weight_bits"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.layers[LayerId(0)].weights.pop_back(); }), HasSubstr("matrix"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.layers[LayerId(1)].bias.pop_back(); }), HasSubstr("bias"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.layers[LayerId(0)].blocks.clear(); }), HasSubstr("blocks"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.nodes[NodeId(1)].shape.width = 3; }), HasSubstr("shape"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.nodes[NodeId(5)].format.fraction_bits += 1; }),
              HasSubstr("format"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.nodes[NodeId(1)].format.bits = 17; }), HasSubstr("16 bits"));
  EXPECT_THAT(fault([](FixedPointNetwork& bad) { bad.spec.weight_bits = 1; }), HasSubstr("bits"));
}

TEST(FixedPointNetwork, OfADamagedFileIsRefused) {
  Archive archive = to_archive(make(0, FixedPointSpec{}));
  const auto refused = [](const Archive& damaged) {
    EXPECT_THROW(fixed_point_network_from_archive(damaged), UserError);
  };
  for (const char* const key : {"nodes", "layers", "weight_bits", "input"}) {
    Archive damaged = archive;
    damaged.header.erase(key);
    refused(damaged);
  }
  Archive far = archive;
  far.header["nodes"][1]["format"]["fraction_bits"] = 1e300;
  refused(far);
  Archive wide = archive;
  wide.header["layers"][0]["columns"] = 4000000000U;
  refused(wide);
}

}  // namespace
}  // namespace crossloom
