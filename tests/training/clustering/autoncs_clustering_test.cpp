#include "training/clustering/autoncs_clustering.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

TEST(AutoNcs, LibraryOf64RunsFrom16To64InStepsOfFour) {
  const std::vector<ArraySize> library = crossbar_library({64, 64});
  ASSERT_EQ(library.size(), 13U);
  for (std::uint32_t k = 0; k < 13; ++k) {
    EXPECT_EQ(library[k].rows, 16 + 4 * k);
    EXPECT_EQ(library[k].columns, 16 + 4 * k);
  }
  EXPECT_EQ(crossbar_library({1, 1}).size(), 1U);
  EXPECT_EQ(crossbar_library({64, 32}).back().columns, 32U);
}

TEST(AutoNcs, FindsDisconnectedBlocks) {
  const test::Planted made = test::planted(96, 4, 1.0, 0.0);
  const Clustering found = autoncs_cluster(made.matrix, {24, 24}, {}, RandomKey(1));
  EXPECT_EQ(found.clusters.size(), 4U);
  EXPECT_DOUBLE_EQ(unclustered_share(made.matrix, found), 0.0);
}

TEST(AutoNcs, EveryClusterFitsTheArrayAndHoldsOnesOfItsOwn) {
  for (const ArraySize array : {ArraySize{16, 16}, ArraySize{8, 24}}) {
    const test::Planted made = test::planted(60, 5, 0.6, 0.05);
    const Clustering found = autoncs_cluster(made.matrix, array, {}, RandomKey(2));
    ASSERT_FALSE(found.clusters.empty());
    BinaryMatrix left = made.matrix;
    for (const Cluster& one : found.clusters) {
      EXPECT_LE(one.block.rows.size(), array.rows);
      EXPECT_LE(one.block.columns.size(), array.columns);
      const double cells = static_cast<double>(one.block.rows.size() * one.block.columns.size());
      EXPECT_GT(one.quality, 0.0);
      EXPECT_NEAR(one.quality, static_cast<double>(test::ones_in(left, one.block)) / cells, 1e-12);
      left = without(left, one.block);
    }
  }
}

TEST(AutoNcs, AHigherUseLeavesMoreToDiscreteSynapses) {
  const test::Planted made = test::planted(128, 8, 0.5, 0.05);
  AutoNcsSpec low, high;
  low.least_use = 0.02;
  high.least_use = 0.4;
  EXPECT_LT(unclustered_share(made.matrix, autoncs_cluster(made.matrix, {16, 16}, low, RandomKey(1))),
            unclustered_share(made.matrix, autoncs_cluster(made.matrix, {16, 16}, high, RandomKey(1))));
}

TEST(AutoNcs, RefusesLibrariesBeyondTheArray) {
  AutoNcsSpec spec;
  spec.library = {{65, 10}};
  EXPECT_THROW(autoncs_cluster(binary_matrix({1}, 1, 1), {64, 64}, spec, RandomKey(1)), UserError);
  spec = {};
  spec.selected_share = 0.0;
  EXPECT_THROW(autoncs_cluster(binary_matrix({1}, 1, 1), {64, 64}, spec, RandomKey(1)), UserError);
}

}  // namespace
}  // namespace crossloom
