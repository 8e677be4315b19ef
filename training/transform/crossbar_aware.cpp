#include "training/transform/crossbar_aware.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "training/evaluate.h"
#include "training/matrix_order.h"
#include "training/transform/crossbar_cuts.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

std::uint32_t feature_rows_of(const LayerSpec& layer) {
  return layer.convolution ? layer.convolution->window.size * layer.convolution->window.size : 1;
}

class CrossbarAwareMethod final : public TransformMethod {
 public:
  CrossbarAwareMethod(const MethodInputs& inputs, const CrossbarAwareSpec& spec)
      : TransformMethod(inputs),
        inputs_(inputs),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        key_(inputs.key.child("crossbar-aware")),
        groups_(inputs.dense.layers.size()),
        masks_(inputs.dense.layers.size()) {}

  [[nodiscard]] std::string identity() const override {
    std::string text = fmt::format(
        "crossbar-aware {}x{} grain {} reorder {} sparsity {} by {} loss {} crossbars {} of {} "
        "samples in {}",
        array_.rows, array_.columns, static_cast<int>(spec_.grain), spec_.reorder, spec_.sparsity.common,
        spec_.sparsity_step, spec_.largest_loss, spec_.crossbars, spec_.samples, spec_.iterations);
    if (spec_.block) text += fmt::format(" block {}x{}", spec_.block->inputs, spec_.block->outputs);
    for (const auto& [layer, sparsity] : spec_.sparsity.by_layer) text += fmt::format(" {}={}", layer, sparsity);
    return text;
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != 0) return;
    cut_all();
    for (const LayerId id : layers()) weights.set_live(id, masks_[id.value()]);
  }
  void save(Archive& archive) const override {
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      archive.put(fmt::format("crossbar_aware.{}.groups", l), groups_[l]);
      archive.put(fmt::format("crossbar_aware.{}.mask", l), masks_[l]);
    }
  }
  void restore(const Archive& archive) override {
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      groups_[l] = archive.get<std::uint32_t>(fmt::format("crossbar_aware.{}.groups", l));
      masks_[l] = archive.get<std::uint8_t>(fmt::format("crossbar_aware.{}.mask", l));
    }
  }
  void mark(LayerId id, Layer& layer) const override { mark_live(layer, masks_[id.value()]); }
  [[nodiscard]] bool removes_dead_units() const override { return spec_.remove_dead_units; }
  void cover(LayerId id, Layer& layer) const override {
    const std::vector<Block> blocks =
        recombined(kept_of(masks_[id.value()], groups_[id.value()]), block_of(id).outputs);
    layer.blocks = pieces_of(layer, blocks, array_.rows, array_.columns);
  }

 private:
  [[nodiscard]] FeatureBlock block_of(LayerId id) const { return feature_block(inputs_.dense.spec, id, spec_, array_); }
  [[nodiscard]] OutputMajorMask live_before(LayerId id) const {
    const Layer& layer = inputs_.dense.layers[id];
    if (layer.live.empty()) return OutputMajorMask(layer.weights.values.size(), 1);
    return live_by_output(layer, layer.weights.rows, layer.weights.columns);
  }
  [[nodiscard]] std::uint32_t crossbars_in(LayerId id) const {
    return crossbars_of(kept_of(masks_[id.value()], groups_[id.value()]), block_of(id).outputs, array_);
  }
  [[nodiscard]] std::uint32_t all_crossbars() const {
    std::uint32_t sum = 0;
    for (const LayerId id : layers()) sum += crossbars_in(id);
    return sum;
  }
  void cut_all();
  /// The accuracy afterwards, still `now` where nothing was cut.
  std::optional<double> cut(LayerId id, const InputSamples& samples, Network& network, double least_accuracy,
                            std::optional<double> now);
  /// Of the validation images: without an answer where no accuracy can stop the cuts, as it takes longer than they do.
  [[nodiscard]] std::optional<double> accuracy(const Network& network) const {
    throw_if_interrupted();
    if (spec_.largest_loss >= 1.0) return std::nullopt;
    return evaluate(network, split_.validation, inputs_.threads).accuracy;
  }

  MethodInputs inputs_;
  CrossbarAwareSpec spec_;
  ArraySize array_;
  RandomKey key_;
  ValidationSplit split_ = split_of(inputs_);
  std::vector<RowGroups> groups_;  // by layer
  std::vector<OutputMajorMask> masks_;

  static ValidationSplit split_of(const MethodInputs& inputs) {
    TrainingSpec held_out;
    held_out.validation_images = inputs.validation_images;
    return split_for_validation(inputs.images, held_out);
  }
};

