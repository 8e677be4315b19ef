#include "mapping/tile_filling.h"

#include <gtest/gtest.h>

#include "tests/support/property.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

// Four inputs, then banks of these outputs in the first of two layers.
struct TwoLayers {
  TwoLayers() {
    test::RandomNetworkOptions options;
    options.sizes = {100, 12, 4};
    options.bias = true;
    network = test::random_spiking_network(options);
    for (std::uint32_t b = 0; b < 3; ++b) {
      banks.push_back({LayerId(0), test::numbers_from_to(4 * b, 4 * b + 4), {test::numbers_from_to(0, 70)}});
    }
    banks.push_back({LayerId(1), test::numbers_from_to(0, 4), {test::numbers_from_to(0, 13)}});
  }
  SpikingNetwork network;
  std::vector<PackedBank> banks;
};

using Count = std::pair<std::uint64_t, std::uint64_t>;  // packets, tokens

Count to_one_tile(MessageCounter& counter, const std::vector<ArrayInputs>& arrays) {
  std::vector<const ArrayInputs*> slots = {nullptr};
  for (const ArrayInputs& array : arrays) slots.push_back(&array);
  const Messages messages = counter.to_tile(slots);
  return {messages.packets, messages.tokens};
}

TEST(MessageCounter, CountsEachInputOnceAndPacketsBySource) {
  const TwoLayers two;
  MessageCounter counter(two.banks, two.network, {0, 1, 2, 3}, 16);
  const auto inputs = [&](std::size_t layer, std::uint32_t first, std::uint32_t last) {
    return counter.inputs(LayerId(layer), test::numbers_from_to(first, last));
  };
  EXPECT_EQ(to_one_tile(counter, {inputs(0, 0, 16)}), Count(1, 1));
  EXPECT_EQ(to_one_tile(counter, {inputs(0, 0, 10), inputs(0, 8, 16)}), Count(1, 1));
  EXPECT_EQ(to_one_tile(counter, {inputs(0, 0, 16), inputs(0, 60, 61)}), Count(2, 1));
  EXPECT_EQ(to_one_tile(counter, {inputs(1, 0, 5)}), Count(2, 2));
  EXPECT_EQ(to_one_tile(counter, {inputs(1, 0, 1), inputs(1, 9, 10), inputs(0, 3, 4)}), Count(3, 3));
  EXPECT_EQ(to_one_tile(counter, {}), Count(0, 0));
}

TEST(MessageCounter, LeavesOutTheBiasAndNeuronsWithoutABank) {
  TwoLayers two;
  two.banks.erase(two.banks.begin() + 1);
  MessageCounter counter(two.banks, two.network, {0, 1, 2}, 16);
  EXPECT_EQ(to_one_tile(counter, {counter.inputs(LayerId(1), test::numbers_from_to(4, 8))}), Count(0, 0));
  EXPECT_EQ(to_one_tile(counter, {counter.inputs(LayerId(1), {12})}), Count(0, 0));
  EXPECT_EQ(to_one_tile(counter, {counter.inputs(LayerId(1), {3, 4, 12})}), Count(1, 1));
}

TEST(MessageCounter, TakesBanksThatShareAHomeForOneSource) {
  const TwoLayers two;
  MessageCounter counter(two.banks, two.network, {0, 1, 0, 2}, 16);
  EXPECT_EQ(to_one_tile(counter, {counter.inputs(LayerId(1), test::numbers_from_to(0, 12))}), Count(2, 2));
  EXPECT_EQ(to_one_tile(counter, {counter.inputs(LayerId(1), {0, 11})}), Count(1, 1));
}

TEST(TileFilling, PutsArraysWithTheSameInputsInOneTile) {
  // Three classes of three arrays, dealt out of step with tiles of three; in order each tile would need all three.
  const TwoLayers two;
  MessageCounter counter(two.banks, two.network, {0, 1, 2, 3}, 64);
  std::vector<ArrayInputs> arrays;
  for (std::uint32_t k = 0; k < 9; ++k) {
    arrays.push_back(counter.inputs(LayerId(1), test::numbers_from_to(4 * (k % 3), 4 * (k % 3) + 4)));
  }
  const TileFilling filling = fill_tiles(arrays, 3, 3, 1000, counter);
  EXPECT_EQ(filling.messages.packets, 3U);
  EXPECT_EQ(filling.messages.tokens, 3U);
}

