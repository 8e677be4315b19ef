#include "mapping/leftover_cover.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "mapping/block_sharing.h"
#include "tests/support/property.h"

namespace crossloom {
namespace {

BinaryMatrix random_cells(std::uint32_t rows, std::uint32_t columns, double density, std::uint32_t seed) {
  std::vector<std::uint8_t> live;
  std::uint32_t x = seed;
  for (std::size_t k = 0; k < std::size_t{rows} * columns; ++k) {
    x = x * 1664525U + 1013904223U;
    live.push_back(x < density * 4294967296.0 ? 1 : 0);
  }
  return binary_matrix(live, rows, columns);
}

std::size_t arrays_of(const std::vector<Block>& blocks, ArraySize array) {
  std::vector<ArraySize> sizes;
  for (const Block& block : blocks) {
    sizes.push_back({static_cast<std::uint32_t>(block.rows.size()), static_cast<std::uint32_t>(block.columns.size())});
  }
  return share_arrays(sizes, array).size();
}

TEST(LeftoverCover, NeedsNoBlockForNoWeight) {
  EXPECT_TRUE(cover_leftovers(random_cells(20, 20, 0.0, 1), {8, 8}).empty());
}

TEST(LeftoverCover, CompactsRowsAndColumns) {
  // One weight in every 16th row and column of 128 x 128: 8 boxes of a grid of 16, but one array.
  std::vector<std::uint8_t> live(128 * 128, 0);
  for (std::size_t k = 0; k < 8; ++k) live[(16 * k + 3) * 128 + 16 * k + 5] = 1;
  const BinaryMatrix cells = binary_matrix(live, 128, 128);
  EXPECT_EQ(grid_boxes(cells, {16, 16}), 8U);
  EXPECT_EQ(arrays_of(cover_leftovers(cells, {16, 16}), {16, 16}), 1U);
  EXPECT_EQ(cover_leftovers(cells, {16, 16}, CoverMeasure::blocks).size(), 1U);
}

TEST(LeftoverCover, TakesOneArrayACellOfADenseMatrix) {
  EXPECT_EQ(cover_leftovers(random_cells(100, 70, 1.0, 1), {16, 16}).size(), 7U * 5U);
}

TEST(LeftoverCover, CoversScatteredWeightsInFarFewerArraysThanTheGrid) {
  // 0.1 % of 1200 x 1200: about 1,440 weights, at least one in each of 361 boxes.
  const BinaryMatrix cells = random_cells(1200, 1200, 0.001, 12345);
  const std::size_t arrays = arrays_of(cover_leftovers(cells, {64, 64}), {64, 64});
  EXPECT_GT(grid_boxes(cells, {64, 64}), 330U);
  EXPECT_LE(arrays, 26U);
}

RC_GTEST_PROP(LeftoverCover, HoldsEveryLiveWeightInExactlyOneBlockAndNeverTakesMoreThanTheGrid, ()) {
  const BinaryMatrix cells =
      random_cells(*rc::gen::inRange<std::uint32_t>(1, 70), *rc::gen::inRange<std::uint32_t>(1, 70),
                   *rc::gen::element(0.01, 0.05, 0.2, 0.7), *rc::gen::inRange<std::uint32_t>(0, 1000000));
  const ArraySize array{*rc::gen::inRange<std::uint32_t>(1, 20), *rc::gen::inRange<std::uint32_t>(1, 20)};
  const CoverMeasure measure = *rc::gen::element(CoverMeasure::shared_arrays, CoverMeasure::blocks);
  const std::vector<Block> blocks = cover_leftovers(cells, array, measure);
  std::vector<int> held(std::size_t{cells.rows} * cells.columns, 0);
  for (const Block& block : blocks) {
    RC_ASSERT(!block.rows.empty() && block.rows.size() <= array.rows);
    RC_ASSERT(!block.columns.empty() && block.columns.size() <= array.columns);
    RC_ASSERT(std::is_sorted(block.rows.begin(), block.rows.end()));
    RC_ASSERT(std::is_sorted(block.columns.begin(), block.columns.end()));
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) ++held[std::size_t{i} * cells.columns + j];
    }
  }
  for (std::uint32_t i = 0; i < cells.rows; ++i) {
    for (const std::uint32_t j : cells.row(i)) RC_ASSERT(held[std::size_t{i} * cells.columns + j] == 1);
  }
  RC_ASSERT(blocks.size() <= grid_boxes(cells, array));
  RC_ASSERT(arrays_of(blocks, array) <= grid_boxes(cells, array));
}

}  // namespace
}  // namespace crossloom
