#include "training/transform/transform_spec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

TransformSpec read(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "transform.yaml");
  const TransformSpec spec = read_transform_spec(document.root());
  document.finish();
  return spec;
}

std::string problems_of(const std::string& text) {
  try {
    read(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(TransformSpec, ReadsEachMethodAndForm) {
  EXPECT_TRUE(std::holds_alternative<NoneSpec>(read("{method: none}")));
  const auto ramp = std::get<MagnitudeSpec>(read(R"(
method: magnitude
threshold: ramp
step: 0.0005
by_layer: {output: 0.0025}
fine_tune_epochs: 2
remove_dead_units: false
retraining: {epochs: 5, learning_rate: 0.1}
)"));
  EXPECT_EQ(std::get<RampThreshold>(ramp.threshold).step.of("hidden1"), 0.0005);
  EXPECT_EQ(std::get<RampThreshold>(ramp.threshold).step.of("output"), 0.0025);
  EXPECT_EQ(ramp.fine_tune_epochs, 2U);
  EXPECT_FALSE(ramp.remove_dead_units);
  EXPECT_EQ(ramp.retraining->epochs, 5U);
  const auto deviation = std::get<MagnitudeSpec>(read("{method: magnitude, threshold: deviation, quality: 1.5}"));
  EXPECT_EQ(std::get<DeviationThreshold>(deviation.threshold).quality.of("any"), 1.5);
  EXPECT_FALSE(deviation.retraining.has_value());
  const auto density =
      std::get<MagnitudeSpec>(read("{method: magnitude, threshold: density, density: 0.12, pruning_epochs: 4}"));
  EXPECT_EQ(std::get<DensityThreshold>(density.threshold).density.common, 0.12);
  EXPECT_EQ(std::get<DensityThreshold>(density.threshold).pruning_epochs, 4U);
}

TEST(TransformSpec, ReadsAMethodForEachGroupOfLayers) {
  const auto mixed = std::get<MixedSpec>(
      read("{method: mixed, parts: [{layers: [a, b], transform: {method: array, kept: 0.2}}, {layers: [c], transform: "
           "{method: none}}]}"));
  ASSERT_EQ(mixed.parts.size(), 2U);
  EXPECT_EQ(mixed.parts[0].layers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(std::get<ArraySparsitySpec>(mixed.parts[0].method).kept, 0.2);
  EXPECT_TRUE(std::holds_alternative<NoneSpec>(mixed.parts[1].method));
}

TEST(TransformSpec, ReadsTheMethodsThatFillCrossbars) {
  const auto array =
      std::get<ArraySparsitySpec>(read("{method: array, array: {rows: 32, columns: 16}, arrays: 40, arrays_of: "
                                       "{output: 2}, density: 0.1, sparsify_epochs: 3}"));
  EXPECT_EQ(array.array->rows, 32U);
  EXPECT_EQ(array.array->columns, 16U);
  EXPECT_EQ(array.arrays, 40U);
  EXPECT_EQ(array.arrays_of.at("output"), 2U);
  EXPECT_EQ(array.sparsify_epochs, 3U);
  const auto trannsformer = std::get<TrannsformerSpec>(
      read("{method: trannsformer, density: 0.1, by_layer: {output: 0.5}, quality: 0.2, leftover: 0.05}"));
  EXPECT_EQ(trannsformer.density.of("output"), 0.5);
  EXPECT_EQ(trannsformer.clustering.quality, 0.2);
  EXPECT_EQ(trannsformer.leftover, 0.05);
  const auto published =
      std::get<TrannsformerPublishedSpec>(read("{method: trannsformer-published, step: 0.001, defects: {stale_map: "
                                               "false}, clustering_defects: {fixed_parts: false}}"));
  EXPECT_TRUE(published.defects.frozen_quality);
  EXPECT_FALSE(published.defects.stale_map);
  EXPECT_TRUE(published.clustering_defects.shifted_labels);
  EXPECT_FALSE(published.clustering_defects.fixed_parts);
  const auto group = std::get<GroupLassoSpec>(read("{method: group, strength: 0.05, blocks: false}"));
  EXPECT_EQ(group.strength.of("any"), 0.05);
  EXPECT_FALSE(group.blocks);
  const std::string pruning = "pruning: {method: magnitude, threshold: deviation, quality: 1.5}";
  const auto offline = std::get<OfflineSpec>(read("{method: offline, stale_leftovers: true, " + pruning + "}"));
  EXPECT_TRUE(offline.clustering.stale_leftovers);
  EXPECT_FALSE(offline.defects.fixed_parts) << "the baseline is corrected unless it is asked to be wrong";
  EXPECT_EQ(std::get<DeviationThreshold>(offline.pruning.threshold).quality.of("any"), 1.5);
  const auto autoncs = std::get<AutoNcsMethodSpec>(read("{method: autoncs, rounds: 3, " + pruning + "}"));
  EXPECT_EQ(autoncs.clustering.rounds, 3U);
}

TEST(TransformSpec, SaysWhichMethodsKnowTheArray) {
  EXPECT_FALSE(depends_on_array(read("{method: none}")));
  EXPECT_FALSE(depends_on_array(read("{method: magnitude, threshold: ramp, step: 0.1}")));
  EXPECT_TRUE(depends_on_array(read("{method: array}")));
  EXPECT_TRUE(depends_on_array(read("{method: group, strength: 0.1}")));
}

TEST(TransformSpec, NamesWhatIsWrong) {
  using testing::HasSubstr;
  EXPECT_THAT(problems_of("{method: nothing}"), HasSubstr("magnitude"));
  EXPECT_THAT(problems_of("{method: none, step: 1}"), HasSubstr("step"));
  EXPECT_THAT(problems_of("{method: magnitude, threshold: ramp}"), HasSubstr("step"));
  EXPECT_THAT(problems_of("{method: magnitude, threshold: density, density: 2, pruning_epochs: 1}"),
              HasSubstr("density"));
  EXPECT_THAT(problems_of("{method: magnitude, threshold: density, density: 0.5, pruning_epochs: 9, "
                          "retraining: {epochs: 5, learning_rate: 0.1}}"),
              HasSubstr("pruning_epochs"));
  EXPECT_THAT(problems_of("{method: magnitude, threshold: ramp, step: 0.1, fine_tune_epochs: 6, "
                          "retraining: {epochs: 5, learning_rate: 0.1}}"),
              HasSubstr("fine_tune_epochs"));
  EXPECT_THAT(problems_of("{method: array, arrays: 5, kept: 0.1}"), HasSubstr("kept"));
  EXPECT_THAT(problems_of("{method: array, sparsify_epochs: 5, retraining: {epochs: 5, learning_rate: 0.1}}"),
              HasSubstr("shrink_epochs"));
  EXPECT_THAT(problems_of("{method: trannsformer, density: 0.1, retraining: {epochs: 5, learning_rate: 0.1}}"),
              HasSubstr("cluster_epochs"));
  EXPECT_THAT(problems_of("{method: group, strength: 0.1, regularise_epochs: 5, "
                          "retraining: {epochs: 5, learning_rate: 0.1}}"),
              HasSubstr("regularise_epochs"));
  EXPECT_THAT(problems_of("{method: offline, pruning: {method: none}}"), HasSubstr("magnitude"));
}

/// Against a small network with a convolution, for arrays of 32 x 32.
std::string located_problems(const std::string& text) {
  ConfigDocument net = ConfigDocument::from_text(R"(
name: small
input: {width: 12, height: 12, channels: 3}
layers:
  - {name: conv, conv2d: {outputs: 8, kernel: 5}}
  - {name: hidden, dense: {outputs: 100}}
  - {name: output, dense: {outputs: 10, activation: none}}
)",
                                                 "net.yaml");
  const NetworkSpec network = read_network_spec(net.root());
  net.finish();
  const TransformTarget target{network, {32, 32}};
  ConfigDocument document = ConfigDocument::from_text(text, "transform.yaml");
  try {
    read_transform_spec(document.root(), &target);
    document.finish();
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(TransformSpec, ReadsAdmmCrossbarAwareAndQuantise) {
  const auto admm = std::get<AdmmSpec>(read(
      "{method: admm, sets: [{grain: shape, sparsity: 0.8, by_layer: {output: 0}}, {grain: block, sparsity: 0.5}], "
      "rho: 0.01, quantise: {device: {name: d, minimum_conductance: 0.1 uS, maximum_conductance: 1 uS, levels: 16, "
      "write_energy: 1 pJ, write_time: 1 ns, write_pulses: 1, source: test}, portions: [0.5, 1]}}"));
  ASSERT_EQ(admm.sets.size(), 2U);
  EXPECT_EQ(admm.sets[0].grain, Grain::shape);
  EXPECT_EQ(admm.sets[0].sparsity.of("output"), 0.0);
  EXPECT_EQ(admm.quantise->levels.set.magnitudes.size(), 15U) << "zeros are masked, so 0 is no level";
  EXPECT_EQ(admm.masked_epochs(40), 40 - 20 - 4 - 2);
  const auto aware = std::get<CrossbarAwareSpec>(
      read("{method: crossbar-aware, grain: column, sparsity: 0.6, block: {inputs: 8, outputs: 4}, reorder: false}"));
  EXPECT_EQ(aware.grain, CutGrain::column);
  EXPECT_EQ(aware.block->inputs, 8U);
  EXPECT_FALSE(aware.reorder);
  const auto quantise = std::get<QuantiseSpec>(read("{method: quantise, levels: 31, scale: channel}"));
  EXPECT_EQ(quantise.levels->set.magnitudes.size(), 16U);
  EXPECT_EQ(quantise.scale, ScaleOf::channel);
  EXPECT_FALSE(quantise.activations);
  const auto rounded = std::get<QuantiseSpec>(read("{method: quantise, activations: {bits: 4, images: 8}}"));
  EXPECT_EQ(rounded.activations->bits, 4U);
  EXPECT_EQ(rounded.activations->images, 8U);
  EXPECT_FALSE(rounded.levels);
  const auto sequence = std::get<SequenceSpec>(read(
      "{method: sequence, steps: [{method: array}, {method: admm, sets: [{grain: previous_block, sparsity: 0.5}]}, "
      "{method: quantise, levels: 15}]}"));
  EXPECT_EQ(sequence.steps.size(), 3U);
  EXPECT_TRUE(depends_on_array(sequence));
  EXPECT_FALSE(depends_on_array(quantise));
}

TEST(TransformSpec, RefusesBadSettingsOfQuantisedActivations) {
  using testing::AllOf;
  using testing::HasSubstr;
  EXPECT_THAT(problems_of("method: quantise\nactivations: {bits: 17}\n"),
              AllOf(HasSubstr("transform.yaml:2:"), HasSubstr("bits")));
  EXPECT_THAT(problems_of("method: quantise\nactivations: {bits: 0}\n"), HasSubstr("transform.yaml:2:"));
  EXPECT_THAT(problems_of("method: quantise\nactivations: {images: 8}\n"), HasSubstr("bits"));
  EXPECT_THAT(problems_of("{method: quantise}"), HasSubstr("levels"));
  EXPECT_THAT(problems_of("method: mixed\nparts:\n"
                          "  - {layers: [hidden], transform: {method: quantise, activations: {bits: 4}}}\n"),
              AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("sequence")));
}

TEST(TransformSpec, RefusesBadSettingsOfAdmmWithTheirPlace) {
  using testing::AllOf;
  using testing::HasSubstr;
  const auto with = [](const std::string& rest) { return "method: admm\nsets:\n  - {grain: shape, " + rest; };
  EXPECT_THAT(problems_of(with("sparsity: 1.2}\n")), AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("from 0 to 1")));
  EXPECT_THAT(problems_of(with("sparsity: -0.1}\n")), AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("sparsity")));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nrho: 0\n")), AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("rho")));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nrho: -1\n")), HasSubstr("transform.yaml:4:"));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nrho_factor: 0.5\n")), HasSubstr("rho_factor"));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nquantise: {levels: 1}\n")),
              AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("levels")));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nquantise: {levels: 4, portions: [0.5, 0.9]}\n")),
              AllOf(HasSubstr("portions"), HasSubstr("end in 1")));
  EXPECT_THAT(problems_of(with("sparsity: 0.5}\nretraining: {epochs: 20, learning_rate: 0.1}\n")),
              AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("masked")));
  EXPECT_THAT(problems_of("{method: admm}"), HasSubstr("sets"));
  EXPECT_THAT(problems_of("{method: admm, sets: [{grain: previous_block, sparsity: 0.5}]}"), HasSubstr("sequence"));
  const std::string wide = "method: admm\narray: {rows: 128, columns: 64}\nsets:\n  - {grain: block, sparsity: 0.5";
  EXPECT_THAT(located_problems(wide + "}\n"),
              AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("layer conv"), HasSubstr("layer output (100 inputs"),
                    testing::Not(HasSubstr("layer hidden"))));
  EXPECT_EQ(located_problems(wide + ", by_layer: {conv: 0, output: 0}}\n"), "none");
  EXPECT_THAT(located_problems(with("sparsity: 0.5, by_layer: {hiden: 0.5}}\n")),
              AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("hiden")));
}

