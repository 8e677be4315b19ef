#include "training/transform/mixed.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/retraining.h"
#include "training/transform/transform_spec.h"

namespace crossloom {
namespace {

constexpr const char* kStateKind = "transform_part";

class MixedMethod final : public TransformMethod {
 public:
  MixedMethod(const MethodInputs& inputs, std::vector<std::unique_ptr<TransformMethod>> parts)
      : TransformMethod(inputs), parts_(std::move(parts)), part_of_(inputs.dense.layers.size()) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      for (const LayerId id : parts_[p]->layers()) part_of_[id.value()] = p;
    }
  }

  [[nodiscard]] std::string identity() const override {
    std::string text = "mixed";
    for (const auto& part : parts_) {
      text += " [";
      for (const LayerId id : part->layers()) text += fmt::format("{} ", id.value());
      text += part->identity() + "]";
    }
    return text;
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    for (const auto& part : parts_) part->before_epoch(epoch, weights);
  }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    for (const auto& part : parts_) part->after_epoch(epoch, weights);
  }
  void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) override {
    for (const auto& part : parts_) part->before_step(epoch, step, weights, changes);
  }
  [[nodiscard]] bool needs_training_loss(std::uint32_t epoch) const override {
    return std::any_of(parts_.begin(), parts_.end(),
                       [epoch](const auto& part) { return part->needs_training_loss(epoch); });
  }
  void take_training_loss(std::uint32_t epoch, double loss) override {
    for (const auto& part : parts_) {
      if (part->needs_training_loss(epoch)) part->take_training_loss(epoch, loss);
    }
  }
  /// Each part in an archive of its own, since two parts may have the same method.
  void save(Archive& archive) const override {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      Archive own(kStateKind, 1);
      parts_[p]->save(own);
      const std::string bytes = own.to_bytes();
      archive.put(fmt::format("mixed.{}", p), std::vector<char>(bytes.begin(), bytes.end()));
    }
  }
  void restore(const Archive& archive) override {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const std::string name = fmt::format("mixed.{}", p);
      const auto bytes = archive.get<char>(name);
      parts_[p]->restore(Archive::from_bytes({bytes.begin(), bytes.end()}, name, kStateKind, 1));
    }
  }
  void mark(LayerId id, Layer& layer) const override { parts_[part_of_[id.value()]]->mark(id, layer); }
  [[nodiscard]] bool removes_dead_units() const override {
    return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->removes_dead_units(); });
  }
  void cover(LayerId id, Layer& layer) const override { parts_[part_of_[id.value()]]->cover(id, layer); }

 private:
  std::vector<std::unique_ptr<TransformMethod>> parts_;
  std::vector<std::size_t> part_of_;  // by layer
};

}  // namespace

MixedSpec read_mixed_spec(ConfigReader reader, const TransformTarget* target) {
  MixedSpec spec;
  std::set<std::string> seen;
  for (ConfigReader& part : reader.sections("parts")) {
    MixedPart own;
    own.layers = part.texts("layers");
    for (const std::string& layer : own.layers) {
      if (!seen.insert(layer).second) part.problem("layers", "names " + layer + ", which has a method already");
    }
    if (own.layers.empty()) part.problem("layers", "names no layer");
    own.method = read_method_spec(part.section("transform"), target);
    if (std::visit([](const auto& method) { return own_retraining(method).has_value(); }, own.method)) {
      part.problem("transform", "has a retraining; the whole network is retrained once: give it beside parts");
    }
    const auto* quantise = std::get_if<QuantiseSpec>(&own.method);
    if (quantise != nullptr && quantise->activations) {
      part.problem("transform",
                   "quantises activations, which belong to the whole network; let quantise with "
                   "activations follow mixed in a sequence");
    }
    spec.parts.push_back(std::move(own));
  }
  if (auto retraining = reader.optional_section("retraining")) spec.retraining = read_training_spec(*retraining);
  return spec;
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const MixedSpec& spec) {
  std::vector<std::unique_ptr<TransformMethod>> parts;
  std::vector<LayerId> left = inputs.layers;
  for (std::size_t p = 0; p < spec.parts.size(); ++p) {
    MethodInputs own = inputs;
    own.key = inputs.key.child("parts").child(p);
    own.layers.clear();
    for (const std::string& name : spec.parts[p].layers) own.layers.push_back(layer_named(inputs.dense.spec, name));
    std::sort(own.layers.begin(), own.layers.end());
    for (const LayerId id : own.layers) left.erase(std::remove(left.begin(), left.end(), id), left.end());
    parts.push_back(std::visit([&own](const auto& method) { return make_method(own, method); }, spec.parts[p].method));
  }
  if (!left.empty()) {
    MethodInputs own = inputs;
    own.layers = left;
    parts.push_back(make_method(own, NoneSpec{}));
  }
  return std::make_unique<MixedMethod>(inputs, std::move(parts));
}

}  // namespace crossloom
