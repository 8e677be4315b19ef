#include "training/batch_norm_node.h"

#include <algorithm>
#include <cmath>

#include "training/output_stage.h"
#include "training/spatial_kernels.h"

namespace crossloom {
namespace {

template <class T>
class BatchNormOf final : public BatchNormNode {
 public:
  BatchNormOf(const NodeOptions& options, ComputePool& pool);

  void prepare(std::uint32_t rows, bool training) override;
  Tensor make_output(std::uint32_t rows) const override { return {precision_of<T>(), rows, options_.output.size()}; }
  Tensor make_output_gradient(std::uint32_t rows) const override { return make_output(rows); }
  void forward(const Tensor& input, Tensor& output, const Pass& pass) override;
  void backward(const Tensor& input, const Tensor& output, Tensor& output_gradient, Tensor* input_gradient,
                const Pass& pass, GradientSink& sink) override;
  std::vector<Parameter>& parameters() override { return parameters_; }
  std::vector<Parameter>& state() override { return state_; }
  void parameters_changed() override {}
  void load(const BatchNorm& norm) override;
  void store(BatchNorm& norm) const override;

 private:
  using Doubles = std::vector<double>;

  /// Sums of all panels in order: first[c], second[c].
  void add_panels(std::size_t panels);
  void measure(const Tensor& input, const Pass& pass);
  void normalise(const Tensor& input, Tensor& output, const Pass& pass) const;
  std::vector<float>& scale() { return parameters_[0].values; }

