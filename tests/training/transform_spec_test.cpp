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

}  // namespace
}  // namespace crossloom
