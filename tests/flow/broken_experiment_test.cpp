// Broken experiments: each is answered with its place, its path and what to do; exit code 1; nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

/// The tiny experiment with `find` replaced by `replace` must be answered with `message`.
struct Broken {
  std::string what, find, replace, message;
};
void PrintTo(const Broken& broken, std::ostream* stream) { *stream << broken.what; }

class BrokenExperiment : public testing::TestWithParam<Broken> {};

TEST_P(BrokenExperiment, IsRefusedWithItsMessage) {
  const Broken& broken = GetParam();
  std::string text = test::tiny_experiment();
  const std::size_t place = text.find(broken.find);
  ASSERT_NE(place, std::string::npos) << "the experiment has no '" << broken.find << "' to break";
  text.replace(place, broken.find.size(), broken.replace);
  const TemporaryFolder folder;
  const auto file = folder.write("broken.yaml", text);
  const ProgramResult result = run_program({"run", file.string(), "--out", (folder.path() / "run").string()});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(broken.message));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run.partial"));
}

const std::string kLayers =
    "    - {name: hidden, dense: {outputs: 24, activation: relu}}\n"
    "    - {name: output, dense: {outputs: 10, activation: relu}}\n";

INSTANTIATE_TEST_SUITE_P(
    All, BrokenExperiment,
    testing::Values(
        Broken{"UnknownTopLevelKey", "seed: 3", "sede: 3", "broken.yaml:2:1: sede: unknown key; did you mean 'seed'?"},
        Broken{"MissingName", "name: tiny\n", "", "name: missing"},
        Broken{"EmptyName", "name: tiny\n", "name: ''\n", "name"},
        Broken{"NameWithASlash", "name: tiny\n", "name: a/b\n", "letters, digits"},
        Broken{"DuplicateKey", "seed: 3\n", "seed: 3\nseed: 4\n", "broken.yaml:3:1: seed"},
        Broken{"SeedIsText", "seed: 3", "seed: three", "broken.yaml:2:7: seed: expected an integer"},
        Broken{"NegativeSeed", "seed: 3", "seed: -3", "seed"},
        Broken{"OctalLookingSeed", "seed: 3", "seed: 010", "seed"},
        Broken{"SeedIsAList", "seed: 3", "seed: [3]", "seed"},
        Broken{"UnknownDataset", "name: digits,", "name: digit,", "did you mean 'digits'"},
        Broken{"NegativeImages", "training_images: 600", "training_images: -1", "dataset.training_images"},
        Broken{"TooManyTestImagesWanted", "{images: 6}", "{images: 61}", "60 test images"},
        Broken{"ZeroStimulus", "{images: 6}", "{images: 0}", "stimulus.images"},
        Broken{"MissingStimulus", "stimulus: {images: 6}\n", "", "stimulus: missing"},
        Broken{"NoLayers", kLayers, "    []\n", "network.layers: a network needs at least one layer"},
        Broken{"ZeroOutputs", "outputs: 24", "outputs: 0", "network.layers[0].dense.outputs"},
        Broken{"FractionOfANeuron", "outputs: 24", "outputs: 2.5", "network.layers[0].dense.outputs"},
        Broken{"UnknownActivation", "outputs: 24, activation: relu", "outputs: 24, activation: tanh",
               "network.layers[0].dense.activation"},
        Broken{"TwoLayersOfOneName", "name: output, dense", "name: hidden, dense", "hidden"},
        Broken{"InputDoesNotFitTheImages", "width: 28", "width: 27", "27x28x1"},
        Broken{"WrongNumberOfClasses", "outputs: 10", "outputs: 11", "11 outputs"},
        Broken{"ZeroEpochs", "epochs: 2", "epochs: 0", "training.epochs"},
        Broken{"ZeroBatch", "batch: 50", "batch: 0", "training.batch"},
        Broken{"NegativeLearningRate", "learning_rate: 0.002", "learning_rate: -1", "training.learning_rate"},
        Broken{"LearningRateIsNotANumber", "learning_rate: 0.002", "learning_rate: .nan", "training.learning_rate"},
        Broken{"UnknownOptimiser", "method: adam", "method: adamw", "training.optimiser.method"},
        Broken{"UnknownLoss", "loss: cross_entropy", "loss: hinge", "training.loss"},
        Broken{"UnknownPrecision", "precision: f32", "precision: f16", "training.precision"},
        Broken{"NothingLeftToTrainOn", "validation_images: 100", "validation_images: 600", "600"},
        Broken{"MissingChipFile", "resparc.yaml", "no_such_chip.yaml", "no_such_chip.yaml"},
        Broken{"ZeroSteps", "steps: 8", "steps: 0", "spiking.steps"},
        Broken{"UnknownEncoding", "{steps: 8}", "{steps: 8, encoding: poisson}", "spiking.encoding"},
        Broken{"RateAboveOne", "{steps: 8}", "{steps: 8, maximum_rate: 1.5}", "spiking.maximum_rate"},
        Broken{"PercentileAboveHundred", "{steps: 8}", "{steps: 8, activation_percentile: 101}",
               "spiking.activation_percentile"},
        Broken{"UnknownReset", "{steps: 8}", "{steps: 8, reset: by_division}", "spiking.reset"},
        Broken{"ZeroCalibrationImages", "calibration_images: 100", "calibration_images: 0", "calibration_images"},
        Broken{"TwoVariantsOfOneName", "name: pruned", "name: original", "two variants are called 'original'"},
        Broken{"UnknownMethod", "method: magnitude", "method: magic", "variants[1].transform.method"},
        Broken{"DensityAboveOne", "density: 0.3", "density: 1.3", "variants[1].transform.density"},
        Broken{"KeyOfAnotherMethod", "{method: none}", "{method: none, density: 0.5}", "variants[0].transform.density"},
        Broken{"VariantsIsAMapping", "variants:\n  - name: original\n    transform: {method: none}\n",
               "variants:\n  - 7\n", "variants[0]"},
        Broken{"NotYaml", "name: tiny", "name: [tiny", "broken.yaml"},
        Broken{"Tab", "  epochs: 2", "\tepochs: 2", "broken.yaml"},
        Broken{"Anchor", "seed: 3", "seed: &s 3", "broken.yaml:2"},
        Broken{"MergeKey", "seed: 3", "<<: {seed: 3}", "broken.yaml:2"}),
    [](const auto& parameter) { return parameter.param.what; });

