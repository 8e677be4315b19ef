#include "training/transform/group_lasso.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/array_sparsity.h"
#include "training/transform/live_weights.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

/// Rows first_row .. end_row of columns first_column .. end_column.
struct Group {
  std::size_t first_row, end_row, first_column, end_column;
};

class GroupMethod final : public TransformMethod {
 public:
  GroupMethod(const Network& dense, const GroupLassoSpec& spec, ArraySize array)
      : network_(dense.spec), spec_(spec), array_(array), masks_(dense.layers.size()) {
    for (const Layer& layer : dense.layers) {
      double squares = 0.0;
      for (const float weight : layer.weights.values)
        squares += static_cast<double>(weight) * static_cast<double>(weight);
      spreads_.push_back(std::sqrt(squares / static_cast<double>(layer.weights.values.size())));
    }
  }

  [[nodiscard]] std::string identity() const override {
    std::string text = fmt::format("group {}x{} strength {} over {} below {} blocks {}", array_.rows, array_.columns,
                                   spec_.strength.common, spec_.regularise_epochs, spec_.delete_below, spec_.blocks);
    for (const auto& [layer, strength] : spec_.strength.by_layer) text += fmt::format(" {}={}", layer, strength);
    return text;
  }

  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != spec_.regularise_epochs) return;
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      OutputMajor values = weights.weights(LayerId(l));
      for_each_group(l, [&](const Group& group) {
        if (root_mean_square(values, l, group) < spec_.delete_below * spreads_[l]) scale(values, l, group, 0.0F);
      });
      masks_[l].resize(values.size());
      std::transform(values.begin(), values.end(), masks_[l].begin(),
                     [](float value) { return static_cast<std::uint8_t>(value != 0.0F ? 1 : 0); });
      weights.set_live(LayerId(l), masks_[l]);
    }
  }

  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= spec_.regularise_epochs) return;
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      OutputMajor values = weights.weights(LayerId(l));
      const double step = spec_.strength.of(network_.layers[LayerId(l)].name) * spreads_[l];
      for_each_group(l, [&](const Group& group) {
        const double size = root_mean_square(values, l, group);
        if (size > 0.0) scale(values, l, group, static_cast<float>(std::max(0.0, 1.0 - step / size)));
      });
      weights.assign(LayerId(l), values);
    }
  }

  void save(Archive& archive) const override {
    for (std::size_t l = 0; l < masks_.size(); ++l) archive.put(fmt::format("group.{}.mask", l), masks_[l]);
  }
  void restore(const Archive& archive) override {
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      masks_[l] = archive.get<std::uint8_t>(fmt::format("group.{}.mask", l));
    }
  }

  void finish(Network& network) override {
    for (std::size_t l = 0; l < masks_.size(); ++l) mark_live(network.layers[LayerId(l)], masks_[l]);
    if (spec_.remove_dead_units) remove_dead_units(network);
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      Layer& layer = network.layers[LayerId(l)];
      std::vector<Block> stripes;
      for (std::uint32_t j = 0; j < layer.weights.columns; ++j) {
        if (j % array_.columns == 0) {
          stripes.emplace_back();
          for (std::uint32_t i = 0; i < layer.weights.rows; ++i) stripes.back().rows.push_back(i);
        }
        stripes.back().columns.push_back(j);
      }
      layer.blocks = pieces_of(layer, stripes, array_.rows, array_.columns);
    }
  }

 private:
  /// Rows of each array, then columns, then whole arrays.
  template <class Visit>
  void for_each_group(std::size_t l, const Visit& visit) const {
    const std::size_t rows = network_.inputs_of(LayerId(l));
    const std::size_t columns = network_.layers[LayerId(l)].outputs;
    for (int kind = 0; kind < (spec_.blocks ? 3 : 2); ++kind) {
      const std::size_t high = kind == 0 ? 1 : array_.rows;
      const std::size_t wide = kind == 1 ? 1 : array_.columns;
      for (std::size_t j = 0; j < columns; j += wide) {
        for (std::size_t i = 0; i < rows; i += high) {
          visit(Group{i, std::min(rows, i + high), j, std::min(columns, j + wide)});
        }
      }
    }
  }

  [[nodiscard]] double root_mean_square(const OutputMajor& values, std::size_t l, const Group& group) const {
    const std::size_t rows = network_.inputs_of(LayerId(l));
    double squares = 0.0;
    for (std::size_t j = group.first_column; j < group.end_column; ++j) {
      for (std::size_t i = group.first_row; i < group.end_row; ++i) {
        const auto value = static_cast<double>(values[j * rows + i]);
        squares += value * value;
      }
    }
    const std::size_t size = (group.end_column - group.first_column) * (group.end_row - group.first_row);
    return std::sqrt(squares / static_cast<double>(size));
  }

  void scale(OutputMajor& values, std::size_t l, const Group& group, float factor) const {
    const std::size_t rows = network_.inputs_of(LayerId(l));
    for (std::size_t j = group.first_column; j < group.end_column; ++j) {
      for (std::size_t i = group.first_row; i < group.end_row; ++i) values[j * rows + i] *= factor;
    }
  }

  const NetworkSpec& network_;
  GroupLassoSpec spec_;
  ArraySize array_;
  std::vector<double> spreads_;  // by layer: root mean square of the dense weights
  std::vector<OutputMajorMask> masks_;
};

}  // namespace

GroupLassoSpec read_group_lasso_spec(ConfigReader reader) {
  GroupLassoSpec spec;
  spec.array = read_array_size(reader);
  spec.strength.common = reader.real("strength", {0.0, 10.0});
  if (auto by_layer = reader.optional_section("by_layer")) {
    for (const std::string& layer : by_layer->keys())
      spec.strength.by_layer[layer] = by_layer->real(layer, {0.0, 10.0});
  }
  spec.regularise_epochs =
      static_cast<std::uint32_t>(reader.integer_or("regularise_epochs", spec.regularise_epochs, {1, 100000}));
  spec.delete_below = reader.real_or("delete_below", spec.delete_below, {0.0, 100.0});
  spec.blocks = reader.boolean_or("blocks", spec.blocks);
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) {
    spec.retraining = read_training_spec(*retraining);
    if (spec.regularise_epochs >= spec.retraining->epochs) {
      reader.problem("regularise_epochs", "leaves no epoch of the retraining for fine-tuning");
    }
  }
  return spec;
}

TrainResult delete_groups(const Network& dense, const Dataset& training_images, const GroupLassoSpec& spec,
                          ArraySize chip_array, const TrainingSpec& training, RandomKey key,
                          const TrainOptions& options) {
  const TrainingSpec retraining = retraining_of(spec.retraining, training);
  for (const auto& [name, value] : spec.strength.by_layer) layer_named(dense.spec, name);
  if (spec.regularise_epochs >= retraining.epochs) {
    throw UserError(fmt::format(
        "method group regularises for {} epochs and the retraining has {}; give it more epochs under retraining",
        spec.regularise_epochs, retraining.epochs));
  }
  GroupMethod method(dense, spec, spec.array.value_or(chip_array));
  return retrain(dense, training_images, retraining, key, options, method, "group");
}

}  // namespace crossloom
