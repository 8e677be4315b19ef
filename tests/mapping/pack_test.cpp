#include "mapping/pack.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/property.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

SpikingLayer layer_of(test::RandomNetworkOptions options) {
  return test::random_spiking_network(options).layers[LayerId(0)];
}

std::size_t parts_of(const std::vector<PackedBank>& banks) {
  std::size_t sum = 0;
  for (const PackedBank& bank : banks) sum += bank.row_parts.size();
  return sum;
}

// Cells of a plain grid over the whole matrix that hold a live weight.
std::size_t plain_grid_cells(const SpikingLayer& layer, std::uint32_t rows, std::uint32_t columns) {
  std::size_t cells = 0;
  for (std::uint32_t i0 = 0; i0 < layer.rows(); i0 += rows) {
    for (std::uint32_t j0 = 0; j0 < layer.outputs; j0 += columns) {
      bool live = false;
      for (std::uint32_t i = i0; i < std::min(layer.rows(), i0 + rows); ++i) {
        for (std::uint32_t j = j0; j < std::min(layer.outputs, j0 + columns); ++j) live = live || layer.is_live(i, j);
      }
      cells += live ? 1 : 0;
    }
  }
  return cells;
}

RC_GTEST_PROP(Pack, CoversEveryLiveWeightOnceInNoMoreArraysThanAPlainGrid, ()) {
  test::RandomNetworkOptions options;
  options.sizes = {*rc::gen::inRange<std::uint32_t>(1, 60), *rc::gen::inRange<std::uint32_t>(1, 60)};
  options.density = *rc::gen::element(0.0, 0.02, 0.1, 0.5, 1.0);
  options.bias = *rc::gen::arbitrary<bool>();
  options.several_blocks = *rc::gen::arbitrary<bool>();
  options.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  const auto rows = *rc::gen::inRange<std::uint32_t>(1, 20);
  const auto columns = *rc::gen::inRange<std::uint32_t>(1, 20);
  const SpikingLayer layer = layer_of(options);
  const PackingRoom room{{rows, columns}, *rc::gen::inRange<std::uint32_t>(1, columns + 1), 64};
  const PackedNetwork packed = share_tails(pack_layer(layer, LayerId(0), room), room, Sharing::within_layers);
  const std::vector<PackedBank>& banks = packed.banks;
  std::vector<int> covered(layer.weights.size(), 0);
  for (const PackedBank& bank : banks) {
    RC_ASSERT(!bank.columns.empty() && bank.columns.size() <= room.stripe_width);
    RC_ASSERT(std::is_sorted(bank.columns.begin(), bank.columns.end()));
    std::uint32_t last = 0;
    for (std::size_t p = 0; p < bank.row_parts.size(); ++p) {
      const std::vector<std::uint32_t>& part = bank.row_parts[p];
      RC_ASSERT(!part.empty() && part.size() <= rows);
      RC_ASSERT(std::is_sorted(part.begin(), part.end()));
      RC_ASSERT(p == 0 || part.front() > last);
      last = part.front();
      for (const std::uint32_t i : part) {
        bool any = false;
        for (const std::uint32_t j : bank.columns_of(p)) {
          ++covered[std::size_t{i} * layer.outputs + j];
          any = any || layer.is_live(i, j);
        }
        RC_ASSERT(any);
      }
    }
  }
  for (std::size_t k = 0; k < covered.size(); ++k) {
    if (layer.live[k] != 0) RC_ASSERT(covered[k] == 1);
  }
  std::size_t saved = 0;
  for (const auto& shared : packed.shared) {
    std::size_t wordlines = 0, width = 0;
    for (const PackedPart& part : shared) {
      wordlines += banks[part.bank].row_parts[part.part].size();
      width += banks[part.bank].columns_of(part.part).size();
    }
    RC_ASSERT(shared.size() >= 2 && wordlines <= rows && width <= columns);
    saved += shared.size() - 1;
  }
  RC_ASSERT(packed.arrays() == parts_of(banks) - saved);
  // The grid's stripes are as wide as banks may be.
  RC_ASSERT(packed.arrays() <= plain_grid_cells(layer, rows, room.stripe_width));
}

TEST(Pack, NeedsOneArrayACellOfADenseMatrix) {
  test::RandomNetworkOptions options;
  options.sizes = {784, 1200};
  const std::vector<PackedBank> banks = pack_layer(layer_of(options), LayerId(3), {});
  EXPECT_EQ(banks.size(), 19U);
  EXPECT_EQ(parts_of(banks), 247U);
  EXPECT_EQ(banks[0].layer, LayerId(3));
  EXPECT_EQ(banks[18].columns.size(), 1200U - 18 * 64);
}

