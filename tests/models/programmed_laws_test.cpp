// Whole chips under the laws of their devices: same bytes, same devices at every size, nothing where a law is off.
#include <array>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "models/programmed_chip.h"
#include "tests/models/device_laws.h"
#include "tests/models/small_chip.h"
#include "tests/models/small_mapping.h"
#include "tests/support/statistics.h"

namespace crossloom {
namespace {

using test::DeviceCorner;
using test::grid_mapping;
using test::network_of;
using test::random_layer;
using test::small_chip;

const RandomKey kKey = RandomKey(15).child("devices");

struct Programmed {
  explicit Programmed(const ChipSpec& spec, std::size_t threads = 1, std::uint32_t inputs = 50,
                      std::uint32_t outputs = 30)
      : chip(spec),
        network(network_of({random_layer(inputs, outputs, 15, 3)})),
        mapped(grid_mapping(network, chip)),
        programmed(ProgrammedChip::program(mapped, network, chip, kKey, threads)) {}
  ChipSpec chip;
  SpikingNetwork network;
  MappedNetwork mapped;
  ProgrammedChip programmed;
};

using CellName = std::array<std::uint32_t, 5>;

std::map<CellName, double> all_cells(const Programmed& p) {
  std::map<CellName, double> cells;
  for (std::size_t i = 0; i < p.programmed.size(); ++i) {
    visit_cells(p.programmed, p.mapped, CrossbarId(i), [&](const ProgrammedCell& cell) {
      cells[{cell.layer.value(), cell.input, cell.output, cell.polarity, cell.slice}] = cell.reading.actual.si();
    });
  }
  return cells;
}

std::vector<double> sums_of(const ProgrammedCrossbar& crossbar) {
  std::vector<std::uint16_t> rows;
  for (std::uint32_t row = 0; row < crossbar.rows(); row += 2) rows.push_back(static_cast<std::uint16_t>(row));
  std::vector<double> sums(crossbar.columns(), 0.0);
  crossbar.integrate(rows.data(), rows.size(), sums.data());
  sums.push_back(static_cast<double>(crossbar.drive_energy(rows.data(), rows.size())));
  return sums;
}

class UnderALaw : public testing::TestWithParam<DeviceCorner> {
 protected:
  [[nodiscard]] ChipSpec chip(std::uint32_t size = 16) const {
    ChipSpec spec = small_chip(size, size, 2);
    GetParam().apply(spec);
    return spec;
  }
};

TEST_P(UnderALaw, OneAndTwoThreadsProgramTheSameBytes) {
  const Programmed one(chip(), 1), two(chip(), 2);
  EXPECT_FALSE(one.programmed.ideal());
  EXPECT_EQ(one.programmed.to_archive().to_bytes(), two.programmed.to_archive().to_bytes());
  for (std::size_t i = 0; i < one.programmed.size(); ++i) {
    EXPECT_EQ(sums_of(one.programmed.crossbar(CrossbarId(i))), sums_of(two.programmed.crossbar(CrossbarId(i))));
  }
}

TEST_P(UnderALaw, ASavedChipReloadsToTheSameSumsAndReport) {
  const Programmed p(chip());
  const ProgrammedChip again = ProgrammedChip::from_archive(p.programmed.to_archive(), p.mapped, p.chip);
  EXPECT_EQ(again.to_archive().to_bytes(), p.programmed.to_archive().to_bytes());
  EXPECT_EQ(again.key().value(), kKey.value());
  EXPECT_EQ(again.reads_are_noisy(), p.programmed.reads_are_noisy());
  EXPECT_EQ(again.report().energy, p.programmed.report().energy);
  EXPECT_EQ(again.report().time, p.programmed.report().time);
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(sums_of(again.crossbar(CrossbarId(i))), sums_of(p.programmed.crossbar(CrossbarId(i))));
  }
}

TEST_P(UnderALaw, EveryCellHasAConductanceAndNoneIsNegative) {
  for (const auto& [name, conductance] : all_cells(Programmed(chip()))) {
    EXPECT_TRUE(std::isfinite(conductance));
    EXPECT_GE(conductance, 0.0);
  }
}

TEST_P(UnderALaw, AWeightHasTheSameDevicesAtEveryTileSizeUnlessAFaultIsOfItsArray) {
  const ChipSpec spec = chip(16);
  if (spec.device.faults.clustered > 0.0 || spec.device.faults.broken_wordlines > 0.0) return;
  EXPECT_EQ(all_cells(Programmed(chip(16))), all_cells(Programmed(chip(32))));
}

INSTANTIATE_TEST_SUITE_P(ProgrammedChip, UnderALaw, testing::ValuesIn(test::device_corners()),
                         [](const testing::TestParamInfo<DeviceCorner>& corner) {
                           return std::string(corner.param.name);
                         });

TEST(ProgrammedLaws, OfNoStrengthLeaveEverySumAndEnergyExact) {
  ChipSpec spec = small_chip(16, 16, 2);
  const Programmed ideal(spec);
  ASSERT_TRUE(ideal.programmed.ideal());
  spec.device.variation = VariationLaw{VariationLaw::Kind::lognormal, 0.0};
  spec.device.programming_law.emplace();
  spec.device.temperature = TemperatureLaw{};
  spec.device.level_conductances = {10_uS, 20_uS, 30_uS, 40_uS};
  spec.crossbar.calibration = Calibration::column_gain;
  const Programmed off(spec);
  ASSERT_FALSE(off.programmed.ideal());
  for (std::size_t i = 0; i < off.programmed.size(); ++i) {
    const std::vector<double> sums = sums_of(off.programmed.crossbar(CrossbarId(i)));
    const std::vector<double> exact = sums_of(ideal.programmed.crossbar(CrossbarId(i)));
    for (std::size_t j = 0; j + 1 < sums.size(); ++j) EXPECT_NEAR(sums[j], exact[j], 1e-6 * 15 * 16);
    EXPECT_NEAR(sums.back(), exact.back(), 1.0 * 16);
  }
}

TEST(ProgrammedLaws, AsColumnGainUndoAUniformLoss) {
  ChipSpec spec = small_chip(16, 16, 2);
  spec.device.temperature = TemperatureLaw{Temperature::from_si(320.0), Temperature::from_si(300.0), 0.1, 0.1};
  const Programmed warm(spec);
  spec.crossbar.calibration = Calibration::column_gain;
  const Programmed calibrated(spec);
  const Programmed ideal(small_chip(16, 16, 2));
  const std::uint16_t row = 3;
  std::vector<double> lost(16, 0.0), mended(16, 0.0), exact(16, 0.0);
  warm.programmed.crossbar(CrossbarId(0)).integrate(&row, 1, lost.data());
  calibrated.programmed.crossbar(CrossbarId(0)).integrate(&row, 1, mended.data());
  ideal.programmed.crossbar(CrossbarId(0)).integrate(&row, 1, exact.data());
  for (std::size_t j = 0; j < 16; ++j) {
    EXPECT_NEAR(mended[j], exact[j], 1e-5 * 15);
    if (exact[j] != 0.0) {
      EXPECT_GT(std::abs(lost[j]), 1.2 * std::abs(exact[j]));
    }
  }
}

TEST(ProgrammedLaws, VaryWordlinesByTheirDriversAndEnergyByTheSquare) {
  ChipSpec spec = small_chip(64, 4, 1);
  spec.crossbar.driver_variation = 0.05;
  SpikingLayer layer = random_layer(64, 4, 1, 3);
  for (auto& weight : layer.weights) weight = 3;
  std::vector<double> factors;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const SpikingNetwork network = network_of({layer});
    const MappedNetwork mapped = grid_mapping(network, spec);
    const ProgrammedChip programmed = ProgrammedChip::program(mapped, network, spec, RandomKey(seed));
    for (std::uint16_t row = 0; row < 64; ++row) {
      std::vector<double> sums(4, 0.0);
      const ProgrammedCrossbar& crossbar = programmed.crossbar(CrossbarId(0));
      crossbar.integrate(&row, 1, sums.data());
      // Both polarities of a pair hang on one wordline: 3 levels and the G_min of both, times the factor.
      factors.push_back(sums[0] / 3.0);
      EXPECT_NEAR(sums[3], sums[0], 1e-9);
      const double nominal = 4 * (40e-6 + 10e-6) * 1e-9 * 1e21;  // 1 V, 1 ns
      EXPECT_NEAR(static_cast<double>(crossbar.drive_energy(&row, 1)), nominal * factors.back() * factors.back(),
                  1e-6 * nominal);
    }
  }
  test::expect_moments(factors, 1.0, 0.05 * 0.05);
}

