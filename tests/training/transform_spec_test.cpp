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
}

}  // namespace
}  // namespace crossloom
