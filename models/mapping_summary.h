// What a mapping takes, in a few numbers: crossbars by layer, how many are shared, how full they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

struct LayerCrossbars {
  std::size_t banks = 0;
  std::size_t row_parts = 0;  ///< a kernel's once for each position
  std::size_t positions = 0;  ///< that share a kernel's crossbars; 0 of any other layer
  std::size_t copies = 0;     ///< of that kernel; 1 otherwise
  double crossbars = 0.0;     ///< a shared one counts for a layer by its share of the parts; over layers they add up
};

struct MappingSummary {
  static constexpr std::size_t kBins = 10;
  std::vector<LayerCrossbars> layers;
  std::size_t crossbars = 0;
  std::size_t shared = 0;                ///< crossbars with two or more block parts
  std::size_t shared_across_layers = 0;  ///< of these, those with parts of several layers
  /// Crossbars by utilisation, live weights / (rows x columns): [k] holds [k, k + 1) tenths, the last one 1 too.
  std::array<std::size_t, kBins> by_utilisation{};
};

/// Live weights that crossbars hold, biases not included: the network's synapses, save that a kernel's weights count
/// once for each copy and not once for each position.
std::uint64_t live_weights(const MappedNetwork& mapped, const SpikingNetwork& network);

/// The mapping must belong to the network (legality_faults).
MappingSummary summarise(const MappedNetwork& mapped, const SpikingNetwork& network);

}  // namespace crossloom
