#include "models/functional_run.h"

#include <gtest/gtest.h>

#include "mapping/mapper.h"
#include "models/functional_tables.h"
#include "models/legality.h"
#include "models/reference.h"
#include "tests/models/small_chip.h"
#include "tests/support/property.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

struct Setting {
  SpikingNetwork network;
  ChipSpec chip;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

Setting setting_of(const SpikingNetwork& network, ChipSpec chip) {
  chip.tile_group.tiles = 40;
  Setting setting{network, chip, map_network(network, chip, {}, RandomKey(1)).mapped, {}};
  setting.programmed = ProgrammedChip::program(setting.mapped, network, chip, RandomKey(1));
  return setting;
}

void expect_same_run(const Setting& setting, std::uint64_t seed,
                     std::size_t most_panel_bytes = FunctionalRun::kMostPanelBytes) {
  const SpikeEncoder encoder(setting.network.spec, RandomKey(seed));
  FunctionalRun functional(setting.mapped, setting.network, setting.programmed, encoder, most_panel_bytes);
  for (std::uint32_t image = 0; image < 2; ++image) {
    const std::vector<std::uint8_t> pixels = test::random_pixels(setting.network.input.size(), seed + image);
    const ReferenceRun expected = run_reference(setting.network, encoder, image, pixels.data());
    Raster raster;
    const SpikingOutcome outcome = functional.run(image, pixels.data(), &raster);
    RC_ASSERT(raster.spikes == expected.raster.spikes);
    RC_ASSERT(raster.final_membranes == expected.raster.final_membranes);
    RC_ASSERT(outcome.output_spikes == expected.outcome.output_spikes);
    RC_ASSERT(outcome.layer_spikes == expected.outcome.layer_spikes);
    RC_ASSERT(outcome.predicted == expected.outcome.predicted);
    RC_ASSERT(outcome.predicted_by_step == expected.outcome.predicted_by_step);
  }
}

RC_GTEST_PROP(FunctionalRun, EqualsThePlainReferenceSpikeForSpike, ()) {
  test::RandomNetworkOptions options;
  options.sizes = {*rc::gen::inRange<std::uint32_t>(1, 50), *rc::gen::inRange<std::uint32_t>(1, 40),
                   *rc::gen::inRange<std::uint32_t>(1, 12)};
  options.density = *rc::gen::element(0.05, 0.3, 0.8, 1.0);
  options.bias = *rc::gen::arbitrary<bool>();
  options.several_blocks = *rc::gen::arbitrary<bool>();
  options.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  SpikingNetwork network = test::random_spiking_network(options);
  RC_PRE(network.synapses() > 0);
  network.spec.encoding = *rc::gen::element(Encoding::bernoulli, Encoding::deterministic);
  network.spec.reset = *rc::gen::element(Reset::by_subtraction, Reset::to_zero);
  network.spec.membrane_floor_at_zero = *rc::gen::arbitrary<bool>();
  network.spec.maximum_rate = *rc::gen::element(1.0, 0.4);
  const Setting setting = setting_of(
      network, test::small_chip(*rc::gen::inRange<std::uint32_t>(2, 20), *rc::gen::inRange<std::uint32_t>(1, 20), 1));
  RC_ASSERT(legality_faults(setting.mapped, network, setting.chip) == std::vector<std::string>());
  // Panels for all banks, for some and for none.
  expect_same_run(setting, options.seed,
                  *rc::gen::element(FunctionalRun::kMostPanelBytes, std::size_t{2000}, std::size_t{0}));
}

TEST(FunctionalRun, EqualsTheReferenceWhereTwoBanksShareACrossbar) {
  // Two independent neurons, each with its own inputs, side by side in one crossbar.
  SpikingNetwork network;
  network.input = {4, 1, 1};
  network.spec.steps = 20;
  SpikingLayer layer;
  layer.name = "layer";
  layer.inputs = 4;
  layer.outputs = 2;
  layer.weights = {3, 0, -1, 0, 0, 2, 0, 1};
  layer.live = {1, 0, 1, 0, 0, 1, 0, 1};
  layer.blocks = {{{0, 1}, {0}}, {{2, 3}, {1}}};
  layer.threshold = 3;
  network.layers.push_back(layer);
  ChipSpec chip = test::small_chip(4, 4, 1);
  MappedNetwork mapped;
  mapped.input_rows_per_crossbar = mapped.columns_per_crossbar = 4;
  mapped.tile_groups = mapped.mesh_width = mapped.mesh_height = 1;
  mapped.crossbars.push_back(
      {TileId(0),
       {{LayerId(0), 0, 0, {0, 1}, {0}, NeuronBankId(0)}, {LayerId(0), 2, 2, {2, 3}, {1}, NeuronBankId(1)}}});
  mapped.banks.push_back({LayerId(0), TileId(0), {0}, {{CrossbarId(0), 0}}});
  mapped.banks.push_back({LayerId(0), TileId(0), {1}, {{CrossbarId(0), 1}}});
  mapped.tiles.push_back({TileGroupId(0), {0, 0}, 0, {CrossbarId(0)}, {NeuronBankId(0), NeuronBankId(1)}});
  mapped.packet_groups = {{std::nullopt, TileId(0), LayerId(0), {0, 1, 2, 3}}};
  ASSERT_EQ(legality_faults(mapped, network, chip), std::vector<std::string>());
  Setting setting{network, chip, mapped, ProgrammedChip::program(mapped, network, chip, RandomKey(1))};
  expect_same_run(setting, 5);
}

TEST(DrivenWordlines, StandListAfterListInTheOrderOfTheRows) {
  // Row 0 drives both lists, row 1 the second, row 2 the first.
  const std::vector<std::vector<WordlineTarget>> targets = {{{0, 5}, {1, 0}}, {{1, 3}}, {{0, 7}}};
  DrivenWordlines driven;
  driven.assign(targets, 2, {0, 1, 2});
  ASSERT_EQ(driven.size(0, 2), 4U);
  EXPECT_EQ(std::vector<std::uint16_t>(driven.begin(0), driven.begin(0) + 4), (std::vector<std::uint16_t>{5, 7, 0, 3}));
  EXPECT_EQ(driven.size(0), 2U);
  EXPECT_EQ(driven.begin(1) - driven.begin(0), 2);
  EXPECT_EQ(driven.size(0, 0), 0U);  // a bank without row parts
  driven.assign(targets, 2, {1});    // nothing stays behind
  EXPECT_EQ(driven.size(0), 0U);
  EXPECT_EQ(driven.size(0, 2), 1U);
}

TEST(FunctionalRun, NoticesASwappedRow) {
  const SpikingNetwork network = test::random_spiking_network({});
  Setting setting = setting_of(network, test::small_chip(8, 8, 1));
  std::swap(setting.mapped.crossbars[CrossbarId(0)].parts[0].rows[0],
            setting.mapped.crossbars[CrossbarId(0)].parts[0].rows[1]);
  const SpikeEncoder encoder(network.spec, RandomKey(1));
  FunctionalRun functional(setting.mapped, network, setting.programmed, encoder);
  const std::vector<std::uint8_t> pixels = test::random_pixels(network.input.size(), 1);
  Raster raster;
  functional.run(0, pixels.data(), &raster);
  EXPECT_FALSE(raster == run_reference(network, encoder, 0, pixels.data()).raster);
}

TEST(FunctionalRun, RunsInDoubleOnCellsThatMissTheirTargets) {
  const SpikingNetwork network = test::random_spiking_network({});
  ChipSpec chip = test::small_chip(8, 8, 1);
  chip.device.programming_error = 0.05;
  const Setting setting = setting_of(network, chip);
  ASSERT_FALSE(setting.programmed.ideal());
  const SpikeEncoder encoder(network.spec, RandomKey(1));
  FunctionalRun functional(setting.mapped, network, setting.programmed, encoder);
  const std::vector<std::uint8_t> pixels = test::random_pixels(network.input.size(), 1);
  Raster first, second;
  functional.run(0, pixels.data(), &first);
  functional.run(0, pixels.data(), &second);
  EXPECT_TRUE(first == second);  // nothing stays behind from one image to the next
  const Raster ideal = run_reference(network, encoder, 0, pixels.data()).raster;
  EXPECT_EQ(first.spikes[0], ideal.spikes[0]);
  EXPECT_NE(first.final_membranes, ideal.final_membranes);
}

}  // namespace
}  // namespace crossloom
