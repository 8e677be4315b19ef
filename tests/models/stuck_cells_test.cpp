#include "models/device/stuck_cells.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::small_chip;

const RandomKey kKey = RandomKey(12).child("devices");
constexpr std::uint32_t kSide = 40;

/// Conductances of an array, -1 where no fault is.
std::vector<double> array_of(const DeviceSpec& device, std::uint32_t crossbar, std::uint32_t array = 0) {
  std::vector<double> cells(kSide * kSide, -1.0);
  visit_array_faults(device, kKey, crossbar, array, kSide, kSide, [&](const FaultyCell& cell) {
    cells.at(cell.wordline * kSide + cell.bitline) = cell.conductance_s;
  });
  return cells;
}

struct FaultCount {
  std::vector<double> shares;  ///< an array each
  std::size_t neighbours = 0, low = 0, all = 0;
};

FaultCount count_faults(const DeviceSpec& device, std::uint32_t arrays) {
  FaultCount count;
  for (std::uint32_t crossbar = 0; crossbar < arrays; ++crossbar) {
    const std::vector<double> cells = array_of(device, crossbar);
    std::size_t faulty = 0;
    for (std::uint32_t at = 0; at < cells.size(); ++at) {
      if (cells[at] < 0.0) continue;
      ++faulty;
      count.low += cells[at] == device.minimum_conductance.si() ? 1 : 0;
      if ((at + 1) % kSide != 0 && cells[at + 1] >= 0.0) ++count.neighbours;
    }
    count.all += faulty;
    count.shares.push_back(static_cast<double>(faulty) / (kSide * kSide));
  }
  return count;
}

TEST(ArrayFaults, CoverTheShareOfCellsAskedForWhateverTheSizeOfClusters) {
  for (const double size : {1.0, 4.0, 20.0}) {
    DeviceSpec device = small_chip().device;
    device.faults.clustered = 0.1;
    device.faults.cluster_size = size;
    const FaultCount count = count_faults(device, 400);
    const test::Moments shares = test::moments_of(count.shares);
    EXPECT_NEAR(shares.mean, 0.1, test::kConfidence * std::sqrt(shares.variance / 400.0)) << size;
  }
}

TEST(ArrayFaults, LieTogetherInClusters) {
  DeviceSpec device = small_chip().device;
  device.faults.clustered = 0.02;
  device.faults.cluster_size = 1.0;
  const FaultCount single = count_faults(device, 200);
  device.faults.cluster_size = 9.0;
  const FaultCount clustered = count_faults(device, 200);
  // Of independent cells, a right neighbour is faulty with the share itself; of a cluster most are.
  EXPECT_LT(static_cast<double>(single.neighbours), 0.04 * static_cast<double>(single.all));
  EXPECT_GT(static_cast<double>(clustered.neighbours), 0.5 * static_cast<double>(clustered.all));
}

TEST(ArrayFaults, StickOnTheSideAskedFor) {
  DeviceSpec device = small_chip().device;
  device.faults.clustered = 0.1;
  for (const auto& [side, low] : {std::pair{StuckSide::minimum, 1.0}, {StuckSide::maximum, 0.0}}) {
    device.faults.clustered_at = side;
    const FaultCount count = count_faults(device, 20);
    ASSERT_GT(count.all, 1000U);
    EXPECT_EQ(static_cast<double>(count.low), low * static_cast<double>(count.all));
  }
  device.faults.clustered_at = StuckSide::either;
  device.faults.cluster_size = 1.0;
  const FaultCount both = count_faults(device, 100);
  test::expect_share(both.low, both.all, 0.5);
}

TEST(ArrayFaults, BreakWholeLinesThatCarryNoCurrent) {
  DeviceSpec device = small_chip().device;
  device.faults.broken_wordlines = 0.05;
  device.faults.broken_bitlines = 0.02;
  std::size_t wordlines = 0, bitlines = 0;
  for (std::uint32_t crossbar = 0; crossbar < 500; ++crossbar) {
    const std::vector<double> cells = array_of(device, crossbar);
    for (const double value : cells) EXPECT_LE(value, 0.0);
    for (std::uint32_t i = 0; i < kSide; ++i) {
      const auto open = [&](std::uint32_t first, std::uint32_t stride) {
        for (std::uint32_t k = 0; k < kSide; ++k) {
          if (cells[first + k * stride] < 0.0) return false;
        }
        return true;
      };
      wordlines += open(i * kSide, 1) ? 1 : 0;
      bitlines += open(i, kSide) ? 1 : 0;
    }
  }
  test::expect_share(wordlines, 500 * kSide, 0.05);
  test::expect_share(bitlines, 500 * kSide, 0.02);
}

TEST(ArrayFaults, AreOthersInEachCrossbarAndArray) {
  DeviceSpec device = small_chip().device;
  device.faults.clustered = 0.1;
  device.faults.broken_wordlines = 0.1;
  const std::vector<double> one = array_of(device, 0, 0);
  EXPECT_EQ(array_of(device, 0, 0), one);
  EXPECT_NE(array_of(device, 0, 1), one);
  EXPECT_NE(array_of(device, 1, 0), one);
}

TEST(ArrayFaults, AreNoneWhereNoLawIsOn) {
  const std::vector<double> cells = array_of(small_chip().device, 0);
  EXPECT_TRUE(std::all_of(cells.begin(), cells.end(), [](double cell) { return cell == -1.0; }));
}

TEST(StuckCells, LieOutsideTheWindowUniformlyInTheLogarithm) {
  DeviceSpec device = small_chip().device;
  device.stuck_at_minimum = 0.3;
  device.stuck_at_maximum = 0.2;
  device.faults.stuck_low = Range<Conductance>{Conductance::from_si(1e-8), 1_uS};
  device.faults.stuck_high = Range<Conductance>{300_uS, 1200_uS};
  constexpr std::size_t kCells = 20'000;
  std::vector<std::uint32_t> outputs(kCells);
  std::iota(outputs.begin(), outputs.end(), 0U);
  std::vector<double> cells(kCells, 20e-6);
  std::vector<std::uint8_t> stuck(kCells, 0);
  StuckCells(device, kKey, LayerId(1)).apply({0, outputs.data(), kCells, 0}, cells.data(), stuck.data());
  std::vector<double> low, high;
  for (std::size_t k = 0; k < kCells; ++k) {
    EXPECT_EQ(stuck[k] != 0, cells[k] != 20e-6);
    if (stuck[k] != 0) (cells[k] < 2e-6 ? low : high).push_back(std::log(cells[k]));
  }
  test::expect_share(low.size(), kCells, 0.3);
  test::expect_share(high.size(), kCells, 0.2);
  const auto uniform = [](double from, double to) {
    return std::pair{(from + to) / 2, (to - from) * (to - from) / 12};
  };
  const auto [low_mean, low_variance] = uniform(std::log(1e-8), std::log(1e-6));
  const auto [high_mean, high_variance] = uniform(std::log(300e-6), std::log(1200e-6));
  test::expect_moments(low, low_mean, low_variance);
  test::expect_moments(high, high_mean, high_variance);
}

}  // namespace
}  // namespace crossloom
