#include "mapping/bit_serial/network_placement.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/bit_serial/site_placement.h"
#include "models/bit_serial/dataflow.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

using test::fixed_point_layers;
using test::random_fixed_point_network;
using test::small_bit_serial_chip;
using testing::HasSubstr;
using testing::IsEmpty;

PlacedNetwork place(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                    const BitSerialMappingSpec& spec = {}) {
  return place_network(network, chip, spec, RandomKey(1)).placed;
}

TEST(NetworkPlacement, HoldsEveryLiveWeightOnceACopyWhateverTheNetwork) {
  for (const std::string& layers : fixed_point_layers()) {
    for (const double density : {1.0, 0.4}) {
      for (const Folding folding : {Folding::folded, Folding::semi_folded, Folding::unfolded, Folding::balanced}) {
        BitSerialMappingSpec spec;
        spec.folding = folding;
        BitSerialChipSpec chip = small_bit_serial_chip();
        chip.tiles = 2000;
        const FixedPointNetwork network = test::eight_bit_network(layers, density);
        for (const BlockPacking packing : {BlockPacking::balanced, BlockPacking::fewest_crossbars}) {
          spec.packing = packing;
          EXPECT_THAT(placed_network_faults(place(network, chip, spec), network), IsEmpty());
        }
      }
    }
  }
}

TEST(NetworkPlacement, CutsRowsInOrderAndColumnsByWhatACrossbarHolds) {
  const FixedPointNetwork network = test::eight_bit_network("  - {name: only, dense: {outputs: 9, activation: none}}\n",
                                                            1.0, "width: 5, height: 8, channels: 1");
  const PlacedNetwork placed = place(network, small_bit_serial_chip());
  ASSERT_EQ(placed.crossbars.size(), 9U);  // 40 rows in 16, 16, 8; 9 columns in 4, 4, 1
  const auto part = [&](std::size_t x) { return placed.crossbars[PlacedCrossbarId(x)].parts.front(); };
  // Two crossbars an element: the columns of the first two stay together, row part after row part.
  EXPECT_EQ(part(0).rows.front(), 0U);
  EXPECT_EQ(part(1).rows.front(), 0U);
  EXPECT_EQ(part(1).columns.front(), 4U);
  EXPECT_EQ(part(2).rows.front(), 16U);
  EXPECT_EQ(part(4).rows.size(), 8U);
  EXPECT_EQ(part(6).columns, std::vector<std::uint32_t>({8}));
  EXPECT_EQ(placed.crossbars[PlacedCrossbarId(3)].element, ProcessingElementId(1));
  EXPECT_EQ(placed.crossbars[PlacedCrossbarId(3)].first_array, 1U);
}

TEST(NetworkPlacement, ReadsNoColumnWithoutALiveWeightAndNoPartWithoutAny) {
  FixedPointNetwork network = test::eight_bit_network("  - {name: only, dense: {outputs: 8, activation: none}}\n", 1.0,
                                                      "width: 8, height: 4, channels: 1");
  FixedPointLayer& layer = network.layers[LayerId(0)];
  layer.live.assign(layer.weights.size(), 0);
  std::fill(layer.weights.begin(), layer.weights.end(), std::int16_t{0});
  for (const std::uint32_t j : {1U, 6U}) layer.live[j] = 1;  // of input 0 only
  const PlacedNetwork placed = place(network, small_bit_serial_chip());
  ASSERT_EQ(placed.crossbars.size(), 1U);
  EXPECT_EQ(placed.crossbars[PlacedCrossbarId(0)].parts.front().columns, std::vector<std::uint32_t>({1, 6}));
  EXPECT_THAT(placed_network_faults(placed, network), IsEmpty());
}

TEST(NetworkPlacement, LetsSmallPartsOfGroupsShareACrossbarWithoutCommonLines) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: only, conv2d: {outputs: 3, kernel: 2, groups: 3, activation: none}}\n  - {name: line, flatten: {}}\n",
      1.0, "width: 4, height: 4, channels: 3");
  // Kernels of 4 rows and 1 column.
  BitSerialMappingSpec spec;
  spec.packing = BlockPacking::fewest_crossbars;
  const PlacedNetwork placed = place(network, small_bit_serial_chip(), spec);
  EXPECT_EQ(placed.crossbars.size(), 1U);
  EXPECT_EQ(placed.crossbars[PlacedCrossbarId(0)].parts.back().first_wordline, 8U);
  EXPECT_EQ(placed.crossbars[PlacedCrossbarId(0)].parts.back().first_column, 2U);
  EXPECT_THAT(placed_network_faults(placed, network), IsEmpty());
  spec.share_crossbars = false;
  EXPECT_EQ(place(network, small_bit_serial_chip(), spec).crossbars.size(), 3U);
  spec = {};
  EXPECT_EQ(place(network, small_bit_serial_chip(), spec).crossbars.size(), 3U)
      << "the slowest layer would take three times as long";
}

