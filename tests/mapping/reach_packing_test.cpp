#include "mapping/reach_packing.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/support/property.h"

namespace crossloom {
namespace {

ChipSpec chip_of(std::uint32_t group_tiles, std::uint32_t crossbars) {
  ChipSpec chip = test::small_chip();
  chip.tile.crossbars = crossbars;
  chip.tile_group.tiles = group_tiles;
  return chip;
}

struct Banks {
  void add(std::size_t layer, std::uint32_t size, std::uint32_t count = 1) {
    for (std::uint32_t n = 0; n < count; ++n) {
      layers.push_back(LayerId(layer));
      sizes.push_back(size);
    }
  }
  std::vector<LayerId> layers;
  std::vector<std::uint32_t> sizes;
};

std::uint32_t tiles_of(const Banks& in, const std::vector<std::uint32_t>& reach, std::uint32_t crossbars) {
  std::uint32_t slots = 0;
  for (const std::uint32_t b : reach) slots += in.sizes[b];
  return (slots + crossbars - 1) / crossbars;
}

// Fewest tiles by trying every reach for every bank.
std::uint32_t fewest_tiles(const Banks& in, const ChipSpec& chip, std::size_t bank,
                           std::vector<std::vector<std::uint32_t>>& reaches) {
  if (bank == in.sizes.size()) {
    std::uint32_t sum = 0;
    for (const auto& reach : reaches) sum += tiles_of(in, reach, chip.tile.crossbars);
    return sum;
  }
  std::uint32_t best = ~0U;
  for (std::size_t r = 0; r <= reaches.size(); ++r) {
    const bool fresh = r == reaches.size();
    if (fresh) reaches.emplace_back();
    reaches[r].push_back(static_cast<std::uint32_t>(bank));
    if (tiles_of(in, reaches[r], chip.tile.crossbars) <= chip.tile_group.tiles) {
      best = std::min(best, fewest_tiles(in, chip, bank + 1, reaches));
    }
    reaches[r].pop_back();
    if (fresh) {
      reaches.pop_back();
      break;
    }
  }
  return best;
}

TEST(ReachPacking, FindsTilesWithoutWasteWhereFillingReachByReachLeavesSome) {
  // 570 slots; full sixties of size 10 first would strand the nineteens.
  Banks in;
  in.add(0, 10, 19);
  in.add(1, 19, 20);
  const std::vector<Packing> packings = candidate_packings(in.layers, in.sizes, chip_of(16, 4));
  ASSERT_EQ(packings.size(), 3U);
  EXPECT_EQ(packings[0].all_tiles(), 143U);
  EXPECT_GT(packings[1].all_tiles(), 143U);
}

TEST(ReachPacking, PutsBanksOfOneLayerTogetherWhereThatTakesNoMoreTiles) {
  // Any two banks fill a reach; mixed pairs would want both layers' inputs everywhere.
  Banks in;
  for (int n = 0; n < 4; ++n) {
    in.add(0, 4);
    in.add(1, 4);
  }
  const Packing packing = candidate_packings(in.layers, in.sizes, chip_of(4, 2)).front();
  EXPECT_EQ(packing.all_tiles(), 16U);
  ASSERT_EQ(packing.reaches.size(), 4U);
  for (const auto& reach : packing.reaches) {
    ASSERT_EQ(reach.size(), 2U);
    EXPECT_EQ(in.layers[reach[0]], in.layers[reach[1]]);
  }
}

TEST(ReachPacking, TakesTheFewestGroupsOnAChipOfFixedSize) {
  Banks in;
  in.add(0, 3, 2);
  in.add(0, 5, 2);
  ChipSpec chip = chip_of(4, 2);
  chip.tiles = 8;
  std::uint32_t fewest = ~0U;
  for (const Packing& packing : candidate_packings(in.layers, in.sizes, chip)) {
    fewest = std::min(fewest, packing.chip_tiles(chip));
  }
  EXPECT_EQ(fewest, 8U);
}

TEST(ReachPacking, StillPacksManyKindsOfBanks) {
  Banks in;
  for (std::uint32_t n = 0; n < 60; ++n) in.add(n % 7, 1 + n * 7 % 31, 1 + n % 3);
  const std::vector<Packing> packings = candidate_packings(in.layers, in.sizes, chip_of(16, 4));
  std::uint32_t slots = 0;
  for (const std::uint32_t size : in.sizes) slots += size;
  EXPECT_EQ(packings.size(), 2U);
  for (const Packing& packing : packings) EXPECT_LE(packing.all_tiles(), (slots + 3) / 4 + packing.reaches.size());
}

RC_GTEST_PROP(ReachPacking, PlacesEachBankOnceWithinReachesAndNoOtherPackingTakesFewerTiles, ()) {
  const ChipSpec chip = chip_of(*rc::gen::inRange<std::uint32_t>(1, 5), *rc::gen::inRange<std::uint32_t>(1, 5));
  const std::uint32_t capacity = chip.tile_group.tiles * chip.tile.crossbars;
  Banks in;
  const auto count = *rc::gen::inRange<std::size_t>(1, 8);
  for (std::size_t n = 0; n < count; ++n) {
    in.add(*rc::gen::inRange<std::size_t>(0, 3), *rc::gen::inRange<std::uint32_t>(1, capacity + 1));
  }
  const std::vector<Packing> packings = candidate_packings(in.layers, in.sizes, chip);
  for (const Packing& packing : packings) {
    std::vector<int> placed(count, 0);
    RC_ASSERT(packing.tiles.size() == packing.reaches.size());
    for (std::size_t r = 0; r < packing.reaches.size(); ++r) {
      RC_ASSERT(packing.tiles[r] == tiles_of(in, packing.reaches[r], chip.tile.crossbars));
      RC_ASSERT(packing.tiles[r] <= chip.tile_group.tiles);
      RC_ASSERT(std::is_sorted(packing.reaches[r].begin(), packing.reaches[r].end()));
      for (const std::uint32_t b : packing.reaches[r]) ++placed[b];
    }
    RC_ASSERT(placed == std::vector<int>(count, 1));
  }
  std::vector<std::vector<std::uint32_t>> reaches;
  RC_ASSERT(packings.front().all_tiles() == fewest_tiles(in, chip, 0, reaches));
}

}  // namespace
}  // namespace crossloom
