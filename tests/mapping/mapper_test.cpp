#include "mapping/mapper.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/placement.h"
#include "models/legality.h"
#include "tests/models/small_chip.h"
#include "tests/support/property.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

SpikingNetwork mnist_perceptron() {
  test::RandomNetworkOptions options;
  options.sizes = {784, 1200, 1200, 10};
  return test::random_spiking_network(options);
}

ChipSpec chip_of(std::uint32_t rows, std::uint32_t columns, std::uint32_t crossbars = 4, std::uint32_t neurons = 256) {
  ChipSpec chip = test::small_chip(rows, columns, 1);
  chip.tile.crossbars = crossbars;
  chip.tile.neurons = neurons;
  return chip;
}

std::string refusal(const SpikingNetwork& network, const ChipSpec& chip) {
  try {
    map_network(network, chip, {}, RandomKey(1));
  } catch (const DoesNotFit& error) {
    return error.what();
  }
  return "fits";
}

TEST(Mapper, PutsTheUnprunedMnistPerceptronInto627CrossbarsAnd157Tiles) {
  const SpikingNetwork network = mnist_perceptron();
  const ChipSpec chip = chip_of(64, 64);
  const MappingResult result = map_network(network, chip, {}, RandomKey(1));
  EXPECT_EQ(result.mapped.crossbars.size(), 627U);
  EXPECT_EQ(result.mapped.tiles.size(), 157U);
  EXPECT_EQ(legality_faults(result.mapped, network, chip), std::vector<std::string>());
  EXPECT_LT(result.quality.traffic_hops, 0.75 * result.quality.traffic_hops_in_order);
  EXPECT_DOUBLE_EQ(result.quality.traffic_hops, traffic_hops(result.mapped, chip.interconnect));
}

TEST(Mapper, FitsAChipOfExactlyAsManyTilesAsItSaysAreNeeded) {
  const SpikingNetwork network = mnist_perceptron();
  ChipSpec chip = chip_of(64, 64);
  chip.tiles = 157;
  EXPECT_EQ(refusal(network, chip), "fits");
  EXPECT_EQ(legality_faults(map_network(network, chip, {}, RandomKey(1)).mapped, network, chip),
            std::vector<std::string>());
  chip.tiles = 156;
  EXPECT_THAT(refusal(network, chip), HasSubstr("Would fit: tiles: 157"));
}

TEST(Mapper, SaysWhichReachWouldDo) {
  const SpikingNetwork network = mnist_perceptron();
  ChipSpec chip = chip_of(64, 64);
  chip.tile_group.analog_reach = AnalogReach::tile;
  EXPECT_THAT(refusal(network, chip), HasSubstr("tile_group.analog_reach: tile_group, or tile.crossbars: 13"));
  chip.tile.crossbars = 13;
  EXPECT_THAT(refusal(network, chip), HasSubstr("tile.crossbars: 19"));
  chip.tile.crossbars = 19;
  EXPECT_EQ(refusal(network, chip), "fits");
  chip = chip_of(16, 64);
  EXPECT_THAT(refusal(network, chip), HasSubstr("layer1 does not fit: a neuron with 1200 inputs needs 75 row parts"));
  EXPECT_THAT(refusal(network, chip), HasSubstr("tile_group.tiles: 19, or tile.crossbars: 5, or crossbar.rows: 19"));
  chip.tile_group.tiles = 19;
  EXPECT_EQ(refusal(network, chip), "fits");
}

TEST(Mapper, RefusesANetworkWithoutALiveWeight) {
  test::RandomNetworkOptions options;
  options.density = 0.0;
  EXPECT_THAT(refusal(test::random_spiking_network(options), chip_of(8, 8)), HasSubstr("no live weight"));
}

TEST(Mapper, LeavesRoomForNeuronsWhereTilesHaveFew) {
  test::RandomNetworkOptions options;
  options.sizes = {6, 90, 70};
  const SpikingNetwork network = test::random_spiking_network(options);
  for (const std::uint32_t neurons : {1U, 5U, 8U, 20U, 31U}) {
    ChipSpec chip = chip_of(32, 8, 4, neurons);
    chip.tile_group.tiles = 30;
    EXPECT_EQ(legality_faults(map_network(network, chip, {}, RandomKey(1)).mapped, network, chip),
              std::vector<std::string>())
        << neurons;
  }
}

TEST(Mapper, IsDeterministicAndNeverWorseThanInOrder) {
  const SpikingNetwork network = mnist_perceptron();
  const ChipSpec chip = chip_of(64, 64);
  const MappingResult first = map_network(network, chip, {}, RandomKey(9));
  const MappingResult again = map_network(network, chip, {}, RandomKey(9));
  EXPECT_EQ(to_archive(first.mapped).to_bytes(), to_archive(again.mapped).to_bytes());
  const MappingResult in_order = map_network(network, chip, {Placement::in_order}, RandomKey(9));
  EXPECT_DOUBLE_EQ(in_order.quality.traffic_hops, in_order.quality.traffic_hops_in_order);
  EXPECT_LE(first.quality.traffic_hops, in_order.quality.traffic_hops);
}

