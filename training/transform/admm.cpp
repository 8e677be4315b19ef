#include "training/transform/admm.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "training/transform/admm_groups.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

/// The first epoch of each stage.
struct Stages {
  std::uint32_t mask, levels, portions, end;
};

Stages stages_of(const AdmmSpec& spec, std::uint32_t epochs) {
  const std::uint32_t mask = spec.sets.empty() ? 0 : spec.admm_epochs;
  const auto levels = static_cast<std::uint32_t>(mask + spec.masked_epochs(epochs));
  return {mask, levels, levels + (spec.quantise ? spec.quantise->admm_epochs : 0), epochs};
}

class AdmmMethod final : public TransformMethod {
 public:
  AdmmMethod(const MethodInputs& inputs, const AdmmSpec& spec)
      : TransformMethod(inputs),
        network_(inputs.dense),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        stages_(stages_of(spec, inputs.epochs)),
        mismatch_(inputs.key.child("variation")),
        constraints_(network_.layers.size()),
        level_variables_(network_.layers.size(), AdmmConstraint(nullptr)),
        masks_(network_.layers.size()),
        held_(network_.layers.size()),
        scales_(network_.layers.size(), 0.0) {
    for (const LayerId id : layers()) {
      constraints_[id.value()] =
          layer_constraints(spec.sets, network_.layers[id], network_.spec.layers[id].name, array_);
      level_variables_[id.value()] = AdmmConstraint([this, id](const OutputMajor& weights) {
        const LevelSet& levels = spec_.quantise->levels.set;
        const OutputMajorMask& live = masks_[id.value()];
        return project_on_levels(weights, live, levels, best_scale(weights, live, levels));
      });
    }
  }

  [[nodiscard]] std::string identity() const override;
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override;
  void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) override;
  [[nodiscard]] EpochSpan schedule_span(std::uint32_t epoch, std::uint32_t epochs) const override {
    if (epoch < stages_.mask) return {0, stages_.mask};
    if (epoch < stages_.levels) return {stages_.mask, stages_.levels};
    return {stages_.levels, epochs};
  }
  void save(Archive& archive) const override;
  void restore(const Archive& archive) override;
  void mark(LayerId id, Layer& layer) const override { mark_live(layer, masks_[id.value()]); }
  [[nodiscard]] bool removes_dead_units() const override { return spec_.remove_dead_units; }
  void cover(LayerId id, Layer& layer) const override {
    const std::vector<Block>& before = network_.layers[id].blocks;
    layer.blocks = before.empty() ? grid_cover(layer, array_) : pieces_of(layer, before, array_.rows, array_.columns);
  }

 private:
  void start_or_update(LayerId id, const OutputMajor& weights, bool start) {
    for (LayerConstraint& constraint : constraints_[id.value()]) {
      start ? constraint.variables.start(weights) : constraint.variables.update(weights);
    }
  }
  void fix_mask(LayerId id, TrainedWeights& weights);
  void hold_portion(LayerId id, double portion, TrainedWeights& weights);
  [[nodiscard]] double pull_at(std::uint32_t epoch) const {
    const std::uint32_t first = epoch < stages_.mask ? 0 : stages_.levels;
    return spec_.rho * std::pow(spec_.rho_factor, static_cast<double>((epoch - first) / spec_.update_epochs));
  }
  [[nodiscard]] WeightGuide guide(LayerId id, std::uint32_t epoch) const;
  [[nodiscard]] OutputMajor mismatch(LayerId id, std::uint32_t epoch, std::size_t step,
                                     const OutputMajor& values) const;

  const Network& network_;
  AdmmSpec spec_;
  ArraySize array_;
  Stages stages_;
  RandomKey mismatch_;
  std::vector<std::vector<LayerConstraint>> constraints_;  // by layer
  std::vector<AdmmConstraint> level_variables_;
  std::vector<OutputMajorMask> masks_, held_;
  std::vector<double> scales_;
};

std::string AdmmMethod::identity() const {
  std::string text = fmt::format("admm {}x{} rho {} x {} over {} every {} variation {}", array_.rows, array_.columns,
                                 spec_.rho, spec_.rho_factor, stages_.mask, spec_.update_epochs, spec_.variation);
  for (const GroupConstraint& set : spec_.sets) {
    text += fmt::format(" {}:{}", static_cast<int>(set.grain), set.sparsity.common);
    for (const auto& [layer, sparsity] : set.sparsity.by_layer) text += fmt::format(" {}={}", layer, sparsity);
  }
  if (spec_.quantise) {
    text += fmt::format(" levels {} from {} portions {} of {} from {}", spec_.quantise->levels.text, stages_.levels,
                        fmt::join(spec_.quantise->portions, " "), spec_.quantise->portion_epochs, stages_.portions);
  }
  return text;
}

void AdmmMethod::before_epoch(std::uint32_t epoch, TrainedWeights& weights) {
  for (const LayerId id : layers()) {
    if (epoch < stages_.mask && epoch % spec_.update_epochs == 0) start_or_update(id, weights.weights(id), epoch == 0);
    if (epoch == stages_.mask) fix_mask(id, weights);
    if (!spec_.quantise || epoch < stages_.levels) continue;
    const std::uint32_t into = epoch - stages_.levels;
    if (epoch < stages_.portions && into % spec_.update_epochs == 0) {
      AdmmConstraint& variables = level_variables_[id.value()];
      into == 0 ? variables.start(weights.weights(id)) : variables.update(weights.weights(id));
    }
    const std::uint32_t after = epoch - std::min(epoch, stages_.portions);
    if (epoch >= stages_.portions && after % spec_.quantise->portion_epochs == 0) {
      hold_portion(id, spec_.quantise->portions.at(after / spec_.quantise->portion_epochs), weights);
    }
  }
}