TEST(ProgrammedLaws, CountTheWritesAndReadsOfWriteVerify) {
  ChipSpec spec = small_chip(16, 16, 2);
  spec.device.programming_error = 0.1;
  const Programmed once(spec);
  EXPECT_EQ(once.programmed.report().writes, once.programmed.report().cells);
  spec.crossbar.write_verify = WriteVerify{5, 0.03};
  const Programmed verified(spec);
  const ProgrammingReport& report = verified.programmed.report();
  EXPECT_EQ(report.cells, 50U * 30 * 4);
  EXPECT_GT(report.writes, 2 * report.cells);
  EXPECT_LE(report.writes, 5 * report.cells);
  // 3 pulses of 2 pJ a write, and a read of V^2 G t = 10 fJ to 40 fJ a write.
  const double pulses = static_cast<double>(report.writes) * 3 * 2e-12;
  EXPECT_GT(report.energy.si(), pulses + static_cast<double>(report.writes) * 10e-15 * 0.99);
  EXPECT_LT(report.energy.si(), pulses + static_cast<double>(report.writes) * 40e-15);
  EXPECT_GT(report.time.si(), once.programmed.report().time.si());
  // An ideal device is verified, too.
  spec.device.programming_error = 0.0;
  const Programmed ideal(spec);
  EXPECT_TRUE(ideal.programmed.ideal());
  EXPECT_EQ(ideal.programmed.report().writes, report.cells);
  EXPECT_GT(ideal.programmed.report().energy, once.programmed.report().energy);
}

TEST(ProgrammedLaws, OfArraysReachUnusedCellsToo) {
  ChipSpec spec = small_chip(16, 16, 2);
  spec.device.faults.broken_wordlines = 1.0;
  const Programmed p(spec, 1, 4, 6);
  const ProgrammedCrossbar& crossbar = p.programmed.crossbar(CrossbarId(0));
  for (const std::uint32_t row : {0U, 9U}) {
    for (const std::uint32_t column : {0U, 12U}) EXPECT_EQ(crossbar.cell(row, column, 0, 1).actual, Conductance());
  }
  const std::uint16_t row = 2;
  EXPECT_EQ(crossbar.drive_energy(&row, 1), 0U);
  EXPECT_EQ(p.programmed.report().stuck_cells, 4U * 6 * 4);
}

}  // namespace
}  // namespace crossloom