TEST(Pack, FollowsBlocksThatKeepRowsApart) {
  // Even outputs see the first four inputs, odd ones the last four: by blocks 2 arrays, in plain stripes 4.
  SpikingLayer layer;
  layer.inputs = 8;
  layer.outputs = 8;
  layer.weights.assign(64, 1);
  layer.live.assign(64, 0);
  layer.blocks = {{{0, 1, 2, 3}, {0, 2, 4, 6}}, {{4, 5, 6, 7}, {1, 3, 5, 7}}};
  for (const Block& block : layer.blocks) {
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) layer.live[i * 8 + j] = 1;
    }
  }
  const std::vector<PackedBank> banks = pack_layer(layer, LayerId(0), {{4, 4}, 4, 64});
  EXPECT_EQ(parts_of(banks), 2U);
  EXPECT_EQ(banks[0].columns, std::vector<std::uint32_t>({0, 2, 4, 6}));
  EXPECT_EQ(banks[0].row_parts[0], std::vector<std::uint32_t>({0, 1, 2, 3}));
}

// A layer of these blocks, all their weights live.
SpikingLayer layer_of_blocks(std::uint32_t inputs, std::uint32_t outputs, std::vector<Block> blocks) {
  SpikingLayer layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.weights.assign(std::size_t{inputs} * outputs, 1);
  layer.live.assign(layer.weights.size(), 0);
  for (const Block& block : blocks) {
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) layer.live[std::size_t{i} * outputs + j] = 1;
    }
  }
  layer.blocks = std::move(blocks);
  return layer;
}

TEST(Pack, PutsSmallBlocksOnTheDiagonalOfOneArray) {
  const SpikingLayer layer =
      layer_of_blocks(16, 12, {{{0, 5, 9}, {0, 1, 2, 3}}, {{1, 2}, {4, 7, 8, 9}}, {{3, 12, 13}, {5, 6, 10, 11}}});
  const PackingRoom room{{8, 12}, 4, 64};
  const PackedNetwork packed = share_tails(pack_layer(layer, LayerId(0), room), room, Sharing::within_layers);
  EXPECT_EQ(packed.banks.size(), 3U);
  EXPECT_EQ(packed.arrays(), 1U);
}

TEST(Pack, LetsTailsShareAnArrayThatAreLiveInFewColumns) {
  // Two stripes of 4 columns with 5 live rows each: 4 rows are live in all columns, the fifth in one.
  SpikingLayer layer = layer_of_blocks(10, 8, {{{0, 1, 2, 3, 4}, {0, 1, 2, 3}}, {{5, 6, 7, 8, 9}, {4, 5, 6, 7}}});
  for (const std::uint32_t j : {0U, 1U, 3U}) layer.live[2 * 8 + j] = 0;
  for (const std::uint32_t j : {4U, 5U, 6U}) layer.live[9 * 8 + j] = 0;
  const PackingRoom room{{4, 4}, 4, 64};
  const PackedNetwork packed = share_tails(pack_layer(layer, LayerId(0), room), room, Sharing::within_layers);
  EXPECT_EQ(packed.arrays(), 3U);
  ASSERT_EQ(packed.shared.size(), 1U);
  const PackedPart& first = packed.shared[0][0];
  EXPECT_EQ(packed.banks[first.bank].row_parts[first.part], std::vector<std::uint32_t>({2}));
  EXPECT_EQ(packed.banks[first.bank].columns_of(first.part), std::vector<std::uint32_t>({2}));
}

TEST(Pack, SharesNoArrayWhoseBanksExceedOneReach) {
  const SpikingLayer layer = layer_of_blocks(10, 8, {{{0, 1, 2, 3, 4}, {0, 1}}, {{5, 6, 7, 8, 9}, {4, 5}}});
  const auto arrays = [&](std::uint32_t reach) {
    const PackingRoom room{{4, 4}, 2, reach};
    return share_tails(pack_layer(layer, LayerId(0), room), room, Sharing::within_layers).arrays();
  };
  EXPECT_EQ(arrays(3), 3U);
  EXPECT_EQ(arrays(2), 4U);
}

TEST(Pack, FindsLikeColumnsThatNoBlockNames) {
  // Columns k, k + 6, k + 12 ... of 36 see the same 8 of 48 rows: 6 arrays of 8 x 6 instead of 36.
  SpikingLayer layer = layer_of_blocks(48, 36, {});
  layer.blocks = {{{}, {}}};
  for (std::uint32_t i = 0; i < 48; ++i) {
    for (std::uint32_t j = 0; j < 36; ++j) layer.live[i * 36 + j] = i / 8 == j % 6 ? 1 : 0;
  }
  EXPECT_EQ(parts_of(pack_layer(layer, LayerId(0), {{8, 6}, 6, 64})), 6U);
}

