#include "models/bit_serial/dataflow.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {
namespace {

NodeInput look_through(const FixedPointNetwork& network, NodeId node) {
  NodeInput result{node, false};
  while (is_view(network.nodes[result.source].spec.kind)) {
    const FixedPointNode& view = network.nodes[result.source];
    const NodeId before = view.spec.inputs.front();
    if (view.spec.kind == NodeKind::flatten && positions_of(network.nodes[before].shape) > 1) result.flattened = true;
    result.source = before;
  }
  return result;
}

bool has_window(NodeKind kind) {
  return kind == NodeKind::conv2d || kind == NodeKind::max_pool || kind == NodeKind::mean_pool;
}

// Positions of one window along a side that lie inside the plane: [first, end).
struct Span {
  std::uint32_t first = 0, end = 0;
};
Span span(std::uint32_t at, const WindowSpec& window, std::uint32_t side) {
  const std::int64_t first = std::int64_t{at} * window.stride - window.padding;
  const std::int64_t end = first + window.size;
  const auto inside = [side](std::int64_t place) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(place, 0, side));
  };
  return {inside(first), inside(end)};
}

// Runs the network on demand: a node makes a position only when something after it needs it.
class DemandRun {
 public:
  explicit DemandRun(const FixedPointNetwork& network) : network_(network), made_(network.nodes.size(), 0) {
    const std::size_t nodes = network.nodes.size();
    for (std::size_t n = 0; n < nodes; ++n) {
      const FixedPointNode& node = network.nodes[NodeId(n)];
      inputs_.push_back({});
      depths_.push_back(std::vector<std::uint32_t>(node.spec.inputs.size(), 0));
    }
    readers_.resize(nodes);
    for (std::size_t n = 0; n < nodes; ++n) {
      if (is_view(network.nodes[NodeId(n)].spec.kind)) continue;
      for (std::size_t k = 0; k < network.nodes[NodeId(n)].spec.inputs.size(); ++k) {
        const NodeId source = input_of(network, NodeId(n), k).source;
        inputs_[n].push_back({source, 0, window_progress(network, NodeId(n), k)});
        readers_[source.value()].push_back({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(k)});
      }
    }
  }

  void make_all(NodeId node) {
    while (made_[node.value()] < positions_of(network_.nodes[node].shape)) make_next(node.value());
  }
  [[nodiscard]] IdVector<NodeId, std::vector<std::uint32_t>> take_depths() { return std::move(depths_); }

 private:
  struct Input {
    NodeId source;
    std::uint32_t freed = 0;
    WindowProgress progress;
  };
  struct Reader {
    std::uint32_t node, input;
  };

  // Recursion is as deep as the network.
  void make_next(std::uint32_t node) {
    const std::uint32_t position = made_[node];
    for (Input& input : inputs_[node]) {
      while (made_[input.source.value()] < input.progress.needed[position]) make_next(input.source.value());
    }
    for (Input& input : inputs_[node]) input.freed = input.progress.freed[position + 1];
    made_[node] = position + 1;
    for (const Reader& reader : readers_[node]) {
      const std::uint32_t freed = inputs_[reader.node][reader.input].freed;
      std::uint32_t& depth = depths_[NodeId(reader.node)][reader.input];
      if (made_[node] > freed) depth = std::max(depth, made_[node] - freed);
    }
  }

  const FixedPointNetwork& network_;
  std::vector<std::uint32_t> made_;
  std::vector<std::vector<Input>> inputs_;
  std::vector<std::vector<Reader>> readers_;
  IdVector<NodeId, std::vector<std::uint32_t>> depths_;
};

}  // namespace

NodeInput input_of(const FixedPointNetwork& network, NodeId node, std::size_t input) {
  return look_through(network, network.nodes[node].spec.inputs[input]);
}

NodeInput output_of(const FixedPointNetwork& network) {
  return look_through(network, NodeId(network.nodes.size() - 1));
}

IdVector<LayerId, NodeId> layer_nodes(const FixedPointNetwork& network) {
  IdVector<LayerId, NodeId> nodes(network.layers.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const auto layer = network.nodes[NodeId(n)].spec.layer;
    if (layer) nodes[*layer] = NodeId(n);
  }
  return nodes;
}

std::vector<std::uint32_t> channels_of_rows(const FixedPointNetwork& network, NodeId node,
                                            const std::vector<std::uint32_t>& rows, std::uint32_t column) {
  const FixedPointNode& described = network.nodes[node];
  const FixedPointLayer& layer = network.layers[*described.spec.layer];
  const ImageShape& source = network.nodes[input_of(network, node, 0).source].shape;
  const bool dense = described.spec.kind == NodeKind::dense;
  const std::uint32_t rows_a_channel =
      dense ? positions_of(source) : described.spec.window.size * described.spec.window.size;
  const std::uint32_t group = dense ? 0 : column / (layer.columns / layer.groups);
  std::vector<std::uint32_t> channels;
  for (const std::uint32_t row : rows) {
    const std::uint32_t channel = group * (source.channels / layer.groups) + row / rows_a_channel;
    if (channels.empty() || channels.back() != channel) channels.push_back(channel);
  }
  return channels;
}

WindowProgress window_progress(const FixedPointNetwork& network, NodeId consumer, std::size_t input) {
  const FixedPointNode& node = network.nodes[consumer];
  const NodeInput from = input_of(network, consumer, input);
  const ImageShape& plane = network.nodes[from.source].shape;
  const std::uint32_t positions = positions_of(node.shape);
  const bool all_at_once = node.spec.kind == NodeKind::dense || from.flattened;
  WindowProgress progress;
  progress.needed.resize(positions);
  progress.freed.resize(positions + 1);
  progress.freed[positions] = positions_of(plane);
  for (std::uint32_t p = 0; p < positions; ++p) {
    if (all_at_once) {
      progress.needed[p] = positions_of(plane);
      continue;
    }
    if (!has_window(node.spec.kind)) {
      progress.needed[p] = p + 1;
      progress.freed[p] = p;
      continue;
    }
    const Span rows = span(p / node.shape.width, node.spec.window, plane.height);
    const Span columns = span(p % node.shape.width, node.spec.window, plane.width);
    const bool empty = rows.first >= rows.end || columns.first >= columns.end;
    progress.needed[p] = empty ? 0 : (rows.end - 1) * plane.width + columns.end;
    progress.freed[p] = empty ? positions_of(plane) : rows.first * plane.width + columns.first;
  }
  for (std::uint32_t p = 1; p < positions; ++p) {
    progress.needed[p] = std::max(progress.needed[p], progress.needed[p - 1]);
  }
  for (std::uint32_t p = positions; p-- > 0;) {
    progress.freed[p] = std::min(progress.freed[p], progress.freed[p + 1]);
  }
  return progress;
}

IdVector<NodeId, std::vector<std::uint32_t>> least_depths(const FixedPointNetwork& network) {
  DemandRun run(network);
  run.make_all(output_of(network).source);
  // Nodes that lead nowhere are made too, at the end.
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    if (!is_view(network.nodes[NodeId(n)].spec.kind)) run.make_all(NodeId(n));
  }
  return run.take_depths();
}

}  // namespace crossloom
