#include "models/unfolding.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "models/position_tile.h"

namespace crossloom {
namespace {

const char* reason_against(NodeKind kind) {
  switch (kind) {
    case NodeKind::max_pool:
      return "the largest of several rates is not the rate of a sum of spikes; train with mean_pool instead";
    case NodeKind::add:
    case NodeKind::concat:
      return "joining branches needs spikes of two layers at once, which spiking tiles do not do";
    case NodeKind::batch_norm:
    case NodeKind::activation:
      return "it could not be taken into the layer before it";
    default:
      return "spiking chips take dense, conv2d and mean_pool";
  }
}

[[noreturn]] void refuse(const NetworkSpec& spec, const NodeSpec& node, const std::string& reason) {
  throw UserError(fmt::format(
      "network {} cannot be converted to spikes, mapped or simulated: node {} ({}): {}; `crossloom train` and "
      "`transform` take this network",
      spec.name, node.name, name_of(node.kind), reason));
}

void refuse_formats(const NetworkSpec& spec) {
  const auto graph = spec.graph();
  const auto formats = output_formats_of(spec);
  for (std::size_t n = 0; n < graph.size(); ++n) {
    if (!formats[NodeId(n)]) continue;
    refuse(spec, graph[NodeId(n)],
           "its outputs were quantised, and spikes carry rates; leave `activations` out of method quantise, or take a "
           "bit-serial chip");
  }
}

bool becomes_layer(NodeKind kind) {
  return kind == NodeKind::dense || kind == NodeKind::conv2d || kind == NodeKind::mean_pool;
}

void check_sequence(const NetworkSpec& spec) {
  for (std::size_t n = 1; n < spec.nodes.size(); ++n) {
    const NodeSpec& node = spec.nodes[NodeId(n)];
    const bool passes = node.kind == NodeKind::flatten || node.kind == NodeKind::softmax;
    if (!passes && !becomes_layer(node.kind)) refuse(spec, node, reason_against(node.kind));
  }
}

/// Calls visit(input position in the plane, place in the window) for the places of the window at (x, y) inside the
/// plane.
template <class Visit>
void for_each_place(const WindowSpec& window, const ImageShape& in, std::uint32_t x, std::uint32_t y,
                    const Visit& visit) {
  for (std::uint32_t place = 0; place < window.size * window.size; ++place) {
    const std::int64_t row = std::int64_t{y} * window.stride + place / window.size - window.padding;
    const std::int64_t column = std::int64_t{x} * window.stride + place % window.size - window.padding;
    if (row < 0 || column < 0 || row >= in.height || column >= in.width) continue;
    visit(static_cast<std::uint32_t>(row * in.width + column), place);
  }
}

/// Calls visit(row and column of the convolution's matrix, row and column of the unfolded one) for each weight at each
/// position that has it inside the plane.
template <class Visit>
void for_each_weight(const WindowSpec& window, const ImageShape& in, const ImageShape& out, std::uint32_t groups,
                     const Visit& visit) {
  const std::uint32_t channels = in.channels / groups, outputs = out.channels / groups;
  const std::uint32_t in_plane = in.width * in.height, out_plane = out.width * out.height;
  for (std::uint32_t j = 0; j < out.channels; ++j) {
    for (std::uint32_t position = 0; position < out_plane; ++position) {
      for_each_place(window, in, position % out.width, position / out.width,
                     [&](std::uint32_t at, std::uint32_t place) {
                       for (std::uint32_t c = 0; c < channels; ++c) {
                         visit(c * window.size * window.size + place, j, (j / outputs * channels + c) * in_plane + at,
                               j * out_plane + position);
                       }
                     });
    }
  }
}

/// Fills the matrix of one window operation.
class Unfolder {
 public:
  Unfolder(const WindowSpec& window, const ImageShape& in, const ImageShape& out)
      : window_(window), in_(in), out_(out) {
    layer_.weights = Matrix(in.size(), out.size());
    layer_.live.assign(layer_.weights.values.size(), 0);
  }