void AdmmMethod::fix_mask(LayerId id, TrainedWeights& weights) {
  OutputMajorMask mask = hard_mask(constraints_[id.value()], weights.weights(id));
  masks_[id.value()] = mask;
  weights.set_live(id, std::move(mask));
}

void AdmmMethod::hold_portion(LayerId id, double portion, TrainedWeights& weights) {
  const OutputMajorMask& live = masks_[id.value()];
  OutputMajor values = weights.weights(id);
  double& scale = scales_[id.value()];
  if (scale == 0.0) scale = best_scale(values, live, spec_.quantise->levels.set);
  const OutputMajor nearest = project_on_levels(values, live, spec_.quantise->levels.set, scale);
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (live[k] != 0) order.push_back(k);
  }
  OutputMajorMask& held = held_[id.value()];
  held.resize(values.size(), 0);
  // A chip's scale is that of the largest weight: held from the start, it keeps the outermost level in use.
  const auto largest = std::max_element(order.begin(), order.end(), [&values](std::size_t a, std::size_t b) {
    return std::fabs(values[a]) < std::fabs(values[b]);
  });
  if (largest != order.end()) held[*largest] = 1;
  // Those already held come first.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (held[a] != held[b]) return held[a] > held[b];
    return std::fabs(values[a] - nearest[a]) < std::fabs(values[b] - nearest[b]);
  });
  const auto count = static_cast<std::size_t>(std::ceil(portion * static_cast<double>(order.size())));
  for (std::size_t k = 0; k < std::min(count, order.size()); ++k) {
    held[order[k]] = 1;
    values[order[k]] = nearest[order[k]];
  }
  weights.assign(id, values);
}

WeightGuide AdmmMethod::guide(LayerId id, std::uint32_t epoch) const {
  WeightGuide guide;
  const std::size_t l = id.value();
  if (epoch < stages_.mask && !constraints_[l].empty()) {
    // Several quadratic terms are one around the mean of their targets.
    const auto count = static_cast<float>(constraints_[l].size());
    for (const LayerConstraint& constraint : constraints_[l]) {
      const OutputMajor target = constraint.variables.target();
      guide.target.resize(target.size(), 0.0F);
      for (std::size_t k = 0; k < target.size(); ++k) guide.target[k] += target[k] / count;
    }
    guide.pull = pull_at(epoch) * static_cast<double>(count);
  }
  if (spec_.quantise && epoch >= stages_.levels && epoch < stages_.portions) {
    guide.target = level_variables_[l].target();
    guide.pull = pull_at(epoch);
  }
  if (spec_.quantise && epoch >= stages_.portions) guide.held = held_[l];
  return guide;
}

OutputMajor AdmmMethod::mismatch(LayerId id, std::uint32_t epoch, std::size_t step, const OutputMajor& values) const {
  OutputMajor delta(values.size(), 0.0F);
  const RandomField field(mismatch_.child(epoch));
  for (std::uint32_t k = 0; k < values.size(); ++k) {
    if (values[k] == 0.0F) continue;
    const double factor = std::exp(spec_.variation * field.normal(static_cast<std::uint32_t>(step), k, id.value()));
    delta[k] = values[k] * static_cast<float>(factor - 1.0);
  }
  return delta;
}

void AdmmMethod::before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) {
  changes.guides.resize(network_.layers.size());
  for (const LayerId id : layers()) {
    if (step == 0) changes.guides[id.value()] = guide(id, epoch);
  }
  if (spec_.variation == 0.0 || epoch < stages_.mask) return;
  changes.deltas.resize(network_.layers.size());
  for (const LayerId id : layers()) changes.deltas[id.value()] = mismatch(id, epoch, step, weights.weights(id));
}

void AdmmMethod::save(Archive& archive) const {
  archive.put("admm.scales", scales_);
  for (std::size_t l = 0; l < masks_.size(); ++l) {
    for (std::size_t c = 0; c < constraints_[l].size(); ++c) {
      constraints_[l][c].variables.save(archive, fmt::format("admm.{}.{}", l, c));
    }
    level_variables_[l].save(archive, fmt::format("admm.{}.levels", l));
    archive.put(fmt::format("admm.{}.mask", l), masks_[l]);
    archive.put(fmt::format("admm.{}.held", l), held_[l]);
  }
}

void AdmmMethod::restore(const Archive& archive) {
  scales_ = archive.get<double>("admm.scales");
  CROSSLOOM_CHECK(scales_.size() == masks_.size(), "one scale a layer");
  for (std::size_t l = 0; l < masks_.size(); ++l) {
    for (std::size_t c = 0; c < constraints_[l].size(); ++c) {
      constraints_[l][c].variables.restore(archive, fmt::format("admm.{}.{}", l, c));
    }
    level_variables_[l].restore(archive, fmt::format("admm.{}.levels", l));
    masks_[l] = archive.get<std::uint8_t>(fmt::format("admm.{}.mask", l));
    held_[l] = archive.get<std::uint8_t>(fmt::format("admm.{}.held", l));
  }
}

}  // namespace

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const AdmmSpec& spec) {
  for (const GroupConstraint& set : spec.sets) {
    for (const auto& [name, sparsity] : set.sparsity.by_layer) layer_named(inputs.dense.spec, name);
  }
  const std::int64_t masked = spec.masked_epochs(inputs.epochs);
  // At least one epoch trains under the mask.
  if (masked < 1) expect_epochs("admm", static_cast<std::uint32_t>(inputs.epochs + 1 - masked), inputs.epochs);
  return std::make_unique<AdmmMethod>(inputs, spec);
}

}  // namespace crossloom
