#include "training/transform/group_lasso.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/live_weights.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

/// Rows first_row .. end_row of columns first_column .. end_column.
struct Group {
  std::size_t first_row, end_row, first_column, end_column;
};

enum class Kind { row, column, block };  // of one array

class GroupMethod final : public TransformMethod {
 public:
  GroupMethod(const MethodInputs& inputs, const GroupLassoSpec& spec)
      : TransformMethod(inputs),
        network_(inputs.dense.spec),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        masks_(network_.layers.size()) {
    for (const Layer& layer : inputs.dense.layers) {
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
    if (spec_.kept_rows) text += fmt::format(" rows {}", spec_.kept_rows->common);
    for (const auto& [layer, kept] : kept_rows_of()) text += fmt::format(" {}:{}", layer, kept);
    return text;
  }

  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != spec_.regularise_epochs) return;
    for (const LayerId id : layers()) {
      const std::size_t l = id.value();
      OutputMajor values = weights.weights(id);
      if (spec_.kept_rows) delete_weak_rows(values, l);
      for_each_group(l, [&](const Group& group) {
        if (root_mean_square(values, l, group) < spec_.delete_below * spreads_[l]) scale(values, l, group, 0.0F);
      });
      masks_[l].resize(values.size());
      std::transform(values.begin(), values.end(), masks_[l].begin(),
                     [](float value) { return static_cast<std::uint8_t>(value != 0.0F ? 1 : 0); });
      weights.set_live(id, masks_[l]);
    }
  }

  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= spec_.regularise_epochs) return;
    for (const LayerId id : layers()) {
      const std::size_t l = id.value();
      OutputMajor values = weights.weights(id);
      const double step = spec_.strength.of(network_.layers[id].name) * spreads_[l];
      for_each_group(l, [&](const Group& group) {
        const double size = root_mean_square(values, l, group);
        if (size > 0.0) scale(values, l, group, static_cast<float>(std::max(0.0, 1.0 - step / size)));
      });
      weights.assign(id, values);
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

  void mark(LayerId id, Layer& layer) const override { mark_live(layer, masks_[id.value()]); }
  [[nodiscard]] bool removes_dead_units() const override { return spec_.remove_dead_units; }
  void cover(LayerId, Layer& layer) const override {
    std::vector<std::uint32_t> columns(layer.weights.columns);
    std::iota(columns.begin(), columns.end(), 0U);
    layer.blocks = stripe_pieces(layer, columns, array_);
  }

 private:
  [[nodiscard]] std::map<std::string, double> kept_rows_of() const {
    return spec_.kept_rows ? spec_.kept_rows->by_layer : std::map<std::string, double>{};
  }

  /// Of the rows of all arrays of a layer the share that stays, the largest; of equal ones the first.
  void delete_weak_rows(OutputMajor& values, std::size_t l) const {
    std::vector<Group> rows;
    OutputMajor sizes;
    for_each_of_kind(l, Kind::row, [&](const Group& group) {
      rows.push_back(group);
      sizes.push_back(static_cast<float>(root_mean_square(values, l, group)));
    });
    const double share = spec_.kept_rows->of(network_.layers[LayerId(l)].name);
    const auto count = static_cast<std::size_t>(std::llround(share * static_cast<double>(rows.size())));
    const OutputMajorMask kept = largest_values(sizes, std::max<std::size_t>(count, 1));
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (kept[k] == 0) scale(values, l, rows[k], 0.0F);
    }
  }

  template <class Visit>
  void for_each_of_kind(std::size_t l, Kind kind, const Visit& visit) const {
    const std::size_t rows = network_.inputs_of(LayerId(l));
    const std::size_t columns = network_.layers[LayerId(l)].outputs;
    const std::size_t high = kind == Kind::row ? 1 : array_.rows;
    const std::size_t wide = kind == Kind::column ? 1 : array_.columns;
    for (std::size_t j = 0; j < columns; j += wide) {
      for (std::size_t i = 0; i < rows; i += high) {
        visit(Group{i, std::min(rows, i + high), j, std::min(columns, j + wide)});
      }
    }
  }

  template <class Visit>
  void for_each_group(std::size_t l, const Visit& visit) const {
    for_each_of_kind(l, Kind::row, visit);
    for_each_of_kind(l, Kind::column, visit);
    if (spec_.blocks) for_each_of_kind(l, Kind::block, visit);
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
  spec.strength = read_layer_value(reader, "strength", {0.0, 10.0});
  spec.regularise_epochs =
      static_cast<std::uint32_t>(reader.integer_or("regularise_epochs", spec.regularise_epochs, {1, 100000}));
  spec.delete_below = reader.real_or("delete_below", spec.delete_below, {0.0, 100.0});
  if (reader.has("kept_rows")) {
    spec.kept_rows = LayerValue{reader.real("kept_rows", {1e-6, 1.0}), {}};
    if (auto layers = reader.optional_section("kept_rows_of")) {
      for (const std::string& layer : layers->keys())
        spec.kept_rows->by_layer[layer] = layers->real(layer, {1e-6, 1.0});
    }
  }
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

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const GroupLassoSpec& spec) {
  for (const auto& [name, value] : spec.strength.by_layer) layer_named(inputs.dense.spec, name);
  if (spec.kept_rows) {
    for (const auto& [name, value] : spec.kept_rows->by_layer) layer_named(inputs.dense.spec, name);
  }
  // At least one epoch trains under fixed masks.
  expect_epochs("group", spec.regularise_epochs + 1, inputs.epochs);
  return std::make_unique<GroupMethod>(inputs, spec);
}

}  // namespace crossloom
