#include "training/layer_stack.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "training/layer_stack_input.h"
#include "training/loss.h"

namespace crossloom {

void check_fits(const NetworkSpec& spec, const Dataset& dataset) {
  if (dataset.image_size() != spec.input.size()) {
    throw UserError(
        fmt::format("the images of {} have {} x {} x {} values and network {} takes {} x {} x {}; choose a "
                    "data set and a network that fit each other",
                    dataset.name, dataset.width, dataset.height, dataset.channels, spec.name, spec.input.width,
                    spec.input.height, spec.input.channels));
  }
  if (spec.layers.empty()) throw UserError(fmt::format("network {} has no layers", spec.name));
  const std::uint32_t outputs = spec.output_count();
  if (dataset.classes > outputs) {
    throw UserError(fmt::format("data set {} has {} classes and the last layer of network {} only {} outputs",
                                dataset.name, dataset.classes, spec.name, outputs));
  }
}

std::uint32_t evaluation_rows(const NetworkSpec& spec) {
  constexpr std::uint32_t kMost = 1024;
  if (spec.is_chain()) return kMost;
  std::size_t values = 0;
  for (const ImageShape& shape : shapes_of(spec)) values += shape.size();
  constexpr std::size_t kBytes = std::size_t{256} << 20U;
  const std::size_t rows = kBytes / (values * sizeof(float));
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(rows / 16 * 16, 16, kMost));
}

LayerStack::~LayerStack() = default;

void LayerStack::load(const Network& network) {
  for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l]->load(network.layers[LayerId(l)]);
  for (std::size_t k = 0; k < batch_norms_.size(); ++k) batch_norms_[k]->load(network.batch_norms[k]);
}

void LayerStack::store(Network& network) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l]->store(network.layers[LayerId(l)]);
  for (std::size_t k = 0; k < batch_norms_.size(); ++k) batch_norms_[k]->store(network.batch_norms[k]);
}

std::vector<Parameter*> LayerStack::parameters() const {
  std::vector<Parameter*> all;
  for (const auto& layer : layers_) {
    for (Parameter& parameter : layer->parameters()) all.push_back(&parameter);
  }
  for (const auto& norm : batch_norms_) {
    for (Parameter& parameter : norm->parameters()) all.push_back(&parameter);
  }
  return all;
}

std::vector<Parameter*> LayerStack::state() const {
  std::vector<Parameter*> all;
  for (const auto& norm : batch_norms_) {
    for (Parameter& parameter : norm->state()) all.push_back(&parameter);
  }
  return all;
}

void LayerStack::parameters_changed() {
  for (auto& layer : layers_) layer->parameters_changed();
}

const Tensor& LayerStack::values(std::size_t step) const { return step == 0 ? input_->tensor : outputs_[step]; }

void LayerStack::prepare(std::uint32_t rows, bool training) {
  for (const Step& step : steps_) {
    if (step.node != nullptr) step.node->prepare(rows, training);
  }
  if (input_->tensor.rows < rows) {
    input_->tensor = Tensor(precision_, rows, spec_.input.size());
    outputs_.clear();
    gradients_.clear();
    for (const Step& step : steps_) {
      outputs_.push_back(step.node != nullptr      ? step.node->make_output(rows)
                         : step.joining != nullptr ? step.joining->make_output(rows)
                                                   : Tensor());
    }
  }
  if (!training || !gradients_.empty()) return;
  spare_gradients_.clear();
  for (const Step& step : steps_) {
    gradients_.push_back(step.node != nullptr      ? step.node->make_output_gradient(input_->tensor.rows)
                         : step.joining != nullptr ? step.joining->make_output(input_->tensor.rows)
                                                   : Tensor());
    spare_gradients_.emplace_back();
  }
}

void LayerStack::gather(const Batch& batch, const Pass& pass) {
  const std::uint32_t panel = spec_.is_chain() ? batch_panel(batch.rows) : image_panel(batch.rows);
  for_each_panel(pool_, batch.rows, panel, [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
    for (std::uint32_t row = first; row < first + rows; ++row) {
      if (precision_ == Precision::f32) {
        input_->fill<float>(batch, pass, row);
      } else {
        input_->fill<Bf16>(batch, pass, row);
      }
    }
  });
}

void LayerStack::run_forward(const Pass& pass) {
  for (std::size_t s = 1; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    if (step.node != nullptr) {
      step.node->forward(values(step.inputs.front()), outputs_[s], pass);
      continue;
    }
    std::vector<const Tensor*> inputs;
    for (const std::size_t input : step.inputs) inputs.push_back(&values(input));
    step.joining->forward(inputs, outputs_[s], pass);
  }
}

