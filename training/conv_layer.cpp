#include "training/conv_layer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "training/convolution.h"
#include "training/kernels.h"
#include "training/matrix_order.h"
#include "training/output_stage.h"

namespace crossloom {
namespace {

using Direction = ConvolutionPrimitive::Direction;

/// Images of a batch fall into this many parts whose weight gradients are found one by one and added in order. More
/// parts serve more threads; large matrices get fewer, as every part writes one.
std::uint32_t gradient_part(std::uint32_t rows, std::size_t weights) {
  const std::uint32_t parts = weights > 300000 ? 4 : 8;
  return (rows + parts - 1) / parts;
}

/// Elements of a sum over parts, and of an update, in one task; a multiple of a cache line.
constexpr std::size_t kRange = 16384;

template <class T>
class ConvLayer final : public TrainableLayer {
 public:
  ConvLayer(const ConvLayerOptions& options, ComputePool& pool);

  void prepare(std::uint32_t rows, bool training) override;
  Tensor make_output(std::uint32_t rows) const override { return {precision_of<T>(), rows, options_.output.size()}; }
  Tensor make_output_gradient(std::uint32_t rows) const override { return make_output(rows); }
  void forward(const Tensor& input, Tensor& output, const Pass& pass) override;
  void backward(const Tensor& input, const Tensor& output, Tensor& output_gradient, Tensor* input_gradient,
                const Pass& pass, GradientSink& sink) override;
  std::vector<Parameter>& parameters() override { return parameters_; }
  std::vector<Parameter>& state() override { return state_; }
  void parameters_changed() override;
  void load(const Layer& layer) override;
  void store(Layer& layer) const override;
  std::vector<std::uint8_t> live_of(const Layer& layer, std::size_t index) const override;

 private:
  using Primitives = std::map<std::uint32_t, ConvolutionPrimitive>;  // by images

  [[nodiscard]] const float* bias() const { return options_.spec.bias ? parameters_[1].values.data() : nullptr; }
  const ConvolutionPrimitive& add(Primitives& primitives, Direction direction, std::uint32_t images);
  void find_weight_gradients(const Tensor& input, const Tensor& gradient, const Pass& pass);
  void add_parts(std::uint32_t parts);
  void hand_over(GradientSink& sink);

  ConvLayerOptions options_;
  ComputePool& pool_;
  std::uint32_t rows_, outputs_;  // of the matrix
  OutputStage stage_;
  std::vector<Parameter> parameters_, state_;
  Primitives forward_, backward_data_, backward_weights_;
  AlignedBuffer forward_weights_, backward_weights_form_;
  std::vector<AlignedBuffer> part_gradients_, part_biases_;
  AlignedBuffer gradient_;
};

template <class T>
ConvLayer<T>::ConvLayer(const ConvLayerOptions& options, ComputePool& pool)
    : options_(options),
      pool_(pool),
      rows_(options.input.channels / options.spec.convolution->groups * options.spec.convolution->window.size *
            options.spec.convolution->window.size),
      outputs_(options.spec.outputs),
      stage_(options.spec.activation, options.dropout_key, options.spec.dropout, true) {
  parameters_.push_back({options.spec.name + ".weights", std::vector<float>(std::size_t{rows_} * outputs_)});
  if (options.spec.bias) parameters_.push_back({options.spec.name + ".bias", std::vector<float>(outputs_)});
}

template <class T>
const ConvolutionPrimitive& ConvLayer<T>::add(Primitives& primitives, Direction direction, std::uint32_t images) {
  const auto known = primitives.find(images);
  if (known != primitives.end()) return known->second;
  ConvolutionPrimitive::Spec spec;
  spec.direction = direction;
  spec.images = images;
  spec.input = options_.input;
  spec.output = options_.output;
  spec.convolution = *options_.spec.convolution;
  spec.precision = precision_of<T>();
  spec.bias = options_.spec.bias;
  spec.relu = options_.spec.activation == Activation::relu;
  const ConvolutionPrimitive* const like = primitives.empty() ? nullptr : &primitives.begin()->second;
  return primitives.emplace(images, ConvolutionPrimitive(spec, like)).first->second;
}

template <class T>
void ConvLayer<T>::prepare(std::uint32_t rows, bool training) {
  const bool first = forward_.empty() || (training && backward_data_.empty());
  const auto add_all = [&](Primitives& primitives, Direction direction, std::uint32_t panel) {
    add(primitives, direction, std::min(rows, panel));
    if (rows > panel && rows % panel != 0) add(primitives, direction, rows % panel);
  };
  add_all(forward_, Direction::forward, image_panel(rows));
  if (training) {
    add_all(backward_data_, Direction::backward_data, image_panel(rows));
    const std::uint32_t part = gradient_part(rows, parameters_[0].values.size());
    add_all(backward_weights_, Direction::backward_weights, part);
    const std::size_t parts = (rows + part - 1) / part;
    if (part_gradients_.size() < parts) {
      part_gradients_.resize(parts);
      part_biases_.resize(parts);
    }
    gradient_.reserve(parameters_[0].values.size() * sizeof(float));
  }
  if (first) parameters_changed();
}

template <class T>
void ConvLayer<T>::parameters_changed() {
  const float* const weights = parameters_[0].values.data();
  const auto pack = [weights](const Primitives& primitives, AlignedBuffer& to) {
    if (primitives.empty()) return;
    const ConvolutionPrimitive& any = primitives.begin()->second;
    to.reserve(any.weight_bytes());
    any.pack(weights, to.as<void>());
  };
  pool_.threads().for_each(2, [&](std::size_t which, std::size_t /*worker*/) {
    which == 0 ? pack(forward_, forward_weights_) : pack(backward_data_, backward_weights_form_);
  });
}

template <class T>
void ConvLayer<T>::forward(const Tensor& input, Tensor& output, const Pass& pass) {
  for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                 [&](std::uint32_t first, std::uint32_t rows, std::size_t worker) {
                   T* const result = output.row<T>(first);
                   forward_.at(rows).run(input.row<T>(first), forward_weights_.as<void>(), bias(), result,
                                         pool_.scratch(worker, 0));
                   stage_.apply(pass.step, pass.training, first, rows, output.columns, result);
                 });
}

template <class T>
void ConvLayer<T>::backward(const Tensor& input, const Tensor& output, Tensor& output_gradient, Tensor* input_gradient,
                            const Pass& pass, GradientSink& sink) {
  for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                 [&](std::uint32_t first, std::uint32_t rows, std::size_t worker) {
                   T* const gradient = output_gradient.row<T>(first);
                   stage_.take_back(pass.step, first, rows, output.columns, output.row<T>(first), gradient);
                   if (input_gradient == nullptr) return;
                   backward_data_.at(rows).run(input_gradient->row<T>(first), backward_weights_form_.as<void>(),
                                               nullptr, gradient, pool_.scratch(worker, 0));
                 });
  find_weight_gradients(input, output_gradient, pass);
  hand_over(sink);
  parameters_changed();
}

