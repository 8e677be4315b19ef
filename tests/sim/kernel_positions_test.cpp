// Convolutions as sequences of positions over shared crossbars, on the timed chip.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "mapping/mapper.h"
#include "models/functional_run.h"
#include "models/legality.h"
#include "models/mapping_summary.h"
#include "models/reference.h"
#include "sim/simulation.h"
#include "tests/support/random_convolutions.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

MappingSpec positions(std::uint32_t replication) {
  MappingSpec spec;
  spec.placement = Placement::in_order;
  spec.convolution = ConvolutionMapping::positions;
  spec.replication = replication;
  return spec;
}

struct OnChip {
  OnChip(const test::ConvolutionOptions& options, const MappingSpec& spec, ChipSpec on = test::convolution_chip())
      : chip(std::move(on)),
        network(test::random_convolutions(options, chip)),
        mapped(map_network(network, chip, spec, RandomKey(1)).mapped),
        programmed(ProgrammedChip::program(mapped, network, chip, RandomKey(2))),
        encoder(network.spec, RandomKey(3)),
        pixels(test::random_pixels(network.input.size(), 4)) {}

  [[nodiscard]] SimulationResult simulated(const PlantedFaults& faults = {}) const {
    SimulationOptions options;
    options.keep_rasters = true;
    return simulate(mapped, network, programmed, chip, encoder, {{0, pixels.data()}}, options, faults);
  }
  [[nodiscard]] ReferenceRun reference() const { return run_reference(network, encoder, 0, pixels.data()); }

  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
  SpikeEncoder encoder;
  std::vector<std::uint8_t> pixels;
};

class KernelPositions : public testing::TestWithParam<std::tuple<std::size_t, std::uint32_t, double, std::uint64_t>> {};

TEST_P(KernelPositions, GiveTheRasterOfTheReferenceAndOfTheUntimedRun) {
  const auto& [layers, replication, density, seed] = GetParam();
  test::ConvolutionOptions options;
  options.layers = test::convolution_layers()[layers];
  options.density = density;
  options.seed = seed;
  const OnChip made(options, positions(replication));
  ASSERT_EQ(legality_faults(made.mapped, made.network, made.chip), std::vector<std::string>());
  const ReferenceRun reference = made.reference();
  for (const std::uint64_t spikes : reference.outcome.layer_spikes) EXPECT_GT(spikes, 0U);
  const SimulationResult timed = made.simulated();
  EXPECT_EQ(timed.rasters[0].spikes, reference.raster.spikes);
  EXPECT_EQ(timed.rasters[0].final_membranes, reference.raster.final_membranes);
  FunctionalRun functional(made.mapped, made.network, made.programmed, made.encoder);
  Raster raster;
  (void)functional.run(0, made.pixels.data(), &raster);
  EXPECT_EQ(raster.spikes, reference.raster.spikes);
  EXPECT_EQ(raster.final_membranes, reference.raster.final_membranes);
}

INSTANTIATE_TEST_SUITE_P(Networks, KernelPositions,
                         testing::Combine(testing::Values(0U, 1U, 2U), testing::Values(1U, 3U),
                                          testing::Values(1.0, 0.4), testing::Values(1U, 2U)));

test::ConvolutionOptions sample() {
  test::ConvolutionOptions options;
  options.layers = test::convolution_layers()[0];
  return options;
}

TEST(KernelPositionsOnChip, CountEveryPositionsDriveOnCrossbarsThatAreProgrammedOnce) {
  const OnChip made(sample(), positions(1));
  const ReferenceRun reference = made.reference();
  ActivityCounts expected;
  std::uint64_t cells = 0;
  for (std::size_t x = 0; x < made.mapped.crossbars.size(); ++x) {
    for (const BlockPart& part : made.mapped.crossbars[CrossbarId(x)].parts) {
      cells += 2 * part.rows.size() * part.columns.size();
      for (std::uint32_t use = 0; use < part.uses(); ++use) {
        const std::vector<std::uint32_t>& rows = part.rows_of(use);
        for (const std::vector<std::uint32_t>& spikes : reference.raster.spikes[part.layer.value()]) {
          std::vector<std::uint16_t> driven;
          for (std::size_t k = 0; k < rows.size(); ++k) {
            const bool bias = rows[k] == made.network.layers[part.layer].inputs;
            if (bias || std::binary_search(spikes.begin(), spikes.end(), rows[k])) {
              driven.push_back(static_cast<std::uint16_t>(part.wordline(use, k)));
            }
          }
          if (driven.empty()) continue;
          ++expected.array_drives;
          expected.array_energy += made.programmed.crossbar(CrossbarId(x)).drive_energy(driven.data(), driven.size());
          expected.count(Action::wordline_drive, driven.size());
          expected.count(Action::neuron_integrate, part.columns.size());
        }
      }
    }
  }
  EXPECT_EQ(made.programmed.report().cells, cells);
  const ActivityCounts counted = made.simulated().activity.total();
  EXPECT_EQ(counted.array_drives, expected.array_drives);
  EXPECT_EQ(counted.array_energy, expected.array_energy);
  for (const Action action : {Action::wordline_drive, Action::neuron_integrate}) {
    const auto k = static_cast<std::size_t>(action);
    EXPECT_EQ(counted.actions[k], expected.actions[k]) << action_info(action).name;
  }
}

