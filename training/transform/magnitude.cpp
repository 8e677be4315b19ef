#include "training/transform/magnitude.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/live_weights.h"
#include "training/transform/retraining.h"

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

/// What all forms share: the layers by name, and one block a layer.
class ThresholdMethod : public TransformMethod {
 public:
  ThresholdMethod(const MethodInputs& inputs, bool removes_dead_units)
      : TransformMethod(inputs), network_(inputs.dense.spec), removes_dead_units_(removes_dead_units) {}
  void save(Archive&) const override {}
  void restore(const Archive&) override {}
  [[nodiscard]] bool removes_dead_units() const override { return removes_dead_units_; }
  void cover(LayerId, Layer& layer) const override { layer.blocks = {live_block(layer)}; }

 protected:
  [[nodiscard]] const std::string& name_of(LayerId layer) const { return network_.layers[layer].name; }

 private:
  const NetworkSpec& network_;
  bool removes_dead_units_;
};

class RampMethod final : public ThresholdMethod {
 public:
  RampMethod(const MethodInputs& inputs, const MagnitudeSpec& spec)
      : ThresholdMethod(inputs, spec.remove_dead_units),
        spec_(std::get<RampThreshold>(spec.threshold)),
        first_fixed_epoch_(inputs.epochs - spec.fine_tune_epochs),
        thresholds_(inputs.dense.layers.size(), 0.0) {}

  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude ramp {} until {}", describe(spec_.step), first_fixed_epoch_);
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != first_fixed_epoch_) return;
    for (const LayerId l : layers()) {
      weights.set_live(l, at_least(weights.weights(l), thresholds_[l.value()]));
    }
  }
  [[nodiscard]] bool needs_training_loss(std::uint32_t epoch) const override { return epoch < first_fixed_epoch_; }
  void take_training_loss(std::uint32_t, double loss) override {
    fell_ = loss < last_loss_;
    last_loss_ = loss;
  }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= first_fixed_epoch_) return;
    for (const LayerId l : layers()) {
      weights.clear(l, at_least(weights.weights(l), thresholds_[l.value()]));
      if (fell_ && epoch + 1 < first_fixed_epoch_) thresholds_[l.value()] += spec_.step.of(name_of(l));
    }
  }
  void save(Archive& archive) const override {
    archive.put("ramp.thresholds", thresholds_);
    archive.put("ramp.last_loss", std::vector<double>{last_loss_});
  }
  void restore(const Archive& archive) override {
    const std::size_t count = thresholds_.size();
    thresholds_ = archive.get<double>("ramp.thresholds");
    last_loss_ = archive.get<double>("ramp.last_loss").at(0);
    CROSSLOOM_CHECK(thresholds_.size() == count, "one threshold a layer");
  }

 private:
  RampThreshold spec_;
  std::uint32_t first_fixed_epoch_;
  std::vector<double> thresholds_;
  double last_loss_ = std::numeric_limits<double>::infinity();
  bool fell_ = false;
};

class DeviationMethod final : public ThresholdMethod {
 public:
  DeviationMethod(const MethodInputs& inputs, const MagnitudeSpec& spec)
      : ThresholdMethod(inputs, spec.remove_dead_units), spec_(std::get<DeviationThreshold>(spec.threshold)) {}
  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude deviation {}", describe(spec_.quality));
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch != 0) return;
    for (const LayerId l : layers()) {
      const auto& values = weights.weights(l);
      weights.set_live(l, at_least(values, spec_.quality.of(name_of(l)) * standard_deviation(values)));
    }
  }

 private:
  DeviationThreshold spec_;
};

class DensityMethod final : public ThresholdMethod {
 public:
  DensityMethod(const MethodInputs& inputs, const MagnitudeSpec& spec)
      : ThresholdMethod(inputs, spec.remove_dead_units), spec_(std::get<DensityThreshold>(spec.threshold)) {}
  [[nodiscard]] std::string identity() const override {
    return fmt::format("magnitude density {} over {}", describe(spec_.density), spec_.pruning_epochs);
  }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch >= spec_.pruning_epochs) return;
    const double remaining = 1.0 - static_cast<double>(epoch + 1) / static_cast<double>(spec_.pruning_epochs);
    for (const LayerId l : layers()) {
      const double target = spec_.density.of(name_of(l));
      const double density = target + (1.0 - target) * remaining * remaining * remaining;
      const auto& values = weights.weights(l);
      const auto count = static_cast<std::size_t>(std::llround(density * static_cast<double>(values.size())));
      weights.set_live(l, largest(values, std::max<std::size_t>(count, 1)));
    }
  }

 private:
  DensityThreshold spec_;
};

const LayerValue& value_of(const MagnitudeSpec& spec) {
  if (const auto* ramp = std::get_if<RampThreshold>(&spec.threshold)) return ramp->step;
  if (const auto* deviation = std::get_if<DeviationThreshold>(&spec.threshold)) return deviation->quality;
  return std::get<DensityThreshold>(spec.threshold).density;
}

}  // namespace

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const MagnitudeSpec& spec) {
  for (const auto& [name, value] : value_of(spec).by_layer) layer_named(inputs.dense.spec, name);
  const auto* density = std::get_if<DensityThreshold>(&spec.threshold);
  expect_epochs("magnitude", std::max(spec.fine_tune_epochs, density == nullptr ? 0U : density->pruning_epochs),
                inputs.epochs);
  if (std::holds_alternative<RampThreshold>(spec.threshold)) return std::make_unique<RampMethod>(inputs, spec);
  if (density != nullptr) return std::make_unique<DensityMethod>(inputs, spec);
  return std::make_unique<DeviationMethod>(inputs, spec);
}

}  // namespace crossloom
