// The timed chip computes the reference network spike for spike, whatever the arrays, neurons and blocks are.
#include <gtest/gtest.h>

#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

void expect_equal_outcome(const SpikingOutcome& timed, const SpikingOutcome& expected) {
  EXPECT_EQ(timed.image, expected.image);
  EXPECT_EQ(timed.predicted, expected.predicted);
  EXPECT_EQ(timed.output_spikes, expected.output_spikes);
  EXPECT_EQ(timed.layer_spikes, expected.layer_spikes);
  EXPECT_EQ(timed.predicted_by_step, expected.predicted_by_step);
}

void expect_reference_raster(const ScenarioSpec& spec) {
  const Scenario scenario(spec);
  ASSERT_EQ(legality_faults(scenario.mapped, scenario.network, scenario.chip), std::vector<std::string>());
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = scenario.simulate_images({3, 7}, options);
  ASSERT_EQ(result.images.size(), 2U);
  ASSERT_EQ(result.rasters.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    const ReferenceRun reference = scenario.reference(k == 0 ? 3 : 7);
    EXPECT_EQ(result.rasters[k].spikes, reference.raster.spikes);
    EXPECT_EQ(result.rasters[k].final_membranes, reference.raster.final_membranes);
    expect_equal_outcome(result.images[k].outcome, reference.outcome);
    for (const std::uint64_t spikes : reference.outcome.layer_spikes)
      EXPECT_GT(spikes, 0U) << "a silent layer proves little";
  }
}

TEST(RasterEquality, HoldsOnArraysOf8) {
  ScenarioSpec spec;
  spec.array_size = 8;
  spec.adjust_chip = [](ChipSpec& chip) { chip.tile_group.tiles = 16; };
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsOnArraysOf16) { expect_reference_raster({}); }

TEST(RasterEquality, HoldsOnArraysLargerThanTheLayers) {
  ScenarioSpec spec;
  spec.array_size = 64;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsOnArraysOf128WithWideLayers) {
  ScenarioSpec spec;
  spec.array_size = 128;
  spec.layers = {300, 200, 150, 10};
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithResetToZero) {
  ScenarioSpec spec;
  spec.reset = Reset::to_zero;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithDeterministicEncoding) {
  ScenarioSpec spec;
  spec.encoding = Encoding::deterministic;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithBias) {
  ScenarioSpec spec;
  spec.bias = true;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithAMembraneFloor) {
  ScenarioSpec spec;
  spec.floor_at_zero = true;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithSparseBlocksThatShareArrays) {
  ScenarioSpec spec;
  spec.array_size = 32;
  spec.block_rows = 7;
  spec.block_columns = 6;
  spec.bias = true;
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithNarrowPacketsOnANarrowNetwork) {
  ScenarioSpec spec;
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.tile.packet_bits = 5;
    chip.interconnect.flit_bits = 16;
    chip.interconnect.header_bits = 16;
    chip.interconnect.buffer_flits = 2;
    chip.interconnect.tiles_per_router = 1;
    chip.interconnect.link_cycles = 3;
    chip.interconnect.host_ports = 2;
  };
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsWithPartsThatTakeNoTime) {
  ScenarioSpec spec;
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.tile.drive_cycles = chip.tile.compare_cycles = chip.tile.send_cycles = 0;
    chip.tile_group.analog_transfer_cycles = 0;
  };
  expect_reference_raster(spec);
}

TEST(RasterEquality, HoldsOverManyTileGroups) {
  ScenarioSpec spec;
  spec.layers = {60, 90, 90, 10};
  spec.seed = 5;
  spec.adjust_chip = [](ChipSpec& chip) { chip.tile_group.tiles = 2; };
  expect_reference_raster(spec);
}

TEST(RasterEquality, OfVariedDevicesHoldsAgainstTheUntimedRun) {
  ScenarioSpec spec;
  spec.programming_error = 0.05;
  spec.block_rows = 9;
  spec.block_columns = 11;
  const Scenario scenario(spec);
  ASSERT_FALSE(scenario.programmed.ideal());
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = scenario.simulate_images({4}, options);
  FunctionalRun functional(scenario.mapped, scenario.network, scenario.programmed, scenario.encoder);
  Raster raster;
  const SpikingOutcome outcome = functional.run(4, scenario.pixels(4).data(), &raster);
  EXPECT_EQ(result.rasters[0].spikes, raster.spikes);
  EXPECT_EQ(result.rasters[0].final_membranes, raster.final_membranes);
  expect_equal_outcome(result.images[0].outcome, outcome);
}

}  // namespace
}  // namespace crossloom
