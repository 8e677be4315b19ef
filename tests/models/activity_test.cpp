#include "models/activity.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

ActivityCounts counts_from(std::uint64_t first) {
  ActivityCounts counts;
  for (const Action action : all_actions()) counts.count(action, first++);
  counts.array_energy = first++;
  counts.array_drives = first++;
  counts.packets_sent = first++;
  counts.packets_saved = first++;
  return counts;
}

TEST(ActivityCounts, CountOnceOrManyTimes) {
  ActivityCounts counts;
  counts.count(Action::neuron_fire);
  counts.count(Action::neuron_fire, 4);
  EXPECT_EQ(counts.actions[static_cast<std::size_t>(Action::neuron_fire)], 5U);
  EXPECT_EQ(counts.actions[static_cast<std::size_t>(Action::neuron_compare)], 0U);
}

TEST(ActivityCounts, AddEveryCounter) {
  ActivityCounts sum = counts_from(1);
  sum += counts_from(100);
  ActivityCounts expected;
  std::uint64_t value = 101;
  for (const Action action : all_actions()) {
    expected.count(action, value);
    value += 2;
  }
  expected.array_energy = value;
  expected.array_drives = value + 2;
  expected.packets_sent = value + 4;
  expected.packets_saved = value + 6;
  EXPECT_TRUE(sum == expected);
}

TEST(ActivityCounts, DifferWhereOneCounterDoes) {
  const ActivityCounts counts = counts_from(1);
  for (std::size_t i = 0; i < kActions + 4; ++i) {
    ActivityCounts other = counts;
    if (i < kActions) ++other.actions[i];
    if (i == kActions) ++other.array_energy;
    if (i == kActions + 1) ++other.array_drives;
    if (i == kActions + 2) ++other.packets_sent;
    if (i == kActions + 3) ++other.packets_saved;
    EXPECT_FALSE(counts == other) << i;
  }
}

TEST(ActivityCounts, RefuseToOverflow) {
  ActivityCounts counts;
  counts.array_energy = std::numeric_limits<Zeptojoules>::max() - 1;
  ActivityCounts more;
  more.array_energy = 1;
  counts += more;
  EXPECT_THROW(counts += more, UserError);
}

TEST(Activity, AddsTileByTileAndLayerByLayer) {
  Activity a(2, 3), b(2, 3);
  a.at(TileId(0), LayerId(2)).count(Action::token, 5);
  b.at(TileId(0), LayerId(2)).count(Action::token, 6);
  b.at(TileId(1), LayerId(0)).count(Action::token, 7);
  b.chip.count(Action::input_memory_read, 8);
  a += b;
  EXPECT_EQ(a.at(TileId(0), LayerId(2)).actions[static_cast<std::size_t>(Action::token)], 11U);
  EXPECT_EQ(a.at(TileId(1), LayerId(0)).actions[static_cast<std::size_t>(Action::token)], 7U);
  EXPECT_EQ(a.at(TileId(1), LayerId(2)).actions[static_cast<std::size_t>(Action::token)], 0U);
  const ActivityCounts total = a.total();
  EXPECT_EQ(total.actions[static_cast<std::size_t>(Action::token)], 18U);
  EXPECT_EQ(total.actions[static_cast<std::size_t>(Action::input_memory_read)], 8U);
}

TEST(Activity, TakesTheShapeOfTheFirstOneAddedAndNoOther) {
  Activity sum;
  Activity part(2, 2);
  part.at(TileId(1), LayerId(1)).count(Action::zero_check, 3);
  sum += part;
  sum += part;
  EXPECT_EQ(sum.at(TileId(1), LayerId(1)).actions[static_cast<std::size_t>(Action::zero_check)], 6U);
  EXPECT_THROW(sum += Activity(2, 3), Bug);
  EXPECT_THROW(sum += Activity(1, 4), Bug);
}

}  // namespace
}  // namespace crossloom