  Layer convolution(const Layer& kernel, std::uint32_t groups) {
    for_each_weight(window_, in_, out_, groups,
                    [&](std::uint32_t row, std::uint32_t j, std::uint32_t input, std::uint32_t output) {
                      if (kernel.is_live(row, j)) put(input, output, kernel.weights.at(row, j));
                    });
    for (std::uint32_t j = 0; !kernel.bias.empty() && j < out_.channels; ++j) {
      layer_.bias.insert(layer_.bias.end(), plane(out_), kernel.bias[j]);
    }
    return std::move(layer_);
  }

  Layer mean_pool() {
    for_each_position([&](std::uint32_t x, std::uint32_t y, std::uint32_t position) {
      std::uint32_t count = 0;
      for_each_place(window_, in_, x, y, [&](std::uint32_t, std::uint32_t) { ++count; });
      for_each_place(window_, in_, x, y, [&](std::uint32_t at, std::uint32_t) {
        for (std::uint32_t c = 0; c < out_.channels; ++c) {
          put(c * plane(in_) + at, c * plane(out_) + position, static_cast<float>(1.0 / count));
        }
      });
    });
    return std::move(layer_);
  }

 private:
  static std::uint32_t plane(const ImageShape& shape) { return shape.width * shape.height; }
  template <class Visit>
  void for_each_position(const Visit& visit) const {
    for (std::uint32_t y = 0; y < out_.height; ++y) {
      for (std::uint32_t x = 0; x < out_.width; ++x) visit(x, y, y * out_.width + x);
    }
  }
  void put(std::uint32_t row, std::uint32_t column, float weight) {
    layer_.weights.at(row, column) = weight;
    layer_.live[std::size_t{row} * layer_.weights.columns + column] = 1;
  }

