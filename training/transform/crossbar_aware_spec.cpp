#include <algorithm>

#include <fmt/format.h>

#include "training/transform/crossbar_aware.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

std::uint32_t rows_of_feature(const LayerSpec& layer) {
  return layer.convolution ? layer.convolution->window.size * layer.convolution->window.size : 1;
}

FeatureBlock read_block(ConfigReader reader, const CrossbarAwareSpec& spec, const TransformTarget* target) {
  FeatureBlock block;
  block.inputs = static_cast<std::uint32_t>(reader.integer("inputs", {1, 65536}));
  block.outputs = static_cast<std::uint32_t>(reader.integer("outputs", {1, 65536}));
  if (target == nullptr) return block;
  const ArraySize array = spec.array.value_or(target->array);
  if (block.outputs > array.columns) {
    reader.problem("outputs", fmt::format("a crossbar has {} columns only", array.columns));
  }
  for (std::size_t l = 0; l < target->network.layers.size(); ++l) {
    const LayerSpec& layer = target->network.layers[LayerId(l)];
    if (spec.sparsity.of(layer.name) == 0.0) continue;
    const std::uint32_t inputs = target->network.inputs_of(LayerId(l)) / rows_of_feature(layer);
    const char* advice = "choose a smaller block or give the layer sparsity 0 under by_layer";
    if (block.inputs > inputs) {
      reader.problem("inputs", fmt::format("layer {} has {} input feature maps only; {}", layer.name, inputs, advice));
    }
    if (block.outputs > layer.outputs) {
      reader.problem("outputs", fmt::format("layer {} has {} outputs only; {}", layer.name, layer.outputs, advice));
    }
  }
  return block;
}

}  // namespace

FeatureBlock feature_block(const NetworkSpec& network, LayerId layer, const CrossbarAwareSpec& spec, ArraySize array) {
  const LayerSpec& own = network.layers[layer];
  const std::uint32_t rows = rows_of_feature(own);
  const FeatureBlock block = spec.block.value_or(FeatureBlock{std::max(1U, array.rows / rows), array.columns});
  return {std::min(block.inputs, network.inputs_of(layer) / rows), std::min(block.outputs, own.outputs)};
}

CrossbarAwareSpec read_crossbar_aware_spec(ConfigReader reader, const TransformTarget* target) {
  CrossbarAwareSpec spec;
  spec.array = read_array_size(reader);
  spec.grain =
      reader.choice_or<CutGrain>("grain", spec.grain, {{"crossbar", CutGrain::crossbar}, {"column", CutGrain::column}});
  spec.reorder = reader.boolean_or("reorder", spec.reorder);
  spec.sparsity = read_layer_value(reader, "sparsity", {0.0, 1.0});
  check_layer_names(reader, spec.sparsity, target);
  if (auto block = reader.optional_section("block")) spec.block = read_block(*block, spec, target);
  spec.sparsity_step = reader.real_or("sparsity_step", spec.sparsity_step, {1e-3, 1.0});
  spec.largest_loss = reader.real_or("largest_loss_points", 100.0 * spec.largest_loss, {0.0, 100.0}) / 100.0;
  spec.crossbars = static_cast<std::uint32_t>(reader.integer_or("crossbars", spec.crossbars, {0, 100'000'000}));
  spec.samples = static_cast<std::uint32_t>(reader.integer_or("samples", spec.samples, {1, 1'000'000}));
  spec.iterations = static_cast<std::uint32_t>(reader.integer_or("iterations", spec.iterations, {0, 1'000'000}));
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) spec.retraining = read_training_spec(*retraining);
  return spec;
}

}  // namespace crossloom
