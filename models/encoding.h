// Rate encoding of pixels into spikes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Draws the input spikes of images. Bernoulli: input i spikes at step t with probability r * pixel / 255, keyed by
/// (image, step, input), so equal for all variants, mappings and workers. Deterministic: as many spikes by step t as
/// floor(t * r * pixel / 255), evenly spread. Integer arithmetic only: a pixel of 255 at rate 1 spikes at every step, a
/// pixel of 0 never. Thread-safe.
class SpikeEncoder {
 public:
  SpikeEncoder(const SpikingSpec& spec, RandomKey key);
  /// Ascending indices of the inputs that spike. `image` is the image's index in its data set; pixels 0..255.
  void spikes(std::uint32_t image, std::uint32_t step, const std::uint8_t* pixels, std::uint32_t inputs,
              std::vector<std::uint32_t>& result) const;

 private:
  Encoding encoding_;
  std::uint64_t rate_;  ///< maximum rate in units of 2^-32 spikes a step, rounded up: 1..2^32
  RandomField field_;
};

}  // namespace crossloom
