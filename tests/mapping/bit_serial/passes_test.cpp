// Networks that are larger than the board.
#include "mapping/bit_serial/passes.h"

#include <set>

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/network_passes.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// 16 x 16 bit lines, 4 weights a wordline; four crossbars a tile.
BitSerialChipSpec chip_of(std::uint32_t tiles) {
  BitSerialChipSpec chip = test::small_bit_serial_chip();
  chip.tiles = tiles;
  return chip;
}

PlacedNetwork place(const FixedPointNetwork& network, const BitSerialChipSpec& chip, std::uint32_t images = 1) {
  BitSerialMappingSpec spec;
  spec.reload = true;
  spec.packing = BlockPacking::fewest_crossbars;  // small parts share crossbars without limit
  spec.images_a_pass = images;
  PlacedNetwork placed = place_network(network, chip, spec, RandomKey(1)).placed;
  EXPECT_THAT(placed_network_faults(placed, network), IsEmpty());
  return placed;
}

// 32 -> 16 -> 8: crossbars 2 x 4 and 1 x 2.
const char* const kTwoLayers =
    "  - {name: wide, dense: {outputs: 16, activation: relu}}\n"
    "  - {name: narrow, dense: {outputs: 8, activation: none}}\n";
const char* const kInput = "width: 8, height: 4, channels: 1";

TEST(Passes, AreOneWhereTheNetworkFitsAndThenNothingWaits) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, kInput);
  const PlacedNetwork placed = place(network, chip_of(3));
  EXPECT_EQ(placed.passes, 1U);
  EXPECT_THAT(placed.kept_slices, IsEmpty());
  const PlacedNetwork usual = place_network(network, chip_of(3), {}, RandomKey(1)).placed;
  EXPECT_EQ(to_archive(placed).to_bytes(), to_archive(usual).to_bytes());
}

TEST(Passes, TakeAsManyColumnsOfALayerAsTheBoardHoldsWithAllTheirRowParts) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, kInput);
  const PlacedNetwork placed = place(network, chip_of(1));  // four crossbars: two columns of crossbars a pass
  EXPECT_EQ(placed.passes, 3U);
  std::vector<std::uint32_t> crossbars(3, 0);
  for (const PlacedCrossbar& crossbar : placed.crossbars) ++crossbars[crossbar.pass];
  EXPECT_THAT(crossbars, ElementsAre(4, 4, 2));
  const auto made = passes_of_channels(placed, network);
  EXPECT_THAT(made[NodeId(1)], ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(made[NodeId(2)], testing::Each(2));
  // The image is in the host's memory and need not be kept.
  ASSERT_EQ(placed.kept_slices.size(), 2U);
  EXPECT_EQ(placed.kept_slices[0].channels, 8U);
  EXPECT_EQ(placed.kept_slices[0].made, 0U);
  EXPECT_EQ(placed.kept_slices[1].made, 1U);
  EXPECT_EQ(placed.kept_slices[1].last_read, 2U);
}

TEST(Passes, AreOnlyTakenWhereTheExperimentAllowsThemAndTheRefusalSaysSo) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, kInput);
  try {
    place_network(network, chip_of(1), {}, RandomKey(1));
    FAIL() << "10 crossbars do not fit 4";
  } catch (const DoesNotFit& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("one of 3 tiles"));
    EXPECT_THAT(refusal.what(), HasSubstr("in at least 3 passes (mapping.reload: true)"));
  }
}

TEST(Passes, DoNotHelpWhereTheRowPartsOfAColumnAreMoreThanTheBoard) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, "width: 10, height: 10, channels: 1");
  try {
    place(network, chip_of(1));
    FAIL() << "7 row parts do not fit 4 crossbars";
  } catch (const DoesNotFit& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("those of the same columns of wide take 7 crossbars"));
  }
}

