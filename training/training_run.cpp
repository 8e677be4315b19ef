#include "training/training_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "training/checkpoint.h"
#include "training/choose_precision.h"
#include "training/loss.h"
#include "training/schedule.h"

namespace crossloom {
namespace {

std::vector<std::uint32_t> shuffled(std::vector<std::uint32_t> indices, RandomKey key) {
  RandomStream stream(key);
  for (std::size_t i = indices.size(); i > 1; --i) {
    std::swap(indices[i - 1], indices[stream.below(static_cast<std::uint32_t>(i))]);
  }
  return indices;
}

struct Means {
  double loss = 0.0;
  double accuracy = 0.0;
};

/// One run of the loop; its members are the whole state that a checkpoint holds.
class TrainingRun {
 public:
  TrainingRun(const Network& start, const Dataset& dataset, const TrainingSpec& spec, RandomKey key,
              const TrainOptions& options, EpochHook* hook);
  TrainResult run();

 private:
  void run_epoch();
  Means run_steps();
  Means measure(const DatasetView& images);
  bool finished() const;
  void note_best(const EpochRecord& record);
  void save() const;
  void resume();
  double rate_at(std::size_t step_of_epoch) const;
  /// All arrays that training changes in the network: parameters, then the running averages of batch norms.
  std::vector<Parameter*> learned() const;

  const Dataset& dataset_;
  const TrainingSpec& spec_;
  RandomKey key_;
  const TrainOptions& options_;
  EpochHook* hook_;
  Precision precision_;
  ValidationSplit split_;
  std::size_t steps_per_epoch_;
  ComputePool pool_;
  Network network_;
  LayerStack stack_;
  Optimiser optimiser_;
  TrainedWeights weights_;
  StepChanges changes_;
  GuidedWeights guided_;
  DisturbedWeights disturbed_;
  std::string identity_;

