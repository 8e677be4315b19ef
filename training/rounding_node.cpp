#include "training/rounding_node.h"

#include <algorithm>
#include <cmath>

#include "training/output_stage.h"

namespace crossloom {
namespace {

template <class T>
class RoundingNode final : public TrainableNode {
 public:
  RoundingNode(const FixedPointFormat& format, std::uint32_t columns, ComputePool& pool)
      : columns_(columns),
        scale_(std::ldexp(1.0F, format.fraction_bits)),
        unit_(std::ldexp(1.0F, -format.fraction_bits)),
        lowest_(static_cast<float>(format.lowest())),
        highest_(static_cast<float>(format.highest())),
        pool_(pool) {}

  void prepare(std::uint32_t /*rows*/, bool /*training*/) override {}
  [[nodiscard]] Tensor make_output(std::uint32_t rows) const override { return {precision_of<T>(), rows, columns_}; }
  [[nodiscard]] Tensor make_output_gradient(std::uint32_t rows) const override { return make_output(rows); }
  void forward(const Tensor& input, Tensor& output, const Pass& pass) override {
    for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                   [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                     const T* const from = input.row<T>(first);
                     std::transform(from, from + std::size_t{rows} * columns_, output.row<T>(first),
                                    [this](T value) { return from_float<T>(rounded(to_float(value))); });
                   });
  }
  void backward(const Tensor& input, const Tensor& /*output*/, Tensor& output_gradient, Tensor* input_gradient,
                const Pass& pass, GradientSink& /*sink*/) override {
    if (input_gradient == nullptr) return;
    for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                   [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                     const T* const values = input.row<T>(first);
                     std::transform(values, values + std::size_t{rows} * columns_, output_gradient.row<T>(first),
                                    input_gradient->row<T>(first),
                                    [this](T value, T gradient) { return is_within(value) ? gradient : T{}; });
                   });
  }
  std::vector<Parameter>& parameters() override { return nothing_; }
  std::vector<Parameter>& state() override { return nothing_; }
  void parameters_changed() override {}

 private:
  // Scaling by a power of two is exact, so these are nearest_in() and is_within() of the format.
  [[nodiscard]] float rounded(float value) const {
    return std::clamp(std::nearbyint(value * scale_), lowest_, highest_) * unit_;
  }
  [[nodiscard]] bool is_within(T value) const {
    const float number = to_float(value) * scale_;
    return number >= lowest_ && number <= highest_;
  }

  std::uint32_t columns_;
  float scale_, unit_, lowest_, highest_;
  ComputePool& pool_;
  std::vector<Parameter> nothing_;
};

}  // namespace

std::unique_ptr<TrainableNode> make_rounding_node(const FixedPointFormat& format, std::uint32_t columns,
                                                  Precision precision, ComputePool& pool) {
  if (precision == Precision::f32) return std::make_unique<RoundingNode<float>>(format, columns, pool);
  return std::make_unique<RoundingNode<Bf16>>(format, columns, pool);
}

}  // namespace crossloom