template <class T>
void ConvLayer<T>::find_weight_gradients(const Tensor& input, const Tensor& gradient, const Pass& pass) {
  const std::uint32_t part = gradient_part(pass.rows, parameters_[0].values.size());
  for_each_panel(pool_, pass.rows, part, [&](std::uint32_t first, std::uint32_t rows, std::size_t worker) {
    const ConvolutionPrimitive& primitive = backward_weights_.at(rows);
    AlignedBuffer& weights = part_gradients_[first / part];
    AlignedBuffer& biases = part_biases_[first / part];
    weights.reserve(primitive.weight_bytes());
    biases.reserve(outputs_ * sizeof(float));
    primitive.run(input.row<T>(first), weights.template as<void>(), biases.template as<float>(), gradient.row<T>(first),
                  pool_.scratch(worker, 0));
  });
  add_parts((pass.rows + part - 1) / part);
}

template <class T>
void ConvLayer<T>::add_parts(std::uint32_t parts) {
  const std::size_t elements = backward_weights_.begin()->second.weight_bytes() / sizeof(float);
  pool_.threads().for_each((elements + kRange - 1) / kRange, [&](std::size_t range, std::size_t /*worker*/) {
    const std::size_t first = range * kRange;
    const std::size_t count = std::min(kRange, elements - first);
    for (std::uint32_t p = 1; p < parts; ++p) {
      add_to(part_gradients_[p].template as<float>() + first, count, part_gradients_[0].template as<float>() + first);
    }
  });
  for (std::uint32_t p = 1; p < parts && options_.spec.bias; ++p) {
    add_to(part_biases_[p].template as<float>(), outputs_, part_biases_[0].template as<float>());
  }
}

template <class T>
void ConvLayer<T>::hand_over(GradientSink& sink) {
  backward_weights_.begin()->second.unpack(part_gradients_[0].template as<void>(), gradient_.as<float>());
  std::vector<float>& weights = parameters_[0].values;
  pool_.threads().for_each((weights.size() + kRange - 1) / kRange, [&](std::size_t range, std::size_t /*worker*/) {
    const std::size_t first = range * kRange;
    sink.take(options_.first_parameter, first, std::min(kRange, weights.size() - first), gradient_.as<float>() + first,
              weights.data() + first);
  });
  if (!options_.spec.bias) return;
  sink.take(options_.first_parameter + 1, 0, outputs_, part_biases_[0].template as<float>(),
            parameters_[1].values.data());
}

template <class T>
void ConvLayer<T>::load(const Layer& layer) {
  CROSSLOOM_CHECK(layer.weights.rows == rows_ && layer.weights.columns == outputs_, "shape of " + options_.spec.name);
  parameters_[0].values = by_output(layer.weights);
  if (options_.spec.bias) parameters_[1].values = layer.bias;
  parameters_changed();
}

template <class T>
void ConvLayer<T>::store(Layer& layer) const {
  layer.weights = by_input(parameters_[0].values, rows_, outputs_);
  layer.bias = options_.spec.bias ? parameters_[1].values : std::vector<float>{};
}

template <class T>
std::vector<std::uint8_t> ConvLayer<T>::live_of(const Layer& layer, std::size_t index) const {
  if (index != 0 || layer.live.empty()) return {};
  return live_by_output(layer, rows_, outputs_);
}

}  // namespace

std::unique_ptr<TrainableLayer> make_conv_layer(const ConvLayerOptions& options, ComputePool& pool) {
  CROSSLOOM_CHECK(options.spec.convolution.has_value(), "a convolution has a window");
  if (options.precision == Precision::f32) return std::make_unique<ConvLayer<float>>(options, pool);
  return std::make_unique<ConvLayer<Bf16>>(options, pool);
}

}  // namespace crossloom
