#include "training/layer_stack.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "training/conv_layer.h"
#include "training/dense_layer.h"
#include "training/input_images.h"
#include "training/loss.h"

namespace crossloom {

struct LayerStack::Input {
  Input(const ImageShape& shape, bool channel_last, const Options& options)
      : dropout(options.dropout_key.child("input"), options.input_dropout),
        augmentation(options.augmentation, options.augmentation_key),
        images(shape, channel_last),
        columns(shape.size()) {}

  template <class T>
  void fill(const Batch& batch, const Pass& pass, std::uint32_t row) const {
    const std::uint32_t index = batch.indices[row];
    T* const values = tensor.row<T>(row);
    if (pass.training && augmentation.active()) {
      images.convert(batch.dataset->image(index), augmentation.draw(index, batch.epoch), values);
    } else {
      images.convert(batch.dataset->image(index), values);
    }
    if (pass.training && dropout.active()) dropout.apply(pass.step, row, columns, values);
  }

  Dropout dropout;
  Augmentation augmentation;
  InputImages images;
  std::uint32_t columns;
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

/// Makes the steps of a network one by one.
class LayerStack::Builder {
 public:
  Builder(LayerStack& stack, const Options& options, ComputePool& pool)
      : stack_(stack), options_(options), pool_(pool), graph_(stack.spec_.graph()), shapes_(shapes_of(stack.spec_)) {}

  void build() {
    for (const LayerSpec& layer : stack_.spec_.layers) norm_parameter_ += layer.bias ? 2 : 1;
    last_ = graph_.size() - (graph_.raw().back().kind == NodeKind::softmax ? 2 : 1);
    stack_.input_ = std::make_unique<Input>(stack_.spec_.input, !only_dense_reads_input(), options_);
    for (std::size_t n = 0; n <= last_; ++n) step_of_node_.push_back(add_node(n));
  }

 private:
  [[nodiscard]] bool only_dense_reads_input() const {
    return std::all_of(graph_.begin(), graph_.end(), [](const NodeSpec& node) {
      return node.kind == NodeKind::dense || std::find(node.inputs.begin(), node.inputs.end(), NodeId(0)) == node.inputs.end();
    });
  }
  std::size_t add_step(TrainableNode* node, std::vector<std::size_t> inputs, const ImageShape& shape) {
    stack_.steps_.push_back({node, nullptr, std::move(inputs), shape});
    return stack_.steps_.size() - 1;
  }
  [[nodiscard]] NodeOptions node_options(std::size_t n, const ImageShape& input) const {
    NodeOptions options;
    options.spec = graph_[NodeId(n)];
    options.input = input;
    options.output = shapes_[NodeId(n)];
    options.precision = options_.precision;
    options.dropout_key = options_.dropout_key.child("node").child(n);
    return options;
  }
  std::size_t add_node(std::size_t n) {
    const NodeSpec& node = graph_[NodeId(n)];
    const ImageShape& shape = shapes_[NodeId(n)];
    if (node.kind == NodeKind::input) return add_step(nullptr, {}, shape);
    std::vector<std::size_t> inputs;
    std::vector<ImageShape> input_shapes;
    for (const NodeId input : node.inputs) {
      inputs.push_back(step_of_node_[input.value()]);
      input_shapes.push_back(shapes_[input]);
    }
    if (node.layer) return add_layer(n, inputs.front(), input_shapes.front());
    NodeOptions options = node_options(n, input_shapes.front());
    if (node.kind == NodeKind::add || node.kind == NodeKind::concat) {
      const std::size_t step = add_step(nullptr, std::move(inputs), shape);
      stack_.steps_[step].joining = std::make_unique<JoiningNode>(options, std::move(input_shapes), pool_);
      return step;
    }
    if (node.kind == NodeKind::batch_norm) {
      options.first_parameter = norm_parameter_;
      norm_parameter_ += 2;
      stack_.batch_norms_.push_back(make_batch_norm_node(options, pool_));
      return add_step(stack_.batch_norms_.back().get(), std::move(inputs), shape);
    }
    stack_.plain_nodes_.push_back(make_plain_node(options, pool_));
    return add_step(stack_.plain_nodes_.back().get(), std::move(inputs), shape);
  }
  std::size_t add_layer(std::size_t n, std::size_t input, const ImageShape& input_shape) {
    const LayerId id = *graph_[NodeId(n)].layer;
    const LayerSpec& spec = stack_.spec_.layers[id];
    const RandomKey key = options_.dropout_key.child("layer").child(id.value());
    std::unique_ptr<TrainableLayer> layer;
    if (spec.convolution) {
      layer = make_conv_layer({spec, input_shape, shapes_[NodeId(n)], options_.precision, layer_parameter_, key}, pool_);
    } else {
      const bool planes = input_shape.channels > 1 && input_shape.width * input_shape.height > 1;
      if (planes && !(input == 0 && only_dense_reads_input())) input = add_flatten(input, input_shape);
      layer = make_dense_layer({spec, input_shape.size(), options_.precision, n == last_, layer_parameter_, key}, pool_);
    }
    layer_parameter_ += layer->parameters().size();
    stack_.layers_.push_back(std::move(layer));
    const std::size_t step = add_step(stack_.layers_.back().get(), {input}, shapes_[NodeId(n)]);
    stack_.step_of_layer_.push_back(step);
    return step;
  }
  /// A dense layer's rows are planes; values here are channel-last.
  std::size_t add_flatten(std::size_t input, const ImageShape& shape) {
    NodeOptions options;
    options.spec.kind = NodeKind::flatten;
    options.input = shape;
    options.output = {1, 1, shape.size()};
    options.precision = options_.precision;
    stack_.plain_nodes_.push_back(make_plain_node(options, pool_));
    return add_step(stack_.plain_nodes_.back().get(), {input}, options.output);
  }

  LayerStack& stack_;
  const Options& options_;
  ComputePool& pool_;
  IdVector<NodeId, NodeSpec> graph_;
  IdVector<NodeId, ImageShape> shapes_;
  std::vector<std::size_t> step_of_node_;
  std::size_t last_ = 0;
  std::size_t layer_parameter_ = 0;
  std::size_t norm_parameter_ = 0;
};

LayerStack::LayerStack(const NetworkSpec& spec, const Options& options, ComputePool& pool)
    : spec_(spec), precision_(options.precision), pool_(pool) {
  Builder(*this, options, pool).build();
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

void LayerStack::copy_outputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const {
  const std::size_t step = step_of_layer_[layer.value()];
  const Tensor& tensor = outputs_[step];
  const std::size_t channels = steps_[step].shape.channels;
  const std::size_t places = tensor.columns / channels;
  values.resize(tensor.columns);
  for (std::size_t j = 0; j < tensor.columns; ++j) {
    values[j % channels * places + j / channels] =
        tensor.precision == Precision::f32 ? tensor.row<float>(row)[j] : to_float(tensor.row<Bf16>(row)[j]);
  }
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
