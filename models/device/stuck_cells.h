// Cells that hold the same conductance whatever is written: single ones by weight, clusters and broken lines by array.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/random.h"
#include "models/device/cell_programming.h"

namespace crossloom {

/// Independent stuck cells of one layer. One uniform draw u a cell (key child "stuck"): stuck low where u <
/// stuck_at_minimum, stuck high where u < stuck_at_minimum + stuck_at_maximum. A stuck cell holds G_min or G_max, or
/// lies within FaultLaws::stuck_low or stuck_high, uniform in log G (key child "stuck_conductance").
class StuckCells {
 public:
  StuckCells(const DeviceSpec& device, RandomKey key, LayerId layer);
  /// Overwrites the conductance (siemens) of stuck cells and sets their flag.
  void apply(const CellRow& row, double* conductances, std::uint8_t* stuck);

 private:
  const DeviceSpec& device_;
  RandomField stuck_, conductance_;
  std::vector<double> draws_;
};

/// A cell of a physical array that an array's fault decides.
struct FaultyCell {
  std::uint32_t wordline = 0, bitline = 0;
  double conductance_s = 0.0;
};

/// Clusters and broken lines of one physical array, keyed by crossbar and array within it. Visits cells that are in
/// several faults several times; the last visit counts.
///
/// Clusters: centres are a Poisson process over the array and its surroundings, from which it is cut; a cluster has K
/// cells, K geometric with mean cluster_size, the K nearest to its centre in a fixed order, all stuck on the same side.
/// -ln(1 - clustered) / cluster_size centres a place make the expected share of cells in clusters `clustered`, overlaps
/// counted once (Poisson coverage). Lines: each one is open with its share, and its cells carry no current.
void visit_array_faults(const DeviceSpec& device, RandomKey key, std::uint32_t crossbar, std::uint32_t array,
                        std::uint32_t wordlines, std::uint32_t bitlines,
                        const std::function<void(const FaultyCell&)>& visit);

}  // namespace crossloom
