#include "training/transform/crossbar_aware.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/graph_networks.h"
#include "tests/training/method_tests.h"
#include "training/transform/crossbar_cuts.h"
#include "training/transform/transform.h"

namespace crossloom {
namespace {

constexpr ArraySize kArray{8, 6};

Network run(const TransformSpec& spec, const TrainOptions& options = {}) {
  return transform(test::method_network(), test::method_images(), spec, kArray, test::quick_training(1), RandomKey(3),
                   options)
      .network;
}

CrossbarAwareSpec crossbar_aware(CutGrain grain, double sparsity) {
  CrossbarAwareSpec spec;
  spec.grain = grain;
  spec.sparsity = {sparsity, {{"output", 0.0}}};
  spec.sparsity_step = sparsity;
  spec.largest_loss = 1.0;
  spec.samples = 200;
  spec.remove_dead_units = false;
  spec.retraining = test::quick_training(6);
  return spec;
}

std::size_t blocks_in(const Network& network, std::size_t layer) {
  return network.layers[LayerId(layer)].blocks.size();
}

TEST(CrossbarAware, DropsExactlyTheCrossbarsThatItWasAskedTo) {
  const Network network = run(crossbar_aware(CutGrain::crossbar, 0.6));
  // hidden1: 5 groups of rows, 9 of columns; each group of columns keeps 2. hidden2: 7 x 7, of which 3 stay.
  EXPECT_EQ(blocks_in(network, 0), 18U);
  EXPECT_EQ(blocks_in(network, 1), 21U);
  EXPECT_EQ(blocks_in(network, 2), 5U) << "sparsity 0 keeps the layer whole";
  test::expect_whole(network, kArray);
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(CrossbarAware, RecombinesColumnsSoThatCrossbarsVanish) {
  const Network network = run(crossbar_aware(CutGrain::column, 0.6));
  // Each of 50 outputs keeps 2 groups of 5: 100 columns in arrays of 6, one group after another.
  EXPECT_GE(blocks_in(network, 0), 17U);
  EXPECT_LE(blocks_in(network, 0), 21U);
  std::uint64_t cells = 0;
  for (const Block& block : network.layers[LayerId(0)].blocks) cells += block.rows.size() * block.columns.size();
  EXPECT_EQ(cells, network.synapses(LayerId(0))) << "every cell of a block lives";
  test::expect_whole(network, kArray);
  EXPECT_GT(evaluate(network, test::method_images(), 1).accuracy, 0.9);
}

TEST(CrossbarAware, StopsWhereAccuracyFallsTooFarAndWhereFewEnoughCrossbarsAreLeft) {
  CrossbarAwareSpec careful = crossbar_aware(CutGrain::crossbar, 0.9);
  careful.sparsity_step = 0.1;
  careful.largest_loss = 0.0;
  CrossbarAwareSpec careless = careful;
  careless.largest_loss = 1.0;
  const Network cut = run(careless);
  EXPECT_EQ(blocks_in(cut, 0), 9U) << "a limit of 100 points is none: one crossbar is left for each group of columns";
  EXPECT_GT(blocks_in(run(careful), 0), blocks_in(cut, 0));
  CrossbarAwareSpec enough = careless;
  enough.crossbars = 80;
  const Network network = run(enough);
  const std::size_t all = blocks_in(network, 0) + blocks_in(network, 1) + blocks_in(network, 2);
  EXPECT_LE(all, 80U);
  EXPECT_GT(all, 60U) << "no more than needed: a step takes a tenth of a layer";
}

TEST(CrossbarAware, CutsConvolutionsByFeatureMaps) {
  const NetworkSpec convolutions = test::spec_from("width: 8, height: 8, channels: 3", R"(
  - {name: first, conv2d: {outputs: 6, kernel: 3, padding: 1}}
  - {name: pool, mean_pool: {size: 2}}
  - {name: second, conv2d: {outputs: 8, kernel: 3}}
  - {name: output, dense: {outputs: 3, activation: none}}
)");
  const Network start = test::random_network(convolutions, 5, 0.2);
  const Dataset images = test::coloured_noise(convolutions, 120, 3, 1);
  CrossbarAwareSpec spec = crossbar_aware(CutGrain::crossbar, 0.5);
  spec.sparsity = {0.5, {}};
  spec.block = FeatureBlock{1, 2};
  const Network network = transform(start, images, spec, {32, 32}, test::quick_training(1), RandomKey(3), {}).network;
  EXPECT_THAT(network_faults(network), testing::IsEmpty());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    EXPECT_LT(network.synapses(LayerId(l)), start.synapses(LayerId(l)));
  }
}

TEST(CrossbarAware, GivesTheSameBytesForTwoThreadsAndAfterAnInterruption) {
  const CrossbarAwareSpec spec = crossbar_aware(CutGrain::column, 0.5);
  test::expect_same_bytes([&spec](const TrainOptions& options) { return run(spec, options); });
}

TEST(CrossbarCuts, PutFeatureMapsOfLikeImportanceIntoOneGroup) {
  EXPECT_THAT(group_rows(6, 1, 2, {}), testing::ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(group_rows(6, 1, 2, {1, 9, 2, 8, 3, 7}), testing::ElementsAre(2, 0, 2, 0, 1, 1));
  EXPECT_THAT(group_rows(6, 2, 2, {1, 3, 2}), testing::ElementsAre(1, 1, 0, 0, 0, 0))
      << "rows of a feature map stay together";
}

TEST(CrossbarCuts, ReorderedGroupsLoseLessOfTheOutputsAtEqualSparsity) {
  // Every second feature map carries ten times as much.
  constexpr std::uint32_t kRows = 32, kColumns = 8;
  RandomStream stream{RandomKey(4)};
  InputSamples samples{100, kRows, {}};
  for (std::uint32_t s = 0; s < samples.count * kRows; ++s) {
    samples.values.push_back(static_cast<float>(stream.normal() * (s % 2 == 0 ? 1.0 : 0.1)));
  }
  OutputMajor weights(std::size_t{kRows} * kColumns);
  for (float& weight : weights) weight = static_cast<float>(stream.normal());
  const auto lost = [&](const RowGroups& groups, CutGrain grain) {
    const auto kept = cut_layer(samples, weights, groups, grain, 4, {0.5}, 40, RandomKey(1)).front();
    const OutputMajorMask mask = mask_of(kept, kRows, kColumns);
    double energy = 0.0;
    for (std::uint32_t s = 0; s < samples.count; ++s) {
      for (std::uint32_t j = 0; j < kColumns; ++j) {
        double sum = 0.0;
        for (std::uint32_t i = 0; i < kRows; ++i) {
          const std::size_t at = std::size_t{j} * kRows + i;
          if (mask[at] == 0) sum += static_cast<double>(samples.sample(s)[i]) * static_cast<double>(weights[at]);
        }
        energy += sum * sum;
      }
    }
    return energy;
  };
  const RowGroups in_order = group_rows(kRows, 1, 4, {});
  const RowGroups reordered = group_rows(kRows, 1, 4, feature_importance(samples, weights, 1));
  EXPECT_LT(lost(reordered, CutGrain::crossbar), 0.2 * lost(in_order, CutGrain::crossbar));
  EXPECT_LT(lost(in_order, CutGrain::column), lost(in_order, CutGrain::crossbar))
      << "single columns lose less than whole blocks";
}

TEST(CrossbarCuts, ReadKeptColumnsBackFromAMask) {
  const RowGroups groups = group_rows(6, 1, 2, {1, 9, 2, 8, 3, 7});
  const std::vector<KeptColumns> kept{{{1, 3}, {0, 2}}, {{4, 5}, {1}}, {{0, 2}, {}}};
  const auto again = kept_of(mask_of(kept, 6, 3), groups);
  ASSERT_EQ(again.size(), 3U);
  for (std::size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(again[g].rows, kept[g].rows);
    EXPECT_EQ(again[g].columns, kept[g].columns);
  }
  EXPECT_EQ(crossbars_of(kept, 1, {2, 4}), 3U);
  EXPECT_EQ(crossbars_of(kept, 2, {1, 4}), 4U) << "rows of a group cut to the array";
}

}  // namespace
}  // namespace crossloom