  WindowSpec window_;
  ImageShape in_, out_;
  Layer layer_;
};

/// Output channels by the blocks that hold them, classes in the order of their first channel: what a transformation put
/// together stays together.
std::vector<std::vector<std::uint32_t>> channel_classes(const Layer& kernel, std::uint32_t channels) {
  std::vector<std::vector<std::uint32_t>> blocks_of(channels);
  for (std::uint32_t b = 0; b < kernel.blocks.size(); ++b) {
    for (const std::uint32_t j : kernel.blocks[b].columns) blocks_of[j].push_back(b);
  }
  std::map<std::vector<std::uint32_t>, std::size_t> class_of;
  std::vector<std::vector<std::uint32_t>> classes;
  for (std::uint32_t j = 0; j < channels; ++j) {
    const auto [at, fresh] = class_of.emplace(blocks_of[j], classes.size());
    if (fresh) classes.emplace_back();
    classes[at->second].push_back(j);
  }
  return classes;
}

/// The block of these channels at the positions of one tile: its columns, and every row live in one of them.
Block block_at(const Layer& layer, const ImageShape& out, const std::vector<std::uint32_t>& channels,
               std::uint32_t left, std::uint32_t top, const PositionTile& tile) {
  Block block;
  for (const std::uint32_t j : channels) {
    for (std::uint32_t y = top; y < std::min(top + tile.height, out.height); ++y) {
      for (std::uint32_t x = left; x < std::min(left + tile.width, out.width); ++x) {
        block.columns.push_back((j * out.height + y) * out.width + x);
      }
    }
  }
  for (std::uint32_t i = 0; i < layer.weights.rows; ++i) {
    if (std::any_of(block.columns.begin(), block.columns.end(), [&](std::uint32_t j) { return layer.is_live(i, j); })) {
      block.rows.push_back(i);
    }
  }
  return block;
}

void add_blocks(Layer& layer, const std::vector<std::uint32_t>& channels, const ImageShape& out,
                const PositionTile& tile) {
  for (std::size_t first = 0; first < channels.size(); first += tile.channels) {
    const std::size_t last = std::min(channels.size(), first + tile.channels);
    const std::vector<std::uint32_t> chunk(channels.begin() + static_cast<std::ptrdiff_t>(first),
                                           channels.begin() + static_cast<std::ptrdiff_t>(last));
    for (std::uint32_t y = 0; y < out.height; y += tile.height) {
      for (std::uint32_t x = 0; x < out.width; x += tile.width) {
        Block block = block_at(layer, out, chunk, x, y, tile);
        if (!block.rows.empty()) layer.blocks.push_back(std::move(block));
      }
    }
  }
}

/// Blocks of a convolution's kernel matrix by input channels of all groups; a group each where the layer has none.
std::vector<Block> kernel_blocks(const Layer& kernel, const ImageShape& in, const ImageShape& out,
                                 const ConvolutionSpec& convolution) {
  const std::uint32_t rows = kernel.weights.rows, group_outputs = out.channels / convolution.groups;
  CROSSLOOM_CHECK(group_outputs != 0, "every group has outputs");
  std::vector<Block> blocks;
  for (std::uint32_t g = 0; g < convolution.groups; ++g) {
    const auto add = [&](const Block& block) {
      Block of_group;
      of_group.leftover = block.leftover;
      for (const std::uint32_t i : block.rows) of_group.rows.push_back(g * rows + i);
      for (const std::uint32_t j : block.columns) {
        if (j / group_outputs == g) of_group.columns.push_back(j);
      }
      if (!of_group.columns.empty()) blocks.push_back(std::move(of_group));
    };
    for (const Block& block : kernel.blocks) add(block);
    if (!kernel.blocks.empty() || convolution.groups == 1) continue;
    Block whole{std::vector<std::uint32_t>(rows), std::vector<std::uint32_t>(group_outputs)};
    std::iota(whole.rows.begin(), whole.rows.end(), 0U);
    std::iota(whole.columns.begin(), whole.columns.end(), g * group_outputs);
    add(whole);
  }
  CROSSLOOM_CHECK(rows * convolution.groups == in.channels * convolution.window.size * convolution.window.size,
                  "the groups share the input channels");
  return blocks;
}

/// Blocks of a mean pool's kernel matrix: as many channels as fit an array side by side.
std::vector<Block> pool_blocks(const WindowSpec& window, std::uint32_t channels, ArraySize array) {
  const std::uint32_t places = window.size * window.size;
  const std::uint32_t together = std::max(1U, std::min(array.rows / places, array.columns));
  std::vector<Block> blocks;
  for (std::uint32_t c = 0; c < channels; ++c) {
    if (c % together == 0) blocks.emplace_back();
    blocks.back().columns.push_back(c);
    for (std::uint32_t place = 0; place < places; ++place) blocks.back().rows.push_back(c * places + place);
  }
  return blocks;
}

Layer unfold_convolution(const LayerSpec& spec, const Layer& kernel, const ImageShape& in, const ImageShape& out,
                         ArraySize array) {
  const ConvolutionSpec& convolution = *spec.convolution;
  Layer layer = Unfolder(convolution.window, in, out).convolution(kernel, convolution.groups);
  for (const std::vector<std::uint32_t>& channels : channel_classes(kernel, out.channels)) {
    const ImageShape part{out.width, out.height, static_cast<std::uint32_t>(channels.size())};
    const std::uint32_t seen = in.channels / convolution.groups;
    add_blocks(layer, channels, out, position_tile(convolution.window, seen, part, array));
  }
  layer.kernel = SharedKernel{convolution.window, in, out, kernel_blocks(kernel, in, out, convolution)};
  return layer;
}

Layer unfold_pool(const NodeSpec& node, const ImageShape& in, const ImageShape& out, ArraySize array) {
  Layer layer = Unfolder(node.window, in, out).mean_pool();
  std::vector<std::uint32_t> channels(out.channels);
  std::iota(channels.begin(), channels.end(), 0U);
  add_blocks(layer, channels, out, pool_tile(node.window, out, array));
  if (node.window.padding == 0) {
    layer.kernel = SharedKernel{node.window, in, out, pool_blocks(node.window, out.channels, array), true};
  }
  return layer;
}

}  // namespace

NetworkSpec unfolded(const NetworkSpec& spec) {
  refuse_formats(spec);
  if (spec.is_chain()) return spec;
  const NetworkSpec folded = fold_batch_norm(make_network(spec)).spec;
  check_sequence(folded);
  const auto shapes = shapes_of(folded);
  NetworkSpec result{spec.name, spec.input, {}, {}};
  if (folded.is_chain()) result.layers = folded.layers;
  for (std::size_t n = 1; n < folded.nodes.size(); ++n) {
    const NodeSpec& node = folded.nodes[NodeId(n)];
    if (!becomes_layer(node.kind)) continue;
    const std::uint64_t inputs = shapes[node.inputs.front()].size();
    const std::uint32_t outputs = shapes[NodeId(n)].size();
    if (inputs * outputs > kMostUnfoldedWeights) {
      refuse(folded, node, fmt::format("unfolded it would have {} x {} weights, more than 2^28", inputs, outputs));
    }
    LayerSpec layer{node.name, outputs, false, Activation::relu, 0.0, std::nullopt};
    if (node.layer) {
      layer.bias = folded.layers[*node.layer].bias;
      layer.activation = folded.layers[*node.layer].activation;
    }
    result.layers.push_back(layer);
  }
  for (std::size_t l = 0; l + 1 < result.layers.size(); ++l) {
    if (result.layers[LayerId(l)].activation == Activation::relu) continue;
    throw UserError(
        fmt::format("network {} cannot be converted to spikes: layer {} has no relu, and spike rates cannot "
                    "be negative",
                    spec.name, result.layers[LayerId(l)].name));
  }
  return result;
}

Network unfold(const Network& network, ArraySize array) {
  refuse_formats(network.spec);
  if (network.spec.is_chain()) return network;
  const Network folded = fold_batch_norm(network);
  const auto shapes = shapes_of(folded.spec);
  Network result;
  result.spec = unfolded(network.spec);
  if (folded.spec.is_chain()) result.layers = folded.layers;
  for (std::size_t n = 1; n < folded.spec.nodes.size(); ++n) {
    const NodeSpec& node = folded.spec.nodes[NodeId(n)];
    if (!becomes_layer(node.kind)) continue;
    const ImageShape& in = shapes[node.inputs.front()];
    const ImageShape& out = shapes[NodeId(n)];
    if (node.kind == NodeKind::mean_pool) {
      result.layers.push_back(unfold_pool(node, in, out, array));
    } else if (node.kind == NodeKind::conv2d) {
      const LayerSpec& spec = folded.spec.layers[*node.layer];
      result.layers.push_back(unfold_convolution(spec, folded.layers[*node.layer], in, out, array));
    } else {
      result.layers.push_back(folded.layers[*node.layer]);
    }
  }
  return result;
}

Matrix fold(const Matrix& unfolded, const SharedKernel& kernel, std::uint32_t groups) {
  const ImageShape &in = kernel.input, &out = kernel.output;
  CROSSLOOM_CHECK(unfolded.rows == in.size() && unfolded.columns == out.size(), "the shape of an unfolded convolution");
  Matrix matrix(kernel.rows() / groups, out.channels);
  std::vector<std::uint32_t> positions(matrix.values.size());
  for_each_weight(kernel.window, in, out, groups,
                  [&](std::uint32_t row, std::uint32_t j, std::uint32_t input, std::uint32_t output) {
                    // The mean so far and one more: exact where all agree.
                    float& mean = matrix.at(row, j);
                    const auto count = static_cast<float>(++positions[std::size_t{row} * matrix.columns + j]);
                    mean += (unfolded.at(input, output) - mean) / count;
                  });
  return matrix;
}

}  // namespace crossloom
