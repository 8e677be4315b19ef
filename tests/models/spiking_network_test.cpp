#include "models/spiking_network.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

SpikingNetwork sample() {
  test::RandomNetworkOptions options;
  options.bias = true;
  options.density = 0.5;
  options.several_blocks = true;
  return test::random_spiking_network(options);
}

TEST(SpikingSpec, ReadsKeysAndFillsInDefaults) {
  ConfigDocument document = ConfigDocument::from_text("steps: 25\nreset: to_zero\nencoding: deterministic\n", "s.yaml");
  const SpikingSpec spec = read_spiking_spec(document.root());
  document.finish();
  EXPECT_EQ(spec.steps, 25U);
  EXPECT_EQ(spec.reset, Reset::to_zero);
  EXPECT_EQ(spec.encoding, Encoding::deterministic);
  EXPECT_DOUBLE_EQ(spec.activation_percentile, 99.9);
}

TEST(SpikingSpec, RefusesARateAboveOneSpikeAStep) {
  ConfigDocument document = ConfigDocument::from_text("maximum_rate: 1.5\nsteps: 0\n", "s.yaml");
  read_spiking_spec(document.root());
  EXPECT_THROW(document.finish(), UserError);
}

TEST(SpikingNetwork, CountsSynapsesWithoutTheBiasRow) {
  SpikingNetwork network = sample();
  std::uint64_t live = 0;
  for (const SpikingLayer& layer : network.layers) {
    for (std::uint32_t i = 0; i < layer.inputs; ++i) {
      for (std::uint32_t j = 0; j < layer.outputs; ++j) live += layer.is_live(i, j) ? 1 : 0;
    }
  }
  EXPECT_EQ(network.synapses(), live);
  for (SpikingLayer& layer : network.layers) layer.live.clear();
  EXPECT_EQ(network.synapses(), 20U * 15 + 15 * 4);
}

TEST(SpikingNetworkFile, ReadsBackToTheSameBytes) {
  const Archive archive = to_archive(sample());
  EXPECT_EQ(to_archive(spiking_network_from_archive(archive)).to_bytes(), archive.to_bytes());
}

TEST(SpikingNetworkFile, RefusesWhatDoesNotFitTogether) {
  const auto refused = [](auto&& change) {
    Archive archive = to_archive(sample());
    change(archive);
    EXPECT_THROW(spiking_network_from_archive(archive), UserError);
  };
  refused([](Archive& a) { a.header["spec"]["reset"] = "sometimes"; });
  refused([](Archive& a) { a.header["spec"]["steps"] = 0; });
  refused([](Archive& a) { a.header["spec"]["maximum_rate"] = 2.0; });
  refused([](Archive& a) { a.header["layers"][0]["threshold"] = 0; });
  refused([](Archive& a) { a.header["layers"][0]["outputs"] = 14; });
  refused([](Archive& a) { a.header["layers"][1]["inputs"] = 4000000000U; });
  refused([](Archive& a) { a.header["layers"] = nlohmann::json::array(); });
  refused([](Archive& a) { a.put("layer1/weights", std::vector<std::int16_t>(3)); });
  refused(
      [](Archive& a) { a.put("layer0/live", std::vector<std::uint8_t>(315, 0)); });  // weights where nothing is live
  refused([](Archive& a) { a.put("layer0/blocks.columns", std::vector<std::uint32_t>(30, 77)); });
}

TEST(SpikingNetworkFaults, NameTheLayer) {
  SpikingNetwork network = sample();
  EXPECT_TRUE(spiking_network_faults(network).empty());
  network.layers[LayerId(1)].blocks.clear();
  EXPECT_THAT(spiking_network_faults(network).front(), HasSubstr("layer1: the live weight"));
}

}  // namespace
}  // namespace crossloom
