#include "training/transform/quantise.h"

#include <algorithm>

#include <fmt/format.h>

#include "training/matrix_order.h"
#include "training/transform/live_weights.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

using Scales = std::vector<double>;  // one, or one an output

class QuantiseMethod final : public TransformMethod {
 public:
  QuantiseMethod(const MethodInputs& inputs, const QuantiseSpec& spec)
      : TransformMethod(inputs), start_(inputs.dense), spec_(spec), scales_(start_.layers.size()) {
    for (const Layer& layer : start_.layers) {
      live_.push_back(layer.live.empty() ? OutputMajorMask{}
                                         : live_by_output(layer, layer.weights.rows, layer.weights.columns));
    }
  }

  [[nodiscard]] std::string identity() const override {
    const std::string activations =
        spec_.activations ? fmt::format(", activations of {} bits", spec_.activations->bits) : "";
    if (!spec_.levels) return "quantise" + activations;
    return fmt::format("quantise {} a {}{}", spec_.levels->text, spec_.scale == ScaleOf::layer ? "layer" : "channel",
                       activations);
  }
  void before_epoch(std::uint32_t, TrainedWeights& weights) override {
    if (!spec_.levels) return;
    for (const LayerId id : layers()) scales_[id.value()] = scales_of(id, weights.weights(id));
  }
  void before_step(std::uint32_t, std::size_t, TrainedWeights& weights, StepChanges& changes) override {
    if (!spec_.levels) return;
    changes.deltas.resize(start_.layers.size());
    for (const LayerId id : layers()) {
      const OutputMajor& values = weights.weights(id);
      OutputMajor delta = quantised(id, values, scales_[id.value()]);
      std::transform(delta.begin(), delta.end(), values.begin(), delta.begin(), std::minus<>());
      changes.deltas[id.value()] = std::move(delta);
    }
  }
  void save(Archive&) const override {}
  void restore(const Archive&) override {}
  void mark(LayerId id, Layer& layer) const override {
    if (spec_.levels) {
      const OutputMajor values = by_output(layer.weights);
      layer.weights = by_input(quantised(id, values, scales_of(id, values)), layer.weights.rows, layer.weights.columns);
    }
    layer.live = start_.layers[id].live;
    if (layer.live.empty()) layer.live.assign(layer.weights.values.size(), 1);
  }
  /// A weight at level 0 is still a cell that may be written; what is live was settled before.
  [[nodiscard]] bool removes_dead_units() const override { return false; }
  void cover(LayerId id, Layer& layer) const override {
    layer.blocks = start_.layers[id].blocks;
    if (layer.blocks.empty()) layer.blocks = {live_block(layer)};
  }

 private:
  /// Calls visit(first weight, weights, scale index) for the weights that share a scale.
  template <class Visit>
  void for_each_part(LayerId id, const Visit& visit) const {
    const Matrix& matrix = start_.layers[id].weights;
    const std::size_t parts = spec_.scale == ScaleOf::layer ? 1 : matrix.columns;
    const std::size_t size = matrix.values.size() / parts;
    for (std::size_t part = 0; part < parts; ++part) visit(part * size, size, part);
  }
  template <class T>
  static std::vector<T> part_of(const std::vector<T>& all, std::size_t first, std::size_t size) {
    if (all.empty()) return {};
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }
  [[nodiscard]] Scales scales_of(LayerId id, const OutputMajor& values) const {
    Scales scales;
    for_each_part(id, [&](std::size_t first, std::size_t size, std::size_t) {
      scales.push_back(
          best_scale(part_of(values, first, size), part_of(live_[id.value()], first, size), spec_.levels->set));
    });
    return scales;
  }
  [[nodiscard]] OutputMajor quantised(LayerId id, const OutputMajor& values, const Scales& scales) const {
    OutputMajor all;
    all.reserve(values.size());
    for_each_part(id, [&](std::size_t first, std::size_t size, std::size_t part) {
      const OutputMajor own = project_on_levels(part_of(values, first, size), part_of(live_[id.value()], first, size),
                                                spec_.levels->set, scales[part]);
      all.insert(all.end(), own.begin(), own.end());
    });
    return all;
  }

  const Network& start_;
  QuantiseSpec spec_;
  std::vector<OutputMajorMask> live_;  // by layer; empty = all live
  std::vector<Scales> scales_;
};

}  // namespace

QuantiseSpec read_quantise_spec(ConfigReader reader) {
  QuantiseSpec spec;
  if (auto activations = reader.optional_section("activations")) spec.activations = read_activation_bits(*activations);
  if (!spec.activations || reader.has("levels") || reader.has("device")) spec.levels = read_weight_levels(reader, true);
  spec.scale =
      reader.choice_or<ScaleOf>("scale", spec.scale, {{"layer", ScaleOf::layer}, {"channel", ScaleOf::channel}});
  if (auto retraining = reader.optional_section("retraining")) spec.retraining = read_training_spec(*retraining);
  return spec;
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const QuantiseSpec& spec) {
  return std::make_unique<QuantiseMethod>(inputs, spec);
}

}  // namespace crossloom