TEST(NetworkPlacement, LetsPartsShareACrossbarWhereTheirLayerStillTakesASixteenthOfTheSlowestOnesTurns) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 4, kernel: 1, activation: relu}}\n"
      "  - {name: pool, max_pool: {size: 4}}\n"
      "  - {name: second, conv2d: {outputs: 4, kernel: 2, groups: 4, activation: none}}\n"
      "  - {name: line, flatten: {}}\n",
      1.0, "width: 8, height: 8, channels: 1");
  // 64 positions, then one: four of the second layer's kernels of 4 rows may take turns, and fit 16 wordlines.
  const auto crossbars = [&](const BitSerialMappingSpec& spec) {
    const PlacedNetwork placed = place(network, small_bit_serial_chip(), spec);
    EXPECT_THAT(placed_network_faults(placed, network), IsEmpty());
    return placed.crossbars.size();
  };
  BitSerialMappingSpec spec;
  EXPECT_EQ(crossbars(spec), 2U);
  spec.copies_by_layer["first"] = 2;  // 32 turns: two at a time
  EXPECT_EQ(crossbars(spec), 4U);
  spec.copies_by_layer["first"] = 4;  // 16 turns: none share
  EXPECT_EQ(crossbars(spec), 8U);
  spec.packing = BlockPacking::fewest_crossbars;
  EXPECT_EQ(crossbars(spec), 5U);
}

TEST(NetworkPlacement, GivesLayersAsManyCopiesAsBalanceThePipelineWithinTheBudget) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 4, kernel: 2, activation: relu}}\n"
      "  - {name: pool, max_pool: {size: 2}}\n"
      "  - {name: second, conv2d: {outputs: 4, kernel: 2, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n",
      1.0, "width: 9, height: 9, channels: 1");
  // Positions 64, 9 and 1; crossbars of one copy 1, 1 and 3 (36 rows).
  BitSerialMappingSpec spec;
  spec.folding = Folding::balanced;
  spec.crossbar_budget = 13;
  const PlacedNetwork placed = place(network, small_bit_serial_chip(), spec);
  EXPECT_EQ(placed.copies[LayerId(0)], 8U);
  EXPECT_EQ(placed.copies[LayerId(1)], 2U);
  EXPECT_EQ(placed.copies[LayerId(2)], 1U);
  EXPECT_EQ(placed.crossbars.size(), 13U);
}

TEST(NetworkPlacement, SemiFoldedMeansACopyAColumnOfThePlaneAndNamedLayersHaveTheirOwn) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 4, kernel: 2, activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 4, kernel: 2, activation: relu}}\n"
      "  - {name: line, flatten: {}}\n");
  BitSerialMappingSpec spec;
  spec.folding = Folding::semi_folded;
  spec.copies_by_layer["second"] = 3;
  const PlacedNetwork placed = place(network, small_bit_serial_chip(), spec);
  EXPECT_EQ(placed.copies[LayerId(0)], 6U);
  EXPECT_EQ(placed.copies[LayerId(1)], 3U);
  spec.copies_by_layer["third"] = 3;
  EXPECT_THROW(place(network, small_bit_serial_chip(), spec), UserError);
}

TEST(NetworkPlacement, SaysHowManyTilesWouldDoWhereTheChipIsTooSmall) {
  const FixedPointNetwork network = test::eight_bit_network("  - {name: only, dense: {outputs: 9, activation: none}}\n",
                                                            1.0, "width: 5, height: 8, channels: 1");
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = 2;
  try {
    place(network, chip);
    FAIL() << "9 crossbars do not fit 8";
  } catch (const DoesNotFit& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("one of 3 tiles"));
  }
  chip.tiles = 3;
  EXPECT_EQ(place(network, chip).tiles, 3U);
  chip.tiles = 2;
  chip.chips = 2;
  const PlacedNetwork two = place(network, chip);
  EXPECT_EQ(two.chips, std::vector<std::uint32_t>({0, 0, 1}));
}

