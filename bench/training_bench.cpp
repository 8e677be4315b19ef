// One training step of 784-1200-1200-10, optimiser included, against the bare oneDNN products of the same shapes.
//
//   training_bench [THREADS [REPEATS]]      prints one JSON object; 2 threads and 15 repeats by default
//
// The bare products are the eight that the step needs (forward and backward-weights of three layers, backward-data of
// two), each by oneDNN with its own threads in whichever of inner_product and matmul is faster here, on formats of its
// choice. Both sides alternate and the median of the ratios is printed. Run it on an idle machine, and with
// OMP_WAIT_POLICY=passive, which keeps one side's sleeping threads from taking the other's time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>
#include <oneapi/dnnl/dnnl.hpp>

#include "training/layer_stack.h"
#include "training/optimiser.h"
#include "training/trainer.h"

extern "C" void omp_set_num_threads(int threads);

namespace crossloom {
namespace {

using Clock = std::chrono::steady_clock;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

const std::vector<std::uint32_t> kSizes{784, 1200, 1200, 10};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Cost {
  double wall = 0.0;       ///< seconds
  double processor = 0.0;  ///< seconds of all threads: still comparable when others use the machine
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A call, over `calls` calls after one to warm up. The pause lets the other side's threads fall asleep.
Cost cost_per_call(const std::function<void()>& call, int calls) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  call();
  const double processor = processor_seconds();
  const auto start = Clock::now();
  for (int i = 0; i < calls; ++i) call();
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  return {wall / calls, (processor_seconds() - processor) / calls};
}

/// oneDNN's products with its own threads.
class BareProducts {
 public:
  BareProducts(std::uint32_t batch, bool bf16) : type_(bf16 ? Type::bf16 : Type::f32) {
    for (std::size_t l = 0; l + 1 < kSizes.size(); ++l) add_layer(batch, kSizes[l], kSizes[l + 1], l > 0);
  }
  void run() {
    for (Product& product : products_) product.primitive.execute(stream_, product.arguments);
    stream_.wait();
  }

 private:
  struct Product {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };
  dnnl::memory memory(const dnnl::memory::desc& description) {
    dnnl::memory made(description, engine_);
    std::fill_n(static_cast<char*>(made.get_data_handle()), description.get_size(), char{0});
    return made;
  }
  void add_faster(Product a, Product b) {
    const auto time = [this](Product& product) {
      return cost_per_call(
                 [&] {
                   product.primitive.execute(stream_, product.arguments);
                   stream_.wait();
                 },
                 10)
          .wall;
    };
    products_.push_back(time(a) < time(b) ? a : b);
  }
  Product matmul(std::uint32_t m, std::uint32_t k, std::uint32_t n, Type out) {
    const dnnl::memory::desc a({m, k}, type_, Tag::ab), b({k, n}, type_, Tag::any), c({m, n}, out, Tag::ab);
    const dnnl::matmul::primitive_desc description({a, b, c}, engine_);
    return {
        dnnl::matmul(description),
        {{DNNL_ARG_SRC, memory(a)}, {DNNL_ARG_WEIGHTS, memory(description.weights_desc())}, {DNNL_ARG_DST, memory(c)}}};
  }
  void add_layer(std::uint32_t batch, std::uint32_t inputs, std::uint32_t outputs, bool backward_data) {
    const dnnl::memory::desc x({batch, inputs}, type_, Tag::any), w({outputs, inputs}, type_, Tag::any),
        y({batch, outputs}, type_, Tag::any), dw({outputs, inputs}, Type::f32, Tag::any);
    const dnnl::inner_product_forward::primitive_desc forward({dnnl::prop_kind::forward_training, x, w, y}, engine_);
    add_faster({dnnl::inner_product_forward(forward),
                {{DNNL_ARG_SRC, memory(forward.src_desc())},
                 {DNNL_ARG_WEIGHTS, memory(forward.weights_desc())},
                 {DNNL_ARG_DST, memory(forward.dst_desc())}}},
               matmul(batch, inputs, outputs, type_));
    if (backward_data) {
      const dnnl::inner_product_backward_data::primitive_desc data({x, w, y}, engine_, forward);
      add_faster({dnnl::inner_product_backward_data(data),
                  {{DNNL_ARG_DIFF_SRC, memory(data.diff_src_desc())},
                   {DNNL_ARG_WEIGHTS, memory(data.weights_desc())},
                   {DNNL_ARG_DIFF_DST, memory(data.diff_dst_desc())}}},
                 matmul(batch, outputs, inputs, type_));
    }
    const dnnl::inner_product_backward_weights::primitive_desc weights({x, dw, y}, engine_, forward);
    add_faster({dnnl::inner_product_backward_weights(weights),
                {{DNNL_ARG_SRC, memory(weights.src_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS, memory(weights.diff_weights_desc())},
                 {DNNL_ARG_DIFF_DST, memory(weights.diff_dst_desc())}}},
               matmul(outputs, batch, inputs, Type::f32));
  }

  Type type_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<Product> products_;
};

NetworkSpec perceptron(double dropout) {
  NetworkSpec spec;
  spec.name = "mnist_mlp";
  spec.input = {28, 28, 1};
  for (std::size_t l = 1; l < kSizes.size(); ++l) {
    DenseLayerSpec layer;
    layer.name = "layer" + std::to_string(l);
    layer.outputs = kSizes[l];
    layer.activation = Activation::relu;
    layer.dropout = l + 1 < kSizes.size() ? dropout : 0.0;
    spec.layers.push_back(layer);
  }
  return spec;
}

Dataset random_images(std::size_t count) {
  Dataset dataset;
  dataset.name = "random";
  dataset.width = dataset.height = 28;
  dataset.channels = 1;
  dataset.classes = 10;
  RandomStream stream(RandomKey(1));
  for (std::size_t n = 0; n < count; ++n) dataset.labels.push_back(static_cast<std::uint8_t>(stream.below(10)));
  for (std::size_t i = 0; i < count * 784; ++i) {
    dataset.pixels.push_back(static_cast<std::uint8_t>(stream.below(5) == 0 ? stream.below(256) : 0));
  }
  return dataset;
}

/// Crossloom's step: gather, forward, loss, backward, SGD with momentum, packing for the next step.
class Steps {
 public:
  Steps(std::uint32_t batch, Precision precision, double dropout, std::size_t threads)
      : batch_(batch),
        dataset_(random_images(batch)),
        indices_(batch),
        pool_(threads),
        stack_(perceptron(dropout), {precision, dropout > 0.0 ? 0.2 : 0.0, RandomKey(2)}, pool_) {
    std::iota(indices_.begin(), indices_.end(), 0U);
    TrainingSpec spec;
    spec.optimiser = SgdSpec{0.9};
    std::vector<std::size_t> sizes;
    for (const Parameter* parameter : stack_.parameters()) sizes.push_back(parameter->values.size());
    optimiser_ = std::make_unique<Optimiser>(spec, sizes, std::vector<bool>(sizes.size(), true));
    stack_.load(initial_network(perceptron(dropout), {}, RandomKey(3)));
  }
  void run() {
    optimiser_->begin_step(1e-4);
    stack_.train({&dataset_, indices_.data(), batch_}, LossKind::cross_entropy, step_++, *optimiser_);
  }

