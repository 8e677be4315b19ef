// What waits between the passes of a network whose weights are reloaded.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom::bit_serial {

/// Values of whole nodes, of the images of one stream. It stands for the tiles' buffers and the memory beyond the link
/// alike: where a value lies, and what it costs to move it, is the board's business.
class PassMemory {
 public:
  explicit PassMemory(const FixedPointNetwork& network) : network_(network), planes_(network.nodes.size()) {}

  /// Position counted over images.
  [[nodiscard]] std::int32_t at(NodeId node, std::uint64_t position, std::uint32_t channel) const {
    return planes_[node][position * network_.nodes[node].shape.channels + channel];
  }
  void put(NodeId node, std::uint64_t position, std::uint32_t channel, std::int32_t value, std::uint64_t images) {
    const ImageShape& shape = network_.nodes[node].shape;
    std::vector<std::int32_t>& plane = planes_[node];
    if (plane.size() < images * shape.size()) plane.resize(images * shape.size(), 0);
    plane[position * shape.channels + channel] = value;
  }
  void clear() {
    for (std::vector<std::int32_t>& plane : planes_) plane.clear();
  }

 private:
  const FixedPointNetwork& network_;
  IdVector<NodeId, std::vector<std::int32_t>> planes_;
};

}  // namespace crossloom::bit_serial
