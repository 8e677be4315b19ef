// Products on programmed arrays beside the plain formula of a chip, network by network and chip by chip.
#include "models/bit_serial/functional_inference.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/random.h"
#include "models/bit_serial/chip_reference.h"
#include "tests/support/hand_placement.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/wide_bit_serial_chip.h"

namespace crossloom {
namespace {

const std::vector<WeightEncoding> kEncodings{WeightEncoding::offset, WeightEncoding::differential,
                                             WeightEncoding::differential_analog};

FixedPointNetwork network_for(const BitSerialChipSpec& chip, std::size_t which, std::uint64_t seed) {
  test::ConvolutionOptions options;
  options.layers = test::fixed_point_layers().at(which);
  options.density = which == 1 ? 0.5 : 1.0;
  options.seed = seed;
  return test::random_fixed_point_network(options, test::bits_of(chip));
}

struct Compared {
  FunctionalOutcome functional;
  FixedPointOutputs reference;
  IdVector<LayerId, ConversionCounts> counts;
};

Compared compare(const BitSerialChipSpec& chip, const FixedPointNetwork& network, const AdcShifts& shifts,
                 std::uint32_t copies, std::uint64_t seed) {
  const PlacedNetwork placed = test::place_by_hand(network, chip, copies);
  const ProgrammedArrays arrays = ProgrammedArrays::program(placed, network, chip, shifts, RandomKey(1));
  const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), seed);
  Compared result;
  result.counts = IdVector<LayerId, ConversionCounts>(network.layers.size());
  result.reference = chip_reference(network, chip, shifts, pixels, &result.counts);
  result.functional = FunctionalInference(network, placed, arrays).run(0, pixels);
  return result;
}

/// With true, devices have a law that is on and touches no cell: products take the way of real numbers.
class FunctionalInferenceOn : public testing::TestWithParam<bool> {};

TEST_P(FunctionalInferenceOn, RandomChipsEqualsTheChipReference) {
  RandomStream random(RandomKey(11).child("chips"));
  std::uint64_t clipped = 0, rounded = 0;
  for (std::uint64_t trial = 0; trial < 90; ++trial) {
    BitSerialChipSpec chip = test::wide_bit_serial_chip();
    chip.array.weight_encoding = kEncodings[trial % 3];
    chip.array.slice_placement = random.below(2) == 0 ? SlicePlacement::columns : SlicePlacement::arrays;
    chip.array.flip_encoding = chip.array.weight_encoding == WeightEncoding::offset && random.below(2) == 0;
    chip.device.levels = 2U << random.below(3);
    chip.dac.bits = 1 + random.below(3);
    chip.weight_bits = 3 + random.below(8);
    chip.activation_bits = 3 + random.below(8);
    chip.array.rows = 5 + random.below(80);
    chip.array.bit_lines = 64;
    chip.processing_element.arrays = chip.arrays_per_crossbar() * 2;
    chip.adc.bits = 3 + random.below(7);
    if (GetParam()) chip.device.stuck_at_minimum = 1e-15;
    const FixedPointNetwork network = network_for(chip, trial % 4 == 3 ? 2 : trial % 4, trial);
    AdcShifts shifts(network.layers.size(), std::vector<std::uint32_t>(chip.weight_slices(), 0));
    for (std::vector<std::uint32_t>& of_layer : shifts) {
      for (std::uint32_t& shift : of_layer) shift = random.below(3) == 0 ? 1 + random.below(2) : 0;
    }
    const Compared result = compare(chip, network, shifts, 1 + random.below(3), trial);
    ASSERT_EQ(result.functional.outputs.raw(), result.reference.raw()) << "trial " << trial;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      EXPECT_EQ(result.functional.counts[LayerId(l)].clipped, result.counts[LayerId(l)].clipped);
      clipped += result.counts[LayerId(l)].clipped;
      rounded += shifts[LayerId(l)][0];
    }
  }
  EXPECT_GT(clipped, 10000U);
  EXPECT_GT(rounded, 10U);
}
INSTANTIATE_TEST_SUITE_P(Cells, FunctionalInferenceOn, testing::Bool(),
                         [](const auto& kind) { return kind.param ? std::string("Real") : std::string("Ideal"); });

TEST(FunctionalInference, EqualsTheExactNetworkWhereTheAdcHasBitsEnoughWhateverTheCopies) {
  for (const bool flip : {false, true}) {
    BitSerialChipSpec chip = test::wide_bit_serial_chip();
    chip.array.rows = 32;
    chip.array.flip_encoding = flip;
    chip.adc.bits = flip ? 6 : 7;  // 32 rows of 3: 96 = 2 x 48 needs 7 bits, or 6 with flipped columns
    for (const std::uint32_t copies : {1U, 3U}) {
      const FixedPointNetwork network = network_for(chip, 2, 5);
      const AdcShifts shifts = fixed_adc_shifts(network, chip);
      const Compared result = compare(chip, network, shifts, copies, 5);
      const auto pixels = test::random_pixels(network.nodes[NodeId(0)].shape.size(), 5);
      EXPECT_EQ(result.functional.outputs.raw(), exact_reference(network, pixels).raw());
      for (const ProductCounts& counts : result.functional.counts) EXPECT_EQ(counts.clipped, 0U);
    }
  }
}

