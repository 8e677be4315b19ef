#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::filesystem::path kChips = std::filesystem::path(CROSSLOOM_SOURCE_DIR) / "configs" / "chips";

BitSerialChipSpec read(const std::vector<ConfigOverride>& overrides = {}) {
  ConfigDocument document = ConfigDocument::from_file(kChips / "isaac.yaml", overrides);
  const BitSerialChipSpec chip = read_bit_serial_chip(document.root());
  document.finish();
  return chip;
}

std::string problems_with(const std::string& key, const std::string& value) {
  try {
    read({{key, value}});
  } catch (const UserError& error) {
    return error.what();
  }
  return "no problem";
}

TEST(BitSerialChipReader, ReadsIsaac) {
  const BitSerialChipSpec chip = read();
  EXPECT_EQ(chip.name, "ISAAC-CE");
  EXPECT_EQ(chip.cell_bits(), 2U);
  EXPECT_TRUE(chip.array.flip_encoding);
  EXPECT_EQ(chip.adc.range, AdcRange::unit);
  EXPECT_EQ(chip.tiles, 168U);
  EXPECT_EQ(chip.interconnect.nodes(), 168U);
  EXPECT_EQ(chip.costs.of(BitSerialComponent::adc).active_power, 2_mW);
  EXPECT_EQ(chip.costs.of(BitSerialAction::tile_add), 45_fJ);
  EXPECT_EQ(chip.costs.of(BitSerialAction::cell_write), chip.device.write_energy);
  EXPECT_EQ(chip.costs.of(BitSerialComponent::vector_unit).area, Area());  // ISAAC has none
  ASSERT_EQ(chip.published.power_shares.size(), 1U);
  EXPECT_EQ(chip.published.power_shares[0].first, "adc");
}

TEST(BitSerialChipReader, TakesASpikingChipForNone) {
  ConfigDocument document = ConfigDocument::from_file(kChips / "resparc.yaml");
  EXPECT_EQ(read_chip_execution(document.root()), ChipExecution::spiking);
  read_bit_serial_chip(document.root());
  try {
    document.finish();
    FAIL() << "a spiking chip was read as a bit-serial one";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("execution"));
  }
}

TEST(BitSerialChipReader, SaysWhatDoesNotFitTogether) {
  EXPECT_THAT(problems_with("device.levels", "6"), HasSubstr("power of two of levels"));
  EXPECT_THAT(problems_with("processing_element.arrays", "12"), HasSubstr("8 ADCs cannot be shared evenly by 12"));
  EXPECT_THAT(problems_with("array.slice_placement", "arrays"), Not(HasSubstr("processing_element")));
  EXPECT_THAT(problems_with("array.weight_encoding", "differential"), HasSubstr("weight_encoding: offset only"));
  EXPECT_THAT(problems_with("clock", "3 GHz"), HasSubstr("whole number of femtoseconds"));
  EXPECT_THAT(problems_with("array.bit_lines", "4"), HasSubstr("takes 8 bit lines"));
  EXPECT_THAT(problems_with("chips", "2"), Not(HasSubstr("chip_link")));
  EXPECT_THAT(problems_with("interconnect.width", "2"), HasSubstr("48 nodes for 168 tiles"));
  EXPECT_THAT(problems_with("processing_element.input_register_bits", "1000"), HasSubstr("fewer than the 128 inputs"));
  EXPECT_THAT(problems_with("tile.buffer_port_bits", "8"), HasSubstr("narrower than one value"));
  EXPECT_THAT(problems_with("costs.adc.active_power", "0.1 mW"), HasSubstr("cannot be less than leakage"));
  EXPECT_THAT(problems_with("activation_bits", "1"), Not(HasSubstr("wider")));
}

TEST(BitSerialChipReader, SaysWhatIsWrongWithWriting) {
  EXPECT_THAT(problems_with("writing.arrays_at_once", "9"), HasSubstr("an element has 8 arrays only"));
  EXPECT_THAT(problems_with("writing.cells_at_once", "129"), HasSubstr("a wordline has 128 cells only"));
  EXPECT_THAT(problems_with("writing.endurance", "0"), HasSubstr("writing.endurance"));
  EXPECT_THAT(problems_with("writing.endurance", "1e9"), HasSubstr("writing.source"));
}

TEST(BitSerialChipReader, SaysThatAnElementHoldsNoWholeCrossbar) {
  try {
    read({{"array.slice_placement", "arrays"}, {"processing_element.arrays", "4"}, {"processing_element.adcs", "4"}});
    FAIL() << "half a crossbar was taken";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a whole number of crossbars"));
    EXPECT_THAT(error.what(), HasSubstr("isaac.yaml"));
  }
}

TEST(BitSerialChipReader, RefusesValuesOutOfRangeAndWrongUnits) {
  EXPECT_THAT(problems_with("dac.bits", "9"), HasSubstr("dac.bits"));
  EXPECT_THAT(problems_with("dac.time_constant", "-1 ns"), HasSubstr("dac.time_constant"));
  EXPECT_THAT(problems_with("adc.bits", "0"), HasSubstr("adc.bits"));
  EXPECT_THAT(problems_with("adc.range", "wide"), HasSubstr("one of unit, full, calibrated"));
  EXPECT_THAT(problems_with("weight_bits", "1"), HasSubstr("weight_bits"));
  EXPECT_THAT(problems_with("costs.adc.convert", "1 mW"), HasSubstr("expected an energy"));
  EXPECT_THAT(problems_with("costs.array.write", "1 pJ"), HasSubstr("costs.array.write"));  // it is the device's
  EXPECT_THAT(problems_with("published.area", "85 W"), HasSubstr("expected an area"));
}

TEST(BitSerialChipReader, ReadsEveryShippedBitSerialChip) {
  std::size_t chips = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kChips)) {
    ConfigDocument document = ConfigDocument::from_file(entry.path());
    if (!document.root().has("execution")) continue;
    if (read_chip_execution(document.root()) != ChipExecution::bit_serial) continue;
    const BitSerialChipSpec chip = read_bit_serial_chip(document.root());
    document.finish();
    EXPECT_NE(chip.source, "") << entry.path();
    ++chips;
  }
  EXPECT_GE(chips, 3U);
}

}  // namespace
}  // namespace crossloom
