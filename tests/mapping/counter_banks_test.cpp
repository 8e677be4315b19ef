#include "mapping/counter_banks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "mapping/mapper.h"
#include "models/cost.h"
#include "models/legality.h"
#include "tests/support/random_convolutions.h"

namespace crossloom {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Made {
  SpikingNetwork network;
  ChipSpec chip;
  MappedNetwork mapped;
};

constexpr std::uint32_t kPools = 5 * 3 * 3;

/// 7 x 6 x 2 inputs, five channels, mean pools of 2 x 2, counted.
Made made_with(std::uint32_t counters, std::int32_t more_threshold = 0) {
  test::ConvolutionOptions options;
  options.layers = test::convolution_layers()[0];
  ChipSpec chip = test::convolution_chip();
  chip.tile.counters = counters;
  Made made{test::random_convolutions(options, chip), chip, {}};
  SpikingLayer& pool = made.network.layers[LayerId(1)];
  pool.threshold = 4 * *std::max_element(pool.weights.begin(), pool.weights.end()) + more_threshold;
  MappingSpec spec;
  spec.placement = Placement::in_order;
  spec.convolution = ConvolutionMapping::positions;
  spec.pooling = Pooling::counters;
  made.mapped = map_network(made.network, made.chip, spec, RandomKey(1)).mapped;
  return made;
}

template <class Change>
std::vector<std::string> faults_after(const Change& change, std::vector<std::string>* fits = nullptr) {
  Made made = made_with(30);
  change(made);
  return legality_faults(made.mapped, made.network, made.chip, fits);
}

NeuronBank& counted_bank(MappedNetwork& mapped) {
  for (std::size_t b = 0; b < mapped.banks.size(); ++b) {
    if (!mapped.banks[NeuronBankId(b)].windows.empty()) return mapped.banks[NeuronBankId(b)];
  }
  throw Bug("no counters");
}

TEST(CounterBanks, CountEveryPoolOnceAndFillTilesWithTheirSourcesFirst) {
  Made made = made_with(30);
  EXPECT_EQ(legality_faults(made.mapped, made.network, made.chip), std::vector<std::string>());
  const auto sources = made.mapped.homes(LayerId(0), made.network.layers[LayerId(0)].outputs);
  std::size_t pools = 0, beside_a_source = 0;
  for (const NeuronBank& bank : made.mapped.banks) {
    pools += bank.windows.size();
    for (const auto& window : bank.windows) {
      beside_a_source +=
          std::any_of(window.begin(), window.end(), [&](std::uint32_t i) { return sources[i] == bank.home; });
    }
  }
  EXPECT_EQ(pools, kPools);
  EXPECT_EQ(beside_a_source, kPools) << "there is room";
}

TEST(CounterBanks, CountIntoTheAreaOneByOneOrWithAllTilesOfAChip) {
  Made made = made_with(30);
  made.chip.costs.components[static_cast<std::size_t>(Component::pool_counter)].area = 10_um2;
  EXPECT_EQ(instances(Component::pool_counter, made.mapped, made.chip), kPools);
  const Area with = chip_area(made.mapped, made.chip).chip;
  made.chip.costs.components[static_cast<std::size_t>(Component::pool_counter)].area = 0_um2;
  EXPECT_NEAR((with - chip_area(made.mapped, made.chip).chip).si() * 1e12, 10.0 * kPools, 1e-6);
  made.chip.tiles = 40;
  EXPECT_EQ(instances(Component::pool_counter, made.mapped, made.chip), 40U * 30U);
}

TEST(CounterBanks, AreWhatTheFileHolds) {
  const Made made = made_with(30);
  const MappedNetwork read = mapped_network_from_archive(to_archive(made.mapped));
  EXPECT_EQ(to_archive(read).to_bytes(), to_archive(made.mapped).to_bytes());
  EXPECT_EQ(legality_faults(read, made.network, made.chip), std::vector<std::string>());
}

TEST(CounterBanks, AreRefusedWhereTilesHaveTooFewAndSayWhatWouldDo) {
  try {
    (void)made_with(1);
    FAIL();
  } catch (const DoesNotFit& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer pool does not fit: 45 pools"));
    EXPECT_THAT(error.what(), HasSubstr("tile.counters: "));
  }
}

TEST(CounterBanks, AreRefusedForAThresholdThatIsNoWindow) {
  try {
    (void)made_with(30, 1);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("mapping.pooling: arrays"));
  }
}

TEST(LegalityOfCounters, NamesWhatIsNotCounted) {
  EXPECT_THAT(
      faults_after([](Made& m) { std::swap(counted_bank(m.mapped).windows[0], counted_bank(m.mapped).windows[1]); }),
      Contains(HasSubstr("lies in no crossbar")));
  EXPECT_THAT(faults_after([](Made& m) { ++m.network.layers[LayerId(1)].threshold; }),
              Contains(HasSubstr("no count of its window")));
  EXPECT_THAT(faults_after([](Made& m) { counted_bank(m.mapped).windows[0].pop_back(); }),
              Contains(HasSubstr("do not fit its neurons")));
  std::vector<std::string> fits;
  EXPECT_THAT(faults_after([](Made& m) { m.chip.tile.counters = 2; }, &fits), Contains(HasSubstr("but 2 counters")));
  EXPECT_THAT(fits, Contains(HasSubstr("tile.counters: ")));
}

}  // namespace
}  // namespace crossloom
