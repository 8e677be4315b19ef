#include "models/bit_serial/bit_serial_result_file.h"

#include <gtest/gtest.h>

namespace crossloom {
namespace {

BitSerialResult streams_of(std::uint32_t images, std::uint64_t start, double cycles_per_image) {
  BitSerialResult result;
  for (std::uint32_t k = 0; k < images; ++k) result.images.push_back({{1, -2, 3}, 2, start + k, start + k + 100, {}});
  result.activity = BitSerialActivity(2, 3);
  result.activity.at(PlacedTileId(1), NodeId(2)).count(BitSerialAction::conversion, start + 1);
  result.activity.at(PlacedTileId(0), NodeId(1)).clipped = 4;
  result.activity.chip.array_zeptojoules = 5;
  result.use.crossbars = {start, 2};
  result.use.buses = result.use.adders = result.use.activation_units = result.use.pool_units = {1, 1};
  result.use.stalls[0] = 9;
  result.elapsed_cycles = 1000;
  result.cycles_per_image = cycles_per_image;
  result.flits = 7;
  return result;
}

TEST(BitSerialResultFile, ReadsBackWhatWasWritten) {
  const BitSerialResult result = streams_of(4, 10, 33.25);
  const std::string bytes = to_archive(result).to_bytes();
  const BitSerialResult again = bit_serial_result_from_archive(
      Archive::from_bytes(bytes, "memory", "bit_serial_result", kBitSerialResultVersion));
  EXPECT_EQ(to_archive(again).to_bytes(), bytes);
  EXPECT_EQ(again.images[3].end_cycle, 113U);
  EXPECT_EQ(again.images[3].outputs, (std::vector<std::int32_t>{1, -2, 3}));
  EXPECT_EQ(again.activity.at(PlacedTileId(1), NodeId(2)).of(BitSerialAction::conversion), 11U);
  EXPECT_EQ(again.cycles_per_image, 33.25);
}

TEST(BitSerialResultFile, JoinsSharesAndWeighsTheirPaceByTheIntervalsThatItIsOf) {
  BitSerialResult all;
  append(all, streams_of(4, 10, 30.0), 4);  // three intervals
  append(all, streams_of(2, 20, 50.0), 4);  // one
  EXPECT_EQ(all.images.size(), 6U);
  EXPECT_EQ(all.elapsed_cycles, 2000U);
  EXPECT_EQ(all.use.crossbars, (std::vector<std::uint64_t>{30, 4}));
  EXPECT_EQ(all.activity.total().of(BitSerialAction::conversion), 32U);
  EXPECT_DOUBLE_EQ(all.cycles_per_image, 35.0);
}

TEST(BitSerialResultFile, RefusesListsThatDoNotBelongTogether) {
  Archive archive = to_archive(streams_of(4, 10, 0.0));
  archive.put("images", std::vector<std::uint64_t>{1, 2});
  EXPECT_THROW(bit_serial_result_from_archive(archive), UserError);
}

}  // namespace
}  // namespace crossloom