/// The same through --set: overrides pass the same checks.
struct BrokenOverride {
  std::string what, setting, message;
};
void PrintTo(const BrokenOverride& broken, std::ostream* stream) { *stream << broken.what; }

class BrokenSetting : public testing::TestWithParam<BrokenOverride> {};

TEST_P(BrokenSetting, IsRefusedWithItsMessage) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  const ProgramResult result =
      run_program({"run", file.string(), "--out", (folder.path() / "run").string(), "--set", GetParam().setting});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenSetting,
    testing::Values(
        BrokenOverride{"NoEqualsSign", "seed", "="},
        BrokenOverride{"UnknownPath", "chip.crossbar.rowz=64", "chip.crossbar.rowz"},
        BrokenOverride{"UnitMissing", "chip.crossbar.read_voltage=0.5", "chip.crossbar.read_voltage"},
        BrokenOverride{"WrongUnit", "chip.crossbar.read_voltage=0.5 ns", "expected a voltage"},
        BrokenOverride{"ZeroRows", "chip.crossbar.rows=0", "chip.crossbar.rows"},
        BrokenOverride{"NegativeEnergy", "chip.costs.neuron.fire=-1 pJ", "chip.costs.neuron.fire"},
        BrokenOverride{"ConductanceWindowUpsideDown", "chip.device.minimum_conductance=1 mS", "conductance"},
        BrokenOverride{"OneLevel", "chip.device.levels=1", "chip.device.levels"},
        BrokenOverride{"FaultRateAboveOne", "chip.device.stuck_at_minimum=1.1", "chip.device.stuck_at_minimum"},
        BrokenOverride{"ClockPeriodNotWholeFemtoseconds", "chip.clock=300.0001 MHz", "chip.clock"},
        BrokenOverride{"PacketTooWide", "chip.tile.packet_bits=65", "chip.tile.packet_bits"},
        BrokenOverride{"BufferSmallerThanAPacket", "chip.interconnect.flit_bits=8", "buffer_flits"}),
    [](const auto& parameter) { return parameter.param.what; });

TEST(BrokenExperimentText, ReportsEveryProblemAtOnceInTheOrderOfTheFile) {
  const TemporaryFolder folder;
  std::string text = test::tiny_experiment();
  for (const auto& [find, replace] :
       {std::pair{"seed: 3", "seed: x"}, std::pair{"epochs: 2", "epochs: 0"}, std::pair{"steps: 8", "stepz: 8"}}) {
    text.replace(text.find(find), std::string(find).size(), replace);
  }
  const auto file = folder.write("broken.yaml", text);
  const ProgramResult result = run_program({"check", file.string()});
  EXPECT_EQ(result.exit_code, 1);
  const std::size_t seed = result.errors.find("seed: expected"), epochs = result.errors.find("training.epochs"),
                    steps = result.errors.find("spiking.stepz");
  EXPECT_LT(seed, epochs);
  EXPECT_LT(epochs, steps);
  EXPECT_NE(steps, std::string::npos);
}

}  // namespace
}  // namespace crossloom
