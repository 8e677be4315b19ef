#include "models/network_spec.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace crossloom {
namespace {

constexpr std::int64_t kLargestSide = 4096;
constexpr std::int64_t kLargestLayer = 65536;
constexpr std::int64_t kLargestWindow = 256;
constexpr double kLargestDropout = 0.99;

constexpr NodeKind kWritableKinds[] = {
    NodeKind::dense,      NodeKind::conv2d, NodeKind::max_pool, NodeKind::mean_pool, NodeKind::activation,
    NodeKind::batch_norm, NodeKind::add,    NodeKind::concat,   NodeKind::flatten,   NodeKind::softmax};

const std::vector<std::pair<std::string, Activation>>& activations() {
  static const std::vector<std::pair<std::string, Activation>> names{{"relu", Activation::relu},
                                                                     {"none", Activation::none}};
  return names;
}

std::uint32_t whole(std::int64_t value) { return static_cast<std::uint32_t>(value); }

/// A node as written, with what is needed to say where a mistake in it stands.
struct WrittenNode {
  ConfigReader reader;
  NodeSpec node;
  std::optional<LayerSpec> layer = std::nullopt;
  std::optional<ConfigReader> section = std::nullopt;  ///< the mapping under the kind
};

LayerSpec read_dense(ConfigReader section) {
  LayerSpec layer;
  layer.outputs = whole(section.integer("outputs", {1, kLargestLayer}));
  layer.bias = section.boolean_or("bias", false);
  layer.activation = section.choice_or<Activation>("activation", Activation::relu, activations());
  layer.dropout = section.real_or("dropout", 0.0, {0.0, kLargestDropout});
  return layer;
}

LayerSpec read_convolution(ConfigReader section) {
  LayerSpec layer;
  layer.outputs = whole(section.integer("outputs", {1, kLargestLayer}));
  ConvolutionSpec convolution;
  convolution.window.size = whole(section.integer("kernel", {1, kLargestWindow}));
  convolution.window.stride = whole(section.integer_or("stride", 1, {1, kLargestWindow}));
  convolution.window.padding = whole(section.integer_or("padding", 0, {0, kLargestWindow}));
  convolution.groups = whole(section.integer_or("groups", 1, {1, kLargestLayer}));
  layer.convolution = convolution;
  layer.bias = section.boolean_or("bias", false);
  layer.activation = section.choice_or<Activation>("activation", Activation::relu, activations());
  layer.dropout = section.real_or("dropout", 0.0, {0.0, kLargestDropout});
  return layer;
}

WindowSpec read_window(ConfigReader section) {
  WindowSpec window;
  window.size = whole(section.integer("size", {1, kLargestWindow}));
  window.stride = whole(section.integer_or("stride", window.size, {1, kLargestWindow}));
  window.padding = whole(section.integer_or("padding", 0, {0, kLargestWindow}));
  return window;
}

/// Everything under the key of the kind.
void read_kind(WrittenNode& written) {
  NodeSpec& node = written.node;
  const char* const key = name_of(node.kind);
  if (node.kind == NodeKind::activation) {
    node.activation = written.reader.choice<Activation>(key, {{"relu", Activation::relu}});
    return;
  }
  ConfigReader section = written.reader.section(key);
  written.section = section;
  if (node.kind == NodeKind::dense) written.layer = read_dense(section);
  if (node.kind == NodeKind::conv2d) written.layer = read_convolution(section);
  if (written.layer) {
    written.layer->name = node.name;
    return;
  }
  const bool pools = node.kind == NodeKind::max_pool || node.kind == NodeKind::mean_pool;
  if (pools) node.window = read_window(section);
  if (node.kind == NodeKind::batch_norm) {
    node.momentum = section.real_or("momentum", node.momentum, {1e-6, 1.0});
    node.epsilon = section.real_or("epsilon", node.epsilon, {1e-12, 1.0});
  }
  if (node.kind == NodeKind::batch_norm || node.kind == NodeKind::add) {
    node.activation = section.choice_or<Activation>("activation", Activation::none, activations());
  }
  if (pools || node.kind == NodeKind::batch_norm || node.kind == NodeKind::add) {
    node.dropout = section.real_or("dropout", 0.0, {0.0, kLargestDropout});
  }
}

WrittenNode read_node(ConfigReader reader) {
  WrittenNode written{reader, {}};
  written.node.name = written.reader.text("name");
  if (written.node.name.empty()) written.reader.problem("name", "a layer needs a name that is not empty");
  std::vector<NodeKind> kinds;
  std::string names;
  for (const NodeKind kind : kWritableKinds) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(kind));
    if (written.reader.has(name_of(kind))) kinds.push_back(kind);
  }
  if (kinds.empty()) {
    written.reader.problem("", fmt::format("it says what it is by one of the keys {}", names));
    written.node.kind = NodeKind::flatten;
    return written;
  }
  for (std::size_t k = 1; k < kinds.size(); ++k) {
    written.reader.problem(name_of(kinds[k]), fmt::format("it is a {} already", name_of(kinds[0])));
  }
  written.node.kind = kinds.front();
  read_kind(written);
  return written;
}

