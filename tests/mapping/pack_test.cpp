#include "mapping/pack.h"

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
  const std::vector<PackedBank> banks = pack_layer(layer, LayerId(0), rows, columns);
  std::vector<int> covered(layer.weights.size(), 0);
  for (const PackedBank& bank : banks) {
    RC_ASSERT(!bank.columns.empty() && bank.columns.size() <= columns);
    RC_ASSERT(std::is_sorted(bank.columns.begin(), bank.columns.end()));
    std::uint32_t last = 0;
    for (const auto& part : bank.row_parts) {
      RC_ASSERT(!part.empty() && part.size() <= rows);
      RC_ASSERT(std::is_sorted(part.begin(), part.end()));
      RC_ASSERT(last == 0 || part.front() > last);
      last = part.back();
      for (const std::uint32_t i : part) {
        bool any = false;
        for (const std::uint32_t j : bank.columns) {
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
  RC_ASSERT(parts_of(banks) <= plain_grid_cells(layer, rows, columns));
}

TEST(Pack, NeedsOneArrayACellOfADenseMatrix) {
  test::RandomNetworkOptions options;
  options.sizes = {784, 1200};
  const std::vector<PackedBank> banks = pack_layer(layer_of(options), LayerId(3), 64, 64);
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
  const std::vector<PackedBank> banks = pack_layer(layer, LayerId(0), 4, 4);
  EXPECT_EQ(parts_of(banks), 2U);
  EXPECT_EQ(banks[0].columns, std::vector<std::uint32_t>({0, 2, 4, 6}));
  EXPECT_EQ(banks[0].row_parts[0], std::vector<std::uint32_t>({0, 1, 2, 3}));
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
  const std::vector<PackedBank> banks = pack_layer(layer, LayerId(0), 4, 1);
  ASSERT_EQ(banks.size(), 2U);
  EXPECT_EQ(banks[1].row_parts[0], std::vector<std::uint32_t>({1, 2, 3}));
  EXPECT_EQ(banks[1].row_parts[1], banks[0].row_parts[1]);
}

TEST(Pack, GivesNeuronsWithoutALiveWeightNoBank) {
  test::RandomNetworkOptions options;
  options.sizes = {5, 5};
  options.density = 0.0;
  EXPECT_TRUE(pack_layer(layer_of(options), LayerId(0), 4, 4).empty());
}

}  // namespace
}  // namespace crossloom
