// The bare oneDNN primitives of a training step, with oneDNN's own threads, to measure a step against.
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <thread>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "models/network_spec.h"

namespace crossloom::bench {

using Clock = std::chrono::steady_clock;

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Cost {
  double wall = 0.0;       ///< seconds
  double processor = 0.0;  ///< seconds of all threads: still comparable when others use the machine
};

inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A call, over `calls` calls after one to warm up. The pause lets the other side's threads fall asleep.
inline Cost cost_per_call(const std::function<void()>& call, int calls) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  call();
  const double processor = processor_seconds();
  const auto start = Clock::now();
  for (int i = 0; i < calls; ++i) call();
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  return {wall / calls, (processor_seconds() - processor) / calls};
}

/// Primitives on formats of oneDNN's choice, each with memory of its own; nothing is converted between them.
class BarePrimitives {
 public:
  BarePrimitives(std::uint32_t batch, bool bf16)
      : batch_(batch), type_(bf16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32) {}

  void run() {
    for (Work& work : works_) work.primitive.execute(stream_, work.arguments);
    stream_.wait();
  }

  /// Forward, backward-weights and (where wanted) backward-data, each as inner_product or matmul, whichever is faster.
  void add_dense(std::uint32_t inputs, std::uint32_t outputs, bool backward_data) {
    const dnnl::memory::desc x({batch_, inputs}, type_, Tag::any), w({outputs, inputs}, type_, Tag::any),
        y({batch_, outputs}, type_, Tag::any), dw({outputs, inputs}, Type::f32, Tag::any);
    const dnnl::inner_product_forward::primitive_desc forward({kTraining, x, w, y}, engine_);
    add_faster({dnnl::inner_product_forward(forward),
                {{DNNL_ARG_SRC, memory(forward.src_desc())},
                 {DNNL_ARG_WEIGHTS, memory(forward.weights_desc())},
                 {DNNL_ARG_DST, memory(forward.dst_desc())}}},
               matmul(batch_, inputs, outputs, type_));
    if (backward_data) {
      const dnnl::inner_product_backward_data::primitive_desc data({x, w, y}, engine_, forward);
      add_faster({dnnl::inner_product_backward_data(data),
                  {{DNNL_ARG_DIFF_SRC, memory(data.diff_src_desc())},
                   {DNNL_ARG_WEIGHTS, memory(data.weights_desc())},
                   {DNNL_ARG_DIFF_DST, memory(data.diff_dst_desc())}}},
                 matmul(batch_, outputs, inputs, type_));
    }
    const dnnl::inner_product_backward_weights::primitive_desc weights({x, dw, y}, engine_, forward);
    add_faster({dnnl::inner_product_backward_weights(weights),
                {{DNNL_ARG_SRC, memory(weights.src_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS, memory(weights.diff_weights_desc())},
                 {DNNL_ARG_DIFF_DST, memory(weights.diff_dst_desc())}}},
               matmul(outputs, batch_, inputs, Type::f32));
  }

  void add_convolution(const ImageShape& in, const ImageShape& out, const WindowSpec& window, bool backward_data) {
    const dnnl::memory::desc x = images(in, Tag::any), y = images(out, Tag::any);
    const dnnl::memory::dims kernel{out.channels, in.channels, window.size, window.size};
    const dnnl::memory::desc w(kernel, type_, Tag::any), dw(kernel, Type::f32, Tag::any);
    const dnnl::memory::dims strides{window.stride, window.stride}, padding{window.padding, window.padding};
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
    const dnnl::convolution_forward::primitive_desc forward({kTraining, kDirect, x, w, y, strides, padding, padding},
                                                            engine_);
    works_.push_back({dnnl::convolution_forward(forward),
                      {{DNNL_ARG_SRC, memory(forward.src_desc())},
                       {DNNL_ARG_WEIGHTS, memory(forward.weights_desc())},
                       {DNNL_ARG_DST, memory(forward.dst_desc())}}});
    if (backward_data) {
      const dnnl::convolution_backward_data::primitive_desc data({kDirect, x, w, y, strides, padding, padding}, engine_,
                                                                 forward);
      works_.push_back({dnnl::convolution_backward_data(data),
                        {{DNNL_ARG_DIFF_SRC, memory(data.diff_src_desc())},
                         {DNNL_ARG_WEIGHTS, memory(data.weights_desc())},
                         {DNNL_ARG_DIFF_DST, memory(data.diff_dst_desc())}}});
    }
    const dnnl::convolution_backward_weights::primitive_desc weights({kDirect, x, dw, y, strides, padding, padding},
                                                                     engine_, forward);
    works_.push_back({dnnl::convolution_backward_weights(weights),
                      {{DNNL_ARG_SRC, memory(weights.src_desc())},
                       {DNNL_ARG_DIFF_WEIGHTS, memory(weights.diff_weights_desc())},
                       {DNNL_ARG_DIFF_DST, memory(weights.diff_dst_desc())}}});
  }

  void add_pool(const ImageShape& in, const ImageShape& out, const WindowSpec& window, bool maximum) {
    const auto algorithm = maximum ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding;
    const dnnl::memory::desc x = images(in, blocked(in)), y = images(out, blocked(in));
    const dnnl::memory::dims strides{window.stride, window.stride}, padding{window.padding, window.padding},
        size{window.size, window.size};
    const dnnl::pooling_forward::primitive_desc forward({kTraining, algorithm, x, y, strides, size, padding, padding},
                                                        engine_);
    const dnnl::pooling_backward::primitive_desc backward({algorithm, x, y, strides, size, padding, padding}, engine_,
                                                          forward);
    Work out_work{dnnl::pooling_forward(forward), {{DNNL_ARG_SRC, memory(x)}, {DNNL_ARG_DST, memory(y)}}};
    Work back_work{dnnl::pooling_backward(backward), {{DNNL_ARG_DIFF_SRC, memory(x)}, {DNNL_ARG_DIFF_DST, memory(y)}}};
    if (maximum) {
      const dnnl::memory places = memory(forward.workspace_desc());
      out_work.arguments.emplace(DNNL_ARG_WORKSPACE, places);
      back_work.arguments.emplace(DNNL_ARG_WORKSPACE, places);
    }
    works_.push_back(out_work);
    works_.push_back(back_work);
  }

  /// With the ReLU after it.
  void add_batch_norm(const ImageShape& shape) {
    const dnnl::memory::desc x = images(shape, blocked(shape));
    const auto flags = dnnl::normalization_flags::use_scale_shift | dnnl::normalization_flags::fuse_norm_relu;
    const dnnl::batch_normalization_forward::primitive_desc forward({kTraining, x, 1e-5F, flags}, engine_);
    const dnnl::batch_normalization_backward::primitive_desc backward({dnnl::prop_kind::backward, x, x, 1e-5F, flags},
                                                                      engine_, forward);
    const dnnl::memory mean = memory(forward.mean_desc()), variance = memory(forward.variance_desc());
    const dnnl::memory scale = memory(forward.weights_desc()), bits = memory(forward.workspace_desc());
    const dnnl::memory in = memory(x);
    works_.push_back({dnnl::batch_normalization_forward(forward),
                      {{DNNL_ARG_SRC, in},
                       {DNNL_ARG_DST, memory(x)},
                       {DNNL_ARG_MEAN, mean},
                       {DNNL_ARG_VARIANCE, variance},
                       {DNNL_ARG_SCALE_SHIFT, scale},
                       {DNNL_ARG_WORKSPACE, bits}}});
    works_.push_back({dnnl::batch_normalization_backward(backward),
                      {{DNNL_ARG_SRC, in},
                       {DNNL_ARG_MEAN, mean},
                       {DNNL_ARG_VARIANCE, variance},
                       {DNNL_ARG_SCALE_SHIFT, scale},
                       {DNNL_ARG_WORKSPACE, bits},
                       {DNNL_ARG_DIFF_DST, memory(x)},
                       {DNNL_ARG_DIFF_SRC, memory(x)},
                       {DNNL_ARG_DIFF_SCALE_SHIFT, memory(backward.diff_weights_desc())}}});
  }

 private:
  using Tag = dnnl::memory::format_tag;
  using Type = dnnl::memory::data_type;
  static constexpr auto kTraining = dnnl::prop_kind::forward_training;
  struct Work {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };
  dnnl::memory memory(const dnnl::memory::desc& description) {
    dnnl::memory made(description, engine_);
    std::fill_n(static_cast<char*>(made.get_data_handle()), description.get_size(), char{0});
    return made;
  }
  [[nodiscard]] dnnl::memory::desc images(const ImageShape& shape, Tag tag) const {
    return {{batch_, shape.channels, shape.height, shape.width}, type_, tag};
  }
  /// The form that its f32 convolutions choose.
  [[nodiscard]] Tag blocked(const ImageShape& shape) const {
    return type_ == Type::f32 && shape.channels % 16 == 0 ? Tag::nChw16c : Tag::nhwc;
  }
  void add_faster(Work a, Work b) {
    const auto time = [this](Work& work) {
      return cost_per_call(
                 [&] {
                   work.primitive.execute(stream_, work.arguments);
                   stream_.wait();
                 },
                 10)
          .wall;
    };
    works_.push_back(time(a) < time(b) ? a : b);
  }
  Work matmul(std::uint32_t m, std::uint32_t k, std::uint32_t n, Type out) {
    const dnnl::memory::desc a({m, k}, type_, Tag::ab), b({k, n}, type_, Tag::any), c({m, n}, out, Tag::ab);
    const dnnl::matmul::primitive_desc description({a, b, c}, engine_);
    return {
        dnnl::matmul(description),
        {{DNNL_ARG_SRC, memory(a)}, {DNNL_ARG_WEIGHTS, memory(description.weights_desc())}, {DNNL_ARG_DST, memory(c)}}};
  }

  std::uint32_t batch_;
  Type type_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<Work> works_;
};

}  // namespace crossloom::bench
