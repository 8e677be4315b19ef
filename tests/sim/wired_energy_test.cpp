// Energy of a timed run on crossbars with wires: that of each drive by itself, added up from the spikes.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

TEST(WiredEnergy, IsWhatTheDriversDeliverDriveByDrive) {
  test::ScenarioSpec spec;
  spec.block_rows = 9;
  spec.block_columns = 11;
  spec.bias = true;
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.crossbar.wires.wordline = chip.crossbar.wires.bitline = Resistance::from_si(40.0);
    chip.crossbar.wires.driver = Resistance::from_si(300.0);
    chip.crossbar.driver_variation = 0.05;
  };
  const test::Scenario scenario(spec);
  SimulationOptions options;
  options.keep_rasters = true;
  const SimulationResult result = scenario.simulate_images({2, 5, 7}, options);
  Zeptojoules expected = 0, one_by_one = 0;
  for (const Raster& raster : result.rasters) {
    for (std::size_t x = 0; x < scenario.mapped.crossbars.size(); ++x) {
      const ProgrammedCrossbar& crossbar = scenario.programmed.crossbar(CrossbarId(x));
      for (const BlockPart& part : scenario.mapped.crossbars[CrossbarId(x)].parts) {
        for (const std::vector<std::uint32_t>& spikes : raster.spikes[part.layer.value()]) {
          std::vector<std::uint16_t> driven;
          for (std::size_t k = 0; k < part.rows.size(); ++k) {
            const bool bias = part.rows[k] == scenario.network.layers[part.layer].inputs;
            if (!bias && !std::binary_search(spikes.begin(), spikes.end(), part.rows[k])) continue;
            driven.push_back(static_cast<std::uint16_t>(part.first_wordline + k));
            one_by_one += crossbar.drive_energy(&driven.back(), 1);
          }
          expected += crossbar.drive_energy(driven.data(), driven.size());
        }
      }
    }
  }
  EXPECT_EQ(result.activity.total().array_energy, expected);
  EXPECT_LT(expected, one_by_one);
  EXPECT_GT(expected, one_by_one / 2);
}

}  // namespace
}  // namespace crossloom
