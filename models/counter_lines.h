// Mean pools in digital counters: which inputs drive which counters. Shared by the functional and the timed run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// The inputs of a bank of counters as lines, and what a spike on a line adds to. A membrane is a count in units of the
/// layer's one weight, so that it reads like that of an analog neuron.
struct CounterLines {
  std::vector<std::uint32_t> inputs;   ///< of the layer, ascending; line k is inputs[k]
  std::vector<std::uint32_t> first;    ///< line k adds to neurons[first[k]] to neurons[first[k + 1] - 1]
  std::vector<std::uint32_t> neurons;  ///< of the bank
  std::int32_t weight = 1;

  CounterLines() = default;
  CounterLines(const NeuronBank& bank, const SpikingLayer& layer);
  /// Adds a spike of each of these lines; returns how many counters that took.
  template <class Membrane>
  std::size_t add(const std::uint16_t* lines, std::size_t count, Membrane* membranes) const {
    std::size_t additions = 0;
    for (std::size_t n = 0; n < count; ++n) {
      for (std::uint32_t k = first[lines[n]]; k < first[lines[n] + 1U]; ++k, ++additions) {
        membranes[neurons[k]] += static_cast<Membrane>(weight);
      }
    }
    return additions;
  }
};

}  // namespace crossloom
