// Taking batch norms and lone activations into the layers before them, and how units reach rows.
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "models/network.h"

namespace crossloom {
namespace {

std::vector<std::uint32_t> readers_of(const IdVector<NodeId, NodeSpec>& nodes) {
  std::vector<std::uint32_t> readers(nodes.size(), 0);
  for (const NodeSpec& node : nodes) {
    for (const NodeId input : node.inputs) ++readers[input.value()];
  }
  return readers;
}

/// The layer that a batch_norm or activation node can be taken into; without one, the reason why not.
std::optional<LayerId> layer_before(const NetworkSpec& spec, const std::vector<std::uint32_t>& readers,
                                    const NodeSpec& node, std::string& reason) {
  const NodeSpec& before = spec.nodes[node.inputs.front()];
  if (!before.layer) {
    reason = fmt::format("it follows {}, which is a {} and not a conv2d or dense", before.name, name_of(before.kind));
    return std::nullopt;
  }
  const LayerSpec& layer = spec.layers[*before.layer];
  if (layer.activation != Activation::none) reason = fmt::format("{} before it has an activation", layer.name);
  if (layer.output_format) reason = fmt::format("the outputs of {} before it are rounded", layer.name);
  if (layer.dropout > 0.0) reason = fmt::format("{} before it has dropout", layer.name);
  if (readers[node.inputs.front().value()] != 1) reason = fmt::format("others read {} too", layer.name);
  if (!reason.empty()) return std::nullopt;
  return before.layer;
}

void scale_layer(const NodeSpec& node, const BatchNorm& norm, LayerSpec& spec, Layer& layer) {
  const std::uint32_t columns = layer.weights.columns;
  if (layer.bias.empty()) layer.bias.assign(columns, 0.0F);
  spec.bias = true;
  for (std::uint32_t j = 0; j < columns; ++j) {
    const double factor =
        static_cast<double>(norm.scale[j]) / std::sqrt(static_cast<double>(norm.variance[j]) + node.epsilon);
    for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
      layer.weights.at(i, j) = static_cast<float>(static_cast<double>(layer.weights.at(i, j)) * factor);
    }
    layer.bias[j] =
        static_cast<float>((static_cast<double>(layer.bias[j]) - static_cast<double>(norm.mean[j])) * factor +
                           static_cast<double>(norm.shift[j]));
  }
}

/// The node is gone: its readers read what it read.
void remove_node(IdVector<NodeId, NodeSpec>& nodes, std::size_t gone) {
  const NodeId before = nodes[NodeId(gone)].inputs.front();
  auto& items = nodes.raw();
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(gone));
  for (NodeSpec& node : items) {
    for (NodeId& input : node.inputs) {
      if (input.value() == gone) input = before;
      if (input.value() > gone) input = NodeId(input.value() - 1);
    }
  }
}

bool is_plain_chain(const IdVector<NodeId, NodeSpec>& nodes) {
  for (std::size_t n = 1; n < nodes.size(); ++n) {
    if (nodes[NodeId(n)].kind != NodeKind::dense || nodes[NodeId(n)].inputs.front() != NodeId(n - 1)) return false;
  }
  return true;
}

}  // namespace

Network fold_batch_norm(const Network& network) {
  Network folded = network;
  NetworkSpec& spec = folded.spec;
  for (std::size_t n = 1; n < spec.nodes.size();) {
    const NodeSpec node = spec.nodes[NodeId(n)];
    if (node.kind != NodeKind::batch_norm && node.kind != NodeKind::activation) {
      ++n;
      continue;
    }
    std::string reason;
    const auto into = layer_before(spec, readers_of(spec.nodes), node, reason);
    if (!into) {
      if (node.kind == NodeKind::batch_norm) {
        throw UserError(fmt::format("network {}, node {}: this batch_norm cannot be taken into weights: {}", spec.name,
                                    node.name, reason));
      }
      ++n;
      continue;
    }
    LayerSpec& layer = spec.layers[*into];
    if (node.kind == NodeKind::batch_norm) {
      scale_layer(node, folded.batch_norms.front(), layer, folded.layers[*into]);
      folded.batch_norms.erase(folded.batch_norms.begin());
    }
    layer.activation = node.activation;
    layer.dropout = node.dropout;
    layer.output_format = node.output_format;
    remove_node(spec.nodes, n);
  }
  if (is_plain_chain(spec.nodes)) spec.nodes = {};
  return folded;
}

UnitLinks unit_links(const NetworkSpec& spec) {
  const auto graph = spec.graph();
  const auto shapes = shapes_of(spec);
  UnitLinks links;
  links.rows = IdVector<LayerId, std::vector<std::optional<RowSource>>>(spec.layers.size());
  links.only_rows = IdVector<LayerId, std::uint8_t>(spec.layers.size(), 1);
  std::vector<std::vector<std::optional<RowSource>>> channels;  // by node: what each channel carries
  const auto leaves = [&](const std::vector<std::optional<RowSource>>& carried) {
    for (const auto& source : carried) {
      if (source) links.only_rows[source->layer] = 0;
    }
  };
  for (std::size_t n = 0; n < graph.size(); ++n) {
    const NodeSpec& node = graph[NodeId(n)];
    std::vector<std::optional<RowSource>> carried(shapes[NodeId(n)].channels);
    switch (node.kind) {
      case NodeKind::dense:
      case NodeKind::conv2d: {
        const auto& before = channels[node.inputs.front().value()];
        const bool grouped = node.kind == NodeKind::conv2d && spec.layers[*node.layer].convolution->groups > 1;
        auto& rows = links.rows[*node.layer];
        rows.resize(spec.inputs_of(*node.layer));
        if (grouped) leaves(before);
        const std::size_t each = grouped ? 1 : rows.size() / before.size();
        for (std::size_t i = 0; i < rows.size() && !grouped; ++i) rows[i] = before[i / each];
        for (std::uint32_t j = 0; j < carried.size(); ++j) carried[j] = RowSource{*node.layer, j};
        break;
      }
      case NodeKind::max_pool:
      case NodeKind::mean_pool:
      case NodeKind::activation:
        carried = channels[node.inputs.front().value()];
        break;
      case NodeKind::flatten: {
        const auto& before = channels[node.inputs.front().value()];
        for (std::size_t i = 0; i < carried.size(); ++i) carried[i] = before[i / (carried.size() / before.size())];
        break;
      }
      case NodeKind::concat:
        carried.clear();
        for (const NodeId input : node.inputs) {
          const auto& more = channels[input.value()];
          carried.insert(carried.end(), more.begin(), more.end());
        }
        break;
      case NodeKind::batch_norm:
      case NodeKind::add:
      case NodeKind::softmax:
        for (const NodeId input : node.inputs) leaves(channels[input.value()]);
        break;
      case NodeKind::input:
        break;
    }
    channels.push_back(std::move(carried));
  }
  leaves(channels.back());
  return links;
}

}  // namespace crossloom
