// Losses against the published ones, for the sizes that are quick; wires_bench losses shows all of them.
#include <gtest/gtest.h>

#include "tests/models/circuit/published_losses.h"

namespace crossloom {
namespace {

constexpr std::array<std::uint32_t, 4> kSizes = {16, 32, 64, 128};

TEST(PublishedLosses, OfFullArraysAgreeToEveryPrintedDigit) {
  for (std::size_t s = 0; s < kSizes.size(); ++s) {
    EXPECT_NEAR(test::full_loss(kSizes[s]), test::kPublishedFullLosses[s],
                test::half_unit(test::kPublishedFullLosses[s]));
  }
}

TEST(PublishedLosses, MeansAgreeToTwoPerCentOrTheSpreadOfTheOneDrawPublished) {
  for (const test::LossRow& row : test::kPublishedLosses) {
    for (std::size_t s = 0; s < kSizes.size(); ++s) {
      const test::Losses ours = test::losses(kSizes[s], row.on_ohms, row.wire_ohms, kSizes[s] < 128 ? 20 : 8);
      EXPECT_TRUE(test::agrees(ours, row.published[s].mean))
          << row.on_ohms << " ohm, wires " << row.wire_ohms << " ohm, " << kSizes[s] << ": " << ours.mean << " +- "
          << ours.spread;
    }
  }
}

TEST(PublishedLosses, DependOnTheRatioOfWiresToCellsOnly) {
  const test::Losses one = test::losses(32, 20e3, 1.0, 3), other = test::losses(32, 100e3, 5.0, 3);
  EXPECT_NEAR(one.mean, other.mean, 1e-9);
  EXPECT_NEAR(one.worst, other.worst, 1e-9);
}

}  // namespace
}  // namespace crossloom
