#include "training/projection/recombination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kRows = 12, kColumns = 20, kWide = 4;

/// Three groups of scattered rows; each keeps a column with probability `share`.
std::vector<KeptColumns> random_groups(std::uint64_t seed, double share) {
  RandomStream stream{RandomKey(seed)};
  std::vector<KeptColumns> groups(3);
  for (std::uint32_t i = 0; i < kRows; ++i) groups[i % 3].rows.push_back(i);
  for (KeptColumns& group : groups) {
    for (std::uint32_t j = 0; j < kColumns; ++j) {
      if (stream.uniform() < share) group.columns.push_back(j);
    }
  }
  return groups;
}

TEST(Recombination, LeavesEveryOutputAsItWas) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto groups = random_groups(seed, 0.4);
    RandomStream stream{RandomKey(seed).child("values")};
    Matrix weights(kRows, kColumns);
    std::vector<double> inputs(kRows);
    for (float& weight : weights.values) weight = static_cast<float>(static_cast<int>(stream.below(15)) - 7);
    for (double& input : inputs) input = stream.below(100);
    std::vector<double> meant(kColumns, 0.0);  // column by column, without crossbars
    for (const KeptColumns& group : groups) {
      for (const std::uint32_t j : group.columns) {
        for (const std::uint32_t i : group.rows) meant[j] += inputs[i] * static_cast<double>(weights.at(i, j));
      }
    }
    std::vector<double> outputs(kColumns, 0.0);  // crossbar by crossbar; its k-th bit line adds to output columns[k]
    for (const Block& block : recombined(groups, kWide)) {
      for (const std::uint32_t j : block.columns) {
        for (const std::uint32_t i : block.rows) outputs[j] += inputs[i] * static_cast<double>(weights.at(i, j));
      }
    }
    EXPECT_EQ(outputs, meant) << "whole numbers: the order of sums changes nothing";
  }
}

TEST(Recombination, TakesTheFewestCrossbarsThatHoldAGroupsColumns) {
  const auto groups = random_groups(3, 0.3);
  std::size_t expected = 0;
  for (const KeptColumns& group : groups) expected += (group.columns.size() + kWide - 1) / kWide;
  const auto blocks = recombined(groups, kWide);
  EXPECT_EQ(blocks.size(), expected);
  EXPECT_LT(blocks.size(), 3 * kColumns / kWide) << "crossbars vanish";
  for (const Block& block : blocks) EXPECT_LE(block.columns.size(), kWide);
}

TEST(Recombination, TakesNoCrossbarForAGroupThatNothingReads) {
  EXPECT_TRUE(recombined({{{0, 1}, {}}}, kWide).empty());
}

}  // namespace
}  // namespace crossloom
