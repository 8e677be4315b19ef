// Row parts of several banks in one crossbar, some of them with a few of their bank's neurons only, on the timed chip.
#include <gtest/gtest.h>

#include "tests/models/small_chip.h"
#include "tests/support/random_spiking_network.h"
#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

// Scattered weights on crossbars of 16 x 16: what is left of a stripe's rows is live in few columns.
class SharedCrossbars : public testing::TestWithParam<Selector> {
 protected:
  SharedCrossbars() {
    test::ScenarioSpec spec;
    chip_ = test::scenario_chip(spec);
    chip_.crossbar.selector = GetParam();
    test::RandomNetworkOptions options;
    options.sizes = {90, 70, 60, 8};
    options.density = 0.06;
    options.bias = true;
    options.seed = 3;
    network_ = test::random_spiking_network(options);
    for (SpikingLayer& layer : network_.layers) layer.threshold = 1;
    mapped_ = map_network(network_, chip_, {Placement::in_order, PackingGoal::fewest_crossbars}, RandomKey(1)).mapped;
    programmed_ = ProgrammedChip::program(mapped_, network_, chip_, RandomKey(1));
  }

  SimulationResult simulated(const SpikeEncoder& encoder, const std::vector<std::uint8_t>& pixels) const {
    SimulationOptions options;
    options.keep_rasters = true;
    return simulate(mapped_, network_, programmed_, chip_, encoder, {{0, pixels.data()}}, options);
  }

  ChipSpec chip_;
  SpikingNetwork network_;
  MappedNetwork mapped_;
  ProgrammedChip programmed_;
};

TEST_P(SharedCrossbars, GiveTheReferenceRasterAndCountWhatEachPartDrives) {
  ASSERT_EQ(legality_faults(mapped_, network_, chip_), std::vector<std::string>());
  std::size_t shared = 0, of_some_neurons = 0;
  for (const MappedCrossbar& crossbar : mapped_.crossbars) {
    shared += crossbar.parts.size() > 1 ? 1 : 0;
    for (const BlockPart& part : crossbar.parts) of_some_neurons += part.places.empty() ? 0 : 1;
  }
  ASSERT_GT(shared, 0U);
  ASSERT_GT(of_some_neurons, 0U);
  const SpikeEncoder encoder(network_.spec, RandomKey(5));
  const std::vector<std::uint8_t> pixels = test::random_pixels(network_.input.size(), 7);
  const SimulationResult result = simulated(encoder, pixels);
  const ReferenceRun reference = run_reference(network_, encoder, 0, pixels.data());
  EXPECT_EQ(result.rasters[0].spikes, reference.raster.spikes);
  EXPECT_EQ(result.rasters[0].final_membranes, reference.raster.final_membranes);
  for (const std::uint64_t spikes : reference.outcome.layer_spikes) EXPECT_GT(spikes, 0U);

  ActivityCounts expected;
  for (std::size_t x = 0; x < mapped_.crossbars.size(); ++x) {
    for (const BlockPart& part : mapped_.crossbars[CrossbarId(x)].parts) {
      for (const std::vector<std::uint32_t>& spikes : reference.raster.spikes[part.layer.value()]) {
        std::vector<std::uint16_t> driven;
        for (std::size_t k = 0; k < part.rows.size(); ++k) {
          const bool bias = part.rows[k] == network_.layers[part.layer].inputs;
          if (bias || std::binary_search(spikes.begin(), spikes.end(), part.rows[k])) {
            driven.push_back(static_cast<std::uint16_t>(part.first_wordline + k));
          }
        }
        if (driven.empty()) continue;
        ++expected.array_drives;
        expected.array_energy += programmed_.crossbar(CrossbarId(x)).drive_energy(driven.data(), driven.size());
        expected.count(Action::wordline_drive, driven.size());
        expected.count(Action::neuron_integrate, part.columns.size());
      }
    }
  }
  const ActivityCounts counted = result.activity.total();
  EXPECT_EQ(counted.array_drives, expected.array_drives);
  EXPECT_EQ(counted.array_energy, expected.array_energy);
  for (const Action action : {Action::wordline_drive, Action::neuron_integrate}) {
    const auto k = static_cast<std::size_t>(action);
    EXPECT_EQ(counted.actions[k], expected.actions[k]) << action_info(action).name;
  }
}

TEST_P(SharedCrossbars, ChargeADrivenWordlineForItsUnusedCellsUnlessTheyAreCutOff) {
  const double cell = chip_.device.minimum_conductance.si() * chip_.crossbar.read_voltage.si() *
                      chip_.crossbar.read_voltage.si() * chip_.crossbar.read_time.si() * 1e21;  // zeptojoules
  for (std::size_t x = 0; x < mapped_.crossbars.size(); ++x) {
    for (const BlockPart& part : mapped_.crossbars[CrossbarId(x)].parts) {
      const auto wordline = static_cast<std::uint16_t>(part.first_wordline);
      const auto energy = static_cast<double>(programmed_.crossbar(CrossbarId(x)).drive_energy(&wordline, 1));
      double levels = 0.0;
      for (const std::uint32_t column : part.columns) {
        levels += std::abs(network_.layers[part.layer].weight(part.rows.front(), column));
      }
      const double step = (chip_.device.maximum_conductance.si() / chip_.device.minimum_conductance.si() - 1.0) /
                          (chip_.device.levels - 1.0);
      const auto columns =
          static_cast<double>(GetParam() == Selector::none ? chip_.crossbar.columns : part.columns.size());
      EXPECT_NEAR(energy, cell * (2.0 * columns + levels * step), 1.0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Selectors, SharedCrossbars, testing::Values(Selector::none, Selector::cut_off));

}  // namespace
}  // namespace crossloom
