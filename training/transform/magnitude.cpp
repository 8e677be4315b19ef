#include "training/transform/magnitude.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "training/training_run.h"
#include "training/transform/live_weights.h"

namespace crossloom {
namespace {

using Mask = std::vector<std::uint8_t>;

/// Weights of at least `threshold` that are not 0.
Mask at_least(const std::vector<float>& weights, double threshold) {
  Mask keep(weights.size());
  std::transform(weights.begin(), weights.end(), keep.begin(), [threshold](float weight) {
    return static_cast<std::uint8_t>(weight != 0.0F && std::fabs(static_cast<double>(weight)) >= threshold ? 1 : 0);
  });
  return keep;
}

/// The `count` largest magnitudes; of equal ones the first.
Mask largest(const std::vector<float>& weights, std::size_t count) {
  std::vector<std::uint32_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto before = [&weights](std::uint32_t a, std::uint32_t b) {
    const float first = std::fabs(weights[a]);
    const float second = std::fabs(weights[b]);
    return first != second ? first > second : a < b;
  };
  if (count < order.size()) {
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), before);
  }
  Mask keep(weights.size());
  for (std::size_t k = 0; k < std::min(count, order.size()); ++k) keep[order[k]] = weights[order[k]] != 0.0F ? 1 : 0;
  return keep;
}

/// Of the weights that are not 0.
double standard_deviation(const std::vector<float>& weights) {
  double sum = 0.0;
  double squares = 0.0;
  std::size_t count = 0;
  for (const float weight : weights) {
    if (weight == 0.0F) continue;
    sum += static_cast<double>(weight);
    squares += static_cast<double>(weight) * static_cast<double>(weight);
    ++count;
  }
  if (count == 0) return 0.0;
  const double mean = sum / static_cast<double>(count);
  return std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean));
}

std::string describe(const LayerValue& value) {
  std::string text = fmt::format("{}", value.common);
  for (const auto& [layer, other] : value.by_layer) text += fmt::format(" {}={}", layer, other);
  return text;
}

/// What all forms share: the layers by name, and no loss wanted.
class ThresholdHook : public EpochHook {
 public:
  explicit ThresholdHook(const NetworkSpec& network) : network_(network) {}
  void before_epoch(std::uint32_t, TrainedWeights&) override {}
  void after_epoch(std::uint32_t, TrainedWeights&) override {}
  [[nodiscard]] bool needs_training_loss(std::uint32_t) const override { return false; }
  void take_training_loss(std::uint32_t, double) override {}
  void save(Archive&) const override {}
  void restore(const Archive&) override {}

 protected:
  [[nodiscard]] std::size_t layers() const { return network_.layers.size(); }
  [[nodiscard]] const std::string& name_of(std::size_t layer) const { return network_.layers[LayerId(layer)].name; }

 private:
  const NetworkSpec& network_;
};

class RampHook final : public ThresholdHook {
 public:
  RampHook(const NetworkSpec& network, const RampThreshold& spec, std::uint32_t first_fixed_epoch)
      : ThresholdHook(network), spec_(spec), first_fixed_epoch_(first_fixed_epoch), thresholds_(layers(), 0.0) {}

  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude ramp {} until {}", describe(spec_.step), first_fixed_epoch_);
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != first_fixed_epoch_) return;
    for (std::size_t l = 0; l < layers(); ++l) {
      weights.set_live(LayerId(l), at_least(weights.weights(LayerId(l)), thresholds_[l]));
    }
  }
  [[nodiscard]] bool needs_training_loss(std::uint32_t epoch) const override { return epoch < first_fixed_epoch_; }
  void take_training_loss(std::uint32_t, double loss) override {
    fell_ = loss < last_loss_;
    last_loss_ = loss;
  }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= first_fixed_epoch_) return;
    for (std::size_t l = 0; l < layers(); ++l) {
      weights.clear(LayerId(l), at_least(weights.weights(LayerId(l)), thresholds_[l]));
      if (fell_ && epoch + 1 < first_fixed_epoch_) thresholds_[l] += spec_.step.of(name_of(l));
    }
  }
  void save(Archive& archive) const override {
    archive.put("ramp.thresholds", thresholds_);
    archive.put("ramp.last_loss", std::vector<double>{last_loss_});
  }
  void restore(const Archive& archive) override {
    thresholds_ = archive.get<double>("ramp.thresholds");
    last_loss_ = archive.get<double>("ramp.last_loss").at(0);
    CROSSLOOM_CHECK(thresholds_.size() == layers(), "one threshold a layer");
  }

 private:
  RampThreshold spec_;
  std::uint32_t first_fixed_epoch_;
  std::vector<double> thresholds_;
  double last_loss_ = std::numeric_limits<double>::infinity();
  bool fell_ = false;
};

