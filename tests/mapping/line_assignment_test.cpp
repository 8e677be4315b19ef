#include "mapping/line_assignment.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "models/device/stuck_cells.h"
#include "models/programmed_chip.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

/// A network on one crossbar or a few, and its chip.
struct Placed {
  Placed(const ChipSpec& spec, std::uint32_t inputs, std::uint32_t outputs, std::int32_t limit = 3)
      : chip(spec),
        network(network_of({random_layer(inputs, outputs, limit, 3)})),
        mapped(grid_mapping(network, chip)) {}
  [[nodiscard]] LineAssignment lines(const MappingSpec& spec, std::uint64_t seed = 1, std::size_t threads = 1) const {
    return assign_lines(mapped, network, chip, spec, RandomKey(seed), threads);
  }
  /// Sum over all weights of (weight meant - weight there)^2.
  [[nodiscard]] double error(const LineAssignment& assignment, std::uint64_t seed = 1) const {
    const ProgrammedChip programmed = ProgrammedChip::program(mapped, network, chip, RandomKey(seed), 1, assignment);
    double sum = 0.0;
    for (std::size_t c = 0; c < mapped.crossbars.size(); ++c) {
      const ProgrammedCrossbar& crossbar = programmed.crossbar(CrossbarId(c));
      for (const BlockPart& part : mapped.crossbars[CrossbarId(c)].parts) {
        for (std::uint16_t i = 0; i < part.rows.size(); ++i) {
          std::vector<double> sums(crossbar.columns(), 0.0);
          crossbar.integrate(&i, 1, sums.data());
          for (std::uint32_t j = 0; j < part.columns.size(); ++j) {
            const double missed = sums[j] - crossbar.target_weight(i, j);
            sum += missed * missed;
          }
        }
      }
    }
    return sum;
  }
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
};

MappingSpec fault_aware(FaultAwareness moves) {
  MappingSpec spec;
  spec.fault_aware = moves;
  return spec;
}

MappingSpec near_drivers() {
  MappingSpec spec;
  spec.line_order = LinePlacement::near_drivers;
  return spec;
}

/// Independent stuck cells that belong to places: clusters of one cell.
ChipSpec faulty_chip(std::uint32_t rows, std::uint32_t columns, double share) {
  ChipSpec chip = small_chip(rows, columns, 1);
  chip.device.faults.clustered = share;
  chip.device.faults.cluster_size = 1.0;
  return chip;
}

TEST(LineAssignment, IsOffByDefault) { EXPECT_TRUE(Placed(faulty_chip(8, 8, 0.1), 8, 8).lines(MappingSpec()).empty()); }

TEST(LineAssignment, PutsTheLargestConductancesNearestToDriversAndSenseEnds) {
  Placed placed(small_chip(4, 4, 1), 4, 3);
  // Sums of columns 4, 9, 6; of rows 2, 9, 4, 4.
  placed.network.layers[LayerId(0)].weights = {1, -1, 0, 3, 3, 3, 0, 2, 2, 0, -3, 1};
  const LineOrder order = placed.lines(near_drivers())[CrossbarId(0)];
  EXPECT_EQ(order.columns, (std::vector<std::uint16_t>{2, 0, 1, 3}));
  EXPECT_EQ(order.wordlines, (std::vector<std::uint16_t>{0, 3, 2, 1}));
  placed.chip.crossbar.wires.sides = DriverSides::both;
  EXPECT_EQ(placed.lines(near_drivers())[CrossbarId(0)].columns, (std::vector<std::uint16_t>{1, 0, 3, 2}));
}

TEST(LineAssignment, NearDriversLosesLessToWires) {
  ChipSpec chip = small_chip(24, 24, 1);
  chip.crossbar.wires.wordline = chip.crossbar.wires.bitline = Resistance::from_si(50.0);
  const Placed placed(chip, 24, 20);
  EXPECT_LT(placed.error(placed.lines(near_drivers())), placed.error({}));
  const Placed partly(chip, 8, 6);
  EXPECT_LT(partly.error(partly.lines(near_drivers())), 0.5 * partly.error({}));
}

/// A seed of whose eight wordlines exactly one is broken, and not the last.
std::uint64_t seed_with_a_broken_wordline(const ChipSpec& chip) {
  for (std::uint64_t seed = 0;; ++seed) {
    std::set<std::uint32_t> broken;
    visit_array_faults(chip.device, RandomKey(seed), 0, 0, 8, 16,
                       [&](FaultyCell cell) { broken.insert(cell.wordline); });
    if (broken.size() == 1 && *broken.begin() != 7) return seed;
  }
}

