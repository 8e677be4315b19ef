// What differs from neuron to neuron and from read to read in one layer: thresholds, comparator noise, read noise.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/neuron.h"

namespace crossloom {

/// One layer of a programmed chip that is not ideal. Both runs, timed and untimed, ask it with the same arguments, so
/// both see the same noise. Draws are keyed by (seed, effect, layer, image, step, output): a neuron's noise in a step
/// is one normal with the variance of all cells read for it, whatever arrays they lie in, since sums of independent
/// normals are normal. Thread-safe.
class LayerPhysics {
 public:
  LayerPhysics(const ProgrammedChip& chip, LayerId layer, const NeuronRule& rule, std::uint32_t outputs);
  /// Cells whose conductance differs from read to read: variances are wanted.
  [[nodiscard]] bool reads_are_noisy() const { return noisy_; }
  /// Adds the noise of one step to `count` membranes of the neurons outputs[k], whose driven cells have the summed
  /// variances[k] (in units of one level, squared).
  void add_read_noise(std::uint32_t image, std::uint32_t step, const std::uint32_t* outputs, std::size_t count,
                      const float* variances, double* membranes) const;
  /// Ends a step of the neurons outputs[k] as crossloom::fire does, each with its own threshold, which is also what
  /// reset subtracts; offset and noise of the comparator shift the comparison alone. Appends labels[k].
  std::size_t fire(std::uint32_t image, std::uint32_t step, const std::uint32_t* outputs, const std::uint32_t* labels,
                   std::size_t count, double* membranes, std::vector<std::uint32_t>& fired) const;
  [[nodiscard]] double threshold(std::uint32_t output) const {
    return thresholds_.empty() ? nominal_ : thresholds_[output];
  }

 private:
  NeuronRule rule_;
  double nominal_, offset_, noise_;
  bool noisy_, alike_;
  RandomField read_noise_, comparator_noise_;
  std::vector<double> thresholds_;  ///< by output; empty where all are the same
};

}  // namespace crossloom
