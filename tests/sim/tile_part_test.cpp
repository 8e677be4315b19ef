// Tokens, packets and steps of a tile part: blocked while anything is missing, ready in the cycle of the last arrival.
#include "sim/tile_part.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

TilePartTable two_sources() {
  TilePartTable table;
  table.tile = TileId(4);
  table.layer = 1;
  table.sources.resize(2);
  table.banks = {0};
  return table;
}

TEST(TilePart, IsReadyWhenEveryTokenAndEveryAnnouncedPacketHasCome) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_token(0, 0, 2, 10);
  EXPECT_EQ(part.take_ready(), kNever);
  part.take_packet(0, 30);
  EXPECT_EQ(part.take_ready(), kNever);
  part.take_token(1, 0, 0, 20);
  EXPECT_EQ(part.take_ready(), kNever);  // one announced packet is missing
  part.take_packet(0, 12);
  EXPECT_EQ(part.take_ready(), 30U);  // the latest of all, in whatever order they were told
  EXPECT_EQ(part.ready_at(), 30U);
}

TEST(TilePart, HandsAStepOutOnce) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_token(0, 0, 0, 10);
  part.take_token(1, 0, 0, 11);
  EXPECT_EQ(part.take_ready(), 11U);
  EXPECT_EQ(part.take_ready(), kNever);
}

TEST(TilePart, BeginsAStepWhenTheOneBeforeIsDoneAndNotBefore) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  for (const std::uint32_t step : {0U, 1U}) {
    part.take_token(0, step, 0, 10 + step);
    part.take_token(1, step, 0, 10 + step);
  }
  EXPECT_EQ(part.take_ready(), 10U);
  EXPECT_EQ(part.take_ready(), kNever);
  EXPECT_TRUE(part.bank_fired(50));
  EXPECT_EQ(part.step(), 1U);
  EXPECT_EQ(part.take_ready(), 50U);
}

TEST(TilePart, IsDoneWithAStepWhenItsLastBankHasFired) {
  TilePartTable table = two_sources();
  table.sources.clear();
  table.banks = {0, 1, 2};
  TilePart part(table);
  part.begin_image(7);
  EXPECT_EQ(part.take_ready(), 7U);  // waits for nobody
  EXPECT_FALSE(part.bank_fired(20));
  EXPECT_FALSE(part.bank_fired(22));
  EXPECT_EQ(part.step(), 0U);
  EXPECT_TRUE(part.bank_fired(25));
  EXPECT_EQ(part.step(), 1U);
}

TEST(TilePart, RefusesAnInputBeyondItsTwoBuffers) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_packet(1, 5);
  EXPECT_THROW(part.take_packet(2, 6), Bug);
  EXPECT_THROW(part.take_token(0, 2, 0, 6), Bug);
}

TEST(TilePart, RefusesTheSameTokenTwice) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_token(1, 0, 0, 5);
  EXPECT_THROW(part.take_token(1, 0, 0, 6), Bug);
}

TEST(TilePart, RefusesMorePacketsThanWereAnnounced) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_token(0, 0, 1, 5);
  part.take_token(1, 0, 0, 5);
  part.take_packet(0, 6);
  EXPECT_THROW(part.take_packet(0, 7), Bug);
}

TEST(TilePart, NamesWhatIsMissing) {
  const TilePartTable table = two_sources();
  TilePart part(table);
  part.begin_image(1);
  part.take_token(0, 0, 3, 5);
  part.take_packet(0, 6);
  EXPECT_EQ(
      part.describe(),
      "tile 4 layer 1: step 0, 1 of 2 tokens, 1 of 3 announced packets, 1 of 1 banks to fire, no token from source 1");
}

}  // namespace
}  // namespace crossloom
