#include "mapping/kernel_packing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/mapper.h"
#include "models/cost.h"
#include "models/legality.h"
#include "models/mapping_summary.h"
#include "tests/support/random_convolutions.h"

namespace crossloom {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Made {
  SpikingNetwork network;
  ChipSpec chip;
  MappedNetwork mapped;
};

Made made_of(const std::string& layers, std::uint32_t replication, const ChipSpec& chip) {
  test::ConvolutionOptions options;
  options.layers = layers;
  Made made{test::random_convolutions(options, chip), chip, {}};
  MappingSpec spec;
  spec.placement = Placement::in_order;
  spec.convolution = ConvolutionMapping::positions;
  spec.replication = replication;
  made.mapped = map_network(made.network, made.chip, spec, RandomKey(1)).mapped;
  return made;
}

Made made_with(std::uint32_t replication, const ChipSpec& chip = test::convolution_chip(), std::size_t layers = 0) {
  return made_of(test::convolution_layers()[layers], replication, chip);
}

template <class Change>
std::vector<std::string> faults_after(const Change& change) {
  Made made = made_with(1);
  change(made.mapped);
  return legality_faults(made.mapped, made.network, made.chip);
}

BlockPart& first_kernel(MappedNetwork& mapped) {
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    BlockPart& part = mapped.crossbars[CrossbarId(x)].parts.at(0);
    if (!part.positions.empty()) return part;
  }
  throw Bug("no kernel");
}

TEST(KernelLayer, HoldsTheKernelsWeightsOfAnyPosition) {
  const Made made = made_with(1);
  const SpikingLayer& layer = made.network.layers[LayerId(0)];
  const SpikingLayer kernel = kernel_layer(layer);
  EXPECT_EQ(kernel.inputs, 2U * 9U);
  EXPECT_EQ(kernel.outputs, 5U);
  // Position (3, 2) of 7 x 6 sees input (2 + x, 1 + y) in channel 1 at row 9 + 3 y + x.
  const std::uint32_t position = 2 * 7 + 3;
  for (std::uint32_t j = 0; j < 5; ++j) {
    for (std::uint32_t y = 0; y < 3; ++y) {
      for (std::uint32_t x = 0; x < 3; ++x) {
        EXPECT_EQ(kernel.weight(9 + 3 * y + x, j), layer.weight(42 + (1 + y) * 7 + 2 + x, j * 42 + position));
      }
    }
    EXPECT_EQ(kernel.weight(18, j), layer.weight(84, j * 42 + position)) << "bias";
  }
}

TEST(KernelLayer, OfGroupsAndPoolsIsLiveWithinChannelsThatMix) {
  const Made made = made_with(1, test::convolution_chip(), 1);
  const SpikingLayer grouped = kernel_layer(made.network.layers[LayerId(1)]);
  for (std::uint32_t i = 0; i < grouped.inputs; ++i) {
    for (std::uint32_t j = 0; j < grouped.outputs; ++j) EXPECT_EQ(grouped.is_live(i, j), i / 18 == j / 10);
  }
  EXPECT_FALSE(made.network.layers[LayerId(2)].kernel.has_value()) << "a padded mean differs at the edge";
  const Made pooled = made_with(1);
  const SpikingLayer pool = kernel_layer(pooled.network.layers[LayerId(1)]);
  for (std::uint32_t i = 0; i < pool.inputs; ++i) {
    for (std::uint32_t j = 0; j < pool.outputs; ++j) EXPECT_EQ(pool.is_live(i, j), i / 4 == j);
  }
}

TEST(KernelPacking, HoldsAKernelOnceACopyAndReportsIt) {
  ChipSpec chip = test::convolution_chip();
  chip.tile.neurons = 400;  // room for all positions of a copy
  const Made one = made_with(1, chip), three = made_with(3, chip);
  const MappingSummary of_one = summarise(one.mapped, one.network), of_three = summarise(three.mapped, three.network);
  // 19 rows of 5 channels on 16 x 16: two crossbars a copy.
  EXPECT_EQ(of_one.layers[0].copies, 1U);
  EXPECT_EQ(of_one.layers[0].positions, 42U);
  EXPECT_DOUBLE_EQ(of_one.layers[0].crossbars, 2.0);
  EXPECT_EQ(of_three.layers[0].copies, 3U);
  EXPECT_DOUBLE_EQ(of_three.layers[0].crossbars, 6.0);
  EXPECT_EQ(of_three.layers[0].banks, 42U);
  const std::uint64_t kernels = 18 * 5 + 4 * 5 + 4 * 5 * 6, dense = 2 * 2 * 6 * 4;
  EXPECT_EQ(live_weights(one.mapped, one.network), kernels + dense);
  EXPECT_EQ(live_weights(three.mapped, three.network), 3 * kernels + dense);
  EXPECT_LT(live_weights(one.mapped, one.network), one.network.synapses());
}

