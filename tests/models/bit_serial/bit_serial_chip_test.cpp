#include "models/bit_serial/bit_serial_chip.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/bit_serial/bit_serial_activity.h"

namespace crossloom {
namespace {

/// ISAAC's arrays: 2-bit cells, 16-bit weights, 1-bit inputs.
BitSerialChipSpec isaac_arrays() {
  BitSerialChipSpec chip;
  chip.clock = Frequency::from_si(1e9);
  chip.device.levels = 4;
  chip.adc.conversion_time = Time::from_si(781.25e-12);
  return chip;
}

TEST(BitSerialChip, PutsAWeightOfSixteenBitsIntoEightTwoBitCellsOfOneArray) {
  const BitSerialChipSpec chip = isaac_arrays();
  EXPECT_EQ(chip.cell_bits(), 2U);
  EXPECT_EQ(chip.weight_slices(), 8U);
  EXPECT_EQ(chip.polarities(), 1U);
  EXPECT_EQ(chip.bit_lines_per_weight(), 8U);
  EXPECT_EQ(chip.logical_columns(), 16U);
  EXPECT_EQ(chip.arrays_per_crossbar(), 1U);
  EXPECT_EQ(chip.crossbars_per_element(), 8U);
  EXPECT_EQ(chip.crossbars(), 168U * 12U * 8U);
}

TEST(BitSerialChip, PutsSlicesInArraysOfTheirOwnWhereTheChipDoes) {
  BitSerialChipSpec chip = isaac_arrays();
  chip.array.slice_placement = SlicePlacement::arrays;
  EXPECT_EQ(chip.bit_lines_per_weight(), 1U);
  EXPECT_EQ(chip.logical_columns(), 128U);
  EXPECT_EQ(chip.arrays_per_crossbar(), 8U);
  EXPECT_EQ(chip.crossbars_per_element(), 1U);
}

TEST(BitSerialChip, GivesDifferentialWeightsASliceForEachPolarityAndNoneForTheSign) {
  BitSerialChipSpec chip = isaac_arrays();
  chip.array.weight_encoding = WeightEncoding::differential;
  chip.device.levels = 16;
  EXPECT_EQ(chip.weight_slices(), 4U);  // 15 bits of magnitude in digits of 4
  EXPECT_EQ(chip.bit_lines_per_weight(), 8U);
  chip.weight_bits = 9;
  EXPECT_EQ(chip.weight_slices(), 2U);
  chip.array.weight_encoding = WeightEncoding::offset;
  EXPECT_EQ(chip.weight_slices(), 3U);
  EXPECT_EQ(chip.logical_columns(), 42U);  // two bit lines stay unused
}

TEST(BitSerialChip, CutsInputsIntoSlicesWithTheSignBitByItself) {
  BitSerialChipSpec chip = isaac_arrays();
  EXPECT_EQ(chip.input_slices(false), 16U);
  EXPECT_EQ(chip.input_slices(true), 16U);
  chip.dac.bits = 4;
  EXPECT_EQ(chip.input_slices(false), 4U);
  EXPECT_EQ(chip.input_slices(true), 5U);  // 15 bits in four slices, and the sign bit
  chip.activation_bits = 1;
  EXPECT_EQ(chip.input_slices(true), 1U);  // nothing but a sign
}

TEST(BitSerialChip, SharesAnElementsConvertersAmongItsArrays) {
  BitSerialChipSpec chip = isaac_arrays();
  EXPECT_EQ(chip.conversions_per_slice(), 128U);
  chip.processing_element.adcs = 32;
  EXPECT_EQ(chip.conversions_per_slice(), 32U);
  chip.processing_element.adcs = 2;  // an ADC for four crossbars converts the bit lines of one at a time
  EXPECT_EQ(chip.conversions_per_slice(), 128U);
  chip.array.slice_placement = SlicePlacement::arrays;
  EXPECT_EQ(chip.conversions_per_slice(), 512U);  // eight arrays of one crossbar on two ADCs
  chip.array.weight_encoding = WeightEncoding::differential;
  chip.processing_element = {};
  chip.processing_element.arrays = chip.arrays_per_crossbar();
  chip.processing_element.adcs = chip.arrays_per_crossbar();
  EXPECT_EQ(chip.conversions_per_slice(), 128U);
  chip.array.weight_encoding = WeightEncoding::differential_analog;
  EXPECT_EQ(chip.conversions_per_slice(), 64U);  // one for each pair
}

TEST(BitSerialChip, RoundsTimesUpToWholeCyclesTakingManyConversionsTogether) {
  const BitSerialChipSpec chip = isaac_arrays();
  EXPECT_EQ(chip.period_fs(), 1'000'000U);
  EXPECT_EQ(chip.cycles_for(chip.adc.conversion_time).count(), 1U);
  EXPECT_EQ(chip.cycles_for(chip.adc.conversion_time * 128.0).count(), 100U);
  EXPECT_EQ(chip.time_of(Cycles(2200)), Time::from_si(2.2e-6));
}

TEST(BitSerialChip, NamesEveryComponentAndEveryActionOfAComponentOnce) {
  std::set<std::string> components, actions;
  for (const BitSerialComponent component : all_bit_serial_components()) {
    EXPECT_TRUE(components.insert(bit_serial_component_info(component).name).second);
  }
  for (const BitSerialAction action : all_bit_serial_actions()) {
    const BitSerialActionInfo& info = bit_serial_action_info(action);
    EXPECT_TRUE(actions.insert(std::string(bit_serial_component_info(info.component).name) + "." + info.name).second);
  }
  EXPECT_EQ(std::string(bit_serial_component_info(BitSerialComponent::chip_control).name), "chip_control");
  EXPECT_EQ(bit_serial_action_info(BitSerialAction::chip_link_transfer).component, BitSerialComponent::chip_link);
  EXPECT_EQ(bit_serial_action_info(BitSerialAction::router_traversal).component, BitSerialComponent::router);
}

TEST(BitSerialActivity, AddsUpAndRefusesASumThatLeavesItsCounter) {
  BitSerialActivity activity(2, 3), sum;
  activity.at(PlacedTileId(1), NodeId(2)).count(BitSerialAction::conversion, 5);
  activity.chip.count(BitSerialAction::bus_transfer, 7);
  sum += activity;
  sum += activity;
  EXPECT_EQ(sum.at(PlacedTileId(1), NodeId(2)).of(BitSerialAction::conversion), 10U);
  EXPECT_EQ(sum.total().of(BitSerialAction::bus_transfer), 14U);
  EXPECT_THROW(sum += BitSerialActivity(2, 4), Bug);
  activity.chip.clipped = ~std::uint64_t{0};
  sum += activity;
  activity.chip.clipped = 1;
  EXPECT_THROW(sum += activity, UserError);
}

}  // namespace
}  // namespace crossloom
