#include "models/cost.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

/// 20 -> 10 -> 3 on 8x8 crossbars, two a tile: layers of 3x2 and 2x1 crossbars on 4 tiles.
SpikingNetwork small_network() { return network_of({random_layer(20, 10, 15, 1), random_layer(10, 3, 15, 2)}); }

Activity random_activity(const MappedNetwork& mapped, std::uint64_t seed) {
  Activity activity(mapped.tiles.size(), 2);
  RandomStream stream(RandomKey(seed).child("activity"));
  const auto fill = [&stream](ActivityCounts& counts) {
    for (const Action action : all_actions()) counts.count(action, stream.below(1000));
    counts.array_drives = stream.below(1000);
    counts.array_energy = stream.below(1'000'000'000);
  };
  for (ActivityCounts& counts : activity.by_tile_and_layer) fill(counts);
  fill(activity.chip);
  return activity;
}

double close(double value) { return 1e-12 * std::abs(value); }

TEST(Cost, IsTheSumOfCountsTimesCosts) {
  const ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const Activity activity = random_activity(mapped, 1);
  const CostBreakdown cost = cost_of(activity, Time(), mapped, chip);
  const ActivityCounts total = activity.total();
  double energies[3] = {static_cast<double>(total.array_energy) * 1e-21, 0.0, 0.0};
  for (const Action action : all_actions()) {
    const double arrays = action == Action::wordline_drive ? 2.0 : 1.0;  // two slices, two arrays to drive
    energies[static_cast<std::size_t>(component_info(action_info(action).component).group)] +=
        arrays * static_cast<double>(total.actions[static_cast<std::size_t>(action)]) * chip.costs.of(action).si();
  }
  EXPECT_NEAR(cost.array.si(), energies[0], close(energies[0]));
  EXPECT_NEAR(cost.periphery.si(), energies[1], close(energies[1]));
  EXPECT_NEAR(cost.network.si(), energies[2], close(energies[2]));
  EXPECT_EQ(cost.leakage, Energy());
  EXPECT_EQ(cost.total(), cost.array + cost.periphery + cost.network);
}

TEST(Cost, ListsEntriesThatAddUpToItsGroups) {
  const ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const CostBreakdown cost = cost_of(random_activity(mapped, 2), 1_ns * 1e3, mapped, chip);
  Energy array, periphery, network, leakage;
  for (const EnergyEntry& entry : cost.energy) {
    if (entry.action == "leakage") {
      EXPECT_EQ(entry.count, 0U);
      leakage += entry.energy;
      continue;
    }
    EXPECT_GT(entry.count, 0U);
    EXPECT_EQ(entry.layer.has_value(), entry.tile.has_value());
    const CostGroup group = component_info(entry.component).group;
    (group == CostGroup::array ? array : group == CostGroup::periphery ? periphery : network) += entry.energy;
  }
  EXPECT_NEAR(array.si(), cost.array.si(), close(array.si()));
  EXPECT_NEAR(periphery.si(), cost.periphery.si(), close(periphery.si()));
  EXPECT_NEAR(network.si(), cost.network.si(), close(network.si()));
  EXPECT_NEAR(leakage.si(), cost.leakage.si(), close(leakage.si()));
}

TEST(Cost, ChargesAnActionToItsTileLayerAndComponent) {
  const ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  Activity activity(mapped.tiles.size(), 2);
  activity.at(TileId(2), LayerId(1)).count(Action::neuron_fire, 5);
  activity.at(TileId(1), LayerId(0)).array_energy = 4'000'000'000;
  activity.at(TileId(1), LayerId(0)).array_drives = 9;
  activity.chip.count(Action::global_control, 3);
  const CostBreakdown cost = cost_of(activity, Time(), mapped, chip);
  ASSERT_EQ(cost.energy.size(), 3U);
  EXPECT_EQ(cost.energy[0].component, Component::array);
  EXPECT_EQ(cost.energy[0].action, "array_read");
  EXPECT_EQ(cost.energy[0].count, 9U);
  EXPECT_EQ(cost.energy[0].tile, TileId(1));
  EXPECT_DOUBLE_EQ(cost.energy[0].energy.si(), 4e-12);
  EXPECT_EQ(cost.energy[1].component, Component::neuron);
  EXPECT_EQ(cost.energy[1].action, "fire");
  EXPECT_EQ(cost.energy[1].layer, LayerId(1));
  EXPECT_EQ(cost.energy[1].tile, TileId(2));
  EXPECT_EQ(cost.energy[1].count, 5U);
  EXPECT_DOUBLE_EQ(cost.energy[1].energy.si(), 5 * 4e-12);
  EXPECT_EQ(cost.energy[2].component, Component::global_control);
  EXPECT_EQ(cost.energy[2].tile, std::nullopt);
  EXPECT_EQ(cost.energy[2].layer, std::nullopt);
}

TEST(Cost, IsLinearInActivityAndTime) {
  const ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const Activity a = random_activity(mapped, 3), b = random_activity(mapped, 4);
  Activity both = a;
  both += b;
  const Time t = 10_ns, u = 25_ns;
  const double sum = cost_of(a, t, mapped, chip).total().si() + cost_of(b, u, mapped, chip).total().si();
  EXPECT_NEAR(cost_of(both, t + u, mapped, chip).total().si(), sum, close(sum));
  Activity none(mapped.tiles.size(), 2);
  EXPECT_EQ(cost_of(none, Time(), mapped, chip).total(), Energy());
  EXPECT_TRUE(cost_of(none, Time(), mapped, chip).energy.empty());
}

TEST(Cost, ChangesOnlyTheEntriesOfTheActionWhoseEnergyChanges) {
  ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const Activity activity = random_activity(mapped, 5);
  const CostBreakdown before = cost_of(activity, 10_ns, mapped, chip);
  const double area = chip_area(mapped, chip).chip.si();
  chip.costs.actions[static_cast<std::size_t>(Action::neuron_fire)] = 7_pJ;
  const CostBreakdown after = cost_of(activity, 10_ns, mapped, chip);
  ASSERT_EQ(before.energy.size(), after.energy.size());
  for (std::size_t i = 0; i < before.energy.size(); ++i) {
    const EnergyEntry &a = before.energy[i], &b = after.energy[i];
    EXPECT_EQ(a.count, b.count);
    if (a.component == Component::neuron && a.action == "fire") {
      EXPECT_NEAR(b.energy.si(), a.energy.si() * 7 / 4, close(b.energy.si()));
    } else {
      EXPECT_EQ(a.energy, b.energy);
    }
  }
  EXPECT_EQ(chip_area(mapped, chip).chip.si(), area);
}

TEST(Cost, DrivesEveryPhysicalArrayOfALogicalRow) {
  ChipSpec chip = small_chip(8, 8, 2);
  chip.crossbar.signed_scheme = SignedScheme::paired_arrays;
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  Activity activity(mapped.tiles.size(), 2);
  activity.at(TileId(0), LayerId(0)).count(Action::wordline_drive, 10);
  const CostBreakdown cost = cost_of(activity, Time(), mapped, chip);
  ASSERT_EQ(cost.energy.size(), 1U);
  EXPECT_EQ(cost.energy[0].count, 40U);
  EXPECT_DOUBLE_EQ(cost.total().si(), 40e-12);
}

TEST(ChipArea, CountsWholeTilesRoutersAndSharedParts) {
  ChipSpec chip = small_chip(8, 8, 2);
  chip.interconnect.tiles_per_router = 3;
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  ASSERT_EQ(mapped.tiles.size(), 4U);
  const ChipArea area = chip_area(mapped, chip);
  EXPECT_EQ(area.tiles, 4U);
  EXPECT_EQ(area.crossbars, 8U);
  EXPECT_EQ(area.physical_arrays, 16U);
  const auto count = [&](Component component) { return instances(component, mapped, chip); };
  EXPECT_EQ(count(Component::array), 4U * 2 * 8 * 8 * 2 * 2);
  EXPECT_EQ(count(Component::wordline_driver), 4U * 2 * 8 * 2);
  EXPECT_EQ(count(Component::neuron), 4U * 16);
  EXPECT_EQ(count(Component::input_buffer), 4U);
  EXPECT_EQ(count(Component::synchronisation), 4U);
  EXPECT_EQ(count(Component::router), 2U);
  EXPECT_EQ(count(Component::link), 2U);
  EXPECT_EQ(count(Component::input_memory), 1U);
  EXPECT_EQ(count(Component::global_control), 1U);
  double sum = 0.0;
  ASSERT_EQ(area.entries.size(), kComponents);
  for (std::size_t i = 0; i < kComponents; ++i) {
    EXPECT_EQ(area.entries[i].count, count(area.entries[i].component));
    EXPECT_DOUBLE_EQ(area.entries[i].area.si(), static_cast<double>(area.entries[i].count * (i + 1)) * 1e-12);
    sum += area.entries[i].area.si();
  }
  EXPECT_DOUBLE_EQ(area.chip.si(), sum);
  // Cells 1 um2, wordline drivers 2 um2, neurons 3 um2: 8 crossbars, and the 13 neurons that there are.
  EXPECT_DOUBLE_EQ(area.arrays.si(), (8 * 256 * 1 + 16 * 8 * 2 + 13 * 3) * 1e-12);
}

TEST(ChipArea, CountsTheLinksOfAMeshFilledRowByRow) {
  ChipSpec chip = small_chip();
  chip.interconnect.tiles_per_router = 1;
  MappedNetwork mapped = grid_mapping(small_network(), chip);
  for (std::uint32_t width = 1; width <= 5; ++width) {
    mapped.mesh_width = width;
    for (std::uint32_t routers = 4; routers <= 23; ++routers) {
      chip.tiles = routers;
      std::uint64_t links = 0;
      for (std::uint32_t r = 0; r < routers; ++r) {
        if (r % width + 1 < width && r + 1 < routers) links += 2;
        if (r + width < routers) links += 2;
      }
      EXPECT_EQ(instances(Component::link, mapped, chip), links) << routers << " routers, width " << width;
    }
  }
}

TEST(ChipArea, IsTheChipsOwnWhereItHasAFixedNumberOfTiles) {
  ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const ChipArea fitting = chip_area(mapped, chip);
  chip.tiles = 10;
  const ChipArea fixed = chip_area(mapped, chip);
  EXPECT_EQ(fixed.tiles, 10U);
  EXPECT_EQ(fixed.crossbars, fitting.crossbars);
  EXPECT_EQ(fixed.arrays, fitting.arrays);
  EXPECT_GT(fixed.chip, fitting.chip);
  EXPECT_EQ(instances(Component::control, mapped, chip), 10U);
  EXPECT_EQ(instances(Component::router, mapped, chip), 3U);
  chip.tiles = 3;
  EXPECT_THROW(chip_area(mapped, chip), Bug);
}

TEST(ChipArea, GrowsWithTheSizeOfTheCrossbar) {
  ChipSpec chip = small_chip(8, 8, 1);
  const SpikingNetwork network = network_of({random_layer(8, 8, 3, 1)});
  const double at_8 = static_cast<double>(instances(Component::array, grid_mapping(network, chip), chip));
  chip.crossbar.rows = 16;
  chip.crossbar.columns = 16;
  EXPECT_EQ(static_cast<double>(instances(Component::array, grid_mapping(network, chip), chip)), 4 * at_8);
}

TEST(Leakage, IsThePowerOfEverythingPoweredTimesTheTime) {
  ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  const Activity none(mapped.tiles.size(), 2);
  for (const std::uint32_t tiles : {0U, 4U, 10U}) {
    for (const bool gating : {false, true}) {
      chip.tiles = tiles == 0 ? std::nullopt : std::optional<std::uint32_t>(tiles);
      chip.power_gating = gating;
      const double expected = leakage_power(mapped, chip).si() * 1e-6;
      const CostBreakdown cost = cost_of(none, Time::from_si(1e-6), mapped, chip);
      EXPECT_NEAR(cost.leakage.si(), expected, close(expected)) << tiles << " " << gating;
      EXPECT_EQ(cost.total(), cost.leakage);
    }
  }
}

TEST(Leakage, OfUnusedTilesStopsWithPowerGating) {
  ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  chip.tiles = 10;
  const Power leaking = leakage_power(mapped, chip);
  chip.power_gating = true;
  const Power gated = leakage_power(mapped, chip);
  double tile = 0.0;
  for (const Component component : all_components()) {
    const std::uint64_t ten = instances(component, mapped, chip);
    if (component == Component::router || component == Component::link || ten == 1) continue;
    tile += static_cast<double>(ten) / 10.0 * chip.costs.of(component).leakage.si();
  }
  EXPECT_NEAR((leaking - gated).si(), 6 * tile, 1e-12);
  chip.tiles = std::nullopt;
  const Power automatic = leakage_power(mapped, chip);
  chip.power_gating = false;
  EXPECT_EQ(leakage_power(mapped, chip), automatic);
}

TEST(Leakage, IsChargedToTheLayersOfATileByTheWeightsTheyHoldThere) {
  const ChipSpec chip = small_chip();
  const SpikingNetwork network = network_of({random_layer(8, 8, 15, 1), random_layer(4, 4, 15, 2)});
  const MappedNetwork mapped = grid_mapping(network, chip);
  ASSERT_EQ(mapped.tiles.size(), 1U);
  double first = 0.0, second = 0.0, shared = 0.0;
  for (const EnergyEntry& entry : cost_of(Activity(1, 2), 1_ns, mapped, chip).energy) {
    if (entry.layer == LayerId(0)) first += entry.energy.si();
    if (entry.layer == LayerId(1)) second += entry.energy.si();
    if (!entry.layer) {
      EXPECT_FALSE(entry.tile.has_value());
      shared += entry.energy.si();
    }
  }
  EXPECT_NEAR(first / second, 64.0 / 16.0, 1e-9);
  EXPECT_GT(shared, 0.0);
}

TEST(Cost, RefusesActivityOfAnotherMapping) {
  const ChipSpec chip = small_chip();
  const MappedNetwork mapped = grid_mapping(small_network(), chip);
  EXPECT_THROW(cost_of(Activity(3, 2), Time(), mapped, chip), Bug);
}

}  // namespace
}  // namespace crossloom