  NodeOptions options_;
  ComputePool& pool_;
  std::size_t channels_, places_;
  OutputStage stage_;
  std::vector<Parameter> parameters_, state_;
  std::vector<Doubles> panel_sums_;      // by panel: two values a channel
  Doubles sums_;                         // of all panels
  std::vector<float> mean_, deviation_;  // of the batch; deviation with epsilon
  std::vector<float> factor_, offset_;   // output = input factor + offset
};

template <class T>
BatchNormOf<T>::BatchNormOf(const NodeOptions& options, ComputePool& pool)
    : options_(options),
      pool_(pool),
      channels_(options.input.channels),
      places_(std::size_t{options.input.width} * options.input.height),
      stage_(options.spec.activation, options.dropout_key, options.spec.dropout, true),
      mean_(channels_),
      deviation_(channels_),
      factor_(channels_),
      offset_(channels_) {
  const std::string& name = options.spec.name;
  parameters_ = {{name + ".scale", std::vector<float>(channels_, 1.0F)},
                 {name + ".shift", std::vector<float>(channels_, 0.0F)}};
  state_ = {{name + ".mean", std::vector<float>(channels_, 0.0F)},
            {name + ".variance", std::vector<float>(channels_, 1.0F)}};
}

template <class T>
void BatchNormOf<T>::prepare(std::uint32_t rows, bool training) {
  if (!training) return;
  const std::uint32_t panel = image_panel(rows);
  const std::size_t panels = (rows + panel - 1) / panel;
  if (panel_sums_.size() < panels) panel_sums_.resize(panels, Doubles(2 * channels_));
}

template <class T>
void BatchNormOf<T>::add_panels(std::size_t panels) {
  sums_.assign(2 * channels_, 0.0);
  for (std::size_t p = 0; p < panels; ++p) {
    for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += panel_sums_[p][k];
  }
}

template <class T>
void BatchNormOf<T>::measure(const Tensor& input, const Pass& pass) {
  const std::uint32_t panel = image_panel(pass.rows);
  for_each_panel(pool_, pass.rows, panel, [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
    Doubles& sums = panel_sums_[first / panel];
    std::fill(sums.begin(), sums.end(), 0.0);
    add_moments(input.row<T>(first), rows * places_, channels_, sums.data(), sums.data() + channels_);
  });
  add_panels((pass.rows + panel - 1) / panel);
  const auto count = static_cast<double>(pass.rows * places_);
  const double share = options_.spec.momentum;
  const auto blend = [share](float& running, double value) {
    running = static_cast<float>((1.0 - share) * static_cast<double>(running) + share * value);
  };
  for (std::size_t c = 0; c < channels_; ++c) {
    const double mean = sums_[c] / count;
    const double variance = std::max(0.0, sums_[channels_ + c] / count - mean * mean);
    mean_[c] = static_cast<float>(mean);
    deviation_[c] = static_cast<float>(std::sqrt(variance + options_.spec.epsilon));
    blend(state_[0].values[c], mean);
    blend(state_[1].values[c], count > 1.0 ? variance * count / (count - 1.0) : variance);
  }
}

template <class T>
void BatchNormOf<T>::normalise(const Tensor& input, Tensor& output, const Pass& pass) const {
  const bool relu = options_.spec.activation == Activation::relu;
  for_each_panel(
      pool_, pass.rows, image_panel(pass.rows), [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
        T* const result = output.row<T>(first);
        scale_channels(input.row<T>(first), rows * places_, channels_, factor_.data(), offset_.data(), relu, result);
        stage_.apply(pass.step, pass.training, first, rows, output.columns, result);
      });
}

template <class T>
void BatchNormOf<T>::forward(const Tensor& input, Tensor& output, const Pass& pass) {
  if (pass.training) measure(input, pass);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double mean = static_cast<double>(pass.training ? mean_[c] : state_[0].values[c]);
    const double deviation = pass.training
                                 ? static_cast<double>(deviation_[c])
                                 : std::sqrt(static_cast<double>(state_[1].values[c]) + options_.spec.epsilon);
    const double factor = static_cast<double>(scale()[c]) / deviation;
    factor_[c] = static_cast<float>(factor);
    offset_[c] = static_cast<float>(static_cast<double>(parameters_[1].values[c]) - mean * factor);
  }
  normalise(input, output, pass);
}

template <class T>
void BatchNormOf<T>::backward(const Tensor& input, const Tensor& output, Tensor& output_gradient,
                              Tensor* input_gradient, const Pass& pass, GradientSink& sink) {
  const std::uint32_t panel = image_panel(pass.rows);
  for_each_panel(pool_, pass.rows, panel, [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
    T* const gradient = output_gradient.row<T>(first);
    stage_.take_back(pass.step, first, rows, output.columns, output.row<T>(first), gradient);
    Doubles& sums = panel_sums_[first / panel];
    std::fill(sums.begin(), sums.end(), 0.0);
    add_products(gradient, input.row<T>(first), rows * places_, channels_, mean_.data(), sums.data(),
                 sums.data() + channels_);
  });
  add_panels((pass.rows + panel - 1) / panel);
  // With n values a channel, y = scale x^ + shift and x^ = (x - mean) / deviation:
  // dL/dx = scale / deviation (g - sum(g) / n - x^ sum(g x^) / n).
  const auto count = static_cast<double>(pass.rows * places_);
  std::vector<float> a(channels_), b(channels_), d(channels_), scale_gradient(channels_), shift_gradient(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const auto deviation = static_cast<double>(deviation_[c]);
    const double factor = static_cast<double>(scale()[c]) / deviation;
    const double slope = sums_[channels_ + c] / (deviation * deviation * count);
    a[c] = static_cast<float>(factor);
    b[c] = static_cast<float>(-factor * slope);
    d[c] = static_cast<float>(factor * (slope * static_cast<double>(mean_[c]) - sums_[c] / count));
    scale_gradient[c] = static_cast<float>(sums_[channels_ + c] / deviation);
    shift_gradient[c] = static_cast<float>(sums_[c]);
  }
  if (input_gradient != nullptr) {
    for_each_panel(pool_, pass.rows, panel, [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
      combine_channels(output_gradient.row<T>(first), input.row<T>(first), rows * places_, channels_, a.data(),
                       b.data(), d.data(), input_gradient->row<T>(first));
    });
  }
  sink.take(options_.first_parameter, 0, channels_, scale_gradient.data(), parameters_[0].values.data());
  sink.take(options_.first_parameter + 1, 0, channels_, shift_gradient.data(), parameters_[1].values.data());
}

template <class T>
void BatchNormOf<T>::load(const BatchNorm& norm) {
  parameters_[0].values = norm.scale;
  parameters_[1].values = norm.shift;
  state_[0].values = norm.mean;
  state_[1].values = norm.variance;
}

template <class T>
void BatchNormOf<T>::store(BatchNorm& norm) const {
  norm = {parameters_[0].values, parameters_[1].values, state_[0].values, state_[1].values};
}

}  // namespace

std::unique_ptr<BatchNormNode> make_batch_norm_node(const NodeOptions& options, ComputePool& pool) {
  if (options.precision == Precision::f32) return std::make_unique<BatchNormOf<float>>(options, pool);
  return std::make_unique<BatchNormOf<Bf16>>(options, pool);
}

}  // namespace crossloom