void CrossbarAwareMethod::cut_all() {
  Network network = inputs_.dense;
  for (const LayerId id : layers()) {
    const LayerSpec& layer = network.spec.layers[id];
    groups_[id.value()] = group_rows(network.spec.inputs_of(id), feature_rows_of(layer), block_of(id).inputs, {});
    masks_[id.value()] = live_before(id);
  }
  std::optional<double> now = accuracy(network);
  const double start = now.value_or(1.0);
  const auto count = static_cast<double>(layers().size());
  double done = 0.0;
  for (const LayerId id : layers()) {
    done += 1.0;
    if (spec_.sparsity.of(network.spec.layers[id].name) == 0.0) continue;
    if (all_crossbars() <= spec_.crossbars) break;
    const InputSamples samples = sample_inputs(network, id, split_.training, spec_.samples,
                                               key_.child("samples").child(id.value()), inputs_.threads);
    now = cut(id, samples, network, start - spec_.largest_loss * done / count, now);
    std::string text =
        fmt::format("crossbar-aware: {} in {} crossbars", network.spec.layers[id].name, crossbars_in(id));
    if (now) text += fmt::format(", {:.2f} % before retraining", 100.0 * *now);
    inputs_.progress->message(text);
  }
}

std::optional<double> CrossbarAwareMethod::cut(LayerId id, const InputSamples& samples, Network& network,
                                               double least_accuracy, std::optional<double> now) {
  const LayerSpec& spec = network.spec.layers[id];
  const Matrix whole = network.layers[id].weights;
  const OutputMajor weights = by_output(whole);
  RowGroups& groups = groups_[id.value()];
  if (spec_.reorder) {
    groups = group_rows(samples.rows, feature_rows_of(spec), block_of(id).inputs,
                        feature_importance(samples, weights, feature_rows_of(spec)));
  }
  std::vector<double> sparsities;
  const double most = spec_.sparsity.of(spec.name);
  for (int k = 1; spec_.sparsity_step * k < most - 1e-9; ++k) sparsities.push_back(spec_.sparsity_step * k);
  sparsities.push_back(most);
  const auto cuts = cut_layer(samples, weights, groups, spec_.grain, block_of(id).outputs, sparsities, spec_.iterations,
                              key_.child("terms").child(id.value()));
  const OutputMajorMask live = masks_[id.value()];
  Matrix kept = whole;
  for (const std::vector<KeptColumns>& one : cuts) {
    OutputMajorMask mask = mask_of(one, samples.rows, spec.outputs);
    OutputMajor values = weights;
    for (std::size_t k = 0; k < mask.size(); ++k) {
      mask[k] = mask[k] != 0 && live[k] != 0 ? 1 : 0;
      if (mask[k] == 0) values[k] = 0.0F;
    }
    network.layers[id].weights = by_input(values, samples.rows, spec.outputs);
    const std::optional<double> found = accuracy(network);
    if (found && *found < least_accuracy) break;
    now = found;
    masks_[id.value()] = std::move(mask);
    kept = network.layers[id].weights;
    if (all_crossbars() <= spec_.crossbars) break;
  }
  network.layers[id].weights = kept;
  return now;
}

}  // namespace

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const CrossbarAwareSpec& spec) {
  for (const auto& [name, sparsity] : spec.sparsity.by_layer) layer_named(inputs.dense.spec, name);
  for (const LayerId id : inputs.layers) {
    const auto& convolution = inputs.dense.spec.layers[id].convolution;
    if (!convolution || convolution->groups == 1) continue;
    throw UserError(fmt::format("method crossbar-aware takes convolutions with one group; layer {} has {}",
                                inputs.dense.spec.layers[id].name, convolution->groups));
  }
  return std::make_unique<CrossbarAwareMethod>(inputs, spec);
}

}  // namespace crossloom
