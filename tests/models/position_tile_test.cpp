#include "models/position_tile.h"

#include <gtest/gtest.h>

namespace crossloom {
namespace {

TEST(PositionTile, PrefersSquareTilesOfAllChannelsThatFillAnArray) {
  // 4 channels of a 3x3 window: 16 positions of 4 channels fill 64 columns; a 4x4 tile sees 36 rows, a row of 16
  // sees 54.
  const PositionTile tile = position_tile({3, 1, 0}, 1, {16, 16, 4}, {64, 64});
  EXPECT_EQ(tile.width * tile.height * tile.channels, 64U);
  EXPECT_EQ(tile.channels, 4U);
  // Four tiles of 4x4 see 8x8 inputs, two arrays of 32 rows each; single positions would need 64 arrays.
  const PositionTile narrow = position_tile({5, 1, 0}, 1, {8, 8, 4}, {32, 64});
  EXPECT_EQ(narrow.width, 4U);
  EXPECT_EQ(narrow.height, 4U);
}

TEST(PoolTile, PutsAllChannelsOfFewPositionsTogetherWhereThatCostsNoArray) {
  // A position of 64 channels sees 4 x 64 inputs, four full arrays; 16 positions of 4 channels would take four as well.
  const PositionTile whole = pool_tile({2, 2, 0}, {4, 4, 64}, {64, 64});
  EXPECT_EQ(whole.width * whole.height, 1U);
  EXPECT_EQ(whole.channels, 64U);
  // One position of 12 channels would fill 48 of 64 rows; 2 x 2 positions fill three arrays.
  const PositionTile some = pool_tile({2, 2, 0}, {12, 12, 12}, {64, 64});
  EXPECT_EQ(some.width, 2U);
  EXPECT_EQ(some.height, 2U);
  EXPECT_EQ(some.channels, 12U);
  // Windows that overlap share rows: half a plane sees 10 x 6 places in one array, a quarter of one 6 x 6.
  const PositionTile overlapping = pool_tile({3, 1, 0}, {8, 8, 1}, {64, 64});
  EXPECT_EQ(overlapping.width * overlapping.height, 32U);
}

}  // namespace
}  // namespace crossloom
