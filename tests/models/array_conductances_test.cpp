#include "models/device/array_conductances.h"

#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "models/programmed_chip.h"
#include "tests/models/device_laws.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"

namespace crossloom {
namespace {

using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

ChipSpec noisy_chip(SignedScheme scheme) {
  ChipSpec chip = small_chip(6, 5, 2);
  chip.crossbar.signed_scheme = scheme;
  chip.device.programming_error = 0.1;
  chip.device.read_noise = test::all_read_noise(chip.device.maximum_conductance);
  chip.device.time_after_programming = Time::from_si(3600.0);
  return chip;
}

ProgrammedChip programmed(const ChipSpec& chip) {
  const SpikingNetwork network = network_of({random_layer(6, 5, 15, 2)});
  return ProgrammedChip::program(grid_mapping(network, chip), network, chip, RandomKey(4));
}

class Arrays : public testing::TestWithParam<SignedScheme> {};

TEST_P(Arrays, HoldEveryCellOnceAndFindItAgain) {
  const ArrayLayout layout(noisy_chip(GetParam()).crossbar);
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> cells;
  for (std::uint32_t array = 0; array < layout.arrays(); ++array) {
    for (std::uint32_t bitline = 0; bitline < layout.bitlines(); ++bitline) {
      const ArrayLayout::Cell cell = layout.cell(array, bitline);
      EXPECT_EQ(layout.array_of(cell.slice, cell.polarity), array);
      EXPECT_EQ(layout.bitline_of(cell.column, cell.polarity), bitline);
      EXPECT_TRUE(cells.emplace(cell.column, cell.slice, cell.polarity).second);
    }
  }
  EXPECT_EQ(cells.size(), 5U * 2 * 2);
}

TEST_P(Arrays, ConductWhatTheCellsDo) {
  const ChipSpec chip = noisy_chip(GetParam());
  const ProgrammedChip built = programmed(chip);
  const ProgrammedCrossbar& crossbar = built.crossbar(CrossbarId(0));
  const ArrayLayout layout(chip.crossbar);
  const std::vector<PhysicalArray> arrays = physical_arrays(crossbar, chip);
  ASSERT_EQ(arrays.size(), chip.crossbar.arrays_per_crossbar());
  for (std::uint32_t row = 0; row < 6; ++row) {
    for (std::uint32_t a = 0; a < arrays.size(); ++a) {
      for (std::uint32_t bitline = 0; bitline < arrays[a].bitlines; ++bitline) {
        const ArrayLayout::Cell place = layout.cell(a, bitline);
        const CellReading cell = crossbar.cell(row, place.column, place.polarity, place.slice);
        const std::size_t at = row * arrays[a].bitlines + bitline;
        EXPECT_EQ(arrays[a].target_s[at], cell.target.si());
        EXPECT_GE(arrays[a].conductance_s[at], cell.actual.si());  // telegraph noise adds to the mean
        EXPECT_LT(arrays[a].conductance_s[at], cell.actual.si() + 0.2e-6);
        EXPECT_GT(arrays[a].variance_s2[at], 0.0);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfBothSchemes, Arrays,
                         testing::Values(SignedScheme::paired_columns, SignedScheme::paired_arrays));

TEST(EffectiveWeights, AreTheSameInBothSchemes) {
  const auto columns = programmed(noisy_chip(SignedScheme::paired_columns));
  const auto arrays = programmed(noisy_chip(SignedScheme::paired_arrays));
  for (std::uint16_t row = 0; row < 6; ++row) {
    std::vector<double> one(5, 0.0), other(5, 0.0);
    std::vector<float> one_variance(5, 0.0F), other_variance(5, 0.0F);
    columns.crossbar(CrossbarId(0)).integrate(&row, 1, one.data());
    arrays.crossbar(CrossbarId(0)).integrate(&row, 1, other.data());
    columns.crossbar(CrossbarId(0)).integrate_variances(&row, 1, one_variance.data());
    arrays.crossbar(CrossbarId(0)).integrate_variances(&row, 1, other_variance.data());
    EXPECT_EQ(one, other);
    EXPECT_EQ(one_variance, other_variance);
  }
}

TEST(EffectiveWeights, AddWhatTransferConductancesMissTheirTargetsBy) {
  const ChipSpec chip = small_chip(1, 2, 2);  // steps of 10 uS, slices worth 1 and 4
  const ArrayLayout layout(chip.crossbar);
  // Two slices of one word line: positive and negative cell of column 0, then of column 1.
  const std::vector<double> targets = {20e-6, 10e-6, 10e-6, 30e-6};
  std::vector<PhysicalArray> arrays(2, PhysicalArray{1, 4, targets, targets, {1e-12, 0.0, 0.0, 3e-12}});
  arrays[0].conductance_s[0] -= 5e-6;
  arrays[1].conductance_s[0] += 1e-6;
  arrays[1].conductance_s[3] -= 2e-6;
  const std::vector<std::int16_t> meant = {5, -10};
  std::vector<double> weights(2);
  std::vector<float> variances(2);
  effective_weights(arrays, layout, CellLevels(chip.device), LineOrder(), meant.data(), 2, weights.data(),
                    variances.data());
  EXPECT_NEAR(weights[0], 5.0 - 0.5 + 4 * 0.1, 1e-12);
  EXPECT_NEAR(weights[1], -10.0 + 4 * 0.2, 1e-12);
  EXPECT_NEAR(static_cast<double>(variances[0]), (1.0 + 16.0) * 1e-12 / 1e-10, 1e-6);
  EXPECT_NEAR(static_cast<double>(variances[1]), (1.0 + 16.0) * 3e-12 / 1e-10, 1e-6);
}

}  // namespace
}  // namespace crossloom
