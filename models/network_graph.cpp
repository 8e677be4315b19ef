// Shapes and consistency of a network's graph.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "models/network_spec.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kMostValues = std::uint64_t{1} << 28;

/// Places of a window along a side; 0 where it does not fit.
std::uint32_t places(std::uint32_t side, const WindowSpec& window) {
  const std::uint64_t padded = std::uint64_t{side} + 2 * std::uint64_t{window.padding};
  if (padded < window.size || window.stride == 0) return 0;
  return static_cast<std::uint32_t>((padded - window.size) / window.stride + 1);
}

ImageShape slid(const WindowSpec& window, const ImageShape& input, std::uint32_t channels, std::string& reason) {
  const ImageShape output{places(input.width, window), places(input.height, window), channels};
  if (output.width == 0 || output.height == 0) {
    reason = fmt::format("its window of {0}x{0} with padding {1} does not fit into its input of {2}", window.size,
                         window.padding, to_text(input));
    return input;
  }
  return output;
}

ImageShape convolved(const LayerSpec& layer, const ImageShape& input, std::string& reason) {
  const std::uint32_t groups = layer.convolution->groups;
  if (groups == 0 || input.channels % groups != 0 || layer.outputs % groups != 0) {
    reason = fmt::format("{} groups divide neither evenly: the {} channels of its input ({}) and its {} outputs",
                         groups, input.channels, to_text(input), layer.outputs);
    return input;
  }
  return slid(layer.convolution->window, input, layer.outputs, reason);
}

ImageShape joined(NodeKind kind, const std::vector<ImageShape>& inputs, std::string& reason) {
  ImageShape output = inputs.front();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const bool fits = kind == NodeKind::add ? inputs[i] == inputs.front()
                                            : inputs[i].width == output.width && inputs[i].height == output.height;
    if (!fits) {
      reason = fmt::format("it {} {}, but input 1 is {} and input {} is {}", kind == NodeKind::add ? "adds" : "joins",
                           kind == NodeKind::add ? "equal shapes" : "planes of equal width and height",
                           to_text(inputs.front()), i + 1, to_text(inputs[i]));
    } else if (kind == NodeKind::concat) {
      output.channels += inputs[i].channels;
    }
  }
  return output;
}

bool is_weighted(NodeKind kind) { return kind == NodeKind::dense || kind == NodeKind::conv2d; }

/// Faults that do not need shapes.
std::string structural_fault(const NetworkSpec& spec, std::size_t n, std::size_t& next_layer) {
  const NodeSpec& node = spec.nodes[NodeId(n)];
  if ((n == 0) != (node.kind == NodeKind::input)) return "the input is the first node and no other";
  for (const NodeId input : node.inputs) {
    if (input.value() >= n) return "an input of it does not come before it";
  }
  const bool joins = node.kind == NodeKind::add || node.kind == NodeKind::concat;
  const std::size_t wanted = n == 0 ? 0 : 1;
  if (joins ? node.inputs.size() < 2 : node.inputs.size() != wanted) return "its number of inputs is wrong";
  if (is_weighted(node.kind) != node.layer.has_value()) return "it should have weights or has too many";
  if (node.layer) {
    if (node.layer->value() != next_layer++ || node.layer->value() >= spec.layers.size()) {
      return "the weighted layers are not in the order of the nodes";
    }
    const LayerSpec& layer = spec.layers[*node.layer];
    if (layer.name != node.name) return "its layer has another name";
    if (layer.convolution.has_value() != (node.kind == NodeKind::conv2d)) return "its layer is of another kind";
  }
  if (node.kind == NodeKind::softmax && n + 1 != spec.nodes.size()) return "softmax is the last node or none";
  if (!(node.dropout >= 0.0 && node.dropout < 1.0)) return "its dropout is not in [0, 1)";
  if (node.kind == NodeKind::batch_norm && !(node.epsilon > 0.0 && node.momentum > 0.0 && node.momentum <= 1.0)) {
    return "its epsilon or momentum is out of range";
  }
  return {};
}

