#include "models/bit_serial/bit_serial_cost.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace crossloom {
namespace {

BitSerialChipSpec shipped(const char* name) {
  const std::filesystem::path file = std::filesystem::path(CROSSLOOM_SOURCE_DIR) / "configs" / "chips" / name;
  ConfigDocument document = ConfigDocument::from_file(file);
  const BitSerialChipSpec chip = read_bit_serial_chip(document.root());
  document.finish();
  return chip;
}

/// Ours over the published.
double ratio(double ours, double published) { return ours / published; }

TEST(BitSerialCost, SumsIsaacsPartsToItsPublishedAreaPowerAndEfficiency) {
  const BitSerialChipSpec chip = shipped("isaac.yaml");
  const std::vector<BitSerialPart> parts = parts_of_chip(chip);
  EXPECT_NEAR(ratio(area_of(parts).si() * 1e6, 85.4), 1.0, 0.03);
  EXPECT_NEAR(ratio(peak_power_of(parts).si(), 65.8), 1.0, 0.03);
  EXPECT_NEAR(ratio(peak_performance(chip).gops_per_mm2, 479.0), 1.0, 0.03);
  const double adc = parts[static_cast<std::size_t>(BitSerialComponent::adc)].active_power.si();
  EXPECT_NEAR(adc / peak_power_of(parts).si(), 0.49, 0.01);
}

TEST(BitSerialCost, TakesIsaacSixteenHundredNanosecondsFromProductToProduct) {
  const CrossbarProduct product = crossbar_product(shipped("isaac.yaml"));
  EXPECT_NEAR(product.interval.si(), 1600e-9, 1e-15);
  // 16 reads, one more period for the last conversions, and two cycles of 100 ns to finish: 19 of the 22.
  EXPECT_NEAR(product.latency.si(), 1900e-9, 1e-15);
  EXPECT_EQ(product.multiply_accumulates, 128U * 16U);
}

TEST(BitSerialCost, GivesPumasProductItsPublishedTimeAndEnergy) {
  const CrossbarProduct product = crossbar_product(shipped("puma.yaml"));
  EXPECT_NEAR(product.latency.si(), 2304e-9, 1e-15);
  EXPECT_NEAR(ratio(product.energy.si(), 43.97e-9), 1.0, 0.05);
  EXPECT_EQ(product.counts.of(BitSerialAction::conversion), 16U * (1024U + 1U));
}

TEST(BitSerialCost, SumsPumasPartsToItsPublishedNode) {
  const std::vector<BitSerialPart> parts = parts_of_chip(shipped("puma.yaml"));
  EXPECT_NEAR(ratio(area_of(parts).si() * 1e6, 90.6), 1.0, 0.10);
  EXPECT_NEAR(ratio(peak_power_of(parts).si(), 62.5), 1.0, 0.10);
}

TEST(BitSerialCost, SumsThePumaSimulatorsPartsToTheAreaThatItReports) {
  EXPECT_NEAR(area_of(parts_of_chip(shipped("puma_simulator.yaml"))).si() * 1e6, 101.29, 0.01);
}

/// Two tiles in use of a small chip of four.
struct SmallRun {
  BitSerialChipSpec chip;
  PlacedNetwork placed;
  BitSerialActivity activity{2, 3};
  SmallRun() {
    chip.tiles = 4;
    chip.interconnect.width = 2;
    chip.interconnect.height = 2;
    placed.tiles = 2;
    placed.chips = {0, 0};
    placed.sites = {0, 1};
    cost(BitSerialComponent::tile_buffer).leakage = 1_mW;
    cost(BitSerialComponent::router).leakage = 2_mW;
    cost(BitSerialComponent::chip_control).leakage = 3_mW;
    set(BitSerialAction::conversion, 2_pJ);
    set(BitSerialAction::vector_operation, 1_pJ);
    set(BitSerialAction::element_memory_access, 3_pJ);
    set(BitSerialAction::array_read, 30_pJ);
  }
  BitSerialComponentCost& cost(BitSerialComponent component) {
    return chip.costs.components[static_cast<std::size_t>(component)];
  }
  void set(BitSerialAction action, Energy energy) { chip.costs.actions[static_cast<std::size_t>(action)] = energy; }
  [[nodiscard]] BitSerialCost run() const { return cost_of(activity, Time::from_si(1e-6), placed, chip); }
};

TEST(BitSerialCost, MultipliesCountsByEnergiesAndTellsWhere) {
  SmallRun small;
  small.activity.at(PlacedTileId(1), NodeId(2)).count(BitSerialAction::conversion, 10);
  const BitSerialCost cost = small.run();
  EXPECT_NEAR(cost.dynamic.si(), 20e-12, 1e-24);
  ASSERT_FALSE(cost.energy.empty());
  EXPECT_EQ(cost.energy[0].component, BitSerialComponent::adc);
  EXPECT_EQ(cost.energy[0].node, NodeId(2));
  EXPECT_EQ(cost.energy[0].tile, PlacedTileId(1));
  EXPECT_EQ(cost.energy[0].count, 10U);
}

TEST(BitSerialCost, ChargesVectorUnitAndMemoryForWhatEntersAndLeavesElements) {
  SmallRun small;
  small.activity.at(PlacedTileId(0), NodeId(1)).count(BitSerialAction::input_register_write, 5);
  small.activity.at(PlacedTileId(0), NodeId(1)).count(BitSerialAction::output_register_read, 2);
  const BitSerialCost cost = small.run();
  EXPECT_NEAR(cost.of(BitSerialComponent::vector_unit).si(), 2e-12, 1e-24);
  EXPECT_NEAR(cost.of(BitSerialComponent::element_memory).si(), 21e-12, 1e-24);
}

TEST(BitSerialCost, ChargesArrayReadsEitherAConstantOrWhatTheCellsDissipate) {
  SmallRun small;
  BitSerialCounts& counts = small.activity.at(PlacedTileId(0), NodeId(1));
  counts.count(BitSerialAction::array_read, 4);
  EXPECT_NEAR(small.run().of(BitSerialComponent::array).si(), 120e-12, 1e-24);
  small.chip.array.energy = ArrayEnergy::dissipated;
  counts.array_zeptojoules = 7'000'000'000;
  EXPECT_NEAR(small.run().of(BitSerialComponent::array).si(), 7e-12, 1e-24);
}

TEST(BitSerialCost, LetsUnusedTilesLeakUnlessTheyAreGated) {
  SmallRun small;
  // Four buffers, four routers, one control: 4 + 8 + 3 mW over 1 us.
  EXPECT_NEAR(small.run().leakage.si(), 15e-9, 1e-20);
  small.chip.power_gating = true;
  // Two tiles, half of the routers, one control.
  EXPECT_NEAR(small.run().leakage.si(), 9e-9, 1e-20);
}

TEST(BitSerialCost, WritesTheCellsOfAnArrayOneAfterAnotherAndAllArraysAtOnce) {
  BitSerialChipSpec chip = shipped("isaac.yaml");
  chip.device.write_pulses = 2;
  const WholeChipProgramming programming = whole_chip_programming(chip);
  EXPECT_EQ(programming.cells, std::uint64_t{168} * 12 * 8 * 128 * 128);
  EXPECT_NEAR(programming.time.si(), 2 * 16384 * 10e-9, 1e-12);
  EXPECT_NEAR(programming.energy.si(), 2 * 0.6e-12 * static_cast<double>(programming.cells), 1e-9);
}

}  // namespace
}  // namespace crossloom
