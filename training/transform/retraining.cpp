#include "training/transform/retraining.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/live_weights.h"

namespace crossloom {
namespace {

using Clock = std::chrono::steady_clock;

/// Passes everything on and adds up the time that the method takes.
class TimedHook final : public EpochHook {
 public:
  explicit TimedHook(TransformMethod& method) : method_(method) {}
  [[nodiscard]] std::string identity() const override { return method_.identity(); }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    const Clock::time_point begin = Clock::now();
    method_.before_epoch(epoch, weights);
    spent_ += Clock::now() - begin;
  }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    const Clock::time_point begin = Clock::now();
    method_.after_epoch(epoch, weights);
    spent_ += Clock::now() - begin;
  }
  void before_step(std::uint32_t epoch, std::size_t step, TrainedWeights& weights, StepChanges& changes) override {
    const Clock::time_point begin = Clock::now();
    method_.before_step(epoch, step, weights, changes);
    spent_ += Clock::now() - begin;
  }
  [[nodiscard]] EpochSpan schedule_span(std::uint32_t epoch, std::uint32_t epochs) const override {
    return method_.schedule_span(epoch, epochs);
  }
  [[nodiscard]] bool needs_training_loss(std::uint32_t epoch) const override {
    return method_.needs_training_loss(epoch);
  }
  void take_training_loss(std::uint32_t epoch, double loss) override { method_.take_training_loss(epoch, loss); }
  void save(Archive& archive) const override { method_.save(archive); }
  void restore(const Archive& archive) override { method_.restore(archive); }
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(spent_).count(); }

 private:
  TransformMethod& method_;
  Clock::duration spent_{};
};

std::vector<std::uint32_t> part_of(const std::vector<std::uint32_t>& lines, std::size_t first, std::size_t most) {
  const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(most, lines.size() - first))};
}

void finish(Network& network, const TransformMethod& method, ProgressSink& progress) {
  for (const LayerId id : method.layers()) method.mark(id, network.layers[id]);
  if (method.removes_dead_units()) remove_dead_units(network);
  std::uint64_t done = 0;
  for (const LayerId id : method.layers()) {
    progress.update("forming blocks", done++, method.layers().size(), network.spec.layers[id].name);
    network.layers[id].blocks.clear();
    method.cover(id, network.layers[id]);
  }
}

}  // namespace

void TransformMethod::mark(LayerId, Layer& layer) const { mark_non_zero_live(layer); }

void expect_epochs(const char* method_name, std::uint32_t asked, std::uint32_t epochs) {
  if (asked <= epochs) return;
  throw UserError(
      fmt::format("method {} asks for {} epochs and the retraining has {}; give it more epochs under retraining",
                  method_name, asked, epochs));
}

std::vector<LayerId> all_layers(const NetworkSpec& network) {
  std::vector<LayerId> layers;
  for (std::size_t l = 0; l < network.layers.size(); ++l) layers.emplace_back(l);
  return layers;
}

TrainingSpec retraining_of(const std::optional<TrainingSpec>& own, const TrainingSpec& network_training) {
  TrainingSpec retraining = own.value_or(network_training);
  retraining.validation_images = network_training.validation_images;
  return retraining;
}

TrainResult retrain(const Network& dense, const Dataset& training_images, const TrainingSpec& retraining, RandomKey key,
                    const TrainOptions& options, TransformMethod& method, const std::string& method_name) {
  const Clock::time_point begin = Clock::now();
  TimedHook timed(method);
  TrainResult result = run_training(dense, training_images, retraining, key, options, &timed);
  finish(result.network, method, *options.progress);
  for (std::size_t l = 0; l < result.network.layers.size(); ++l) {
    if (result.network.synapses(LayerId(l)) > 0) continue;
    throw NothingLeft(fmt::format("method {} left no weight in layer {}; ask for less", method_name,
                                  dense.spec.layers[LayerId(l)].name));
  }
  options.progress->message(fmt::format("{}: {:.1f} s of {:.1f} s between the epochs", method_name, timed.seconds(),
                                        std::chrono::duration<double>(Clock::now() - begin).count()));
  return result;
}

std::optional<ArraySize> read_array_size(ConfigReader reader) {
  auto section = reader.optional_section("array");
  if (!section) return std::nullopt;
  return ArraySize{static_cast<std::uint32_t>(section->integer("rows", {1, 65536})),
                   static_cast<std::uint32_t>(section->integer("columns", {1, 65536}))};
}

LayerId layer_named(const NetworkSpec& network, const std::string& name) {
  std::string names;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    if (network.layers[LayerId(l)].name == name) return LayerId(l);
    names += (l == 0 ? "" : ", ") + network.layers[LayerId(l)].name;
  }
  throw UserError(fmt::format("the transformation names layer {}, which network {} has not (its layers: {})", name,
                              network.name, names));
}

OutputMajorMask largest_values(const OutputMajor& values, std::size_t count) {
  OutputMajorMask mask(values.size(), 0);
  if (count == 0) return mask;
  float least = 0.0F;
  std::size_t above = 0;
  if (count < values.size()) {
    OutputMajor ordered = values;
    const auto last = ordered.begin() + static_cast<std::ptrdiff_t>(count - 1);
    std::nth_element(ordered.begin(), last, ordered.end(), std::greater<>());
    least = *last;
  }
  for (const float value : values) above += value > least ? 1 : 0;
  std::size_t equal_left = std::min(count, values.size()) - above;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values[k] > least) {
      mask[k] = 1;
    } else if (values[k] == least && least > 0.0F && equal_left > 0) {
      mask[k] = 1;
      --equal_left;
    }
  }
  return mask;
}

void mark_live(Layer& layer, const OutputMajorMask& mask) {
  const std::size_t rows = layer.weights.rows;
  const std::size_t columns = layer.weights.columns;
  layer.live.assign(rows * columns, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      layer.live[i * columns + j] = mask[j * rows + i];
      if (mask[j * rows + i] == 0) layer.weights.values[i * columns + j] = 0.0F;
    }
  }
}

std::vector<Block> pieces_of(const Layer& layer, const std::vector<Block>& blocks, std::uint32_t rows,
                             std::uint32_t columns) {
  std::vector<Block> pieces;
  for (const Block& block : blocks) {
    std::vector<std::uint32_t> live_rows, live_columns;
    for (const std::uint32_t i : block.rows) {
      const auto live = [&layer, i](std::uint32_t j) { return layer.is_live(i, j); };
      if (std::any_of(block.columns.begin(), block.columns.end(), live)) live_rows.push_back(i);
    }
    for (const std::uint32_t j : block.columns) {
      const auto live = [&layer, j](std::uint32_t i) { return layer.is_live(i, j); };
      if (std::any_of(block.rows.begin(), block.rows.end(), live)) live_columns.push_back(j);
    }
    for (std::size_t i = 0; i < live_rows.size(); i += rows) {
      for (std::size_t j = 0; j < live_columns.size(); j += columns) {
        pieces.push_back({part_of(live_rows, i, rows), part_of(live_columns, j, columns)});
      }
    }
  }
  return pieces;
}

std::vector<Block> stripe_pieces(const Layer& layer, const std::vector<std::uint32_t>& columns, ArraySize array) {
  std::vector<std::uint32_t> rows(layer.weights.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<Block> stripes;
  for (std::size_t first = 0; first < columns.size(); first += array.columns) {
    stripes.push_back({rows, part_of(columns, first, array.columns)});
  }
  return pieces_of(layer, stripes, array.rows, array.columns);
}

}  // namespace crossloom