/// Turns `from` into inputs; the node before where there is no such key.
void read_inputs(WrittenNode& written, const IdVector<NodeId, NodeSpec>& earlier) {
  NodeSpec& node = written.node;
  const bool joins = node.kind == NodeKind::add || node.kind == NodeKind::concat;
  const NodeId before(earlier.size() - 1);
  if (!written.reader.has("from")) {
    if (joins) written.reader.problem("from", "it joins two or more nodes: name them, as in from: [a, b]");
    node.inputs.assign(joins ? 2 : 1, before);
    return;
  }
  for (const std::string& name : written.reader.text_or_texts("from")) {
    const auto found = std::find_if(earlier.begin(), earlier.end(), [&](const NodeSpec& n) { return n.name == name; });
    if (found == earlier.end()) {
      written.reader.problem("from", fmt::format("no earlier node is called {}", name));
      continue;
    }
    node.inputs.emplace_back(static_cast<std::size_t>(found - earlier.begin()));
  }
  const std::size_t count = node.inputs.size();
  if (joins ? count < 2 : count != 1) {
    written.reader.problem("from", joins ? "it joins two or more nodes" : "it has exactly one input");
    node.inputs.resize(joins ? std::max<std::size_t>(2, count) : 1, before);
  }
}

void check_shape(WrittenNode& written, const IdVector<NodeId, NodeSpec>& earlier,
                 IdVector<NodeId, ImageShape>& shapes) {
  std::vector<ImageShape> inputs;
  std::string sources;
  for (const NodeId input : written.node.inputs) {
    inputs.push_back(shapes[input]);
    sources += (sources.empty() ? "" : ", ") + earlier[input].name;
  }
  std::string reason;
  const LayerSpec* const layer = written.layer ? &*written.layer : nullptr;
  shapes.push_back(shape_of(written.node, layer, inputs, reason));
  if (reason.empty()) return;
  // Where the mistake is: at the window or groups where there is one, else at the inputs.
  const char* const at = written.reader.has("from") && !written.layer ? "from" : name_of(written.node.kind);
  written.reader.problem(at, fmt::format("node {} (from {}): {}", written.node.name, sources, reason));
}

void check_last(WrittenNode& last, const ImageShape& shape) {
  const double dropout = last.layer ? last.layer->dropout : last.node.dropout;
  if (dropout > 0.0) {
    (last.section ? *last.section : last.reader)
        .problem("dropout", "the last layer's outputs are the classes: none may drop out");
  }
  if (shape.width != 1 || shape.height != 1) {
    last.reader.problem("",
                        fmt::format("node {}: the last node gives one value a class, not {}; end with a dense layer, "
                                    "a pool over the whole plane or flatten",
                                    last.node.name, to_text(shape)));
  }
}

void check_read(std::vector<WrittenNode>& written, const IdVector<NodeId, NodeSpec>& nodes) {
  for (std::size_t n = 1; n + 1 < nodes.size(); ++n) {
    if (is_read(nodes, NodeId(n))) continue;
    written[n - 1].reader.problem(
        "", fmt::format("nothing reads node {}: name it in a from, or leave it out", nodes[NodeId(n)].name));
  }
}

/// Dense layers one after another, which spiking chips take as they are.
bool plain_chain(const std::vector<WrittenNode>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [](const WrittenNode& written) {
    return written.node.kind == NodeKind::dense && !written.reader.has("from");
  });
}

void check_chain(std::vector<WrittenNode>& nodes) {
  for (std::size_t n = 0; n + 1 < nodes.size(); ++n) {
    if (nodes[n].layer->activation == Activation::none) {
      nodes[n].section->problem("activation",
                                "only the last layer may do without relu: spike rates cannot be negative");
    }
  }
}

void read_nodes(std::vector<WrittenNode>& written, NetworkSpec& spec) {
  IdVector<NodeId, NodeSpec> nodes;
  nodes.push_back({NodeKind::input, "input"});
  IdVector<NodeId, ImageShape> shapes;
  shapes.push_back(spec.input);
  const bool chain = plain_chain(written);
  std::set<std::string> names;
  if (!chain) names.insert("input");
  for (WrittenNode& one : written) {
    if (!one.node.name.empty() && !names.insert(one.node.name).second) {
      one.reader.problem("name", one.node.name == "input" ? "input is the name of the images themselves"
                                                          : "another layer is called " + one.node.name);
    }
    read_inputs(one, nodes);
    check_shape(one, nodes, shapes);
    if (one.node.kind == NodeKind::softmax && &one != &written.back()) {
      one.reader.problem("softmax", "softmax is the last node or none");
    }
    if (one.layer) one.node.layer = spec.layers.push_back(*one.layer);
    nodes.push_back(one.node);
  }
  check_read(written, nodes);
  check_last(written.back(), shapes.raw().back());
  if (chain) {
    check_chain(written);
  } else {
    spec.nodes = std::move(nodes);
  }
}

}  // namespace

NetworkSpec read_network_spec(ConfigReader reader) {
  NetworkSpec spec;
  spec.name = reader.text("name");
  ConfigReader input = reader.section("input");
  spec.input.width = whole(input.integer("width", {1, kLargestSide}));
  spec.input.height = whole(input.integer("height", {1, kLargestSide}));
  spec.input.channels = whole(input.integer_or("channels", 1, {1, 4}));
  std::vector<WrittenNode> written;
  for (const ConfigReader& layer : reader.sections("layers")) written.push_back(read_node(layer));
  if (written.empty()) {
    reader.problem("layers", "a network needs at least one layer");
    return spec;
  }
  read_nodes(written, spec);
  return spec;
}

}  // namespace crossloom