TEST(Pack, MovesColumnsBetweenStripesWhereBlocksOverlapInColumns) {
  // Each block's columns by themselves need 3 arrays of 4 x 4; column 4 belongs to both.
  const SpikingLayer layer = layer_of_blocks(8, 8, {{{0, 1, 2, 3}, {0, 1, 2, 3}}, {{4, 5, 6, 7}, {4, 5, 6, 7}}});
  SpikingLayer overlapping = layer;
  overlapping.live[0 * 8 + 4] = 1;
  overlapping.blocks = {{{0}, {0, 1, 2, 3, 4}}, {{1, 2, 3}, {0, 1, 2, 3}}, {{4, 5, 6, 7}, {4, 5, 6, 7}}};
  const PackingRoom room{{4, 4}, 4, 64};
  EXPECT_EQ(share_tails(pack_layer(layer, LayerId(0), room), room, Sharing::within_layers).arrays(), 2U);
  EXPECT_EQ(share_tails(pack_layer(overlapping, LayerId(0), room), room, Sharing::within_layers).arrays(), 3U);
}

TEST(Pack, CutsRowsAtTheSamePlacesInAllStripesWhereThatIsFree) {
  // Stripe 0 needs inputs 0..7, stripe 1 all but input 0: cut at 4 in both, though 1..4 | 5..7 would do as well.
  SpikingLayer layer;
  layer.inputs = 8;
  layer.outputs = 2;
  layer.weights.assign(16, 1);
  layer.live.assign(16, 1);
  layer.live[1] = 0;
  layer.weights[1] = 0;
  layer.blocks = {{{0, 1, 2, 3, 4, 5, 6, 7}, {0, 1}}};
  const std::vector<PackedBank> banks = pack_layer(layer, LayerId(0), {{4, 1}, 1, 64});
  ASSERT_EQ(banks.size(), 2U);
  EXPECT_EQ(banks[1].row_parts[0], std::vector<std::uint32_t>({1, 2, 3}));
  EXPECT_EQ(banks[1].row_parts[1], banks[0].row_parts[1]);
}

RC_GTEST_PROP(Pack, CutsAsAGridWithAllCutsAtTheSameRowsInNoMorePartsThanItHasLiveCells, ()) {
  test::RandomNetworkOptions options;
  options.sizes = {*rc::gen::inRange<std::uint32_t>(1, 60), *rc::gen::inRange<std::uint32_t>(1, 60)};
  options.density = *rc::gen::element(0.02, 0.1, 0.5, 1.0);
  options.several_blocks = *rc::gen::arbitrary<bool>();
  options.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  const auto rows = *rc::gen::inRange<std::uint32_t>(1, 20);
  const auto columns = *rc::gen::inRange<std::uint32_t>(1, 20);
  const SpikingLayer layer = layer_of(options);
  const LayerCuts cuts(layer, LayerId(0), {{rows, columns}, columns, 64});
  const std::vector<PackedBank> banks = cuts.banks(StripeWay::grid, {});
  RC_ASSERT(parts_of(banks) <= plain_grid_cells(layer, rows, columns));
  std::size_t live = 0, covered = 0;
  for (std::uint32_t i = 0; i < layer.rows(); ++i) {
    for (std::uint32_t j = 0; j < layer.outputs; ++j) live += layer.is_live(i, j) ? 1 : 0;
  }
  for (const PackedBank& bank : banks) {
    RC_ASSERT(bank.tail.rows.empty());
    for (const std::vector<std::uint32_t>& part : bank.row_parts) {
      RC_ASSERT(part.size() <= rows);
      for (const std::uint32_t i : part) {
        for (const std::uint32_t j : bank.columns) covered += layer.is_live(i, j) ? 1 : 0;
      }
    }
    // Two rows that one bank has in one part are in one part everywhere.
    for (const PackedBank& other : banks) {
      std::map<std::uint32_t, std::size_t> part_of;
      for (std::size_t p = 0; p < other.row_parts.size(); ++p) {
        for (const std::uint32_t i : other.row_parts[p]) part_of[i] = p;
      }
      for (const std::vector<std::uint32_t>& part : bank.row_parts) {
        std::set<std::size_t> there;
        for (const std::uint32_t i : part) {
          if (part_of.count(i) != 0) there.insert(part_of[i]);
        }
        RC_ASSERT(there.size() <= 1U);
      }
    }
  }
  RC_ASSERT(covered == live);
}

TEST(Pack, GivesNeuronsWithoutALiveWeightNoBank) {
  test::RandomNetworkOptions options;
  options.sizes = {5, 5};
  options.density = 0.0;
  EXPECT_TRUE(pack_layer(layer_of(options), LayerId(0), {{4, 4}, 4, 64}).empty());
}

}  // namespace
}  // namespace crossloom
