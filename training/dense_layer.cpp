#include "training/dense_layer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "training/dropout.h"
#include "training/matrix_order.h"

namespace crossloom {
namespace {

enum ScratchSlot : std::size_t { kProductScratch = 0, kPanelGradient = 1, kWeightGradient = 2, kNarrowed = 3 };

std::uint32_t panels(std::uint32_t size, std::uint32_t panel) { return (size + panel - 1) / panel; }
std::uint32_t panel_rows(std::uint32_t size, std::uint32_t panel, std::size_t index) {
  return std::min(panel, size - static_cast<std::uint32_t>(index) * panel);
}

/// T: element type of the products; Out: that of the outputs.
template <class T, class Out>
class DenseLayer final : public TrainableLayer {
 public:
  DenseLayer(const DenseLayerOptions& options, ComputePool& pool);

  void prepare(std::uint32_t rows, bool training) override;
  Tensor make_output(std::uint32_t rows) const override { return {precision_of<Out>(), rows, outputs_}; }
  Tensor make_output_gradient(std::uint32_t rows) const override { return {precision_of<T>(), rows, outputs_}; }
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
  /// Products by panel size, and the packed inputs, of one batch size.
  struct Plan {
    std::map<std::uint32_t, MatrixProduct> forward, input_gradient;  // by rows of a batch panel
    std::map<std::uint32_t, MatrixProduct> weight_gradient;          // by outputs of a panel
    AlignedBuffer packed_input;
  };

  const float* bias() const { return options_.spec.bias ? parameters_[1].values.data() : nullptr; }
  void pack_weights(std::size_t panel, std::size_t worker);
  void finish_gradient(std::uint32_t first_row, std::uint32_t rows, const Tensor& output, Tensor& gradient,
                       const Pass& pass) const;
  void weight_panel(std::size_t panel, std::size_t worker, const Plan& plan, const Tensor& gradient, const Pass& pass,
                    GradientSink& sink);

