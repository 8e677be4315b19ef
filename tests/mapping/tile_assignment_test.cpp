#include "mapping/tile_assignment.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "mapping/packets.h"
#include "models/legality.h"
#include "tests/models/small_chip.h"
#include "tests/support/property.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

ChipSpec chip_of(std::uint32_t rows, std::uint32_t columns) {
  ChipSpec chip = test::small_chip(rows, columns, 1);
  chip.tile.crossbars = 4;
  chip.tile.neurons = 4 * columns;
  return chip;
}

PackedNetwork pack(const SpikingNetwork& network, const ChipSpec& chip) {
  std::vector<PackedBank> banks;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (PackedBank& bank : pack_layer(network.layers[LayerId(l)], LayerId(l), packing_room(chip))) {
      banks.push_back(std::move(bank));
    }
  }
  return share_tails(std::move(banks), packing_room(chip), Sharing::within_layers);
}

MappedNetwork assign(const SpikingNetwork& network, const ChipSpec& chip) {
  MappedNetwork mapped = assign_tiles(pack(network, chip), network, chip);
  mapped.packet_groups = make_packet_groups(mapped, network, chip.tile.packet_bits);
  return mapped;
}

std::size_t tokens(const MappedNetwork& mapped) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const PacketGroup& group : mapped.packet_groups) {
    pairs.emplace(group.source ? group.source->value() + 1 : 0, group.destination.value());
  }
  return pairs.size();
}

// The same tile groups with their crossbars dealt to tiles bank after bank.
std::size_t packets_bank_after_bank(MappedNetwork mapped, const SpikingNetwork& network, const ChipSpec& chip) {
  std::vector<std::vector<CrossbarId>> of_group(mapped.tile_groups);
  for (const NeuronBank& bank : mapped.banks) {
    for (const NeuronBank::RowPart& part : bank.row_parts) {
      std::vector<CrossbarId>& waiting = of_group[mapped.tiles[bank.home].group.value()];
      if (std::find(waiting.begin(), waiting.end(), part.crossbar) == waiting.end()) waiting.push_back(part.crossbar);
    }
  }
  std::vector<std::size_t> dealt(mapped.tile_groups, 0);
  for (std::size_t t = 0; t < mapped.tiles.size(); ++t) {
    MappedTile& tile = mapped.tiles[TileId(t)];
    const auto& waiting = of_group[tile.group.value()];
    std::size_t& next = dealt[tile.group.value()];
    tile.crossbars.clear();
    for (; next < waiting.size() && tile.crossbars.size() < chip.tile.crossbars; ++next) {
      tile.crossbars.push_back(waiting[next]);
    }
  }
  return make_packet_groups(mapped, network, chip.tile.packet_bits).size();
}

TEST(TileAssignment, TakesTheFewestPacketsThatFullTilesOfTheMnistPerceptronAllow) {
  // 627 arrays in 157 tiles leave one slot empty, so tile groups hold two banks of each large layer and the last one of
  // layer0: a tile sees each of its inputs in two arrays at most. 10 groups x 13 row parts from the host, 10 x 19 to
  // layer1, and 19 to layer2.
  test::RandomNetworkOptions options;
  options.sizes = {784, 1200, 1200, 10};
  const MappedNetwork mapped = assign(test::random_spiking_network(options), chip_of(64, 64));
  EXPECT_EQ(mapped.tiles.size(), 157U);
  EXPECT_EQ(mapped.packet_groups.size(), 130U + 190U + 19U);
  // Two banks share a home, and a tile holds the two row parts that it feeds: 9 x 7 + 4 tiles from the host, 10 homes
  // to 10 groups, 10 homes to layer2.
  EXPECT_EQ(tokens(mapped), 67U + 100U + 10U);
}

TEST(TileAssignment, SharesNoHomeWithoutNeuronCircuitsForIt) {
  test::RandomNetworkOptions options;
  options.sizes = {8, 64, 8};
  const SpikingNetwork network = test::random_spiking_network(options);
  for (const std::uint32_t neurons : {8U, 16U, 24U, 32U}) {
    ChipSpec chip = chip_of(8, 8);
    chip.tile.neurons = neurons;
    const MappedNetwork mapped = assign(network, chip);
    for (const MappedTile& tile : mapped.tiles) EXPECT_LE(tile.banks.size(), neurons / 8) << neurons;
  }
}

RC_GTEST_PROP(TileAssignment, NeverTakesMorePacketsThanArraysDealtBankAfterBank, ()) {
  test::RandomNetworkOptions options;
  options.sizes = {*rc::gen::inRange<std::uint32_t>(1, 80), *rc::gen::inRange<std::uint32_t>(1, 60),
                   *rc::gen::inRange<std::uint32_t>(1, 40)};
  options.density = *rc::gen::element(0.05, 0.2, 1.0);
  options.bias = *rc::gen::arbitrary<bool>();
  options.several_blocks = *rc::gen::arbitrary<bool>();
  options.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  const SpikingNetwork network = test::random_spiking_network(options);
  RC_PRE(network.synapses() > 0);
  ChipSpec chip = chip_of(*rc::gen::inRange<std::uint32_t>(4, 12), *rc::gen::inRange<std::uint32_t>(2, 12));
  chip.tile.packet_bits = *rc::gen::element(4U, 16U, 64U);
  const MappedNetwork mapped = assign(network, chip);
  RC_ASSERT(mapped.packet_groups.size() <= packets_bank_after_bank(mapped, network, chip));
}

}  // namespace
}  // namespace crossloom