TEST(LineAssignment, ARowThatIsNotUsedTakesABrokenWordline) {
  ChipSpec chip = small_chip(8, 8, 1);
  chip.device.faults.broken_wordlines = 0.1;
  const Placed placed(chip, 7, 8);
  const std::uint64_t seed = seed_with_a_broken_wordline(chip);
  EXPECT_GT(placed.error({}, seed), 0.0);
  EXPECT_GT(placed.error(placed.lines(fault_aware(FaultAwareness::columns), seed), seed), 0.0);
  EXPECT_EQ(placed.error(placed.lines(fault_aware(FaultAwareness::rows), seed), seed), 0.0);
}

TEST(LineAssignment, ASpareColumnStandsInForABrokenBitLine) {
  ChipSpec chip = small_chip(8, 8, 1);
  chip.crossbar.spare_columns = 1;
  chip.device.faults.broken_bitlines = 0.05;
  const Placed placed(chip, 8, 8);
  for (std::uint64_t tried = 0, seed = 0; tried < 5; ++seed) {
    std::vector<bool> broken(9, false);
    visit_array_faults(chip.device, RandomKey(seed), 0, 0, 8, 18,
                       [&](FaultyCell cell) { broken[cell.bitline / 2] = true; });
    if (std::count(broken.begin(), broken.end(), true) != 1) continue;
    ++tried;
    if (!broken[8]) {
      EXPECT_GT(placed.error({}, seed), 0.0);
    }
    EXPECT_EQ(placed.error(placed.lines(fault_aware(FaultAwareness::columns), seed), seed), 0.0) << seed;
  }
}

TEST(LineAssignment, OfRowsIsTheBestOfAllPermutations) {
  const Placed placed(faulty_chip(5, 4, 0.3), 5, 4);
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    double least = 1e9;
    std::vector<std::uint16_t> rows = {0, 1, 2, 3, 4};
    do {
      least = std::min(least, placed.error(LineAssignment(1, LineOrder{rows, {}}), seed));
    } while (std::next_permutation(rows.begin(), rows.end()));
    EXPECT_NEAR(placed.error(placed.lines(fault_aware(FaultAwareness::rows), seed), seed), least, 1e-2) << seed;
  }
}

TEST(LineAssignment, RowsAndColumnsInTurnHelpMoreAndSpareColumnsMost) {
  double as_it_is = 0.0, rows = 0.0, both = 0.0, spare = 0.0;
  ChipSpec chip = faulty_chip(16, 16, 0.05);
  const Placed placed(chip, 30, 30);
  chip.crossbar.spare_columns = 4;
  const Placed with_spares(chip, 30, 30);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const double before = placed.error({}, seed);
    const double after = placed.error(placed.lines(fault_aware(FaultAwareness::rows), seed), seed);
    EXPECT_LE(after, before);
    as_it_is += before;
    rows += after;
    both += placed.error(placed.lines(fault_aware(FaultAwareness::rows_and_columns), seed), seed);
    spare += with_spares.error(with_spares.lines(fault_aware(FaultAwareness::rows_and_columns), seed), seed);
  }
  EXPECT_LT(rows, 0.8 * as_it_is);
  EXPECT_LT(both, rows);
  EXPECT_LT(spare, 0.9 * both);
}

TEST(LineAssignment, FaultsThatBelongToWeightsMoveWithThem) {
  ChipSpec chip = small_chip(16, 16, 1);
  chip.device.stuck_at_minimum = chip.device.stuck_at_maximum = 0.05;
  const Placed placed(chip, 16, 16);
  const double before = placed.error({});
  EXPECT_GT(before, 0.0);
  EXPECT_EQ(placed.error(placed.lines(near_drivers())), before);
  EXPECT_EQ(placed.error(placed.lines(fault_aware(FaultAwareness::rows_and_columns))), before);
}

TEST(LineAssignment, IsTheSameForAnyNumberOfThreadsAndOtherwiseForOtherChips) {
  const Placed placed(faulty_chip(16, 16, 0.05), 60, 40);
  MappingSpec spec = fault_aware(FaultAwareness::rows_and_columns);
  spec.line_order = LinePlacement::near_drivers;
  EXPECT_EQ(placed.lines(spec, 1, 1).raw(), placed.lines(spec, 1, 3).raw());
  EXPECT_FALSE(placed.lines(spec, 1).raw() == placed.lines(spec, 2).raw());
}

}  // namespace
}  // namespace crossloom
