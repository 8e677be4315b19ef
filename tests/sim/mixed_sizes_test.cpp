// Layers in crossbars smaller than the chip's, with lines that lie elsewhere: mapping, programming, cost and both runs.
#include <map>

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/line_assignment.h"
#include "models/cost.h"
#include "models/mapping_summary.h"
#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

/// 40-30-20-5 on crossbars of 16 x 16, the second layer on 8 x 4.
struct Mixed {
  explicit Mixed(ScenarioSpec spec = {}, MappingSpec mapping = {}) : scenario(with_room(std::move(spec))) {
    for (std::size_t l = 0; l < 3; ++l) scenario.network.layers[LayerId(l)].name = "layer" + std::to_string(l);
    mapping.array_by_layer["layer1"] = {8, 4};
    mapping.array_by_layer["layer2"] = {64, 64};
    scenario.mapped = map_network(scenario.network, scenario.chip, mapping, RandomKey(1)).mapped;
    const LineAssignment lines = assign_lines(scenario.mapped, scenario.network, scenario.chip, mapping, RandomKey(5));
    scenario.programmed =
        ProgrammedChip::program(scenario.mapped, scenario.network, scenario.chip, RandomKey(5), 2, lines);
  }
  static ScenarioSpec with_room(ScenarioSpec spec) {
    const auto adjust = spec.adjust_chip;
    spec.adjust_chip = [adjust](ChipSpec& chip) {
      if (adjust) adjust(chip);
      chip.tile_group.tiles = 32;
    };
    return spec;
  }
  Scenario scenario;
};

TEST(MixedSizes, GiveALayerCrossbarsOfItsOwnSizeAndNoneLargerThanTheChips) {
  const Mixed mixed;
  const MappedNetwork& mapped = mixed.scenario.mapped;
  EXPECT_EQ(legality_faults(mapped, mixed.scenario.network, mixed.scenario.chip), std::vector<std::string>());
  std::map<std::uint32_t, std::uint32_t> crossbars;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    const std::uint32_t layer = crossbar.parts.front().layer.value();
    ++crossbars[layer];
    EXPECT_EQ(crossbar.size.has_value(), layer == 1);
    EXPECT_EQ(mapped.size_of(crossbar).rows, layer == 1 ? 8U : 16U);
    EXPECT_EQ(mapped.size_of(crossbar).columns, layer == 1 ? 4U : 16U);
  }
  // 40 x 30 and 20 x 5 in 16 x 16, 30 x 20 in 8 x 4.
  EXPECT_EQ(crossbars, (std::map<std::uint32_t, std::uint32_t>{{0, 6}, {1, 20}, {2, 2}}));
  const double cells = 6 * 256.0 + 20 * 32.0 + 2 * 256.0;
  EXPECT_NEAR(mapped.utilisation(live_weights(mapped, mixed.scenario.network)),
              static_cast<double>(live_weights(mapped, mixed.scenario.network)) / cells, 1e-12);
}

TEST(MixedSizes, ComputeWhatThePlainNetworkDoes) {
  const Mixed mixed;
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = mixed.scenario.simulate_images({3}, options);
  const ReferenceRun expected = mixed.scenario.reference(3);
  EXPECT_EQ(result.rasters[0].spikes, expected.raster.spikes);
  EXPECT_EQ(result.rasters[0].final_membranes, expected.raster.final_membranes);
}

TEST(MixedSizes, WithWiresFaultsAndMovedLinesAreTheSameTimedAndUntimed) {
  ScenarioSpec spec;
  spec.block_rows = 9;
  spec.block_columns = 11;
  spec.bias = true;
  spec.programming_error = 0.05;
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.crossbar.wires.wordline = chip.crossbar.wires.bitline = Resistance::from_si(100.0);
    chip.crossbar.spare_columns = 3;
    chip.crossbar.driver_variation = 0.05;
    chip.device.faults.clustered = 0.05;
    chip.device.faults.broken_bitlines = 0.05;
  };
  MappingSpec mapping;
  mapping.line_order = LinePlacement::near_drivers;
  mapping.fault_aware = FaultAwareness::rows_and_columns;
  const Mixed mixed(spec, mapping);
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = mixed.scenario.simulate_images({4, 9}, options);
  FunctionalRun functional(mixed.scenario.mapped, mixed.scenario.network, mixed.scenario.programmed,
                           mixed.scenario.encoder);
  for (const std::uint32_t k : {0U, 1U}) {
    const std::uint32_t image = k == 0 ? 4 : 9;
    Raster raster;
    functional.run(image, mixed.scenario.pixels(image).data(), &raster);
    EXPECT_EQ(result.rasters[k].spikes, raster.spikes);
    EXPECT_EQ(result.rasters[k].final_membranes, raster.final_membranes);
  }
  const Archive archive = mixed.scenario.programmed.to_archive();
  EXPECT_EQ(ProgrammedChip::from_archive(archive, mixed.scenario.mapped, mixed.scenario.chip).to_archive().to_bytes(),
            archive.to_bytes());
}

TEST(MixedSizes, TakeTheAreaAndLeakageOfTheirOwnCellsAndDrivers) {
  const Mixed mixed;
  const ChipSpec& chip = mixed.scenario.chip;
  MappedNetwork uniform = mixed.scenario.mapped;
  for (MappedCrossbar& crossbar : uniform.crossbars) crossbar.size.reset();
  EXPECT_EQ(instances(Component::array, uniform, chip) - instances(Component::array, mixed.scenario.mapped, chip),
            20U * (256 - 32) * 2);
  EXPECT_EQ(instances(Component::wordline_driver, uniform, chip) -
                instances(Component::wordline_driver, mixed.scenario.mapped, chip),
            20U * 8);
}

TEST(MixedSizes, AreSavedWithTheMapping) {
  const Mixed mixed;
  const Archive archive = to_archive(mixed.scenario.mapped);
  const MappedNetwork loaded = mapped_network_from_archive(archive);
  EXPECT_EQ(to_archive(loaded).to_bytes(), archive.to_bytes());
  for (std::size_t x = 0; x < loaded.crossbars.size(); ++x) {
    EXPECT_EQ(loaded.crossbars[CrossbarId(x)].size.has_value(),
              mixed.scenario.mapped.crossbars[CrossbarId(x)].size.has_value());
  }
  Archive damaged = archive;
  auto sizes = archive.get<std::uint32_t>("crossbar.size");
  sizes.pop_back();
  damaged.put("crossbar.size", sizes);
  EXPECT_THROW(mapped_network_from_archive(damaged), UserError);
}

TEST(MixedSizes, OfALayerThatIsNotThereAreRefused) {
  const Scenario scenario;
  MappingSpec mapping;
  mapping.array_by_layer["hidden9"] = {8, 8};
  try {
    map_network(scenario.network, scenario.chip, mapping, RandomKey(1));
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("mapping.array_by_layer: the network has no layer hidden9"));
  }
}

}  // namespace
}  // namespace crossloom
