#include <algorithm>

#include <fmt/format.h>

#include "training/transform/admm.h"
#include "training/transform/admm_groups.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

constexpr std::int64_t kMostEpochs = 100000;

const std::vector<std::pair<std::string, Grain>>& grains() {
  static const std::vector<std::pair<std::string, Grain>> names{{"weight", Grain::weight},
                                                                {"filter", Grain::filter},
                                                                {"shape", Grain::shape},
                                                                {"column", Grain::column},
                                                                {"row", Grain::row},
                                                                {"block", Grain::block},
                                                                {"previous_block", Grain::previous_block}};
  return names;
}

std::uint32_t epochs_or(ConfigReader& reader, const char* key, std::uint32_t fallback, std::int64_t least) {
  return static_cast<std::uint32_t>(reader.integer_or(key, fallback, {least, kMostEpochs}));
}

/// A layer of one group has nothing to lose but itself.
void check_sizes(ConfigReader reader, const GroupConstraint& set, const TransformTarget& target) {
  for (const LayerSpec& layer : target.network.layers) {
    if (set.sparsity.of(layer.name) == 0.0 || set.grain == Grain::previous_block) continue;
    const LayerId id = layer_named(target.network, layer.name);
    const std::uint32_t rows = target.network.inputs_of(id);
    const ArraySize group = group_size(set.grain, rows, layer.outputs, target.array);
    if (group.rows < rows || group.columns < layer.outputs) continue;
    reader.problem("grain", fmt::format("layer {} ({} inputs, {} outputs) is not larger than one group of {} x {}; "
                                        "choose a smaller array or give it sparsity 0 under by_layer",
                                        layer.name, rows, layer.outputs, group.rows, group.columns));
  }
}

GroupConstraint read_constraint(ConfigReader reader, const TransformTarget* target, bool follows) {
  GroupConstraint set;
  set.grain = reader.choice<Grain>("grain", grains());
  set.sparsity = read_layer_value(reader, "sparsity", {0.0, 1.0});
  if (set.grain == Grain::previous_block && !follows) {
    reader.problem("grain", "previous_block takes the blocks of the step before this one in a sequence; there is none");
  }
  check_layer_names(reader, set.sparsity, target);
  if (target != nullptr) check_sizes(reader, set, *target);
  return set;
}

LevelStage read_level_stage(ConfigReader reader) {
  LevelStage stage;
  stage.levels = read_weight_levels(reader, false);
  stage.admm_epochs = epochs_or(reader, "admm_epochs", stage.admm_epochs, 0);
  if (reader.has("portions")) stage.portions = reader.reals("portions", {1e-6, 1.0});
  const bool ascending = std::is_sorted(stage.portions.begin(), stage.portions.end());
  if (!ascending || stage.portions.empty() || stage.portions.back() != 1.0) {
    reader.problem("portions", "must ascend and end in 1, so that all weights end at levels");
  }
  stage.portion_epochs = epochs_or(reader, "portion_epochs", stage.portion_epochs, 1);
  return stage;
}

}  // namespace

std::int64_t AdmmSpec::masked_epochs(std::uint32_t epochs) const {
  std::int64_t left = std::int64_t{epochs} - (sets.empty() ? 0 : admm_epochs);
  if (quantise)
    left -= quantise->admm_epochs + static_cast<std::int64_t>(quantise->portions.size()) * quantise->portion_epochs;
  return left;
}

AdmmSpec read_admm_spec(ConfigReader reader, const TransformTarget* target, bool follows) {
  AdmmSpec spec;
  spec.array = read_array_size(reader);
  std::optional<TransformTarget> own;
  if (target != nullptr) own.emplace(TransformTarget{target->network, spec.array.value_or(target->array)});
  if (reader.has("sets")) {
    for (ConfigReader& set : reader.sections("sets")) {
      spec.sets.push_back(read_constraint(set, own ? &*own : nullptr, follows));
    }
  }
  constexpr double kAboveZero = 1e-12;
  spec.rho = reader.real_or("rho", spec.rho, {kAboveZero, 1e6});
  spec.rho_factor = reader.real_or("rho_factor", spec.rho_factor, {1.0, 1e3});
  spec.admm_epochs = epochs_or(reader, "admm_epochs", spec.admm_epochs, 1);
  spec.update_epochs = epochs_or(reader, "update_epochs", spec.update_epochs, 1);
  if (auto quantise = reader.optional_section("quantise")) spec.quantise = read_level_stage(*quantise);
  if (spec.sets.empty() && !spec.quantise) {
    reader.problem("sets",
                   "is empty and there is no quantise; name a constraint, such as {grain: shape, sparsity: 0.5}");
  }
  spec.variation = reader.real_or("variation", spec.variation, {0.0, 2.0});
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) {
    spec.retraining = read_training_spec(*retraining);
    if (spec.masked_epochs(spec.retraining->epochs) < 1) {
      reader.problem("retraining", fmt::format("its {} epochs leave none for masked retraining beside admm_epochs and "
                                               "those of quantise",
                                               spec.retraining->epochs));
    }
  }
  return spec;
}

}  // namespace crossloom
