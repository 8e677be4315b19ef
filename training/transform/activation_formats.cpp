#include "training/transform/activation_formats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

namespace crossloom {
namespace {

/// Sums of squared errors for each number of fraction bits that comes into question.
class StepSearch {
 public:
  explicit StepSearch(FixedPointFormat format) : format_(format) {}
  void take(const std::vector<float>& values) {
    for (const float value : values) {
      if (value == 0.0F) continue;
      for (std::int32_t k = 0; k < kCandidates; ++k) {
        format_.fraction_bits = kFewest + k;
        const double error = nearest_in(format_, static_cast<double>(value)) - static_cast<double>(value);
        errors_[static_cast<std::size_t>(k)] += error * error;
      }
    }
  }
  [[nodiscard]] FixedPointFormat best() const {
    FixedPointFormat format = format_;
    const auto least = std::min_element(errors_.begin(), errors_.end());
    const bool any = *std::max_element(errors_.begin(), errors_.end()) > 0.0;
    format.fraction_bits = any ? kFewest + static_cast<std::int32_t>(least - errors_.begin()) : 0;
    return format;
  }

 private:
  // Steps from 2^16 down to 2^-31: outputs of trained networks lie far inside.
  static constexpr std::int32_t kFewest = -16;
  static constexpr std::int32_t kCandidates = 48;
  FixedPointFormat format_;
  std::array<double, kCandidates> errors_{};
};

/// Whether a batch_norm or activation node alone reads the node's outputs, and so stores them instead of it.
bool is_taken_on(const IdVector<NodeId, NodeSpec>& graph, NodeId id) {
  std::size_t readers = 0, takers = 0;
  for (const NodeSpec& node : graph) {
    const bool reads = std::find(node.inputs.begin(), node.inputs.end(), id) != node.inputs.end();
    const bool takes = node.kind == NodeKind::batch_norm || node.kind == NodeKind::activation;
    readers += reads ? 1 : 0;
    takers += reads && takes ? 1 : 0;
  }
  return readers == 1 && takers == 1;
}

bool stores_outputs(const IdVector<NodeId, NodeSpec>& graph, NodeId id) {
  const NodeSpec& node = graph[id];
  const bool makes = node.layer || node.kind == NodeKind::batch_norm || node.kind == NodeKind::add ||
                     node.kind == NodeKind::activation || node.kind == NodeKind::concat;
  const NodeSpec& last = graph.raw().back();
  const bool is_output =
      id.value() + 1 == graph.size() || (last.kind == NodeKind::softmax && last.inputs.front() == id);
  return makes && !is_output && !is_taken_on(graph, id);
}

/// Whether each node's outputs can be below 0.
IdVector<NodeId, std::uint8_t> signs_of(const NetworkSpec& spec, const IdVector<NodeId, NodeSpec>& graph) {
  IdVector<NodeId, std::uint8_t> is_signed;
  for (const NodeSpec& node : graph) {
    const Activation activation = node.layer ? spec.layers[*node.layer].activation : node.activation;
    bool negative = node.layer.has_value() || node.kind == NodeKind::batch_norm;
    for (const NodeId input : node.inputs) negative = negative || (!node.layer && is_signed[input] != 0);
    is_signed.push_back(negative && activation != Activation::relu ? 1 : 0);
  }
  return is_signed;
}

/// Values from 0 to 1.
std::vector<float> values_of(const DatasetView& images, std::size_t position) {
  const std::uint8_t* const pixels = images.image(position);
  std::vector<float> values(images.dataset().image_size());
  std::transform(pixels, pixels + values.size(), values.begin(),
                 [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
  return values;
}

Network without_formats(Network network) {
  for (LayerSpec& layer : network.spec.layers) layer.output_format.reset();
  for (NodeSpec& node : network.spec.nodes) node.output_format.reset();
  return network;
}

}  // namespace

ActivationBits read_activation_bits(ConfigReader reader) {
  ActivationBits spec;
  spec.bits = static_cast<std::uint32_t>(reader.integer("bits", {1, FixedPointFormat::kMostBits}));
  spec.images = static_cast<std::uint32_t>(reader.integer_or("images", spec.images, {1, 4096}));
  return spec;
}

Network with_activation_formats(const Network& network, const DatasetView& images, const ActivationBits& spec,
                                ProgressSink& progress) {
  Network result = without_formats(network);
  const auto graph = result.spec.graph();
  const auto is_signed = signs_of(result.spec, graph);
  IdVector<NodeId, std::optional<StepSearch>> searches(graph.size());
  for (std::size_t n = 0; n < graph.size(); ++n) {
    const NodeId id(n);
    if (stores_outputs(graph, id)) searches[id].emplace(FixedPointFormat{spec.bits, is_signed[id] != 0, 0});
  }
  const std::size_t count = std::min<std::size_t>(spec.images, images.size());
  for (std::size_t k = 0; k < count; ++k) {
    progress.update("looking at activations", k, count, "");
    const std::vector<std::vector<float>> outputs = forward(result, values_of(images, k));
    for (std::size_t n = 1; n < graph.size(); ++n) {
      if (searches[NodeId(n)]) searches[NodeId(n)]->take(outputs[n - 1]);
    }
  }
  for (std::size_t n = 0; n < graph.size(); ++n) {
    if (!searches[NodeId(n)]) continue;
    const NodeSpec& node = graph[NodeId(n)];
    auto& format =
        node.layer ? result.spec.layers[*node.layer].output_format : result.spec.nodes[NodeId(n)].output_format;
    format = searches[NodeId(n)]->best();
  }
  return result;
}

}  // namespace crossloom
