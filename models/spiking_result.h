// What running one image through a spiking network or chip gives, in the same form for reference, functional and timed runs.
#pragma once

#include <cstdint>
#include <vector>

namespace crossloom {

/// Full record of one image, kept only on demand: spikes[layer][step] = ascending indices of the neurons that fired.
/// Layer 0 here is the input, layer l+1 the network's layer l.
struct Raster {
  std::vector<std::vector<std::vector<std::uint32_t>>> spikes;
  std::vector<std::vector<double>> final_membranes;  ///< one vector a network layer; integers where devices are ideal
  friend bool operator==(const Raster& a, const Raster& b) {
    return a.spikes == b.spikes && a.final_membranes == b.final_membranes;
  }
};

struct SpikingOutcome {
  std::uint32_t image = 0;                    ///< index in its data set
  std::uint32_t predicted = 0;                ///< most output spikes; ties: higher final membrane, then lower index
  std::vector<std::uint32_t> output_spikes;   ///< one an output
  std::vector<std::uint64_t> layer_spikes;    ///< input first, then one a layer: spikes over all steps
  /// Class after 1..T steps by the spikes so far (same tie rule with the membranes of that step): accuracy against T.
  std::vector<std::uint8_t> predicted_by_step;
};

/// The tie rule above, in one place.
std::uint32_t predicted_class(const std::vector<std::uint32_t>& output_spikes, const std::vector<double>& membranes);

}  // namespace crossloom