void add_format_faults(const NetworkSpec& spec, std::vector<std::string>& faults) {
  const auto graph = spec.graph();
  for (std::size_t n = 0; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    const auto& format = node.layer ? spec.layers[*node.layer].output_format : node.output_format;
    if (!format) continue;
    std::string reason;
    if (node.kind == NodeKind::input || keeps_format(node.kind)) reason = "its outputs have no format of their own";
    if (format->bits < 1 || format->bits > FixedPointFormat::kMostBits ||
        std::abs(format->fraction_bits) > FixedPointFormat::kMostFractionBits) {
      reason = "the format of its outputs is out of range";
    }
    const NodeSpec& last = graph.raw().back();
    const bool feeds_softmax = last.kind == NodeKind::softmax && last.inputs.front() == NodeId(n);
    if (feeds_softmax || n + 1 == graph.size()) reason = "the outputs of the network keep all their bits";
    if (!reason.empty()) faults.push_back("node " + node.name + ": " + reason);
  }
}

}  // namespace

std::string to_text(const ImageShape& shape) {
  return fmt::format("{}x{}x{}", shape.width, shape.height, shape.channels);
}

const char* name_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::input:
      return "input";
    case NodeKind::dense:
      return "dense";
    case NodeKind::conv2d:
      return "conv2d";
    case NodeKind::max_pool:
      return "max_pool";
    case NodeKind::mean_pool:
      return "mean_pool";
    case NodeKind::activation:
      return "activation";
    case NodeKind::batch_norm:
      return "batch_norm";
    case NodeKind::add:
      return "add";
    case NodeKind::concat:
      return "concat";
    case NodeKind::flatten:
      return "flatten";
    case NodeKind::softmax:
      return "softmax";
  }
  throw Bug("a kind of node has no name");
}

IdVector<NodeId, NodeSpec> NetworkSpec::graph() const {
  if (!nodes.empty()) return nodes;
  IdVector<NodeId, NodeSpec> chain;
  chain.push_back({NodeKind::input, "input"});
  for (std::size_t l = 0; l < layers.size(); ++l) {
    NodeSpec node{NodeKind::dense, layers[LayerId(l)].name, {NodeId(l)}};
    node.layer = LayerId(l);
    chain.push_back(std::move(node));
  }
  return chain;
}

std::uint32_t NetworkSpec::inputs_of(LayerId layer) const {
  if (nodes.empty()) return layer.value() == 0 ? input.size() : layers[LayerId(layer.value() - 1)].outputs;
  const auto shapes = shapes_of(*this);
  for (const NodeSpec& node : nodes) {
    if (node.layer != layer) continue;
    const ImageShape& shape = shapes[node.inputs.front()];
    const auto& convolution = layers[layer].convolution;
    if (!convolution) return shape.size();
    return shape.channels / convolution->groups * convolution->window.size * convolution->window.size;
  }
  throw Bug("no node has this layer");
}

std::uint32_t NetworkSpec::output_count() const {
  if (nodes.empty()) return layers.empty() ? input.size() : layers.raw().back().outputs;
  return shapes_of(*this).raw().back().size();
}

ImageShape shape_of(const NodeSpec& node, const LayerSpec* layer, const std::vector<ImageShape>& inputs,
                    std::string& reason) {
  CROSSLOOM_CHECK(!inputs.empty(), "node " + node.name + " has no input");
  const bool weighted = node.kind == NodeKind::dense || node.kind == NodeKind::conv2d;
  CROSSLOOM_CHECK(!weighted || layer != nullptr, "node " + node.name + " has no layer");
  reason.clear();
  ImageShape output = inputs.front();
  switch (node.kind) {
    case NodeKind::dense:
      output = {1, 1, layer->outputs};
      break;
    case NodeKind::conv2d:
      output = convolved(*layer, inputs.front(), reason);
      break;
    case NodeKind::max_pool:
    case NodeKind::mean_pool:
      if (node.window.padding >= node.window.size) {
        reason = fmt::format("a padding of {} leaves windows of {} empty", node.window.padding, node.window.size);
      } else {
        output = slid(node.window, inputs.front(), inputs.front().channels, reason);
      }
      break;
    case NodeKind::add:
    case NodeKind::concat:
      output = joined(node.kind, inputs, reason);
      break;
    case NodeKind::flatten:
      output = {1, 1, inputs.front().size()};
      break;
    case NodeKind::input:
    case NodeKind::activation:
    case NodeKind::batch_norm:
    case NodeKind::softmax:
      break;
  }
  if (std::uint64_t{output.width} * output.height * output.channels > kMostValues) {
    reason = fmt::format("its output of {} is larger than {} values", to_text(output), kMostValues);
    return {1, 1, 1};
  }
  return output;
}

