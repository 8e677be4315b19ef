#include "training/transform/device_aware.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

class DeviceAwareMethod final : public TransformMethod {
 public:
  DeviceAwareMethod(const MethodInputs& inputs, const DeviceAwareSpec& spec, const WeightsOnChip& on_chip)
      : TransformMethod(inputs), start_(inputs.dense), current_(inputs.dense), spec_(spec), on_chip_(on_chip) {}

  [[nodiscard]] std::string identity() const override { return fmt::format("device-aware {}", spec_.redraw_steps); }
  void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) override {
    if (step % spec_.redraw_steps != 0) return;
    for (const LayerId id : layers()) {
      hold_within(weights, id);
      take(weights.weights(id), current_.layers[id].weights);
    }
    // A draw a chip: no epoch has 2^32 steps.
    const std::vector<Matrix> seen = on_chip_(current_, (std::uint64_t{epoch} << 32U) | step);
    CROSSLOOM_CHECK(seen.size() == layers().size(), "one matrix a layer");
    changes.deltas.resize(seen.size());
    for (std::size_t l = 0; l < seen.size(); ++l) {
      changes.deltas[l] = difference(seen[l], current_.layers[LayerId(l)].weights);
    }
  }
  void save(Archive&) const override {}
  void restore(const Archive&) override {}
  void mark(LayerId id, Layer& layer) const override { layer.live = start_.layers[id].live; }
  [[nodiscard]] bool removes_dead_units() const override { return false; }
  void cover(LayerId id, Layer& layer) const override { layer.blocks = start_.layers[id].blocks; }

 private:
  void hold_within(TrainedWeights& weights, LayerId id) const {
    const std::vector<float>& own = start_.layers[id].weights.values;
    const float largest = std::accumulate(own.begin(), own.end(), 0.0F,
                                          [](float most, float weight) { return std::max(most, std::fabs(weight)); });
    OutputMajor values = weights.weights(id);
    for (float& value : values) value = std::clamp(value, -largest, largest);
    weights.assign(id, values);
  }
  static void take(const OutputMajor& values, Matrix& matrix) {
    for (std::uint32_t i = 0; i < matrix.rows; ++i) {
      for (std::uint32_t j = 0; j < matrix.columns; ++j) matrix.at(i, j) = values[std::size_t{j} * matrix.rows + i];
    }
  }
  static OutputMajor difference(const Matrix& seen, const Matrix& weights) {
    CROSSLOOM_CHECK(seen.rows == weights.rows && seen.columns == weights.columns, "one weight on chip a weight");
    OutputMajor delta(weights.values.size());
    for (std::uint32_t j = 0; j < weights.columns; ++j) {
      for (std::uint32_t i = 0; i < weights.rows; ++i) {
        delta[std::size_t{j} * weights.rows + i] = seen.at(i, j) - weights.at(i, j);
      }
    }
    return delta;
  }

  const Network& start_;
  Network current_;
  DeviceAwareSpec spec_;
  const WeightsOnChip& on_chip_;
};

}  // namespace

DeviceAwareSpec read_device_aware_spec(ConfigReader reader) {
  DeviceAwareSpec spec;
  spec.redraw_steps =
      static_cast<std::uint32_t>(reader.integer_or("redraw_steps", spec.redraw_steps, {1, 1'000'000'000}));
  if (auto retraining = reader.optional_section("retraining")) spec.retraining = read_training_spec(*retraining);
  return spec;
}

TrainResult retrain_on_chips(const Network& transformed, const Dataset& training_images, const DeviceAwareSpec& spec,
                             const TrainingSpec& training, RandomKey key, const WeightsOnChip& on_chip,
                             const TrainOptions& options) {
  const TrainingSpec retraining = retraining_of(spec.retraining, training);
  const MethodInputs inputs{transformed,
                            training_images,
                            {},
                            retraining.epochs,
                            key,
                            all_layers(transformed.spec),
                            training.validation_images,
                            options.threads,
                            options.progress};
  DeviceAwareMethod method(inputs, spec, on_chip);
  return retrain(transformed, training_images, retraining, key, options, method, "device_aware");
}

}  // namespace crossloom