  std::uint32_t epoch_ = 0;
  std::uint64_t step_ = 0;
  std::vector<EpochRecord> history_;
  std::uint32_t best_epoch_ = 0;
  std::vector<std::vector<float>> best_values_;
};

NetworkSpec with_scaled_dropout(NetworkSpec network, double scale) {
  for (LayerSpec& layer : network.layers) layer.dropout *= scale;
  for (NodeSpec& node : network.nodes) node.dropout *= scale;
  return network;
}

LayerStack::Options stack_options(const TrainingSpec& spec, RandomKey key, Precision precision) {
  return {precision, spec.input_dropout, key.child("dropout"), spec.augmentation, key.child("augmentation")};
}

Optimiser make_optimiser(const TrainingSpec& spec, LayerStack& stack) {
  std::vector<std::size_t> sizes;
  std::vector<bool> decays;
  for (const Parameter* parameter : stack.parameters()) {
    sizes.push_back(parameter->values.size());
    // Weights of layers only: neither biases nor batch norms.
    decays.push_back(std::any_of(stack.layers().begin(), stack.layers().end(),
                                 [parameter](const auto& layer) { return parameter == &layer->parameters().front(); }));
  }
  return {spec, sizes, decays};
}

TrainingRun::TrainingRun(const Network& start, const Dataset& dataset, const TrainingSpec& spec, RandomKey key,
                         const TrainOptions& options, EpochHook* hook)
    : dataset_(dataset),
      spec_(spec),
      key_(key),
      options_(options),
      hook_(hook),
      precision_(choose_precision(start.spec, spec.precision, *options.progress)),
      split_(split_for_validation(dataset, spec)),
      steps_per_epoch_((split_.training.size() + spec.batch - 1) / spec.batch),
      pool_(options.threads),
      network_(start),
      stack_(with_scaled_dropout(start.spec, spec.dropout_scale), stack_options(spec, key, precision_), pool_),
      optimiser_(make_optimiser(spec, stack_)),
      weights_(stack_, optimiser_),
      guided_(stack_, optimiser_),
      disturbed_(stack_, guided_) {
  stack_.load(start);
  std::size_t parameter = 0;
  for (std::size_t l = 0; l < start.layers.size(); ++l) {
    const auto& layer = stack_.layers()[l];
    optimiser_.set_live(parameter, layer->live_of(start.layers[LayerId(l)], 0));
    parameter += layer->parameters().size();
  }
  if (options.checkpoint_file) {
    identity_ = run_identity(start, dataset, spec, key, precision_, hook == nullptr ? "train" : hook->identity());
  }
}

std::vector<Parameter*> TrainingRun::learned() const {
  std::vector<Parameter*> all = stack_.parameters();
  for (Parameter* state : stack_.state()) all.push_back(state);
  return all;
}

double TrainingRun::rate_at(std::size_t step_of_epoch) const {
  // The middle of the step, so that a warm-up does not waste its first step on a rate of 0.
  const double moment = epoch_ + (static_cast<double>(step_of_epoch) + 0.5) / static_cast<double>(steps_per_epoch_);
  const EpochSpan span = hook_ == nullptr ? EpochSpan{0, spec_.epochs} : hook_->schedule_span(epoch_, spec_.epochs);
  return spec_.learning_rate * schedule_factor(spec_.schedule, moment - span.first, span.end - span.first);
}

Means TrainingRun::run_steps() {
  const auto order = shuffled(split_.training.indices(), key_.child("order").child(epoch_));
  double loss = 0.0;
  std::uint64_t correct = 0;
  for (std::size_t s = 0; s < steps_per_epoch_; ++s) {
    throw_if_interrupted();
    const std::size_t first = s * spec_.batch;
    const auto rows = static_cast<std::uint32_t>(std::min<std::size_t>(spec_.batch, order.size() - first));
    optimiser_.begin_step(rate_at(s));
    if (hook_ != nullptr) hook_->before_step(epoch_, s, weights_, changes_);
    GradientSink* sink = &optimiser_;
    if (!changes_.guides.empty() || !changes_.deltas.empty()) {
      guided_.begin_step(changes_.guides);
      disturbed_.begin_step(changes_.deltas);
      sink = &disturbed_;
    }
    const BatchResult result =
        stack_.train({&dataset_, order.data() + first, rows, epoch_}, spec_.loss, step_++, *sink);
    if (!std::isfinite(result.loss)) {
      throw UserError(
          fmt::format("training diverged in epoch {}: the loss is no longer finite; lower learning_rate (now "
                      "{}) or add warmup_epochs",
                      epoch_ + 1, spec_.learning_rate));
    }
    loss += result.loss;
    correct += result.correct;
    const auto seen = static_cast<double>(first + rows);
    options_.progress->update("training", epoch_ * steps_per_epoch_ + s + 1, spec_.epochs * steps_per_epoch_,
                              fmt::format("epoch {}/{}, loss {:.4f}", epoch_ + 1, spec_.epochs, loss / seen));
  }
  const auto images = static_cast<double>(order.size());
  return {loss / images, static_cast<double>(correct) / images};
}

Means TrainingRun::measure(const DatasetView& images) {
  const std::size_t most = evaluation_rows(network_.spec);
  const std::uint32_t classes = network_.spec.output_count();
  Means sum;
  for (std::size_t first = 0; first < images.size(); first += most) {
    throw_if_interrupted();
    const auto rows = static_cast<std::uint32_t>(std::min<std::size_t>(most, images.size() - first));
    const float* const outputs = stack_.forward({&dataset_, images.indices().data() + first, rows});
    for (std::uint32_t i = 0; i < rows; ++i) {
      const float* const values = outputs + std::size_t{i} * classes;
      const std::uint32_t label = images.label(first + i);
      sum.loss += loss_of(spec_.loss, values, classes, label);
      sum.accuracy += predicted_class(values, classes) == label ? 1.0 : 0.0;
    }
  }
  const auto count = static_cast<double>(images.size());
  return {sum.loss / count, sum.accuracy / count};
}

void TrainingRun::run_epoch() {
  if (hook_ != nullptr) hook_->before_epoch(epoch_, weights_);
  const Means training = run_steps();
  if (hook_ != nullptr) {
    if (hook_->needs_training_loss(epoch_)) hook_->take_training_loss(epoch_, measure(split_.training).loss);
    hook_->after_epoch(epoch_, weights_);
  }
  EpochRecord record;
  record.epoch = epoch_ + 1;
  record.learning_rate = rate_at(steps_per_epoch_ - 1);
  record.training_loss = training.loss;
  record.training_accuracy = training.accuracy;
  record.synapses = weights_.non_zero();
  if (!split_.validation.empty()) {
    const Means validation = measure(split_.validation);
    record.validation_loss = validation.loss;
    record.validation_accuracy = validation.accuracy;
  }
  history_.push_back(record);
  note_best(record);
  ++epoch_;
  if (options_.checkpoint_file) save();
}

void TrainingRun::note_best(const EpochRecord& record) {
  const bool better = best_epoch_ == 0 || !record.validation_accuracy ||
                      *record.validation_accuracy > *history_[best_epoch_ - 1].validation_accuracy;
  if (!better) return;
  best_epoch_ = record.epoch;
  if (spec_.early_stop_patience == 0 || hook_ != nullptr) return;
  best_values_.clear();
  for (const Parameter* one : learned()) best_values_.push_back(one->values);
}

bool TrainingRun::finished() const {
  if (epoch_ >= spec_.epochs) return true;
  return hook_ == nullptr && spec_.early_stop_patience > 0 && epoch_ >= best_epoch_ + spec_.early_stop_patience &&
         best_epoch_ > 0;
}

TrainResult TrainingRun::run() {
  if (options_.checkpoint_file && options_.resume && std::filesystem::exists(*options_.checkpoint_file)) resume();
  while (!finished()) run_epoch();
  if (!best_values_.empty()) {
    const auto all = learned();
    for (std::size_t p = 0; p < all.size(); ++p) all[p]->values = best_values_[p];
  }
  stack_.store(network_);
  return {std::move(network_), std::move(history_), best_epoch_, epoch_ < spec_.epochs, precision_};
}

std::string values_name(const char* what, std::size_t parameter) { return fmt::format("{}.{}", what, parameter); }

void TrainingRun::save() const {
  Archive archive(kCheckpointKind, kCheckpointVersion);
  archive.header["identity"] = identity_;
  archive.header["epoch"] = epoch_;
  archive.header["step"] = step_;
  archive.header["best_epoch"] = best_epoch_;
  archive.header["history"] = to_json(history_);
  const auto all = learned();
  for (std::size_t p = 0; p < all.size(); ++p) {
    archive.put(values_name("values", p), all[p]->values);
    if (!best_values_.empty()) archive.put(values_name("best_values", p), best_values_[p]);
  }
  optimiser_.save(archive);
  if (hook_ != nullptr) hook_->save(archive);
  archive.save(*options_.checkpoint_file);
}

void TrainingRun::resume() {
  const Archive archive = Archive::load(*options_.checkpoint_file, kCheckpointKind, kCheckpointVersion);
  if (archive.header.at("identity").get<std::string>() != identity_) {
    throw UserError(
        fmt::format("{} is the checkpoint of another run (network, data, settings or seed differ); delete it "
                    "or run without resuming",
                    options_.checkpoint_file->string()));
  }
  epoch_ = archive.header.at("epoch").get<std::uint32_t>();
  step_ = archive.header.at("step").get<std::uint64_t>();
  best_epoch_ = archive.header.at("best_epoch").get<std::uint32_t>();
  history_ = history_from_json(archive.header.at("history"));
  const auto all = learned();
  for (std::size_t p = 0; p < all.size(); ++p) {
    all[p]->values = archive.get<float>(values_name("values", p));
    const std::string best = values_name("best_values", p);
    if (archive.has(best)) best_values_.push_back(archive.get<float>(best));
  }
  optimiser_.restore(archive);
  if (hook_ != nullptr) hook_->restore(archive);
  stack_.parameters_changed();
  options_.progress->message(fmt::format("going on after epoch {} of {}", epoch_, spec_.epochs));
}

}  // namespace

TrainResult run_training(const Network& start, const Dataset& training_images, const TrainingSpec& training,
                         RandomKey key, const TrainOptions& options, EpochHook* hook) {
  check_fits(start.spec, training_images);
  if (training.loss != LossKind::cross_entropy && start.spec.graph().raw().back().kind == NodeKind::softmax) {
    throw UserError(
        fmt::format("network {} ends in softmax, which is trained with loss: cross_entropy; choose it or "
                    "leave the softmax out",
                    start.spec.name));
  }
  return TrainingRun(start, training_images, training, key, options, hook).run();
}

}  // namespace crossloom