TEST(Mapper, SharesPacketsAmongArraysWithTheSameInputs) {
  // Four stripes of one row part each: one tile of four arrays gets the 8 inputs once.
  test::RandomNetworkOptions options;
  options.sizes = {8, 32};
  const MappingResult result = map_network(test::random_spiking_network(options), chip_of(8, 8), {}, RandomKey(1));
  ASSERT_EQ(result.mapped.tiles.size(), 1U);
  ASSERT_EQ(result.mapped.packet_groups.size(), 1U);
  EXPECT_EQ(result.mapped.packet_groups[0].rows.size(), 8U);
}

TEST(Mapper, LetsAScatteredMaskCostNoMoreCrossbarsTimesMessagesThanTheWholeNetwork) {
  test::RandomNetworkOptions options;
  options.sizes = {200, 150, 10};
  const auto crossbars_times_packets = [](const SpikingNetwork& network) {
    const MappedNetwork mapped = map_network(network, chip_of(16, 16), {}, RandomKey(1)).mapped;
    return mapped.crossbars.size() * mapped.packet_groups.size();
  };
  const std::size_t whole = crossbars_times_packets(test::random_spiking_network(options));
  options.density = 0.15;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    options.seed = seed;
    EXPECT_LE(crossbars_times_packets(test::random_spiking_network(options)), whole) << seed;
  }
}

TEST(Mapper, SendsNoBiasAndNothingFromNeuronsThatCannotFire) {
  test::RandomNetworkOptions options;
  options.bias = true;
  SpikingNetwork network = test::random_spiking_network(options);
  SpikingLayer& first = network.layers[LayerId(0)];
  for (std::uint32_t i = 0; i < first.rows(); ++i) {
    first.live[std::size_t{i} * first.outputs + 3] = 0;
    first.weights[std::size_t{i} * first.outputs + 3] = 0;
  }
  const ChipSpec chip = chip_of(8, 8);
  const MappedNetwork mapped = map_network(network, chip, {}, RandomKey(1)).mapped;
  EXPECT_EQ(legality_faults(mapped, network, chip), std::vector<std::string>());
  for (const PacketGroup& group : mapped.packet_groups) {
    for (const std::uint32_t row : group.rows) {
      EXPECT_LT(row, network.layers[group.layer].inputs);
      EXPECT_FALSE(group.layer == LayerId(1) && row == 3);
    }
  }
}

RC_GTEST_PROP(Mapper, MakesLegalMappings, ()) {
  test::RandomNetworkOptions options;
  options.sizes = {*rc::gen::inRange<std::uint32_t>(1, 60), *rc::gen::inRange<std::uint32_t>(1, 50),
                   *rc::gen::inRange<std::uint32_t>(1, 20)};
  options.density = *rc::gen::element(0.05, 0.2, 1.0);
  options.bias = *rc::gen::arbitrary<bool>();
  options.several_blocks = *rc::gen::arbitrary<bool>();
  options.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  const SpikingNetwork network = test::random_spiking_network(options);
  RC_PRE(network.synapses() > 0);
  ChipSpec chip = chip_of(*rc::gen::inRange<std::uint32_t>(4, 20), *rc::gen::inRange<std::uint32_t>(1, 20),
                          *rc::gen::inRange<std::uint32_t>(1, 6), *rc::gen::inRange<std::uint32_t>(1, 40));
  chip.tile_group.tiles = *rc::gen::inRange<std::uint32_t>(64, 100);
  chip.interconnect.tiles_per_router = *rc::gen::inRange<std::uint32_t>(1, 5);
  chip.interconnect.host_ports = *rc::gen::inRange<std::uint32_t>(1, 4);
  chip.tile.packet_bits = *rc::gen::inRange<std::uint32_t>(1, 65);
  const MappedNetwork mapped = map_network(network, chip, {}, RandomKey(options.seed)).mapped;
  RC_ASSERT(legality_faults(mapped, network, chip) == std::vector<std::string>());
}

TEST(MappingSpec, ReadsThePlacement) {
  ConfigDocument document = ConfigDocument::from_text("placement: in_order\n", "m.yaml");
  EXPECT_EQ(read_mapping_spec(document.root()).placement, Placement::in_order);
  document.finish();
  ConfigDocument wrong = ConfigDocument::from_text("placement: best\n", "m.yaml");
  read_mapping_spec(wrong.root());
  EXPECT_THROW(wrong.finish(), UserError);
}

}  // namespace
}  // namespace crossloom