TEST(Passes, KeepTogetherWhatSharesAColumnThroughWhateverCrossbars) {
  const auto part = [](std::vector<std::uint32_t> columns) {
    CrossbarPart result;
    result.columns = std::move(columns);
    return result;
  };
  // The first and the fourth share column 1; the second and the third only through the fifth.
  const PackedLayer layer = {{part({0, 1})}, {part({2})}, {part({4})}, {part({1})}, {part({2}), part({4})}};
  EXPECT_THAT(column_units(layer), ElementsAre(0, 1, 1, 0, 1));
}

TEST(Passes, KeepValuesAtHomeThenInOtherTilesThenInNewOnesAndElseOffTheChip) {
  // Planes of 16 positions of 8 bits: a channel is 128 bits an image. The first layer takes 9 inputs a window.
  const FixedPointNetwork network = test::eight_bit_network(
      "  - {name: first, conv2d: {outputs: 8, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: second, conv2d: {outputs: 8, kernel: 3, padding: 1, activation: relu}}\n"
      "  - {name: line, flatten: {}}\n",
      "width: 4, height: 4, channels: 1");
  // Crossbars 2 and 5 x 2: the second layer needs three tiles, and does not fit beside the first.
  BitSerialChipSpec chip = chip_of(4);
  chip.tile.processing_elements = 1;
  chip.tiles = 5;
  const auto places = [&](std::uint64_t buffer_bits, std::uint32_t images) {
    chip.tile.buffer_bits = buffer_bits;
    return place(network, chip, images);
  };
  PlacedNetwork roomy = places(1 << 20, 1);
  ASSERT_GT(roomy.passes, 1U);
  for (const KeptSlice& slice : roomy.kept_slices) EXPECT_EQ(slice.tile, PlacedTileId(0));  // the first layer's home
  // With more images than the home holds, other tiles help out.
  const PlacedNetwork spread = places(4000, 4);
  std::set<std::uint32_t> tiles;
  for (const KeptSlice& slice : spread.kept_slices) {
    ASSERT_TRUE(slice.tile);
    tiles.insert(slice.tile->value());
  }
  EXPECT_GT(tiles.size(), 1U);
  // And with more than all of them hold, everything waits off the chip.
  for (const KeptSlice& slice : places(4000, 40).kept_slices) EXPECT_FALSE(slice.tile);
}

TEST(PassFaults, NameWhatIsReadBeforeItIsMadeOrNotKept) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, kInput);
  const PlacedNetwork sound = place(network, chip_of(1));
  const auto fault = [&](const auto& spoil) {
    PlacedNetwork placed = sound;
    spoil(placed);
    const auto faults = placed_network_faults(placed, network);
    return faults.empty() ? std::string("none") : faults.front();
  };
  EXPECT_EQ(fault([](PlacedNetwork&) {}), "none");
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.kept_slices.pop_back(); }), HasSubstr("not kept from pass 1 on"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.kept_slices[0].made = 1; }), HasSubstr("does not make"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.kept_slices[0].last_read = 9; }), HasSubstr("do not exist"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.crossbars[PlacedCrossbarId(0)].pass = 1; }), HasSubstr("of another"));
  EXPECT_THAT(fault([](PlacedNetwork& p) { p.passes = 4; }), HasSubstr("writes no weights"));
  EXPECT_THAT(fault([](PlacedNetwork& p) {
                for (PlacedCrossbar& crossbar : p.crossbars) crossbar.pass = 2 - crossbar.pass;
                for (OutputSlice& slice : p.output_slices) slice.pass = 2 - slice.pass;
                p.kept_slices.clear();
              }),
              HasSubstr("which pass 2 makes"));
}

TEST(PlacedNetwork, ComesBackFromItsFileWithItsPasses) {
  const FixedPointNetwork network = test::eight_bit_network(kTwoLayers, kInput);
  PlacedNetwork placed = place(network, chip_of(1));
  placed.kept_slices[0].tile.reset();
  const PlacedNetwork back = placed_network_from_archive(to_archive(placed));
  EXPECT_THAT(placed_network_faults(back, network), IsEmpty());
  EXPECT_EQ(to_archive(back).to_bytes(), to_archive(placed).to_bytes());
  EXPECT_FALSE(back.kept_slices[0].tile);
}

}  // namespace
}  // namespace crossloom
