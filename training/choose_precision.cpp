#include "training/choose_precision.h"

#include "training/convolution.h"
#include "training/engine.h"

namespace crossloom {
namespace {

/// Whether every convolution has an implementation in bf16 that is not the slow reference.
bool has_fast_bf16_convolutions(const NetworkSpec& network) {
  if (network.is_chain()) return true;
  const auto shapes = shapes_of(network);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const NodeSpec& node = network.nodes[NodeId(n)];
    if (node.kind != NodeKind::conv2d) continue;
    ConvolutionPrimitive::Spec spec;
    spec.images = 4;
    spec.input = shapes[node.inputs.front()];
    spec.output = shapes[NodeId(n)];
    spec.convolution = *network.layers[*node.layer].convolution;
    spec.precision = Precision::bf16;
    if (!has_fast_convolution(spec)) return false;
  }
  return true;
}

}  // namespace

Precision choose_precision(const NetworkSpec& network, PrecisionChoice choice, ProgressSink& progress) {
  if (choice == PrecisionChoice::f32) return Precision::f32;
  if (!has_bf16_products()) {
    if (choice == PrecisionChoice::bf16) progress.message("training in f32: this processor has no bf16 products");
    return Precision::f32;
  }
  if (has_fast_bf16_convolutions(network)) return Precision::bf16;
  progress.message("training in f32: a convolution of this network has no fast bf16 form on this processor");
  return Precision::f32;
}

}  // namespace crossloom