 private:
  std::uint32_t batch_;
  Dataset dataset_;
  std::vector<std::uint32_t> indices_;
  ComputePool pool_;
  LayerStack stack_;
  std::unique_ptr<Optimiser> optimiser_;
  std::uint64_t step_ = 0;
};

nlohmann::json compare(std::uint32_t batch, Precision precision, std::size_t threads, int repeats) {
  const int calls = static_cast<int>((precision == Precision::f32 ? 2048U : 8192U) / batch);
  omp_set_num_threads(static_cast<int>(threads));
  BareProducts bare(batch, precision == Precision::bf16);
  std::vector<double> own, alone, ratios, processor_ratios, dropped;
  {
    Steps steps(batch, precision, 0.0, threads);
    for (int r = 0; r < repeats; ++r) {
      const Cost step = cost_per_call([&] { steps.run(); }, calls);
      // The pool has set one OpenMP thread for this thread; the bare products get all of them back.
      omp_set_num_threads(static_cast<int>(threads));
      const Cost products = cost_per_call([&] { bare.run(); }, calls);
      omp_set_num_threads(1);
      own.push_back(step.wall);
      alone.push_back(products.wall);
      ratios.push_back(step.wall / products.wall);
      processor_ratios.push_back(step.processor / products.processor);
    }
  }
  Steps with_dropout(batch, precision, 0.5, threads);
  for (int r = 0; r < repeats / 3 + 1; ++r) dropped.push_back(cost_per_call([&] { with_dropout.run(); }, calls).wall);
  return {{"batch", batch},
          {"precision", precision == Precision::f32 ? "f32" : "bf16"},
          {"step_ms", median(own) * 1e3},
          {"bare_products_ms", median(alone) * 1e3},
          {"step_over_bare", median(ratios)},
          {"step_over_bare_processor_time", median(processor_ratios)},
          {"step_with_dropout_ms", median(dropped) * 1e3},
          {"images_per_second", batch / median(own)}};
}

}  // namespace
}  // namespace crossloom

int main(int argc, char** argv) {
  using namespace crossloom;
  const std::size_t threads = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 2;
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 15;
  nlohmann::json result{{"network", "784-1200-1200-10"}, {"threads", threads}, {"rows", nlohmann::json::array()}};
  const bool has_bf16 = bf16_support() != Bf16Support::none;
  for (const std::uint32_t batch : {256U, 1024U}) {
    result["rows"].push_back(compare(batch, Precision::f32, threads, repeats));
    if (!has_bf16) continue;
    const double wide = result["rows"].back()["step_ms"].get<double>();
    result["rows"].push_back(compare(batch, Precision::bf16, threads, repeats));
    result["rows"].back()["times_faster_than_f32"] = wide / result["rows"].back()["step_ms"].get<double>();
  }
  std::printf("%s\n", result.dump(2).c_str());
  return 0;
}