class DeviationHook final : public ThresholdHook {
 public:
  DeviationHook(const NetworkSpec& network, const DeviationThreshold& spec) : ThresholdHook(network), spec_(spec) {}
  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude deviation {}", describe(spec_.quality));
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != 0) return;
    for (std::size_t l = 0; l < layers(); ++l) {
      const auto& values = weights.weights(LayerId(l));
      weights.set_live(LayerId(l), at_least(values, spec_.quality.of(name_of(l)) * standard_deviation(values)));
    }
  }

 private:
  DeviationThreshold spec_;
};

class DensityHook final : public ThresholdHook {
 public:
  DensityHook(const NetworkSpec& network, const DensityThreshold& spec) : ThresholdHook(network), spec_(spec) {}
  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude density {} over {}", describe(spec_.density), spec_.pruning_epochs);
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= spec_.pruning_epochs) return;
    const double remaining = 1.0 - static_cast<double>(epoch + 1) / static_cast<double>(spec_.pruning_epochs);
    for (std::size_t l = 0; l < layers(); ++l) {
      const double target = spec_.density.of(name_of(l));
      const double density = target + (1.0 - target) * remaining * remaining * remaining;
      const auto& values = weights.weights(LayerId(l));
      const auto count = static_cast<std::size_t>(std::llround(density * static_cast<double>(values.size())));
      weights.set_live(LayerId(l), largest(values, std::max<std::size_t>(count, 1)));
    }
  }

 private:
  DensityThreshold spec_;
};

std::unique_ptr<EpochHook> make_hook(const NetworkSpec& network, const MagnitudeSpec& spec, std::uint32_t epochs) {
  if (const auto* ramp = std::get_if<RampThreshold>(&spec.threshold)) {
    return std::make_unique<RampHook>(network, *ramp, epochs - spec.fine_tune_epochs);
  }
  if (const auto* deviation = std::get_if<DeviationThreshold>(&spec.threshold)) {
    return std::make_unique<DeviationHook>(network, *deviation);
  }
  return std::make_unique<DensityHook>(network, std::get<DensityThreshold>(spec.threshold));
}

const LayerValue& value_of(const MagnitudeSpec& spec) {
  if (const auto* ramp = std::get_if<RampThreshold>(&spec.threshold)) return ramp->step;
  if (const auto* deviation = std::get_if<DeviationThreshold>(&spec.threshold)) return deviation->quality;
  return std::get<DensityThreshold>(spec.threshold).density;
}

void check_against(const NetworkSpec& network, const MagnitudeSpec& spec, const TrainingSpec& retraining) {
  for (const auto& [name, value] : value_of(spec).by_layer) {
    const bool known = std::any_of(network.layers.begin(), network.layers.end(),
                                   [&wanted = name](const DenseLayerSpec& layer) { return layer.name == wanted; });
    if (!known) throw UserError(fmt::format("by_layer names {}, which is no layer of network {}", name, network.name));
  }
  const auto* density = std::get_if<DensityThreshold>(&spec.threshold);
  const std::uint32_t wanted = std::max(spec.fine_tune_epochs, density == nullptr ? 0U : density->pruning_epochs);
  if (wanted > retraining.epochs) {
    throw UserError(
        fmt::format("magnitude pruning asks for {} of its epochs and the retraining has {}; give it more "
                    "epochs under retraining",
                    wanted, retraining.epochs));
  }
}

}  // namespace

TrainResult prune_by_magnitude(const Network& dense, const Dataset& training_images, const MagnitudeSpec& spec,
                               const TrainingSpec& training, RandomKey key, const TrainOptions& options) {
  TrainingSpec retraining = spec.retraining.value_or(training);
  // Other images were already trained on.
  retraining.validation_images = training.validation_images;
  check_against(dense.spec, spec, retraining);
  const auto hook = make_hook(dense.spec, spec, retraining.epochs);
  TrainResult result = run_training(dense, training_images, retraining, key, options, hook.get());
  mark_non_zero_live(result.network);
  if (spec.remove_dead_units) remove_dead_units(result.network);
  for (std::size_t l = 0; l < result.network.layers.size(); ++l) {
    Layer& layer = result.network.layers[LayerId(l)];
    const Block block = live_block(layer);
    if (block.rows.empty()) {
      throw UserError(fmt::format(
          "magnitude pruning left no weight in layer {}; lower its {}", dense.spec.layers[LayerId(l)].name,
          std::holds_alternative<DensityThreshold>(spec.threshold) ? "sparsity (raise density)" : "threshold"));
    }
    layer.blocks = {block};
  }
  return result;
}

}  // namespace crossloom
