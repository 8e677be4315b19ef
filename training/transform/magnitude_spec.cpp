#include "training/transform/magnitude.h"

namespace crossloom {
namespace {

enum class ThresholdKind { ramp, deviation, density };

}  // namespace

LayerValue read_layer_value(ConfigReader reader, const char* key, RealRange range) {
  LayerValue value;
  value.common = reader.real(key, range);
  if (auto by_layer = reader.optional_section("by_layer")) {
    for (const std::string& layer : by_layer->keys()) value.by_layer[layer] = by_layer->real(layer, range);
  }
  return value;
}

double LayerValue::of(const std::string& layer) const {
  const auto found = by_layer.find(layer);
  return found == by_layer.end() ? common : found->second;
}

MagnitudeSpec read_magnitude_spec(ConfigReader reader) {
  MagnitudeSpec spec;
  const auto kind = reader.choice<ThresholdKind>(
      "threshold",
      {{"ramp", ThresholdKind::ramp}, {"deviation", ThresholdKind::deviation}, {"density", ThresholdKind::density}});
  switch (kind) {
    case ThresholdKind::ramp:
      spec.threshold = RampThreshold{read_layer_value(reader, "step", {0.0, 10.0})};
      break;
    case ThresholdKind::deviation:
      spec.threshold = DeviationThreshold{read_layer_value(reader, "quality", {0.0, 100.0})};
      break;
    case ThresholdKind::density: {
      DensityThreshold density;
      density.density = read_layer_value(reader, "density", {1e-6, 1.0});
      density.pruning_epochs = static_cast<std::uint32_t>(reader.integer("pruning_epochs", {1, 100000}));
      spec.threshold = density;
      break;
    }
  }
  if (kind == ThresholdKind::ramp) {
    spec.fine_tune_epochs = static_cast<std::uint32_t>(reader.integer_or("fine_tune_epochs", 0, {0, 100000}));
  }
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) {
    spec.retraining = read_training_spec(*retraining);
    if (spec.fine_tune_epochs > spec.retraining->epochs) {
      reader.problem("fine_tune_epochs", "is more than all epochs of the retraining");
    }
    const auto* density = std::get_if<DensityThreshold>(&spec.threshold);
    if (density != nullptr && density->pruning_epochs > spec.retraining->epochs) {
      reader.problem("pruning_epochs", "is more than all epochs of the retraining");
    }
  }
  return spec;
}

}  // namespace crossloom
