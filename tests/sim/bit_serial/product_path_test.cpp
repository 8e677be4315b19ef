// Ways back through products worked out by hand, and that they have no gaps.
#include "sim/bit_serial/product_path.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/random.h"

namespace crossloom::bit_serial {
namespace {

using testing::ElementsAre;

std::vector<std::string> path(Cycle begin, const std::vector<BitSerialSlice>& slices, Cycle read, std::uint32_t hold,
                              bool to_conversion) {
  constexpr const char* kNames[] = {"drive", "convert", "waiting"};
  std::vector<std::string> texts;
  for (const ProductPiece& piece : product_path(begin, slices, read, hold, to_conversion)) {
    texts.push_back(fmt::format("{} {}-{}", kNames[static_cast<int>(piece.kind)], piece.begin, piece.end));
  }
  return texts;
}

TEST(ProductPath, GoesBackOverConversionsThatAreSlowerThanReads) {
  const std::vector<BitSerialSlice> slices = {{10, 10, 26}, {26, 26, 42}, {42, 42, 58}};
  EXPECT_THAT(path(0, slices, 10, 1, true), ElementsAre("drive 0-10", "convert 10-58"));
  EXPECT_THAT(path(0, slices, 10, 1, false), ElementsAre("drive 0-10", "convert 10-42"));
}

TEST(ProductPath, GoesBackOverReadsThatAreSlowerThanConversions) {
  const std::vector<BitSerialSlice> slices = {{16, 16, 26}, {32, 32, 42}, {48, 48, 58}};
  EXPECT_THAT(path(0, slices, 16, 1, true), ElementsAre("drive 0-48", "convert 48-58"));
  EXPECT_THAT(path(0, slices, 16, 1, false), ElementsAre("drive 0-48"));
}

TEST(ProductPath, AlternatesWhereNothingIsHeld) {
  const std::vector<BitSerialSlice> slices = {{10, 10, 14}, {24, 24, 28}};
  for (const bool to_conversion : {true, false}) {
    EXPECT_THAT(path(0, slices, 10, 0, to_conversion),
                ElementsAre("drive 0-10", "convert 10-14", "drive 14-24", "convert 24-28"));
  }
}

TEST(ProductPath, WaitsForConvertersThatServeOthers) {
  EXPECT_THAT(path(0, {{10, 20, 30}}, 10, 1, true), ElementsAre("drive 0-10", "waiting 10-20", "convert 20-30"));
  // All three places of the sample-and-hold are taken by an earlier product until 25.
  EXPECT_THAT(path(0, {{25, 25, 30}}, 10, 3, false), ElementsAre("drive 0-10", "waiting 10-25"));
  // The second slice is converted after somebody else's.
  EXPECT_THAT(path(0, {{10, 10, 14}, {20, 26, 30}}, 10, 1, true),
              ElementsAre("drive 0-20", "waiting 20-26", "convert 26-30"));
}

TEST(ProductPath, HasNoGapsFromTheBeginOn) {
  RandomStream random(RandomKey(3).child("products"));
  for (int trial = 0; trial < 300; ++trial) {
    const auto hold = static_cast<std::uint32_t>(random.below(4));
    const Cycle begin = random.below(50), read = 1 + random.below(12), conversion = 1 + random.below(12);
    const std::size_t stages = std::max(1U, hold);
    std::vector<Cycle> held(stages);  // of earlier products, oldest first
    for (Cycle& done : held) done = begin + random.below(40);
    std::sort(held.begin(), held.end());
    std::vector<BitSerialSlice> slices;
    Cycle on_wordlines = begin;
    for (int slice = 0; slice < 8; ++slice) {
      Cycle sampled = on_wordlines + read;
      if (hold > 0) sampled = std::max(sampled, held.front());
      const Cycle converting = std::max(sampled, held.back()) + (random.below(3) == 0 ? random.below(9) : 0);
      held.erase(held.begin());
      held.push_back(converting + conversion);
      slices.push_back({sampled, converting, held.back()});
      on_wordlines = hold > 0 ? sampled : held.back();
    }
    for (const bool to_conversion : {true, false}) {
      Cycle at = begin;
      for (const ProductPiece& piece : product_path(begin, slices, read, hold, to_conversion)) {
        EXPECT_EQ(piece.begin, at);
        EXPECT_GT(piece.end, at);
        at = piece.end;
      }
      EXPECT_EQ(at, to_conversion || hold == 0 ? slices.back().converted : slices.back().sampled);
    }
  }
}

}  // namespace
}  // namespace crossloom::bit_serial