// The bias drives each of the 42 positions in every step, for two cycles (a slot of 10 ns).
constexpr std::uint64_t kCyclesOfAllPositions = std::uint64_t{42} * 2 * 10;

TEST(KernelPositionsOnChip, TakeTheirTimeOneAfterAnother) {
  const OnChip made(sample(), positions(1));
  EXPECT_GT(made.simulated().images[0].timing.latency_cycles, kCyclesOfAllPositions);
}

TEST(KernelPositionsOnChip, OnCopiesTakeLessTimeAndMoreCrossbarsButFewerThanUnfolded) {
  MappingSpec unfolded = positions(1);
  unfolded.convolution = ConvolutionMapping::unfolded;
  const OnChip spread(sample(), unfolded), copied(sample(), positions(3)), shared(sample(), positions(1));
  EXPECT_LT(shared.mapped.crossbars.size(), copied.mapped.crossbars.size());
  EXPECT_LT(copied.mapped.crossbars.size(), spread.mapped.crossbars.size());
  EXPECT_LT(copied.simulated().images[0].timing.latency_cycles, kCyclesOfAllPositions);
}

TEST(KernelPositionsOnChip, NeverReadACrossbarForTwoPositionsAtOnce) {
  class PositionsWatch : public SimulationObserver {
   public:
    void on_busy(const BusyInterval& interval) override {
      if (interval.unit.kind == UnitKind::crossbar) drives[interval.unit.index].push_back(interval);
    }
    std::map<std::uint32_t, std::vector<BusyInterval>> drives;
  };
  const OnChip made(sample(), positions(1));
  PositionsWatch watch;
  SimulationOptions options;
  options.observers = {{&watch, {0, 0}}};
  (void)simulate(made.mapped, made.network, made.programmed, made.chip, made.encoder, {{0, made.pixels.data()}},
                 options);
  std::size_t seen = 0;
  for (auto& [crossbar, drives] : watch.drives) {
    std::sort(drives.begin(), drives.end(),
              [](const BusyInterval& a, const BusyInterval& b) { return a.start_cycle < b.start_cycle; });
    for (std::size_t k = 1; k < drives.size(); ++k, ++seen) {
      EXPECT_LE(drives[k - 1].start_cycle + drives[k - 1].duration_cycles, drives[k].start_cycle);
    }
  }
  EXPECT_GT(seen, 100U);
}

TEST(KernelPositionsOnChip, AreOneDeviceForAllPositionsOfACopyAndOthersForTheNextCopy) {
  ChipSpec chip = test::convolution_chip();
  chip.device.programming_error = 0.05;
  const OnChip one(sample(), positions(1), chip), three(sample(), positions(3), chip);
  const SharedKernel& kernel = *one.network.layers[LayerId(0)].kernel;
  const std::uint32_t planes = kernel.positions(), width = kernel.input.width;
  // The middle of the window on the first input channel, for channel 2, at the first and at the last position.
  const auto cells = [&](const OnChip& made, std::uint32_t position) {
    const std::uint32_t input = position / kernel.output.width * width + position % kernel.output.width;
    return cells_of_weight(made.programmed, made.mapped, LayerId(0), input, 2 * planes + position);
  };
  ASSERT_EQ(cells(one, 0).size(), 2U);
  EXPECT_EQ(cells(one, 0)[0].crossbar, cells(one, planes - 1)[0].crossbar);
  EXPECT_EQ(cells(one, 0)[0].reading.actual, cells(one, planes - 1)[0].reading.actual);
  EXPECT_EQ(cells(one, 0)[0].reading.actual, cells(three, 0)[0].reading.actual);
  EXPECT_NE(cells(three, 0)[0].reading.actual, cells(three, planes - 1)[0].reading.actual);

  FunctionalRun functional(three.mapped, three.network, three.programmed, three.encoder);
  Raster raster;
  (void)functional.run(0, three.pixels.data(), &raster);
  EXPECT_EQ(three.simulated().rasters[0].spikes, raster.spikes);
  EXPECT_NE(raster.spikes, three.reference().raster.spikes) << "the error is there";
}

