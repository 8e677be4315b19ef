// What running one image through a spiking network or chip gives, in the same form for reference, functional and timed
// runs.
#pragma once

#include <cstddef>
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
  std::uint32_t image = 0;                   ///< index in its data set
  std::uint32_t predicted = 0;               ///< most output spikes; ties: higher final membrane, then lower index
  std::vector<std::uint32_t> output_spikes;  ///< one an output
  std::vector<std::uint64_t> layer_spikes;   ///< input first, then one a layer: spikes over all steps
  /// Class after 1..T steps by the spikes so far (same tie rule with the membranes of that step): accuracy against T.
  std::vector<std::uint8_t> predicted_by_step;
};

/// The tie rule above, in one place. Both have one value an output; at least one output.
std::uint32_t predicted_class(const std::vector<std::uint32_t>& output_spikes, const std::vector<double>& membranes);

/// Builds the outcome of one image step by step, so that all runs count alike.
class OutcomeRecorder {
 public:
  /// `layers` network layers, the last of `outputs` neurons (at most 256).
  OutcomeRecorder(std::uint32_t image, std::size_t layers, std::size_t outputs);
  /// `count` spikes of layer 0 (the input) or of network layer `layer` - 1.
  void add_spikes(std::size_t layer, std::size_t count) { outcome_.layer_spikes[layer] += count; }
  /// The last layer finished its next step: who fired, and the membranes of all its neurons after that.
  void end_step(const std::vector<std::uint32_t>& fired_outputs, const std::vector<double>& membranes);
  /// The outcome after the steps so far.
  [[nodiscard]] const SpikingOutcome& outcome() const { return outcome_; }

 private:
  SpikingOutcome outcome_;
};

}  // namespace crossloom
