// The timed chip and the untimed run see the same devices, neurons and noise: spike for spike under every law.
#include <gtest/gtest.h>

#include "tests/models/device_laws.h"
#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::DeviceCorner;
using test::Scenario;
using test::ScenarioSpec;

class DeviceRaster : public testing::TestWithParam<DeviceCorner> {};

TEST_P(DeviceRaster, OfTheTimedChipIsThatOfTheUntimedRun) {
  ScenarioSpec spec;
  spec.block_rows = 9;
  spec.block_columns = 11;
  spec.bias = true;
  spec.adjust_chip = GetParam().apply;
  const Scenario scenario(spec);
  ASSERT_FALSE(scenario.programmed.ideal());
  SimulationOptions options;
  options.keep_rasters = true;
  const std::vector<std::uint32_t> images = {4, 9};
  const SimulationResult result = scenario.simulate_images(images, options);
  FunctionalRun functional(scenario.mapped, scenario.network, scenario.programmed, scenario.encoder);
  bool differs = false;
  for (std::size_t k = 0; k < images.size(); ++k) {
    Raster raster;
    const SpikingOutcome outcome = functional.run(images[k], scenario.pixels(images[k]).data(), &raster);
    EXPECT_EQ(result.rasters[k].spikes, raster.spikes);
    EXPECT_EQ(result.rasters[k].final_membranes, raster.final_membranes);
    EXPECT_EQ(result.images[k].outcome.predicted, outcome.predicted);
    EXPECT_EQ(result.images[k].outcome.layer_spikes, outcome.layer_spikes);
    EXPECT_EQ(result.images[k].outcome.output_spikes, outcome.output_spikes);
    differs = differs || scenario.reference(images[k]).raster.spikes != raster.spikes;
  }
  EXPECT_TRUE(differs) << "a law that changes no spike proves little";
}

INSTANTIATE_TEST_SUITE_P(UnderEveryLaw, DeviceRaster, testing::ValuesIn(test::device_corners()),
                         [](const testing::TestParamInfo<DeviceCorner>& corner) {
                           return std::string(corner.param.name);
                         });

}  // namespace
}  // namespace crossloom