TEST(TileFilling, PairsTheRestsOfClasses) {
  // 64 slots: 13 pairs from the host and 19 pairs from homes of two banks. Each pair in one tile is 32 packets; the odd
  // pair of the host goes with the odd pair of the others, so that no home sends to more than one tile.
  test::RandomNetworkOptions options;
  options.sizes = {784, 1200, 4};
  const SpikingNetwork network = test::random_spiking_network(options);
  std::vector<PackedBank> banks;
  std::vector<std::uint32_t> home_of;
  for (std::uint32_t b = 0; b < 19; ++b) {
    banks.push_back({LayerId(0), test::numbers_from_to(64 * b, std::min(1200U, 64 * b + 64)), {}});
    for (std::uint32_t i = 0; i < 784; i += 64) {
      banks.back().row_parts.push_back(test::numbers_from_to(i, std::min(784U, i + 64)));
    }
    home_of.push_back(b / 2);
  }
  MessageCounter counter(banks, network, home_of, 64);
  std::vector<ArrayInputs> arrays;
  for (const auto& part : banks[0].row_parts) arrays.insert(arrays.end(), 2, counter.inputs(LayerId(0), part));
  for (const PackedBank& bank : banks) arrays.insert(arrays.end(), 2, counter.inputs(LayerId(1), bank.columns));
  ASSERT_EQ(arrays.size(), 64U);
  const TileFilling filling = fill_tiles(arrays, 16, 4, 100'000, counter);
  EXPECT_EQ(filling.messages.packets, 32U);
  EXPECT_EQ(filling.messages.tokens, 7U + 10U);
}

RC_GTEST_PROP(TileFilling, NeverTakesMoreMessagesThanArraysInOrderAndPlacesEachOnce, ()) {
  const TwoLayers two;
  const auto bits = *rc::gen::inRange<std::uint32_t>(1, 65);
  MessageCounter counter(two.banks, two.network, {0, *rc::gen::inRange<std::uint32_t>(0, 3), 2, 3}, bits);
  const auto count = *rc::gen::inRange<std::size_t>(0, 24);
  std::vector<ArrayInputs> arrays;
  for (std::size_t k = 0; k < count; ++k) {
    const LayerId layer(*rc::gen::inRange<std::size_t>(0, 2));
    const std::uint32_t rows = layer.value() == 0 ? 101 : 13;
    const auto first = *rc::gen::inRange<std::uint32_t>(0, rows);
    const auto last = *rc::gen::inRange<std::uint32_t>(first, rows);
    arrays.push_back(counter.inputs(layer, test::numbers_from_to(first, last + 1)));
  }
  const auto per_tile = *rc::gen::inRange<std::uint32_t>(1, 6);
  const auto spare = *rc::gen::inRange<std::uint32_t>(0, 3);
  const std::uint32_t tiles = static_cast<std::uint32_t>(count) / per_tile + 1 + spare;
  const auto effort = *rc::gen::element<std::uint64_t>(0, 50, 100'000);
  const TileFilling filling = fill_tiles(arrays, tiles, per_tile, effort, counter);
  std::vector<int> placed(count, 0);
  Messages sum, in_order;
  RC_ASSERT(filling.arrays.size() == tiles);
  for (std::size_t t = 0; t < tiles; ++t) {
    RC_ASSERT(filling.arrays[t].size() <= per_tile);
    std::vector<const ArrayInputs*> own, dealt;
    for (const std::uint32_t a : filling.arrays[t]) {
      ++placed[a];
      own.push_back(&arrays[a]);
    }
    for (std::size_t a = t * per_tile; a < std::min<std::size_t>(count, (t + 1) * per_tile); ++a) {
      dealt.push_back(&arrays[a]);
    }
    sum = sum + counter.to_tile(own);
    in_order = in_order + counter.to_tile(dealt);
  }
  RC_ASSERT(placed == std::vector<int>(count, 1));
  RC_ASSERT(sum.packets == filling.messages.packets && sum.tokens == filling.messages.tokens);
  RC_ASSERT(!(in_order < sum));
}

}  // namespace
}  // namespace crossloom
