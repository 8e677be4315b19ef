// An image through a placed network, untimed: the products of its crossbar parts, added up, and digital nodes between.
#pragma once

#include <cstdint>
#include <vector>

#include "models/bit_serial/crossbar_product.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

struct FunctionalOutcome {
  IdVector<NodeId, std::vector<std::int32_t>> outputs;  ///< of every node: channel planes, each row by row
  IdVector<LayerId, ProductCounts> counts;              ///< by layer
};

/// Runs images one after another. Holds scratch: one object a thread.
class FunctionalInference {
 public:
  /// All must outlive it and belong together (Bug otherwise).
  FunctionalInference(const FixedPointNetwork& network, const PlacedNetwork& placed, const ProgrammedArrays& arrays);
  /// `image` keys what differs from read to read. Throws Bug where pixels are not one an input.
  FunctionalOutcome run(std::uint32_t image, const std::vector<std::uint8_t>& pixels);

 private:
  struct RowPart {
    PlacedCrossbarId crossbar;
    std::uint32_t part = 0;
  };
  void run_layer(const FixedPointNode& node, const std::vector<std::int32_t>& input, std::uint32_t image,
                 std::vector<std::int32_t>& output, ProductCounts& counts);
  const FixedPointNetwork& network_;
  const PlacedNetwork& placed_;
  CrossbarProducts products_;
  IdVector<LayerId, std::vector<std::vector<RowPart>>> parts_;  ///< by layer and copy
  std::vector<std::int32_t> inputs_;
  std::vector<std::int64_t> partial_, sums_;
};

}  // namespace crossloom