  DenseLayerOptions options_;
  ComputePool& pool_;
  std::uint32_t inputs_, outputs_, output_panel_;
  Dropout dropout_;
  std::vector<Parameter> parameters_, state_;
  std::map<std::uint32_t, Plan> plans_;
  std::optional<PackedShape> forward_shape_, backward_shape_;
  AlignedBuffer forward_weights_, backward_weights_;
};

template <class T, class Out>
DenseLayer<T, Out>::DenseLayer(const DenseLayerOptions& options, ComputePool& pool)
    : options_(options),
      pool_(pool),
      inputs_(options.inputs),
      outputs_(options.spec.outputs),
      output_panel_(output_panel(outputs_)),
      dropout_(options.dropout_key, options.spec.dropout) {
  parameters_.push_back({options.spec.name + ".weights", std::vector<float>(std::size_t{inputs_} * outputs_)});
  if (options.spec.bias) parameters_.push_back({options.spec.name + ".bias", std::vector<float>(outputs_)});
}

template <class T, class Out>
void DenseLayer<T, Out>::prepare(std::uint32_t rows, bool training) {
  Plan& plan = plans_[rows];
  if (!plan.forward.empty() && (!training || !plan.weight_gradient.empty())) return;
  const auto add = [](std::map<std::uint32_t, MatrixProduct>& products, std::uint32_t size,
                      const MatrixProduct::Spec& spec, std::optional<PackedShape>& shared) {
    if (products.count(size) != 0) return;
    MatrixProduct product(spec, shared ? &*shared : nullptr);
    if (!shared) shared = product.packing();
    products.emplace(size, std::move(product));
  };
  const bool weights_were_packed = forward_shape_.has_value() && (!training || backward_shape_.has_value());
  const bool relu = options_.spec.activation == Activation::relu;
  for (std::size_t p = 0; p < panels(rows, batch_panel(rows)); ++p) {
    const std::uint32_t m = panel_rows(rows, batch_panel(rows), p);
    add(plan.forward, m, {m, inputs_, outputs_, precision_of<T>(), precision_of<Out>(), options_.spec.bias, relu},
        forward_shape_);
    if (training) {
      add(plan.input_gradient, m, {m, outputs_, inputs_, precision_of<T>(), precision_of<T>(), false, false},
          backward_shape_);
    }
  }
  if (training) {
    std::optional<PackedShape> input_shape;
    for (std::size_t p = 0; p < panels(outputs_, output_panel_); ++p) {
      const std::uint32_t m = panel_rows(outputs_, output_panel_, p);
      add(plan.weight_gradient, m, {m, rows, inputs_, precision_of<T>(), Precision::f32, false, false}, input_shape);
    }
    plan.packed_input.reserve(input_shape->elements * sizeof(T));
  }
  if (!weights_were_packed) parameters_changed();
}

template <class T, class Out>
void DenseLayer<T, Out>::parameters_changed() {
  if (forward_shape_) forward_weights_.reserve(forward_shape_->elements * sizeof(T));
  if (backward_shape_) backward_weights_.reserve(backward_shape_->elements * sizeof(T));
  pool_.threads().for_each(panels(outputs_, output_panel_),
                           [this](std::size_t panel, std::size_t worker) { pack_weights(panel, worker); });
}

template <class T, class Out>
void DenseLayer<T, Out>::pack_weights(std::size_t panel, std::size_t worker) {
  const auto first = static_cast<std::uint32_t>(panel) * output_panel_;
  const std::uint32_t count = panel_rows(outputs_, output_panel_, panel);
  const float* const weights = parameters_[0].values.data() + std::size_t{first} * inputs_;
  const T* narrowed = nullptr;
  std::size_t stride = inputs_;
  if constexpr (sizeof(T) == sizeof(float)) {
    narrowed = weights;
  } else {
    // Rows of an even length, so that pairs of values never straddle two rows; the odd one's partner is 0.
    stride = (std::size_t{inputs_} + 1) / 2 * 2;
    AlignedBuffer& buffer = pool_.scratch(worker, kNarrowed);
    buffer.reserve(stride * output_panel_ * sizeof(T));
    T* const rows = buffer.as<T>();
    for (std::uint32_t j = 0; j < count; ++j) {
      convert(weights + std::size_t{j} * inputs_, inputs_, rows + j * stride);
      if (stride != inputs_) rows[j * stride + inputs_] = T{};
    }
    narrowed = rows;
  }
  if (forward_shape_) pack_columns(narrowed, stride, first, count, *forward_shape_, forward_weights_.as<T>());
  if (backward_shape_) pack_rows(narrowed, stride, first, count, *backward_shape_, backward_weights_.as<T>());
}

template <class T, class Out>
void DenseLayer<T, Out>::forward(const Tensor& input, Tensor& output, const Pass& pass) {
  const Plan& plan = plans_.at(pass.rows);
  pool_.threads().for_each(panels(pass.rows, batch_panel(pass.rows)), [&](std::size_t panel, std::size_t worker) {
    const auto first = static_cast<std::uint32_t>(panel) * batch_panel(pass.rows);
    const std::uint32_t rows = panel_rows(pass.rows, batch_panel(pass.rows), panel);
    Out* const result = output.row<Out>(first);
    plan.forward.at(rows).run(input.row<T>(first), forward_weights_.as<T>(), bias(), result,
                              pool_.scratch(worker, kProductScratch));
    if (!pass.training) return;
    if (dropout_.active()) {
      for (std::uint32_t i = 0; i < rows; ++i)
        dropout_.apply(pass.step, first + i, outputs_, output.row<Out>(first + i));
    }
    pack_rows(input.row<T>(first), inputs_, first, rows, plan.weight_gradient.begin()->second.packing(),
              plan.packed_input.template as<T>());
  });
}

template <class T, class Out>
void DenseLayer<T, Out>::finish_gradient(std::uint32_t first_row, std::uint32_t rows, const Tensor& output,
                                         Tensor& gradient, const Pass& pass) const {
  if (options_.spec.activation == Activation::relu) {
    // An output is positive exactly where ReLU let it pass and dropout kept it.
    relu_gradient(output.row<Out>(first_row), std::size_t{rows} * outputs_, dropout_.scale(),
                  gradient.row<T>(first_row));
  } else if (dropout_.active()) {
    for (std::uint32_t i = first_row; i < first_row + rows; ++i) {
      dropout_.apply(pass.step, i, outputs_, gradient.row<T>(i));
    }
  }
}

template <class T, class Out>
void DenseLayer<T, Out>::backward(const Tensor& /*input: packed by forward*/, const Tensor& output,
                                  Tensor& output_gradient, Tensor* input_gradient, const Pass& pass,
                                  GradientSink& sink) {
  const Plan& plan = plans_.at(pass.rows);
  pool_.threads().for_each(panels(pass.rows, batch_panel(pass.rows)), [&](std::size_t panel, std::size_t worker) {
    const auto first = static_cast<std::uint32_t>(panel) * batch_panel(pass.rows);
    const std::uint32_t rows = panel_rows(pass.rows, batch_panel(pass.rows), panel);
    finish_gradient(first, rows, output, output_gradient, pass);
    if (input_gradient == nullptr) return;
    plan.input_gradient.at(rows).run(output_gradient.row<T>(first), backward_weights_.as<T>(), nullptr,
                                     input_gradient->row<T>(first), pool_.scratch(worker, kProductScratch));
  });
  pool_.threads().for_each(panels(outputs_, output_panel_), [&](std::size_t panel, std::size_t worker) {
    weight_panel(panel, worker, plan, output_gradient, pass, sink);
  });
}

template <class T, class Out>
void DenseLayer<T, Out>::weight_panel(std::size_t panel, std::size_t worker, const Plan& plan, const Tensor& gradient,
                                      const Pass& pass, GradientSink& sink) {
  const auto first = static_cast<std::uint32_t>(panel) * output_panel_;
  const std::uint32_t count = panel_rows(outputs_, output_panel_, panel);
  AlignedBuffer& columns = pool_.scratch(worker, kPanelGradient);
  AlignedBuffer& result = pool_.scratch(worker, kWeightGradient);
  columns.reserve(std::size_t{output_panel_} * pass.rows * sizeof(T));
  result.reserve(std::size_t{output_panel_} * inputs_ * sizeof(float));
  transpose(gradient.row<T>(0) + first, outputs_, pass.rows, count, columns.as<T>());
  plan.weight_gradient.at(count).run(columns.as<T>(), plan.packed_input.template as<T>(), nullptr, result.as<float>(),
                                     pool_.scratch(worker, kProductScratch));
  sink.take(options_.first_parameter, std::size_t{first} * inputs_, std::size_t{count} * inputs_, result.as<float>(),
            parameters_[0].values.data() + std::size_t{first} * inputs_);
  if (options_.spec.bias) {
    std::vector<float> sums(count);
    for (std::uint32_t j = 0; j < count; ++j) {
      const T* const row = columns.as<T>() + std::size_t{j} * pass.rows;
      double sum = 0.0;
      for (std::uint32_t i = 0; i < pass.rows; ++i) sum += static_cast<double>(to_float(row[i]));
      sums[j] = static_cast<float>(sum);
    }
    sink.take(options_.first_parameter + 1, first, count, sums.data(), parameters_[1].values.data() + first);
  }
  // The panel is still in the cache.
  pack_weights(panel, worker);
}

template <class T, class Out>
void DenseLayer<T, Out>::load(const Layer& layer) {
  CROSSLOOM_CHECK(layer.weights.rows == inputs_ && layer.weights.columns == outputs_, "shape of " + options_.spec.name);
  parameters_[0].values = by_output(layer.weights);
  if (options_.spec.bias) parameters_[1].values = layer.bias;
  parameters_changed();
}

template <class T, class Out>
void DenseLayer<T, Out>::store(Layer& layer) const {
  layer.weights = by_input(parameters_[0].values, inputs_, outputs_);
  layer.bias = options_.spec.bias ? parameters_[1].values : std::vector<float>{};
}

template <class T, class Out>
std::vector<std::uint8_t> DenseLayer<T, Out>::live_of(const Layer& layer, std::size_t index) const {
  if (index != 0 || layer.live.empty()) return {};
  return live_by_output(layer, inputs_, outputs_);
}

}  // namespace

std::unique_ptr<TrainableLayer> make_dense_layer(const DenseLayerOptions& options, ComputePool& pool) {
  if (options.precision == Precision::f32) return std::make_unique<DenseLayer<float, float>>(options, pool);
  if (options.full_precision_output) return std::make_unique<DenseLayer<Bf16, float>>(options, pool);
  return std::make_unique<DenseLayer<Bf16, Bf16>>(options, pool);
}

}  // namespace crossloom
