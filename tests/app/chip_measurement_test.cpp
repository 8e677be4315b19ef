// What a chip is measured by: correct images, differences of spike counts from the ideal chip, a fingerprint.
#include <gmock/gmock.h>

#include "app/chip_measurement.h"
#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;
using testing::Each;

constexpr std::uint32_t kImages = 60;  // more than one task of the ideal run

/// Labels are what the plain reference says, but for the first five.
Stimulus stimulus_for(const Scenario& scenario) {
  Stimulus stimulus;
  stimulus.image_size = static_cast<std::uint32_t>(scenario.network.input.size());
  for (std::uint32_t image = 0; image < kImages; ++image) {
    const std::vector<std::uint8_t> pixels = scenario.pixels(image);
    const std::uint32_t predicted = scenario.reference(image).outcome.predicted;
    stimulus.images.push_back(image);
    stimulus.labels.push_back(static_cast<std::uint8_t>(image < 5 ? predicted + 1 : predicted));
    stimulus.pixels.insert(stimulus.pixels.end(), pixels.begin(), pixels.end());
  }
  return stimulus;
}

struct Measured {
  explicit Measured(const ScenarioSpec& spec, std::size_t threads = 1)
      : scenario(spec), stimulus(stimulus_for(scenario)), pool(threads) {
    ideal = run_ideal_chip(network(), scenario.chip, pool);
  }
  [[nodiscard]] MeasuredNetwork network() const {
    return {scenario.network, scenario.mapped, scenario.encoder, stimulus};
  }
  [[nodiscard]] ChipRecord chip() const {
    return measure_chip(network(), scenario.programmed, ideal, [] {});
  }
  Scenario scenario;
  Stimulus stimulus;
  ThreadPool pool;
  IdealRun ideal;
};

TEST(IdealRun, GivesWhatThePlainReferenceGivesWhateverTheChipsCellsAre) {
  ScenarioSpec spec;
  spec.programming_error = 0.2;
  const Measured measured(spec);
  EXPECT_EQ(measured.ideal.correct, kImages - 5U);
  const Raster raster = measured.scenario.reference(7).raster;
  std::uint64_t spikes = 0;
  for (const auto& fired : raster.spikes.at(1)) spikes += fired.size();
  std::uint64_t counted = 0;
  const std::size_t per_image = measured.ideal.counts.size() / kImages;
  for (std::size_t k = 0; k < measured.ideal.neurons.at(0); ++k) counted += measured.ideal.counts[7 * per_image + k];
  EXPECT_EQ(counted, spikes);
  EXPECT_GT(spikes, 0U);
}

TEST(MeasureChip, FindsNoDifferenceOnAChipWithoutErrors) {
  const Measured measured{ScenarioSpec()};
  const ChipRecord record = measured.chip();
  EXPECT_EQ(record.correct, measured.ideal.correct);
  EXPECT_THAT(record.squared_differences, Each(0U));
}

TEST(MeasureChip, SumsSquaredDifferencesOfSpikeCounts) {
  ScenarioSpec spec;
  spec.programming_error = 0.2;
  const Measured measured(spec);
  const ChipRecord record = measured.chip();
  FunctionalRun run(measured.scenario.mapped, measured.scenario.network, measured.scenario.programmed,
                    measured.scenario.encoder);
  std::uint64_t expected = 0;
  const std::size_t per_image = measured.ideal.counts.size() / kImages;
  for (std::uint32_t image = 0; image < kImages; ++image) {
    Raster raster;
    run.run(image, measured.scenario.pixels(image).data(), &raster);
    std::vector<std::int64_t> counts(measured.ideal.neurons.at(0), 0);
    for (const auto& fired : raster.spikes.at(1)) {
      for (const std::uint32_t neuron : fired) ++counts[neuron];
    }
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const std::int64_t difference = counts[k] - measured.ideal.counts[image * per_image + k];
      expected += static_cast<std::uint64_t>(difference * difference);
    }
  }
  EXPECT_EQ(record.squared_differences.at(0), expected);
  EXPECT_GT(expected, 0U);
}

TEST(MeasureChip, HasAFingerprintThatTellsChipsApart) {
  ScenarioSpec spec;
  spec.programming_error = 0.001;  // too little for most spikes, but not for membranes
  const Measured one(spec);
  const Measured same(spec);
  EXPECT_EQ(one.chip().fingerprint, same.chip().fingerprint);
  const ProgrammedChip other = ProgrammedChip::program(one.scenario.mapped, one.scenario.network, one.scenario.chip,
                                                       RandomKey(99).child("program"));
  EXPECT_NE(measure_chip(one.network(), other, one.ideal, [] {}).fingerprint, one.chip().fingerprint);
}

TEST(IdealRun, IsTheSameForAnyNumberOfThreads) {
  const Measured one(ScenarioSpec(), 1);
  const Measured three(ScenarioSpec(), 3);
  EXPECT_EQ(one.ideal.counts, three.ideal.counts);
  EXPECT_EQ(one.ideal.squares, three.ideal.squares);
  EXPECT_EQ(one.ideal.correct, three.ideal.correct);
}

}  // namespace
}  // namespace crossloom