const float* LayerStack::forward(const Batch& batch) {
  const Pass pass{batch.rows, false, 0};
  prepare(batch.rows, false);
  gather(batch, pass);
  run_forward(pass);
  const Tensor& last = outputs_.back();
  if (last.precision == Precision::f32) return last.row<float>(0);
  const std::size_t count = std::size_t{batch.rows} * last.columns;
  wide_outputs_.resize(count);
  std::transform(last.row<Bf16>(0), last.row<Bf16>(0) + count, wide_outputs_.begin(),
                 [](Bf16 value) { return to_float(value); });
  return wide_outputs_.data();
}

void LayerStack::copy_planes(const Tensor& tensor, std::size_t channels, std::uint32_t row,
                             std::vector<float>& values) const {
  const std::size_t places = tensor.columns / channels;
  values.resize(tensor.columns);
  for (std::size_t j = 0; j < tensor.columns; ++j) {
    values[j % channels * places + j / channels] =
        tensor.precision == Precision::f32 ? tensor.row<float>(row)[j] : to_float(tensor.row<Bf16>(row)[j]);
  }
}

void LayerStack::copy_outputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const {
  const std::size_t step = step_of_outputs_[layer.value()];
  copy_planes(outputs_[step], steps_[step].shape.channels, row, values);
}

void LayerStack::copy_inputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const {
  const std::size_t step = steps_[step_of_layer_[layer.value()]].inputs.front();
  // Images that only dense layers read lie plane after plane already.
  const bool planes = step == 0 && !spec_.layers[layer].convolution;
  const Tensor& tensor = step == 0 ? input_->tensor : outputs_[step];
  copy_planes(tensor, planes ? 1 : steps_[step].shape.channels, row, values);
}

BatchResult LayerStack::run_loss(const Batch& batch, LossKind loss) {
  const Tensor& outputs = outputs_.back();
  Tensor& gradient = gradients_.back();
  const float weight = 1.0F / static_cast<float>(batch.rows);
  std::vector<float> row_gradient(outputs.columns), row_values(outputs.columns);
  BatchResult result;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    for (std::uint32_t j = 0; j < outputs.columns; ++j) {
      row_values[j] =
          outputs.precision == Precision::f32 ? outputs.row<float>(row)[j] : to_float(outputs.row<Bf16>(row)[j]);
    }
    const std::uint32_t label = batch.dataset->labels[batch.indices[row]];
    result.loss += loss_and_gradient(loss, row_values.data(), outputs.columns, label, weight, row_gradient.data());
    result.correct += predicted_class(row_values.data(), outputs.columns) == label ? 1U : 0U;
    if (precision_ == Precision::f32) {
      convert(row_gradient.data(), outputs.columns, gradient.row<float>(row));
    } else {
      convert(row_gradient.data(), outputs.columns, gradient.row<Bf16>(row));
    }
  }
  return result;
}

Tensor* LayerStack::gradient_target(std::size_t step) {
  if (step == 0) return nullptr;
  if (gradient_written_[step] == 0) return &gradients_[step];
  if (spare_gradients_[step].rows == 0) {
    const Tensor& own = gradients_[step];
    spare_gradients_[step] = Tensor(own.precision, own.rows, own.columns);
  }
  return &spare_gradients_[step];
}

void LayerStack::settle_gradient(std::size_t step, const Pass& pass) {
  if (step == 0) return;
  if (gradient_written_[step] == 0) {
    gradient_written_[step] = 1;
    return;
  }
  Tensor& own = gradients_[step];
  const Tensor& spare = spare_gradients_[step];
  for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                 [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                   const std::size_t count = std::size_t{rows} * own.columns;
                   if (own.precision == Precision::f32) {
                     add_to(spare.row<float>(first), count, own.row<float>(first));
                   } else {
                     add_to(spare.row<Bf16>(first), count, own.row<Bf16>(first));
                   }
                 });
}

void LayerStack::run_backward(const Pass& pass, GradientSink& sink) {
  gradient_written_.assign(steps_.size(), 0);
  for (std::size_t s = steps_.size(); s-- > 1;) {
    const Step& step = steps_[s];
    if (step.node != nullptr) {
      const std::size_t input = step.inputs.front();
      step.node->backward(values(input), outputs_[s], gradients_[s], gradient_target(input), pass, sink);
      settle_gradient(input, pass);
      continue;
    }
    step.joining->take_back(outputs_[s], gradients_[s], pass);
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      Tensor* const target = gradient_target(step.inputs[i]);
      if (target != nullptr) step.joining->give_gradient(gradients_[s], i, *target, pass);
      settle_gradient(step.inputs[i], pass);
    }
  }
}

BatchResult LayerStack::train(const Batch& batch, LossKind loss, std::uint64_t step, GradientSink& sink) {
  const Pass pass{batch.rows, true, step};
  prepare(batch.rows, true);
  gather(batch, pass);
  run_forward(pass);
  const BatchResult result = run_loss(batch, loss);
  run_backward(pass, sink);
  return result;
}

}  // namespace crossloom