TEST(KernelPacking, MakesOtherNumbersOfCopiesOfNamedLayers) {
  test::ConvolutionOptions options;
  options.layers = test::convolution_layers()[0];
  ChipSpec chip = test::convolution_chip();
  chip.tile.neurons = 400;
  const SpikingNetwork network = test::random_convolutions(options, chip);
  MappingSpec spec;
  spec.convolution = ConvolutionMapping::positions;
  spec.replication = 2;
  spec.replication_by_layer = {{"first", 5}};
  const MappingSummary summary = summarise(map_network(network, chip, spec, RandomKey(1)).mapped, network);
  EXPECT_EQ(summary.layers[0].copies, 5U);
  EXPECT_EQ(summary.layers[1].copies, 2U);
  for (const char* const layer : {"output", "nobody"}) {
    spec.replication_by_layer = {{layer, 2}};
    EXPECT_THROW((void)map_network(network, chip, spec, RandomKey(1)), UserError) << layer;
  }
}

TEST(KernelPacking, MakesAsManyCopiesAsTheNeuronsOfAReachAskFor) {
  ChipSpec chip = test::convolution_chip();
  chip.tile.neurons = 20;  // four positions of five channels
  chip.tile_group.tiles = 4;
  const Made made = made_with(1, chip);
  EXPECT_EQ(most_positions(5, chip), 16U);
  EXPECT_EQ(summarise(made.mapped, made.network).layers[0].copies, 3U) << "42 positions, 16 a copy";
  EXPECT_EQ(legality_faults(made.mapped, made.network, made.chip), std::vector<std::string>());
  chip.tile_group.analog_reach = AnalogReach::tile;
  const Made in_tiles = made_with(1, chip);
  EXPECT_EQ(summarise(in_tiles.mapped, in_tiles.network).layers[0].copies, 11U);
  EXPECT_EQ(legality_faults(in_tiles.mapped, in_tiles.network, in_tiles.chip), std::vector<std::string>());
}

TEST(KernelPacking, RefusesAKernelWithMoreRowPartsThanAReach) {
  ChipSpec chip = test::convolution_chip();
  chip.tile_group.analog_reach = AnalogReach::tile;
  chip.crossbar.rows = 8;  // 50 rows are seven row parts, but a tile has two crossbars
  try {
    (void)made_of(
        "  - {name: first, conv2d: {outputs: 2, kernel: 5, activation: relu}}\n"
        "  - {name: output, dense: {outputs: 2, activation: none}}\n",
        1, chip);
    FAIL();
  } catch (const DoesNotFit& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer first does not fit"));
    EXPECT_THAT(error.what(), HasSubstr("tile.crossbars: 7"));
  }
}

TEST(KernelPacking, CountsNeuronsOfEveryPositionAndCrossbarsOfTheKernel) {
  const Made made = made_with(1);
  std::size_t neurons = 0;
  for (const NeuronBank& bank : made.mapped.banks) neurons += bank.neurons.size();
  std::size_t outputs = 0;
  for (const SpikingLayer& layer : made.network.layers) outputs += layer.outputs;
  EXPECT_EQ(neurons, outputs);
  for (const MappedTile& tile : made.mapped.tiles) {
    std::size_t at_home = 0;
    for (const NeuronBankId bank : tile.banks) at_home += made.mapped.banks[bank].neurons.size();
    EXPECT_LE(at_home, made.chip.tile.neurons);
  }
  EXPECT_EQ(chip_area(made.mapped, made.chip).crossbars, made.mapped.crossbars.size());
}

TEST(KernelPacking, IsWhatTheFilesHold) {
  const Made made = made_with(3);
  const MappedNetwork read = mapped_network_from_archive(to_archive(made.mapped));
  EXPECT_EQ(to_archive(read).to_bytes(), to_archive(made.mapped).to_bytes());
  EXPECT_EQ(legality_faults(read, made.network, made.chip), std::vector<std::string>());
  const SpikingNetwork network = spiking_network_from_archive(to_archive(made.network));
  EXPECT_EQ(to_archive(network).to_bytes(), to_archive(made.network).to_bytes());
  EXPECT_EQ(kernel_layer(network.layers[LayerId(0)]).weights, kernel_layer(made.network.layers[LayerId(0)]).weights);
}

TEST(LegalityOfPositions, NamesTwoPositionsThatAreSwapped) {
  EXPECT_THAT(faults_after([](MappedNetwork& m) {
                std::vector<KernelPosition>& positions = first_kernel(m).positions;
                std::swap(positions[9].rows, positions[10].rows);
                std::swap(positions[9].lines, positions[10].lines);
              }),
              testing::AllOf(Contains(HasSubstr("lies in no crossbar")), Contains(HasSubstr("shares a cell"))));
}

TEST(LegalityOfPositions, NamesAPositionThatIsMissingOrOnWrongLines) {
  EXPECT_THAT(faults_after([](MappedNetwork& m) { first_kernel(m).positions.pop_back(); }),
              Contains(HasSubstr("a row part that does not exist")));
  EXPECT_THAT(faults_after([](MappedNetwork& m) { first_kernel(m).positions[9].rows.pop_back(); }),
              Contains(HasSubstr("do not fit its part")));
  EXPECT_THAT(faults_after([](MappedNetwork& m) {
                // The first position, in a corner, leaves lines out.
                KernelPosition& corner = first_kernel(m).positions[0];
                ASSERT_FALSE(corner.lines.empty());
                ASSERT_LT(corner.lines.size(), first_kernel(m).rows.size());
                for (std::uint32_t& line : corner.lines) --line;
              }),
              Contains(HasSubstr("shares a cell")));
}

}  // namespace
}  // namespace crossloom
