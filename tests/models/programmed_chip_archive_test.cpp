#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/programmed_chip.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;
using testing::HasSubstr;

class SavedChip : public testing::TestWithParam<double> {
 protected:
  ChipSpec chip = [] {
    ChipSpec spec = small_chip(12, 10, 2);
    spec.device.programming_error = GetParam();
    spec.device.stuck_at_maximum = GetParam() / 10;
    return spec;
  }();
  SpikingNetwork network = network_of({random_layer(30, 17, 15, 1), random_layer(17, 5, 15, 2)});
  MappedNetwork mapped = grid_mapping(network, chip);
  ProgrammedChip programmed = ProgrammedChip::program(mapped, network, chip, RandomKey(3));

  std::string message_of(const Archive& archive, const ChipSpec& other) {
    try {
      ProgrammedChip::from_archive(archive, mapped, other);
    } catch (const UserError& error) {
      return error.what();
    }
    return "accepted";
  }
};
INSTANTIATE_TEST_SUITE_P(IdealAndNot, SavedChip, testing::Values(0.0, 0.1));

TEST_P(SavedChip, ReloadsToTheSameCellsSumsEnergiesAndBytes) {
  const std::string bytes = programmed.to_archive().to_bytes();
  const Archive archive = Archive::from_bytes(bytes, "chip.bin", "programmed_chip", kProgrammedChipVersion);
  const ProgrammedChip again = ProgrammedChip::from_archive(archive, mapped, chip);
  EXPECT_EQ(again.to_archive().to_bytes(), bytes);
  EXPECT_EQ(again.ideal(), programmed.ideal());
  EXPECT_EQ(again.weight_slices(), 2U);
  EXPECT_EQ(again.report().cells, programmed.report().cells);
  EXPECT_EQ(again.report().stuck_cells, programmed.report().stuck_cells);
  EXPECT_EQ(again.report().energy, programmed.report().energy);
  EXPECT_EQ(again.report().time, programmed.report().time);
  ASSERT_EQ(again.size(), programmed.size());
  const std::vector<std::uint16_t> rows = {0, 3, 4, 9};
  for (std::size_t i = 0; i < again.size(); ++i) {
    const ProgrammedCrossbar &a = again.crossbar(CrossbarId(i)), &b = programmed.crossbar(CrossbarId(i));
    EXPECT_EQ(a.drive_energy(rows.data(), rows.size()), b.drive_energy(rows.data(), rows.size()));
    std::vector<double> sums_a(10, 0.0), sums_b(10, 0.0);
    a.integrate(rows.data(), rows.size(), sums_a.data());
    b.integrate(rows.data(), rows.size(), sums_b.data());
    EXPECT_EQ(sums_a, sums_b);
    std::vector<double> cells_a, cells_b;
    const auto into = [](std::vector<double>& cells) {
      return [&cells](const ProgrammedCell& cell) { cells.push_back(cell.reading.actual.si()); };
    };
    visit_cells(again, mapped, CrossbarId(i), into(cells_a));
    visit_cells(programmed, mapped, CrossbarId(i), into(cells_b));
    EXPECT_EQ(cells_a, cells_b);
  }
}

TEST_P(SavedChip, IsRefusedByAChipWithOtherCells) {
  const Archive archive = programmed.to_archive();
  ChipSpec other = chip;
  other.device.maximum_conductance = 50_uS;
  EXPECT_EQ(message_of(archive, other),
            "the programmed chip has maximum_conductance_s = 4e-05 but this chip has 5e-05; program the chip again");
  other = chip;
  other.crossbar.rows = 14;
  EXPECT_EQ(message_of(archive, other),
            "the programmed chip has rows = 12 but this chip has 14; program the chip again");
  other = chip;
  other.device.programming_error = 0.2;
  EXPECT_THAT(message_of(archive, other), HasSubstr("programming_error"));
}

TEST_P(SavedChip, IsRefusedByAMappingThatHoldsOtherWeights) {
  const Archive archive = programmed.to_archive();
  mapped.crossbars[CrossbarId(0)].parts[0].rows.back() += 1;
  EXPECT_THAT(message_of(archive, chip), HasSubstr("the programmed chip has mapping = "));
}

TEST_P(SavedChip, IsRefusedWhereItsContentsAreInconsistent) {
  Archive archive = programmed.to_archive();
  std::vector<std::int16_t> weights = archive.get<std::int16_t>("target_weight");
  weights.pop_back();
  archive.put("target_weight", weights);
  EXPECT_THAT(message_of(archive, chip), HasSubstr("weights where its crossbars have"));
  weights.push_back(16);
  archive.put("target_weight", weights);
  EXPECT_THAT(message_of(archive, chip), HasSubstr("outside the device's window"));

  archive = programmed.to_archive();
  archive.header.erase("levels");
  EXPECT_EQ(message_of(archive, chip), "the programmed chip does not say its levels; program the chip again");
  archive = programmed.to_archive();
  archive.header["stuck_cells"] = "many";
  EXPECT_THAT(message_of(archive, chip), HasSubstr("how many cells are stuck"));
  archive = programmed.to_archive();
  std::vector<float> deviations = archive.get<float>("deviation_s");
  deviations.push_back(std::nanf(""));
  archive.put("deviation_s", deviations);
  EXPECT_THAT(message_of(archive, chip), HasSubstr("cell deviations where its crossbars have"));
  if (programmed.ideal()) return;
  deviations.pop_back();
  deviations[0] = std::nanf("");
  archive.put("deviation_s", deviations);
  EXPECT_THAT(message_of(archive, chip), HasSubstr("outside the device's window"));
}

TEST(SavedChipWithoutErrors, HoldsNoDeviations) {
  const ChipSpec chip = small_chip(8, 8, 2);
  const SpikingNetwork network = network_of({random_layer(8, 8, 15, 1)});
  const MappedNetwork mapped = grid_mapping(network, chip);
  const Archive archive = ProgrammedChip::program(mapped, network, chip, RandomKey(3)).to_archive();
  EXPECT_TRUE(archive.get<float>("deviation_s").empty());
}

}  // namespace
}  // namespace crossloom
