#include "mapping/bit_serial/block_packing.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "base/random.h"
#include "models/bit_serial/chip_reference.h"
#include "models/bit_serial/functional_inference.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

using test::small_bit_serial_chip;
using testing::IsEmpty;

/// One dense layer; `is_live(i, j)` says which weights are there. One block holds all of it.
template <class IsLive>
FixedPointNetwork layer_of(std::uint32_t rows, std::uint32_t columns, IsLive is_live) {
  test::ConvolutionOptions options;
  options.layers = "  - {name: only, dense: {outputs: " + std::to_string(columns) + ", activation: none}}\n";
  options.input = "width: " + std::to_string(rows) + ", height: 1, channels: 1";
  FixedPointSpec spec;
  spec.weight_bits = spec.activation_bits = 8;
  FixedPointNetwork network = test::random_fixed_point_network(options, spec);
  FixedPointLayer& layer = network.layers[LayerId(0)];
  layer.live.assign(layer.weights.size(), 0);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      const std::size_t w = std::size_t{i} * columns + j;
      layer.live[w] = is_live(i, j) ? 1 : 0;
      if (layer.live[w] == 0) layer.weights[w] = 0;
    }
  }
  return network;
}

PlacedNetwork place(const FixedPointNetwork& network, const BitSerialMappingSpec& spec = {}) {
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = 2000;
  return place_network(network, chip, spec, RandomKey(1)).placed;
}

/// Crossbars of 16 x 4 weights.
std::size_t crossbars_of(const FixedPointNetwork& network, BlockPacking packing) {
  BitSerialMappingSpec spec;
  spec.packing = packing;
  const FixedPointNetwork packed = pack_blocks(network, small_bit_serial_chip(), spec);
  EXPECT_THAT(fixed_point_network_faults(packed), IsEmpty());
  EXPECT_THAT(placed_network_faults(place(packed), packed), IsEmpty());
  return place(packed).crossbars.size();
}

TEST(BlockPacking, RowsAndColumnsWithoutALiveWeightTakeNoLines) {
  const FixedPointNetwork network =
      layer_of(64, 8, [](std::uint32_t i, std::uint32_t j) { return i % 4 == 1 && j % 2 == 1; });
  EXPECT_EQ(crossbars_of(network, BlockPacking::as_given), 4U);  // 4 row parts, in each 4 columns of 8
  EXPECT_EQ(crossbars_of(network, BlockPacking::balanced), 1U);  // 16 rows x 4 columns
}

TEST(BlockPacking, ColumnsThatAreLeftOfAGroupOfRowsArePackedSideBySide) {
  // Each group of 16 rows keeps every fourth output, another one a group: recombination makes whole crossbars of them.
  const FixedPointNetwork network = layer_of(64, 16, [](std::uint32_t i, std::uint32_t j) { return i / 16 == j % 4; });
  EXPECT_EQ(crossbars_of(network, BlockPacking::balanced), 4U);
}

TEST(BlockPacking, ClustersAreFoundAmongShuffledRowsAndColumns) {
  // Eight blocks of 16 x 4, rows and columns in a random order.
  std::vector<std::uint32_t> row(128), column(32);
  std::iota(row.begin(), row.end(), 0U);
  std::iota(column.begin(), column.end(), 0U);
  RandomStream random(RandomKey(3).child("order"));
  for (auto* order : {&row, &column}) {
    for (auto k = static_cast<std::uint32_t>(order->size()); k > 1; --k) {
      std::swap((*order)[k - 1], (*order)[random.below(k)]);
    }
  }
  const FixedPointNetwork network =
      layer_of(128, 32, [&](std::uint32_t i, std::uint32_t j) { return row[i] / 16 == column[j] / 4; });
  EXPECT_GT(crossbars_of(network, BlockPacking::as_given), 32U);
  EXPECT_EQ(crossbars_of(network, BlockPacking::balanced), 8U);
  EXPECT_EQ(crossbars_of(network, BlockPacking::fewest_crossbars), 8U);
}

TEST(BlockPacking, NeverTakesMoreCrossbarsThanTheBlocksAsTheyAre) {
  RandomStream random(RandomKey(5).child("masks"));
  for (const double density : {0.02, 0.1, 0.3, 0.7}) {
    for (int trial = 0; trial < 4; ++trial) {
      const auto rows = static_cast<std::uint32_t>(20 + random.below(80));
      const auto columns = static_cast<std::uint32_t>(4 + random.below(20));
      const FixedPointNetwork network = layer_of(
          rows, columns, [&](std::uint32_t i, std::uint32_t j) { return i + j == 0 || random.uniform() < density; });
      EXPECT_LE(crossbars_of(network, BlockPacking::fewest_crossbars), crossbars_of(network, BlockPacking::as_given));
    }
  }
}

TEST(BlockPacking, LayersWithoutADeadWeightKeepTheirBlocks) {
  const FixedPointNetwork network = layer_of(40, 9, [](std::uint32_t, std::uint32_t) { return true; });
  const FixedPointNetwork packed = pack_blocks(network, small_bit_serial_chip(), {});
  ASSERT_EQ(packed.layers[LayerId(0)].blocks.size(), 1U);
  EXPECT_EQ(packed.layers[LayerId(0)].blocks[0].rows, network.layers[LayerId(0)].blocks[0].rows);
}

TEST(BlockPacking, ProductsOfPackedNetworksEqualTheChipReferenceWhateverTheAdcTakes) {
  BitSerialChipSpec chip = small_bit_serial_chip();
  chip.tiles = 2000;
  std::uint64_t clipped = 0;
  for (const std::uint32_t bits : {4U, 8U}) {
    chip.adc.bits = bits;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      for (const std::string& layers : test::fixed_point_layers()) {
        test::ConvolutionOptions options;
        options.layers = layers;
        options.density = 0.15;
        options.seed = seed;
        FixedPointSpec spec;
        spec.weight_bits = spec.activation_bits = 8;
        const FixedPointNetwork packed = pack_blocks(test::random_fixed_point_network(options, spec), chip, {});
        const PlacedNetwork placed = place(packed);
        const AdcShifts shifts = fixed_adc_shifts(packed, chip);
        const ProgrammedArrays arrays = ProgrammedArrays::program(placed, packed, chip, shifts, RandomKey(1));
        const auto pixels = test::random_pixels(packed.nodes[NodeId(0)].shape.size(), seed);
        IdVector<LayerId, ConversionCounts> counts(packed.layers.size());
        const FixedPointOutputs expected = chip_reference(packed, chip, shifts, pixels, &counts);
        EXPECT_EQ(FunctionalInference(packed, placed, arrays).run(0, pixels).outputs.raw(), expected.raw());
        if (bits == 8) {
          EXPECT_EQ(expected.raw(), exact_reference(packed, pixels).raw());
        }
        for (const ConversionCounts& of_layer : counts) clipped += of_layer.clipped;
      }
    }
  }
  EXPECT_GT(clipped, 0U) << "4 bits are too few for some sums";
}

}  // namespace
}  // namespace crossloom