TEST(KernelPositionsOnChip, SwappedAreNoticed) {
  const OnChip made(sample(), positions(1));
  PlantedFaults faults;
  faults.swap_two_positions = true;
  EXPECT_NE(made.simulated(faults).rasters[0].spikes, made.reference().raster.spikes);
}

/// The pools of `network` with the threshold of a counter.
SpikingNetwork with_counts(SpikingNetwork network) {
  for (SpikingLayer& layer : network.layers) {
    if (!layer.kernel || !layer.kernel->mean_pool) continue;
    const std::int32_t weight = *std::max_element(layer.weights.begin(), layer.weights.end());
    layer.threshold = weight * static_cast<std::int32_t>(layer.kernel->window.size * layer.kernel->window.size);
  }
  return network;
}

class CountedPools : public testing::TestWithParam<std::tuple<std::size_t, ConvolutionMapping, double>> {};

TEST_P(CountedPools, SendTheSpikesOfTheReferenceAndOfPoolsInArrays) {
  const auto& [layers, convolution, error] = GetParam();
  test::ConvolutionOptions options;
  options.layers = test::convolution_layers()[layers];
  ChipSpec chip = test::convolution_chip();
  chip.tile.counters = 30;
  const SpikingNetwork network = with_counts(test::random_convolutions(options, chip));
  MappingSpec spec = positions(2);
  spec.convolution = convolution;
  const MappedNetwork in_arrays = map_network(network, chip, spec, RandomKey(1)).mapped;
  spec.pooling = Pooling::counters;
  const MappedNetwork counted = map_network(network, chip, spec, RandomKey(1)).mapped;
  ASSERT_EQ(legality_faults(counted, network, chip), std::vector<std::string>());
  EXPECT_LT(counted.crossbars.size(), in_arrays.crossbars.size());
  const SpikeEncoder encoder(network.spec, RandomKey(3));
  const std::vector<std::uint8_t> pixels = test::random_pixels(network.input.size(), 4);

  chip.device.programming_error = error;
  const ProgrammedChip programmed = ProgrammedChip::program(counted, network, chip, RandomKey(2));
  SimulationOptions keep;
  keep.keep_rasters = true;
  const SimulationResult timed = simulate(counted, network, programmed, chip, encoder, {{0, pixels.data()}}, keep);
  Raster raster;
  (void)FunctionalRun(counted, network, programmed, encoder).run(0, pixels.data(), &raster);
  EXPECT_EQ(timed.rasters[0].spikes, raster.spikes);
  EXPECT_EQ(timed.rasters[0].final_membranes, raster.final_membranes);
  if (error > 0.0) return;
  const ReferenceRun reference = run_reference(network, encoder, 0, pixels.data());
  for (const std::uint64_t spikes : reference.outcome.layer_spikes) EXPECT_GT(spikes, 0U);
  EXPECT_EQ(timed.rasters[0].spikes, reference.raster.spikes);
  EXPECT_EQ(timed.rasters[0].final_membranes, reference.raster.final_membranes);
  const ProgrammedChip of_arrays = ProgrammedChip::program(in_arrays, network, chip, RandomKey(2));
  (void)FunctionalRun(in_arrays, network, of_arrays, encoder).run(0, pixels.data(), &raster);
  EXPECT_EQ(timed.rasters[0].spikes, raster.spikes);

  // Every spike into a pool is counted once for each window that it lies in, and every spike out of it subtracted.
  std::uint64_t expected = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const SpikingLayer& layer = network.layers[LayerId(l)];
    if (!layer.kernel || !layer.kernel->mean_pool) continue;
    expected += reference.outcome.layer_spikes[l + 1];
    for (const std::vector<std::uint32_t>& step : reference.raster.spikes[l]) {
      for (const std::uint32_t i : step) {
        for (std::uint32_t j = 0; j < layer.outputs; ++j) expected += layer.is_live(i, j) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(expected, 0U);
  EXPECT_EQ(timed.activity.total().actions[static_cast<std::size_t>(Action::pool_count)], expected);
}

INSTANTIATE_TEST_SUITE_P(Networks, CountedPools,
                         testing::Combine(testing::Values(0U, 2U),
                                          testing::Values(ConvolutionMapping::positions, ConvolutionMapping::unfolded),
                                          testing::Values(0.0, 0.05)));

}  // namespace
}  // namespace crossloom
