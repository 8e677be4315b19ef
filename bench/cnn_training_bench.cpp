// One training step of a convolutional network, optimiser included, against the bare oneDNN primitives of its shapes.
//
//   cnn_training_bench [THREADS [REPEATS [NETWORK.yaml BATCH]]]
//
// Prints one JSON object; 2 threads, 7 repeats, and the paper's MNIST CNN (batch 256) and VGG-8 (batch 64) by default.
// The bare primitives are the convolutions (forward, backward-weights, backward-data but for the first), dense
// products, pools and batch norms with ReLU that the step needs, each by oneDNN with its own threads on formats of its
// choice, and no conversion between them; `convolutions_and_products` leaves out pools and norms. Both sides alternate
// and medians of the ratios are printed. Run it on an idle machine with OMP_WAIT_POLICY=passive.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "bench/bare_primitives.h"
#include "bench/training_steps.h"

extern "C" void omp_set_num_threads(int threads);

namespace crossloom::bench {
namespace {

NetworkSpec read_network(const std::string& file) {
  ConfigDocument document = ConfigDocument::from_file(file);
  NetworkSpec spec = read_network_spec(document.root());
  document.finish();
  // Dropout is no primitive.
  for (LayerSpec& layer : spec.layers) layer.dropout = 0.0;
  for (NodeSpec& node : spec.nodes) node.dropout = 0.0;
  return spec;
}

BarePrimitives bare_step(const NetworkSpec& spec, std::uint32_t batch, bool bf16, bool with_pools_and_norms) {
  BarePrimitives bare(batch, bf16);
  const auto shapes = shapes_of(spec);
  const auto graph = spec.graph();
  for (std::size_t n = 1; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    const ImageShape& in = shapes[node.inputs.front()];
    const ImageShape& out = shapes[NodeId(n)];
    const bool backward_data = node.inputs.front() != NodeId(0);
    if (node.kind == NodeKind::dense) bare.add_dense(in.size(), out.size(), backward_data);
    if (node.kind == NodeKind::conv2d) {
      bare.add_convolution(in, out, spec.layers[*node.layer].convolution->window, backward_data);
    }
    if (!with_pools_and_norms) continue;
    if (node.kind == NodeKind::batch_norm) bare.add_batch_norm(out);
    if (node.kind == NodeKind::max_pool) bare.add_pool(in, out, node.window, true);
    if (node.kind == NodeKind::mean_pool) bare.add_pool(in, out, node.window, false);
  }
  return bare;
}

nlohmann::json compare(const NetworkSpec& spec, std::uint32_t batch, Precision precision, std::size_t threads,
                       int repeats, int calls) {
  const bool bf16 = precision == Precision::bf16;
  omp_set_num_threads(static_cast<int>(threads));
  BarePrimitives all = bare_step(spec, batch, bf16, true);
  BarePrimitives products = bare_step(spec, batch, bf16, false);
  std::vector<double> own, alone, ratios, processor_ratios, product_ratios;
  Steps steps(spec, batch, precision, 0.0, threads);
  for (int r = 0; r < repeats; ++r) {
    const Cost step = cost_per_call([&] { steps.run(); }, calls);
    // The pool has set one OpenMP thread for this thread; the bare primitives get all of them back.
    omp_set_num_threads(static_cast<int>(threads));
    const Cost bare = cost_per_call([&] { all.run(); }, calls);
    const Cost bare_products = cost_per_call([&] { products.run(); }, calls);
    omp_set_num_threads(1);
    own.push_back(step.wall);
    alone.push_back(bare.wall);
    ratios.push_back(step.wall / bare.wall);
    processor_ratios.push_back(step.processor / bare.processor);
    product_ratios.push_back(step.processor / bare_products.processor);
  }
  return {{"network", spec.name},
          {"batch", batch},
          {"precision", bf16 ? "bf16" : "f32"},
          {"step_ms", median(own) * 1e3},
          {"bare_primitives_ms", median(alone) * 1e3},
          {"step_over_bare", median(ratios)},
          {"step_over_bare_processor_time", median(processor_ratios)},
          {"step_over_convolutions_and_products_processor_time", median(product_ratios)},
          {"images_per_second", batch / median(own)}};
}

}  // namespace
}  // namespace crossloom::bench

int main(int argc, char** argv) {
  using namespace crossloom;
  using namespace crossloom::bench;
  const std::size_t threads = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 2;
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 7;
  std::vector<std::pair<std::string, std::uint32_t>> networks{
      {CROSSLOOM_SOURCE_DIR "/configs/networks/mnist_cnn.yaml", 256},
      {CROSSLOOM_SOURCE_DIR "/configs/networks/vgg8.yaml", 64}};
  if (argc > 4) networks = {{argv[3], static_cast<std::uint32_t>(std::atoi(argv[4]))}};
  nlohmann::json result{{"threads", threads}, {"rows", nlohmann::json::array()}};
  for (const auto& [file, batch] : networks) {
    const NetworkSpec spec = read_network(file);
    const int calls = spec.input.size() > 1024 ? 1 : 5;
    result["rows"].push_back(compare(spec, batch, Precision::f32, threads, repeats, calls));
    if (!has_bf16_products()) continue;
    result["rows"].push_back(compare(spec, batch, Precision::bf16, threads, repeats, 2 * calls));
  }
  std::printf("%s\n", result.dump(2).c_str());
  return 0;
}