TEST(FunctionalInference, CountsConversionsDrivesAndArrayEnergyByHand) {
  // One column of two weights, 4-bit offset, two slices of 2-bit cells; inputs 5 and 2 in four slices of one bit.
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  chip.weight_bits = chip.activation_bits = 4;
  chip.array.rows = 4;
  chip.array.bit_lines = 8;
  chip.array.energy = ArrayEnergy::dissipated;
  FixedPointNetwork network;
  FixedPointLayer layer;
  layer.rows = 2;
  layer.columns = 1;
  layer.weights = {3, -2};  // held as 11 = (3, 2) and 6 = (2, 1)
  layer.blocks.push_back({{0, 1}, {0}});
  network.layers.push_back(layer);
  network.spec = {4, 4, 100.0};
  const PlacedNetwork placed = test::place_by_hand(network, chip);
  const auto run = [&] {
    const ProgrammedArrays arrays =
        ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
    ProductCounts counts;
    std::int64_t sum = 0;
    const std::int32_t inputs[] = {5, 2};
    CrossbarProducts(arrays).product(PlacedCrossbarId(0), 0, inputs, false, {}, &sum, counts);
    EXPECT_EQ(sum, 5 * 3 - 2 * 2);
    return counts;
  };
  const ProductCounts counts = run();
  EXPECT_EQ(counts.conversions, 4U * (2U + 1U));  // two bit lines and the unit bit line
  EXPECT_EQ(counts.driven_wordlines, 3U);         // 5 = 101, 2 = 010
  // A level is 5 uS above 1 uS; (0.2 V)^2 x 100 ns = 4e-9 J/S. Eight bit lines of 1 uS a row; row 0 has 5 levels and
  // is driven twice, row 1 has 3 and is driven once.
  EXPECT_EQ(counts.array_zeptojoules, 4000000U * (2U * (8U + 25U) + 8U + 15U));
  chip.array.selector = Selector::cut_off;
  EXPECT_EQ(run().array_zeptojoules, 4000000U * (2U * (2U + 25U) + 2U + 15U));
  chip.array.weight_encoding = WeightEncoding::differential;
  // Positive 3 is (3, 0), negative 2 is (2, 0); four cells a row.
  EXPECT_EQ(run().array_zeptojoules, 4000000U * (2U * (4U + 15U) + 4U + 10U));
  EXPECT_EQ(run().conversions, 4U * 4U);
  chip.dac.bits = 2;  // slices of 5: 1 and 1; of 2: 2. V is a third for a slice of 1
  EXPECT_EQ(run().driven_wordlines, 3U);
  EXPECT_NEAR(static_cast<double>(run().array_zeptojoules), 4e6 / 9.0 * (2.0 * 19.0 + 4.0 * 14.0), 3.0);
}

TEST(FunctionalInference, CountsTheConversionsOfTheReferenceAndTheUnitBitLines) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  const FixedPointNetwork network = network_for(chip, 1, 3);
  const Compared result = compare(chip, network, fixed_adc_shifts(network, chip), 1, 3);
  const PlacedNetwork placed = test::place_by_hand(network, chip);
  std::vector<std::uint64_t> parts(network.layers.size(), 0);
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    for (const CrossbarPart& part : crossbar.parts) ++parts[part.layer.value()];
  }
  for (const FixedPointNode& node : network.nodes) {
    if (!node.spec.layer) continue;
    const std::uint64_t slices = chip.input_slices(network.nodes[node.spec.inputs.front()].format.is_signed);
    const std::uint64_t positions = std::uint64_t{node.shape.width} * node.shape.height;
    EXPECT_EQ(result.functional.counts[*node.spec.layer].conversions,
              result.counts[*node.spec.layer].conversions + positions * slices * parts[node.spec.layer->value()]);
  }
}

TEST(FunctionalInference, RefusesNetworksAndPlacementsThatDoNotFitTheChip) {
  BitSerialChipSpec chip = test::wide_bit_serial_chip();
  const FixedPointNetwork network = network_for(chip, 0, 3);
  PlacedNetwork placed = test::place_by_hand(network, chip);
  const AdcShifts shifts = fixed_adc_shifts(network, chip);
  placed.crossbars[PlacedCrossbarId(0)].parts[0].first_wordline = 1;
  EXPECT_THROW(ProgrammedArrays::program(placed, network, chip, shifts, RandomKey(1)), Bug);
  placed = test::place_by_hand(network, chip);
  chip.weight_bits = 7;
  EXPECT_THROW(ProgrammedArrays::program(placed, network, chip, shifts, RandomKey(1)), Bug);
}

}  // namespace
}  // namespace crossloom
