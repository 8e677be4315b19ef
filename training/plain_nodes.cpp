#include "training/plain_nodes.h"

#include <algorithm>

#include "base/error.h"
#include "training/output_stage.h"
#include "training/spatial_kernels.h"

namespace crossloom {
namespace {

/// What all share: rows of one element type in and out, nothing to train.
template <class T>
class PlainNode : public TrainableNode {
 public:
  PlainNode(const NodeOptions& options, ComputePool& pool)
      : options_(options),
        pool_(pool),
        stage_(options.spec.activation, options.dropout_key, options.spec.dropout, false) {}

  void prepare(std::uint32_t /*rows*/, bool /*training*/) override {}
  Tensor make_output(std::uint32_t rows) const override { return {precision_of<T>(), rows, options_.output.size()}; }
  Tensor make_output_gradient(std::uint32_t rows) const override { return make_output(rows); }
  void forward(const Tensor& input, Tensor& output, const Pass& pass) override {
    for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                   [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                     for (std::uint32_t i = first; i < first + rows; ++i) compute(input.row<T>(i), output.row<T>(i));
                     stage_.apply(pass.step, pass.training, first, rows, output.columns, output.row<T>(first));
                   });
  }
  void backward(const Tensor& input, const Tensor& output, Tensor& output_gradient, Tensor* input_gradient,
                const Pass& pass, GradientSink& /*sink*/) override {
    if (input_gradient == nullptr) return;
    for_each_panel(
        pool_, pass.rows, image_panel(pass.rows), [&](std::uint32_t first, std::uint32_t rows, std::size_t worker) {
          stage_.take_back(pass.step, first, rows, output.columns, output.row<T>(first), output_gradient.row<T>(first));
          AlignedBuffer& wide = pool_.scratch(worker, 1);
          for (std::uint32_t i = first; i < first + rows; ++i) {
            take_back(input.row<T>(i), output_gradient.row<T>(i), wide, input_gradient->row<T>(i));
          }
        });
  }
  std::vector<Parameter>& parameters() override { return nothing_; }
  std::vector<Parameter>& state() override { return nothing_; }
  void parameters_changed() override {}

 protected:
  [[nodiscard]] const NodeOptions& options() const { return options_; }
  /// One image.
  virtual void compute(const T* input, T* output) const = 0;
  virtual void take_back(const T* input, const T* gradient, AlignedBuffer& scratch, T* input_gradient) const = 0;

 private:
  NodeOptions options_;
  ComputePool& pool_;
  OutputStage stage_;
  std::vector<Parameter> nothing_;
};

template <class T>
class PoolNode final : public PlainNode<T> {
 public:
  PoolNode(const NodeOptions& options, ComputePool& pool)
      : PlainNode<T>(options, pool), shape_{options.input, options.output, options.spec.window} {}

 private:
  [[nodiscard]] bool takes_maximum() const { return this->options().spec.kind == NodeKind::max_pool; }
  void compute(const T* input, T* output) const override {
    takes_maximum() ? max_pool(shape_, input, output) : mean_pool(shape_, input, output);
  }
  void take_back(const T* input, const T* gradient, AlignedBuffer& scratch, T* input_gradient) const override {
    const std::size_t values = shape_.input.size();
    float* wide = nullptr;
    if constexpr (sizeof(T) == sizeof(float)) {
      wide = input_gradient;
    } else {
      scratch.reserve(values * sizeof(float));
      wide = scratch.as<float>();
    }
    std::fill_n(wide, values, 0.0F);
    if (takes_maximum()) {
      max_pool_gradient(shape_, input, gradient, wide);
    } else {
      mean_pool_gradient(shape_, gradient, wide);
    }
    if constexpr (sizeof(T) != sizeof(float)) convert(wide, values, input_gradient);
  }
  PoolShape shape_;
};

/// The stage after it does the work.
template <class T>
class ActivationNode final : public PlainNode<T> {
 public:
  using PlainNode<T>::PlainNode;

 private:
  void compute(const T* input, T* output) const override { std::copy_n(input, this->options().input.size(), output); }
  void take_back(const T* /*input*/, const T* gradient, AlignedBuffer& /*scratch*/, T* input_gradient) const override {
    std::copy_n(gradient, this->options().input.size(), input_gradient);
  }
};

template <class T>
class FlattenNode final : public PlainNode<T> {
 public:
  using PlainNode<T>::PlainNode;

 private:
  [[nodiscard]] std::uint32_t places() const { return this->options().input.width * this->options().input.height; }
  [[nodiscard]] std::uint32_t channels() const { return this->options().input.channels; }
  void compute(const T* input, T* output) const override { transpose(input, channels(), places(), channels(), output); }
  void take_back(const T* /*input*/, const T* gradient, AlignedBuffer& /*scratch*/, T* input_gradient) const override {
    transpose(gradient, places(), channels(), places(), input_gradient);
  }
};

template <class T>
std::unique_ptr<TrainableNode> make(const NodeOptions& options, ComputePool& pool) {
  switch (options.spec.kind) {
    case NodeKind::max_pool:
    case NodeKind::mean_pool:
      return std::make_unique<PoolNode<T>>(options, pool);
    case NodeKind::activation:
      return std::make_unique<ActivationNode<T>>(options, pool);
    case NodeKind::flatten:
      return std::make_unique<FlattenNode<T>>(options, pool);
    default:
      throw Bug("not a plain node: " + options.spec.name);
  }
}

}  // namespace

std::unique_ptr<TrainableNode> make_plain_node(const NodeOptions& options, ComputePool& pool) {
  return options.precision == Precision::f32 ? make<float>(options, pool) : make<Bf16>(options, pool);
}

}  // namespace crossloom
