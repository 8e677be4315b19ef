// Who reads whose outputs, in what order of positions: what mapping and the timed run share about the flow of values.
//
// A position is a place of a node's output plane, in raster order (y width + x), with all of its channels; positions of
// later images follow on. Every node makes its positions in that order, dealt in turn to the copies of a layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

[[nodiscard]] inline std::uint32_t positions_of(const ImageShape& shape) { return shape.width * shape.height; }
/// flatten and softmax are views: what reads them reads the node before.
[[nodiscard]] inline bool is_view(NodeKind kind) { return kind == NodeKind::flatten || kind == NodeKind::softmax; }
[[nodiscard]] inline bool is_weighted(NodeKind kind) { return kind == NodeKind::dense || kind == NodeKind::conv2d; }

/// The node of a chip's network at which its port is (to the host and to other chips): the first one that no tile can
/// have, or node 0 where every node has a tile.
[[nodiscard]] inline std::uint32_t port_node(const BitSerialChipSpec& chip) {
  return chip.interconnect.nodes() > chip.tiles ? chip.tiles : 0;
}

/// What a node reads at one of its inputs, with views looked through.
struct NodeInput {
  NodeId source;
  /// The planes are read as one list, plane after plane: value i is channel i / positions at position i % positions.
  bool flattened = false;
};
NodeInput input_of(const FixedPointNetwork& network, NodeId node, std::size_t input);
/// The node whose outputs are the network's, with views looked through.
NodeInput output_of(const FixedPointNetwork& network);
/// The node of a layer, by layer.
IdVector<LayerId, NodeId> layer_nodes(const FixedPointNetwork& network);

/// Channels of a layer's source that rows of its matrix carry for the columns of one group, ascending, each once.
std::vector<std::uint32_t> channels_of_rows(const FixedPointNetwork& network, NodeId node,
                                            const std::vector<std::uint32_t>& rows, std::uint32_t column);

/// Which positions of the source a consumer's position needs and when they may be forgotten, counted from the first on.
struct WindowProgress {
  std::vector<std::uint32_t> needed;  ///< by position: how many positions of the source must have come
  /// By position, and one entry for the end: how many are wanted neither by it nor by any later one.
  std::vector<std::uint32_t> freed;
};
WindowProgress window_progress(const FixedPointNetwork& network, NodeId consumer, std::size_t input);

/// How many positions of each input a consumer must be able to hold, by node and input, so that no node ever waits for
/// another that waits for it: what it takes when each node makes a position only once the last node needs it. A
/// window's height less one of rows, as a rule; of a sum of branches, also what the shorter one is ahead.
IdVector<NodeId, std::vector<std::uint32_t>> least_depths(const FixedPointNetwork& network);

}  // namespace crossloom
