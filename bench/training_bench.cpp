// One training step of 784-1200-1200-10, optimiser included, against the bare oneDNN products of the same shapes.
//
//   training_bench [THREADS [REPEATS]]      prints one JSON object; 2 threads and 15 repeats by default
//
// The bare products are the eight that the step needs (forward and backward-weights of three layers, backward-data of
// two), each by oneDNN with its own threads in whichever of inner_product and matmul is faster here, on formats of its
// choice. Both sides alternate and the median of the ratios is printed. Run it on an idle machine, and with
// OMP_WAIT_POLICY=passive, which keeps one side's sleeping threads from taking the other's time.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/bare_primitives.h"
#include "bench/training_steps.h"

extern "C" void omp_set_num_threads(int threads);

namespace crossloom {
namespace {

using bench::BarePrimitives;
using bench::Cost;
using bench::cost_per_call;
using bench::median;
using bench::Steps;

const std::vector<std::uint32_t> kSizes{784, 1200, 1200, 10};

BarePrimitives bare_products(std::uint32_t batch, bool bf16) {
  BarePrimitives products(batch, bf16);
  for (std::size_t l = 0; l + 1 < kSizes.size(); ++l) products.add_dense(kSizes[l], kSizes[l + 1], l > 0);
  return products;
}

NetworkSpec perceptron(double dropout) {
  NetworkSpec spec;
  spec.name = "mnist_mlp";
  spec.input = {28, 28, 1};
  for (std::size_t l = 1; l < kSizes.size(); ++l) {
    LayerSpec layer;
    layer.name = "layer" + std::to_string(l);
    layer.outputs = kSizes[l];
    layer.activation = Activation::relu;
    layer.dropout = l + 1 < kSizes.size() ? dropout : 0.0;
    spec.layers.push_back(layer);
  }
  return spec;
}

nlohmann::json compare(std::uint32_t batch, Precision precision, std::size_t threads, int repeats) {
  const int calls = static_cast<int>((precision == Precision::f32 ? 2048U : 8192U) / batch);
  omp_set_num_threads(static_cast<int>(threads));
  BarePrimitives bare = bare_products(batch, precision == Precision::bf16);
  std::vector<double> own, alone, ratios, processor_ratios, dropped;
  {
    Steps steps(perceptron(0.0), batch, precision, 0.0, threads);
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
  Steps with_dropout(perceptron(0.5), batch, precision, 0.2, threads);
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
  const bool has_bf16 = has_bf16_products();
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