IdVector<NodeId, ImageShape> shapes_of(const NetworkSpec& spec) {
  IdVector<NodeId, ImageShape> shapes;
  for (const NodeSpec& node : spec.graph()) {
    if (node.kind == NodeKind::input) {
      shapes.push_back(spec.input);
      continue;
    }
    std::vector<ImageShape> inputs;
    for (const NodeId input : node.inputs) inputs.push_back(shapes.at(input));
    std::string reason;
    shapes.push_back(shape_of(node, node.layer ? &spec.layers[*node.layer] : nullptr, inputs, reason));
    CROSSLOOM_CHECK(reason.empty(), "node " + node.name + ": " + reason);
  }
  return shapes;
}

IdVector<NodeId, std::optional<FixedPointFormat>> output_formats_of(const NetworkSpec& spec) {
  IdVector<NodeId, std::optional<FixedPointFormat>> formats;
  for (const NodeSpec& node : spec.graph()) {
    if (keeps_format(node.kind)) {
      formats.push_back(formats[node.inputs.front()]);
    } else {
      formats.push_back(node.layer ? spec.layers[*node.layer].output_format : node.output_format);
    }
  }
  return formats;
}

bool keeps_format(NodeKind kind) {
  return kind == NodeKind::max_pool || kind == NodeKind::mean_pool || kind == NodeKind::flatten ||
         kind == NodeKind::softmax;
}

bool is_read(const IdVector<NodeId, NodeSpec>& nodes, NodeId node) {
  return std::any_of(nodes.begin(), nodes.end(), [node](const NodeSpec& other) {
    return std::find(other.inputs.begin(), other.inputs.end(), node) != other.inputs.end();
  });
}

std::vector<std::string> graph_faults(const NetworkSpec& spec) {
  std::vector<std::string> faults;
  std::set<std::string> names;
  std::size_t next_layer = 0;
  std::vector<ImageShape> shapes{spec.input};
  for (std::size_t n = 0; n < spec.nodes.size(); ++n) {
    const NodeSpec& node = spec.nodes[NodeId(n)];
    std::string reason = structural_fault(spec, n, next_layer);
    if (reason.empty() && !names.insert(node.name).second) reason = "another node has its name";
    if (reason.empty() && n + 1 < spec.nodes.size() && !is_read(spec.nodes, NodeId(n))) reason = "nothing reads it";
    if (reason.empty() && n > 0) {
      std::vector<ImageShape> inputs;
      for (const NodeId input : node.inputs) inputs.push_back(shapes[input.value()]);
      shapes.push_back(shape_of(node, node.layer ? &spec.layers[*node.layer] : nullptr, inputs, reason));
    }
    if (reason.empty()) continue;
    faults.push_back("node " + node.name + ": " + reason);
    return faults;
  }
  const bool convolves = std::any_of(spec.layers.begin(), spec.layers.end(),
                                     [](const LayerSpec& layer) { return layer.convolution.has_value(); });
  if (spec.nodes.empty() && convolves) faults.emplace_back("a plain chain has dense layers only");
  if (!spec.nodes.empty() && next_layer != spec.layers.size()) faults.emplace_back("a layer belongs to no node");
  if (spec.nodes.size() == 1) faults.emplace_back("the network has no node but its input");
  if (faults.empty()) add_format_faults(spec, faults);
  return faults;
}

}  // namespace crossloom
