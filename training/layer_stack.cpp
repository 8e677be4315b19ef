#include "training/layer_stack.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "training/dense_layer.h"
#include "training/dropout.h"
#include "training/loss.h"

namespace crossloom {

struct LayerStack::Input {
  Input(const Options& options, std::uint32_t values)
      : dropout(options.dropout_key.child("input"), options.input_dropout), columns(values) {
    for (std::size_t value = 0; value < narrow.size(); ++value) {
      wide[value] = static_cast<float>(value) / 255.0F;
      narrow[value] = to_bf16(wide[value]);
    }
  }
  template <class T>
  const T* table() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return wide.data();
    } else {
      return narrow.data();
    }
  }
  template <class T>
  void fill(const Batch& batch, const Pass& pass, std::uint32_t row) const {
    const std::uint8_t* const pixels = batch.dataset->image(batch.indices[row]);
    T* const values = tensor.row<T>(row);
    const T* const lookup = table<T>();
    for (std::uint32_t i = 0; i < columns; ++i) values[i] = lookup[pixels[i]];
    if (pass.training && dropout.active()) dropout.apply(pass.step, row, columns, values);
  }

  Dropout dropout;
  std::uint32_t columns;
  std::array<float, 256> wide{};
  std::array<Bf16, 256> narrow{};
  Tensor tensor;
};

void check_fits(const NetworkSpec& spec, const Dataset& dataset) {
  if (dataset.image_size() != spec.input.size()) {
    throw UserError(
        fmt::format("the images of {} have {} x {} x {} values and network {} takes {} x {} x {}; choose a "
                    "data set and a network that fit each other",
                    dataset.name, dataset.width, dataset.height, dataset.channels, spec.name, spec.input.width,
                    spec.input.height, spec.input.channels));
  }
  if (spec.layers.empty()) throw UserError(fmt::format("network {} has no layers", spec.name));
  const std::uint32_t outputs = spec.layers.raw().back().outputs;
  if (dataset.classes > outputs) {
    throw UserError(fmt::format("data set {} has {} classes and the last layer of network {} only {} outputs",
                                dataset.name, dataset.classes, spec.name, outputs));
  }
}

LayerStack::LayerStack(const NetworkSpec& spec, const Options& options, ComputePool& pool)
    : spec_(spec),
      precision_(options.precision),
      pool_(pool),
      input_(std::make_unique<Input>(options, spec.input.size())) {
  std::size_t parameters = 0;
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    DenseLayerOptions layer;
    layer.spec = spec.layers[LayerId(l)];
    layer.inputs = spec.inputs_of(LayerId(l));
    layer.precision = options.precision;
    layer.full_precision_output = l + 1 == spec.layers.size();
    layer.first_parameter = parameters;
    layer.dropout_key = options.dropout_key.child("layer").child(l);
    layers_.push_back(make_dense_layer(layer, pool));
    parameters += layers_.back()->parameters().size();
  }
}

LayerStack::~LayerStack() = default;

void LayerStack::load(const Network& network) {
  for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l]->load(network.layers[LayerId(l)]);
}

void LayerStack::store(Network& network) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l]->store(network.layers[LayerId(l)]);
}

std::vector<Parameter*> LayerStack::parameters() const {
  std::vector<Parameter*> all;
  for (const auto& layer : layers_) {
    for (Parameter& parameter : layer->parameters()) all.push_back(&parameter);
  }
  return all;
}

void LayerStack::prepare(std::uint32_t rows, bool training) {
  for (auto& layer : layers_) layer->prepare(rows, training);
  if (input_->tensor.rows < rows) {
    input_->tensor = Tensor(precision_, rows, spec_.input.size());
    outputs_.clear();
    gradients_.clear();
    for (auto& layer : layers_) outputs_.push_back(layer->make_output(rows));
  }
  if (training && gradients_.empty()) {
    for (auto& layer : layers_) gradients_.push_back(layer->make_output_gradient(input_->tensor.rows));
  }
}

void LayerStack::gather(const Batch& batch, const Pass& pass) {
  const std::uint32_t panel_rows = batch_panel(batch.rows);
  const std::size_t panels = (batch.rows + panel_rows - 1) / panel_rows;
  pool_.threads().for_each(panels, [&](std::size_t panel, std::size_t /*worker*/) {
    const auto first = static_cast<std::uint32_t>(panel) * panel_rows;
    for (std::uint32_t row = first; row < std::min(batch.rows, first + panel_rows); ++row) {
      if (precision_ == Precision::f32) {
        input_->fill<float>(batch, pass, row);
      } else {
        input_->fill<Bf16>(batch, pass, row);
      }
    }
  });
}

void LayerStack::run_forward(const Pass& pass) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    layers_[l]->forward(l == 0 ? input_->tensor : outputs_[l - 1], outputs_[l], pass);
  }
}

const float* LayerStack::forward(const Batch& batch) {
  const Pass pass{batch.rows, false, 0};
  prepare(batch.rows, false);
  gather(batch, pass);
  run_forward(pass);
  return outputs_.back().row<float>(0);
}

void LayerStack::copy_outputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const {
  const Tensor& tensor = outputs_[layer.value()];
  values.resize(tensor.columns);
  for (std::uint32_t j = 0; j < tensor.columns; ++j) {
    values[j] = tensor.precision == Precision::f32 ? tensor.row<float>(row)[j] : to_float(tensor.row<Bf16>(row)[j]);
  }
}

BatchResult LayerStack::run_loss(const Batch& batch, LossKind loss) {
  const Tensor& outputs = outputs_.back();
  Tensor& gradient = gradients_.back();
  const float weight = 1.0F / static_cast<float>(batch.rows);
  std::vector<float> row_gradient(outputs.columns);
  BatchResult result;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    const float* const values = outputs.row<float>(row);
    const std::uint32_t label = batch.dataset->labels[batch.indices[row]];
    result.loss += loss_and_gradient(loss, values, outputs.columns, label, weight, row_gradient.data());
    result.correct += predicted_class(values, outputs.columns) == label ? 1U : 0U;
    if (precision_ == Precision::f32) {
      convert(row_gradient.data(), outputs.columns, gradient.row<float>(row));
    } else {
      convert(row_gradient.data(), outputs.columns, gradient.row<Bf16>(row));
    }
  }
  return result;
}

BatchResult LayerStack::train(const Batch& batch, LossKind loss, std::uint64_t step, GradientSink& sink) {
  const Pass pass{batch.rows, true, step};
  prepare(batch.rows, true);
  gather(batch, pass);
  run_forward(pass);
  const BatchResult result = run_loss(batch, loss);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    layers_[l]->backward(l == 0 ? input_->tensor : outputs_[l - 1], outputs_[l], gradients_[l],
                         l == 0 ? nullptr : &gradients_[l - 1], pass, sink);
  }
  return result;
}

}  // namespace crossloom
