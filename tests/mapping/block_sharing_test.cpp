#include "mapping/block_sharing.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/property.h"

namespace crossloom {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;

bool legal(const Groups& groups, const std::vector<SharableBlock>& blocks, const SharingLimit& limit) {
  std::vector<int> placed(blocks.size(), 0);
  for (const auto& group : groups) {
    std::uint32_t rows = 0, columns = 0, companions = 0;
    for (const std::size_t b : group) {
      rows += blocks[b].rows;
      columns += blocks[b].columns;
      companions += blocks[b].companions;
      ++placed[b];
    }
    if (group.empty() || rows > limit.array.rows || columns > limit.array.columns || companions > limit.companions) {
      return false;
    }
  }
  return placed == std::vector<int>(blocks.size(), 1);
}

// By trying every partition.
std::size_t fewest_by_brute_force(const std::vector<SharableBlock>& blocks, const SharingLimit& limit, std::size_t next,
                                  std::vector<SharableBlock>& arrays) {
  if (next == blocks.size()) return arrays.size();
  std::size_t fewest = blocks.size();
  for (std::size_t a = 0; a <= arrays.size(); ++a) {
    if (a == arrays.size()) arrays.push_back({0, 0, 0});
    const SharableBlock before = arrays[a];
    arrays[a] = {before.rows + blocks[next].rows, before.columns + blocks[next].columns,
                 before.companions + blocks[next].companions};
    const bool fits = arrays[a].rows <= limit.array.rows && arrays[a].columns <= limit.array.columns &&
                      arrays[a].companions <= limit.companions;
    if (fits) fewest = std::min(fewest, fewest_by_brute_force(blocks, limit, next + 1, arrays));
    const bool opened = before.rows == 0;
    arrays[a] = before;
    if (opened) {
      arrays.pop_back();
      break;
    }
  }
  return fewest;
}

TEST(BlockSharing, PutsBlocksOnTheDiagonalOfOneArray) {
  EXPECT_EQ(share_arrays(std::vector<ArraySize>{{10, 30}, {40, 20}, {14, 14}}, {64, 64}), (Groups{{0, 1, 2}}));
}

TEST(BlockSharing, KeepsBlocksApartThatClashInRowsOrColumns) {
  EXPECT_EQ(share_arrays(std::vector<ArraySize>{{64, 10}, {1, 10}}, {64, 64}), (Groups{{0}, {1}}));
  EXPECT_EQ(share_arrays(std::vector<ArraySize>{{10, 60}, {1, 10}}, {64, 64}), (Groups{{0}, {1}}));
}

TEST(BlockSharing, NeedsNoArrayForNoBlocks) { EXPECT_TRUE(share_arrays(std::vector<ArraySize>{}, {64, 64}).empty()); }

TEST(BlockSharing, RefusesABlockLargerThanAnArray) {
  EXPECT_THROW(share_arrays(std::vector<ArraySize>{{65, 1}}, {64, 64}), Bug);
  EXPECT_THROW(share_arrays(std::vector<ArraySize>{{0, 1}}, {64, 64}), Bug);
}

TEST(BlockSharing, PairsTallNarrowBlocksWithShortWideOnes) {
  // Largest first by either side alone would put tall with tall; 12 arrays are the fewest.
  std::vector<ArraySize> blocks;
  for (int n = 0; n < 12; ++n) {
    blocks.push_back({60, 4});
    blocks.push_back({4, 60});
  }
  EXPECT_EQ(share_arrays(blocks, {64, 64}).size(), 12U);
}

TEST(BlockSharing, CountsCompanionsOfAllBlocksOfAnArray) {
  const std::vector<SharableBlock> blocks(6, {2, 2, 3});
  EXPECT_EQ(share_arrays(blocks, {{64, 64}, 18}).size(), 1U);
  EXPECT_EQ(share_arrays(blocks, {{64, 64}, 6}).size(), 3U);
  EXPECT_EQ(share_arrays(blocks, {{64, 64}, 3}).size(), 6U);
}

TEST(BlockSharing, PacksAHundredThousandBlocksNearTheBound) {
  std::vector<ArraySize> blocks;
  std::uint32_t x = 12345;
  const auto draw = [&x](std::uint32_t most) {
    x = x * 1664525U + 1013904223U;
    return 1 + (x >> 16U) % most;
  };
  for (int n = 0; n < 100'000; ++n) blocks.push_back({draw(24), draw(24)});
  const Groups groups = share_arrays(blocks, {64, 64});
  const std::vector<SharableBlock> sharable = [&] {
    std::vector<SharableBlock> all;
    for (const ArraySize& block : blocks) all.push_back({block.rows, block.columns, 0});
    return all;
  }();
  EXPECT_TRUE(legal(groups, sharable, {{64, 64}, 0}));
  EXPECT_LE(static_cast<double>(groups.size()), 1.05 * static_cast<double>(fewest_shared_arrays(blocks, {64, 64})));
}

RC_GTEST_PROP(BlockSharing, FindsTheFewestArraysForFewBlocks, ()) {
  const SharingLimit limit{{*rc::gen::inRange<std::uint32_t>(1, 16), *rc::gen::inRange<std::uint32_t>(1, 16)},
                           *rc::gen::inRange<std::uint32_t>(0, 6)};
  std::vector<SharableBlock> blocks;
  const auto count = *rc::gen::inRange<std::size_t>(0, 9);
  for (std::size_t n = 0; n < count; ++n) {
    blocks.push_back({*rc::gen::inRange<std::uint32_t>(1, limit.array.rows + 1),
                      *rc::gen::inRange<std::uint32_t>(1, limit.array.columns + 1),
                      *rc::gen::inRange<std::uint32_t>(0, limit.companions + 1)});
  }
  const Groups groups = share_arrays(blocks, limit);
  RC_ASSERT(legal(groups, blocks, limit));
  std::vector<SharableBlock> arrays;
  RC_ASSERT(groups.size() == fewest_by_brute_force(blocks, limit, 0, arrays));
}

RC_GTEST_PROP(BlockSharing, StaysLegalAndNeverTakesFewerArraysThanTheBound, ()) {
  const ArraySize array{*rc::gen::inRange<std::uint32_t>(4, 40), *rc::gen::inRange<std::uint32_t>(4, 40)};
  std::vector<ArraySize> blocks;
  std::vector<SharableBlock> sharable;
  const auto count = *rc::gen::inRange<std::size_t>(0, 200);
  for (std::size_t n = 0; n < count; ++n) {
    blocks.push_back(
        {*rc::gen::inRange<std::uint32_t>(1, array.rows + 1), *rc::gen::inRange<std::uint32_t>(1, array.columns + 1)});
    sharable.push_back({blocks.back().rows, blocks.back().columns, 0});
  }
  const Groups groups = share_arrays(blocks, array);
  RC_ASSERT(legal(groups, sharable, {array, 0}));
  RC_ASSERT(groups.size() >= fewest_shared_arrays(blocks, array));
  RC_ASSERT(std::is_sorted(groups.begin(), groups.end()));
}

}  // namespace
}  // namespace crossloom
