// What a network looks like: a graph of nodes, some of which have weights, and the YAML form of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/id.h"
#include "models/fixed_point_format.h"

namespace crossloom {

struct LayerTag;
/// Position of a weighted layer among the weighted layers, from the input on.
using LayerId = Id<LayerTag>;
struct NodeTag;
/// Position of a node in NetworkSpec::graph(); node 0 is the input.
using NodeId = Id<NodeTag>;

enum class Activation { none, relu };

/// A square window that slides over each channel plane. Along a side of n values it stops at
/// floor((n + 2 padding - size) / stride) + 1 places.
struct WindowSpec {
  std::uint32_t size = 1;
  std::uint32_t stride = 1;
  std::uint32_t padding = 0;  ///< rows and columns of zeros (pools: of nothing) around the plane
};

struct ConvolutionSpec {
  WindowSpec window;
  std::uint32_t groups = 1;  ///< input and output channels fall into this many groups that do not mix
};

/// A weighted layer: fully connected, or a convolution where `convolution` is set.
struct LayerSpec {
  std::string name;           ///< unique within the network; names the layer in reports
  std::uint32_t outputs = 0;  ///< of a convolution: output channels
  bool bias = false;
  Activation activation = Activation::relu;
  double dropout = 0.0;  ///< share of this layer's outputs dropped while training, 0 <= dropout < 1
  std::optional<ConvolutionSpec> convolution = std::nullopt;
  /// Which numbers its outputs are rounded to after the activation (transformation `quantise`).
  std::optional<FixedPointFormat> output_format = std::nullopt;
};
/// The name from when every layer was dense.
using DenseLayerSpec = LayerSpec;

/// Values of an image or of a node's outputs for one image: channel planes, each row by row. What has no planes, such
/// as a dense layer's outputs, is 1 x 1 with as many channels as values.
struct ImageShape {
  std::uint32_t width = 0, height = 0, channels = 0;
  [[nodiscard]] std::uint32_t size() const { return width * height * channels; }
};
inline bool operator==(const ImageShape& a, const ImageShape& b) {
  return a.width == b.width && a.height == b.height && a.channels == b.channels;
}
inline bool operator!=(const ImageShape& a, const ImageShape& b) { return !(a == b); }
/// "32x32x3": width, height, channels.
std::string to_text(const ImageShape& shape);

enum class NodeKind {
  input,
  dense,      ///< takes all values of its input, plane after plane
  conv2d,     ///< padded with zeros
  max_pool,   ///< places outside the plane do not count
  mean_pool,  ///< the mean over the places inside the plane
  activation,
  batch_norm,  ///< (x - mean) / sqrt(variance + epsilon) x scale + shift, a channel (Ioffe and Szegedy, ICML 2015)
  add,         ///< of equal shapes
  concat,      ///< channels of the inputs one after another
  flatten,     ///< planes one after another
  softmax,     ///< last node only; the largest output stays the largest
};
/// The key of a kind in YAML.
const char* name_of(NodeKind kind);

struct NodeSpec {
  NodeKind kind = NodeKind::input;
  std::string name;                             ///< unique; that of the layer where there is one
  std::vector<NodeId> inputs = {};              ///< earlier nodes; none for the input, two or more for add and concat
  std::optional<LayerId> layer = std::nullopt;  ///< dense and conv2d
  WindowSpec window = {};                       ///< pools
  Activation activation = Activation::none;     ///< after batch_norm, add and activation; layers have their own
  double dropout = 0.0;                         ///< of pools, activation, batch_norm and add; layers have their own
  double momentum = 0.1;                        ///< batch_norm: weight of a new batch in the running mean and variance
  double epsilon = 1e-5;                        ///< batch_norm
  /// After batch_norm, add, activation and concat, as that of a layer; layers have their own.
  std::optional<FixedPointFormat> output_format = std::nullopt;
};

struct NetworkSpec {
  std::string name;
  ImageShape input;
  /// In the order of their nodes.
  IdVector<LayerId, LayerSpec> layers;
  /// Empty for a plain chain: dense layers one after another. Otherwise the input first, then each node after its
  /// inputs; the last is the output.
  IdVector<NodeId, NodeSpec> nodes = {};

  /// `nodes`, or those of the plain chain.
  [[nodiscard]] IdVector<NodeId, NodeSpec> graph() const;
  [[nodiscard]] bool is_chain() const { return nodes.empty(); }
  /// Rows of the layer's matrix: all inputs of a dense layer; input channels of one group x window x window of a
  /// convolution.
  [[nodiscard]] std::uint32_t inputs_of(LayerId layer) const;
  /// Values of the last node.
  [[nodiscard]] std::uint32_t output_count() const;
};

/// Shape of every node's outputs, by node. Throws Bug where the nodes do not fit together (see shape_of).
IdVector<NodeId, ImageShape> shapes_of(const NetworkSpec& spec);

/// Shape of one node's outputs from those of its inputs; where they do not fit, a harmless shape and the reason with
/// the shapes in it. `layer` is that of a weighted node, else null.
ImageShape shape_of(const NodeSpec& node, const LayerSpec* layer, const std::vector<ImageShape>& inputs,
                    std::string& reason);

/// Which numbers each node's outputs are rounded to, by node: its own, that of its layer, or of pools, flatten and
/// softmax that of what they read. A mean_pool rounds its means to it.
IdVector<NodeId, std::optional<FixedPointFormat>> output_formats_of(const NetworkSpec& spec);

/// Whether a node's outputs are numbers of whatever format its input's are: pools, flatten and softmax.
bool keeps_format(NodeKind kind);

/// Whether another node takes this one's outputs.
bool is_read(const IdVector<NodeId, NodeSpec>& nodes, NodeId node);

/// What is wrong with the graph: order, names, kinds, shapes; empty = fine.
std::vector<std::string> graph_faults(const NetworkSpec& spec);

/// Reads the `network:` mapping (configs/networks, docs/config.md); problems go to the reader.
NetworkSpec read_network_spec(ConfigReader reader);

}  // namespace crossloom