TEST(TransformSpec, RefusesBadSettingsOfCrossbarAwareAndQuantiseWithTheirPlace) {
  using testing::AllOf;
  using testing::HasSubstr;
  EXPECT_THAT(problems_of("method: crossbar-aware\nsparsity: 2\n"), HasSubstr("transform.yaml:2:"));
  EXPECT_THAT(located_problems("method: crossbar-aware\nsparsity: 0.5\nblock: {inputs: 4, outputs: 8}\n"),
              AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("conv"), HasSubstr("3 input feature maps")));
  EXPECT_THAT(located_problems("method: crossbar-aware\nsparsity: 0.5\nblock: {inputs: 1, outputs: 64}\n"),
              AllOf(HasSubstr("transform.yaml:3:"), HasSubstr("32 columns"), HasSubstr("output has 10 outputs")));
  EXPECT_THAT(
      located_problems("method: crossbar-aware\nsparsity: 0.5\nby_layer: {conv: 0}\nblock: {inputs: 4, outputs: 8}\n"),
      HasSubstr("none"));
  EXPECT_THAT(problems_of("method: quantise\nlevels: 1\n"), AllOf(HasSubstr("transform.yaml:2:"), HasSubstr("2 to")));
}

TEST(TransformSpec, RefusesStepsThatCannotFollow) {
  using testing::AllOf;
  using testing::HasSubstr;
  const std::string pruning = "  - {method: magnitude, threshold: deviation, quality: 1}\n";
  const auto sequence = [](const std::string& steps) { return problems_of("method: sequence\nsteps:\n" + steps); };
  EXPECT_EQ(sequence(pruning + "  - {method: quantise, levels: 4}\n"), "none");
  EXPECT_THAT(sequence(pruning + "  - {method: array}\n"), AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("first")));
  EXPECT_THAT(sequence(pruning + "  - {method: none}\n"), HasSubstr("first"));
  EXPECT_THAT(sequence("  - {method: quantise, levels: 4}\n" + pruning),
              AllOf(HasSubstr("transform.yaml:4:"), HasSubstr("magnitude cannot follow quantise")));
  EXPECT_THAT(sequence("  - {method: sequence, steps: []}\n"), HasSubstr("method"));
  EXPECT_THAT(problems_of("{method: sequence, steps: []}"), HasSubstr("at least one step"));
}

TEST(TransformSpec, OfTheConfigurationsHereFitTheirNetworks) {
  const std::string configs = std::string(CROSSLOOM_SOURCE_DIR) + "/configs/";
  for (const std::string network : {"lenet5", "vgg8", "vgg16", "resnet20", "resnet18"}) {
    ConfigDocument net = ConfigDocument::from_file(configs + "networks/" + network + ".yaml");
    const NetworkSpec spec = read_network_spec(net.root());
    net.finish();
    EXPECT_EQ(spec.output_count(), 10U);
    const TransformTarget target{spec, {32, 32}};
    for (const std::string method : {"admm", "crossbar_aware"}) {
      ConfigDocument document = ConfigDocument::from_file(configs + "training/" + method + "_" + network + ".yaml");
      read_transform_spec(document.root(), &target);
      EXPECT_NO_THROW(document.finish()) << method << ' ' << network;
    }
  }
}

}  // namespace
}  // namespace crossloom
