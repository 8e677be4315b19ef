#include "training/checkpoint.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/files.h"

namespace crossloom {
namespace {

using nlohmann::json;

template <class T>
std::string digest(const std::vector<T>& values) {
  if (values.empty()) return sha256_hex({});
  return sha256_hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
}

json describe(const Network& network) {
  json layers = json::array();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LayerSpec& spec = network.spec.layers[LayerId(l)];
    const Layer& layer = network.layers[LayerId(l)];
    layers.push_back({{"name", spec.name},
                      {"outputs", spec.outputs},
                      {"bias", spec.bias},
                      {"relu", spec.activation == Activation::relu},
                      {"dropout", spec.dropout},
                      {"weights", digest(layer.weights.values)},
                      {"bias_values", digest(layer.bias)},
                      {"live", digest(layer.live)}});
  }
  json description = {{"inputs", network.spec.input.size()}, {"layers", layers}};
  if (!network.spec.is_chain()) description["graph"] = sha256_hex(to_archive(network).to_bytes());
  return description;
}

json describe(const OptimiserSpec& optimiser) {
  if (const auto* sgd = std::get_if<SgdSpec>(&optimiser)) return {{"momentum", sgd->momentum}};
  const auto& adam = std::get<AdamSpec>(optimiser);
  return {{"beta1", adam.beta1}, {"beta2", adam.beta2}, {"epsilon", adam.epsilon}};
}

json describe(const TrainingSpec& spec) {
  const ScheduleSpec& s = spec.schedule;
  // Initialisation is not named: the starting weights themselves are.
  json description = {
      {"epochs", spec.epochs},
      {"batch", spec.batch},
      {"optimiser", describe(spec.optimiser)},
      {"learning_rate", spec.learning_rate},
      {"schedule", {static_cast<int>(s.shape), s.warmup_epochs, s.step_epochs, s.step_factor, s.final_fraction}},
      {"loss", static_cast<int>(spec.loss)},
      {"weight_decay", spec.weight_decay},
      {"input_dropout", spec.input_dropout},
      {"dropout_scale", spec.dropout_scale},
      {"validation_images", spec.validation_images},
      {"early_stop_patience", spec.early_stop_patience}};
  const AugmentationSpec& augmentation = spec.augmentation;
  if (augmentation.shift > 0 || augmentation.flip) {
    description["augmentation"] = {{"shift", augmentation.shift}, {"flip", augmentation.flip}};
  }
  return description;
}

json optional_to_json(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

std::optional<double> optional_from_json(const json& value) {
  return value.is_null() ? std::nullopt : std::optional<double>(value.get<double>());
}

}  // namespace

std::string run_identity(const Network& start, const Dataset& dataset, const TrainingSpec& training, RandomKey key,
                         Precision precision, const std::string& method) {
  const json identity = {{"network", describe(start)},
                         {"data", {dataset.size(), digest(dataset.pixels), digest(dataset.labels)}},
                         {"training", describe(training)},
                         {"key", key.value()},
                         {"precision", precision == Precision::f32 ? "f32" : "bf16"},
                         {"method", method}};
  return sha256_hex(identity.dump());
}

json to_json(const std::vector<EpochRecord>& history) {
  json epochs = json::array();
  for (const EpochRecord& record : history) {
    epochs.push_back({{"epoch", record.epoch},
                      {"learning_rate", record.learning_rate},
                      {"training_loss", record.training_loss},
                      {"training_accuracy", record.training_accuracy},
                      {"validation_loss", optional_to_json(record.validation_loss)},
                      {"validation_accuracy", optional_to_json(record.validation_accuracy)},
                      {"synapses", record.synapses}});
  }
  return epochs;
}

std::vector<EpochRecord> history_from_json(const json& epochs) {
  std::vector<EpochRecord> history;
  for (const json& epoch : epochs) {
    EpochRecord record;
    record.epoch = epoch.at("epoch").get<std::uint32_t>();
    record.learning_rate = epoch.at("learning_rate").get<double>();
    record.training_loss = epoch.at("training_loss").get<double>();
    record.training_accuracy = epoch.at("training_accuracy").get<double>();
    record.validation_loss = optional_from_json(epoch.at("validation_loss"));
    record.validation_accuracy = optional_from_json(epoch.at("validation_accuracy"));
    record.synapses = epoch.at("synapses").get<std::uint64_t>();
    history.push_back(record);
  }
  return history;
}

}  // namespace crossloom