TEST(NetworkPlacement, LetsTrafficPassFewerRoutersThanTheNaiveOrder) {
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = 100;
  chip.interconnect.width = chip.interconnect.height = 10;
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 16, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 16, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: third, conv2d: {outputs: 16, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n");
  std::vector<double> hops;
  for (const SitePlacement placement : {SitePlacement::in_order, SitePlacement::bisected, SitePlacement::annealed}) {
    BitSerialMappingSpec spec;
    spec.placement = placement;
    const BitSerialMapping mapping = place_network(network, chip, spec, RandomKey(1));
    EXPECT_THAT(placed_network_faults(mapping.placed, network), IsEmpty());
    hops.push_back(mapping.quality.traffic_hops);
    EXPECT_EQ(mapping.quality.traffic_hops_in_order, hops.front());
  }
  EXPECT_LT(hops[1], hops[0]);
  EXPECT_LT(hops[2], hops[1]);
}

TEST(NetworkPlacement, AnnealingFindsTheBestOfAllPlacementsOfFewTiles) {
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = 6;
  chip.interconnect.width = 3;
  chip.interconnect.height = 2;
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 8, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 8, kernel: 2, activation: relu}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n",
      1.0, "width: 4, height: 4, channels: 1");
  const BitSerialMapping mapping = place_network(network, chip, {}, RandomKey(1));
  PlacedNetwork other = mapping.placed;
  const auto traffic = tile_traffic(other, network, chip);
  std::vector<std::uint32_t> sites{0, 1, 2, 3, 4, 5};
  double least = traffic_hops(other, traffic, chip);
  do {
    other.sites.assign(sites.begin(), sites.begin() + other.tiles);
    least = std::min(least, traffic_hops(other, traffic, chip));
  } while (std::next_permutation(sites.begin(), sites.end()));
  EXPECT_GE(other.tiles, 3U);
  EXPECT_DOUBLE_EQ(mapping.quality.traffic_hops, least);
}

TEST(NetworkPlacement, OpensAnotherTileWhereABufferIsFull) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 4, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: pool, max_pool: {size: 2}}\n"
      "  - {name: output, dense: {outputs: 4, activation: none}}\n");
  BitSerialChipSpec chip = small_bit_serial_chip();
  const PlacedNetwork wide = place(network, chip);
  EXPECT_EQ(wide.digital_slices.size(), 1U);
  // The first layer keeps 17 positions of 2 channels and two of its 4 outputs: 336 bits; the pool 9 of 4 channels.
  chip.tile.buffer_bits = 500;
  const PlacedNetwork narrow = place(network, chip);
  EXPECT_GT(narrow.tiles, wide.tiles);
  EXPECT_THAT(placed_network_faults(narrow, network), IsEmpty());
  chip.tile.buffer_bits = 200;
  EXPECT_THROW(place(network, chip), DoesNotFit);
}

TEST(PlacedNetworkFaults, NameEachKindOfFault) {
  const FixedPointNetwork network = test::eight_bit_network(fixed_point_layers()[1]);
  const PlacedNetwork sound = place(network, small_bit_serial_chip());
  const auto fault = [&](const auto& spoil) {
    PlacedNetwork placed = sound;
    spoil(placed);
    const auto faults = placed_network_faults(placed, network);
    return faults.empty() ? std::string("none") : faults.front();
  };
  EXPECT_EQ(fault([](PlacedNetwork&) {}), "none");
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.crossbars[PlacedCrossbarId(0)].parts.clear(); }),
              HasSubstr("held no times"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.crossbars.push_back(p.crossbars[PlacedCrossbarId(0)]); }),
              HasSubstr("held several times"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.output_slices.front().columns.pop_back(); }),
              HasSubstr("in no output slice"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.output_slices.front().row_parts.pop_back(); }),
              HasSubstr("does not list"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.digital_slices.pop_back(); }), HasSubstr("digital slices"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.sites.back() = p.sites.front(); }), HasSubstr("site"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.crossbars[PlacedCrossbarId(0)].parts.front().rows.back() = 9999; }),
              HasSubstr("outside"));
}

TEST(PlacedNetwork, ComesBackFromItsFileAsItWas) {
  const FixedPointNetwork network = test::eight_bit_network(fixed_point_layers()[2], 0.5);
  const PlacedNetwork placed = place(network, small_bit_serial_chip());
  const PlacedNetwork back = placed_network_from_archive(to_archive(placed));
  EXPECT_THAT(placed_network_faults(back, network), IsEmpty());
  EXPECT_EQ(to_archive(back).to_bytes(), to_archive(placed).to_bytes());
}

TEST(Dataflow, AWindowNeedsItsLastPlaceAndFreesWhatNoLaterOneCovers) {
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: only, conv2d: {outputs: 1, kernel: 3, padding: 1, activation: none}}\n  - {name: line, flatten: "
      "{}}\n",
      1.0, "width: 4, height: 3, channels: 1");
  const WindowProgress progress = window_progress(network, NodeId(1), 0);
  EXPECT_EQ(progress.needed, std::vector<std::uint32_t>({6, 7, 8, 8, 10, 11, 12, 12, 12, 12, 12, 12}));
  EXPECT_EQ(progress.freed, std::vector<std::uint32_t>({0, 0, 0, 0, 0, 0, 1, 2, 4, 4, 5, 6, 12}));
  // Between a row's end and the next row's beginning nothing new is freed.
  EXPECT_EQ(least_depths(network)[NodeId(1)], std::vector<std::uint32_t>({11}));  // 2 rows and 3
}

}  // namespace
}  // namespace crossloom
