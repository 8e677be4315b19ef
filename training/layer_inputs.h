// What a layer reads while images pass through the network.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"

namespace crossloom {

/// `count` times the values that the rows of a layer's matrix carry, one sample after another.
struct InputSamples {
  std::uint32_t count = 0;
  std::uint32_t rows = 0;
  std::vector<float> values;
  [[nodiscard]] const float* sample(std::uint32_t index) const { return values.data() + std::size_t{index} * rows; }
};

/// Dense layers: of the first images of the view. Convolutions: of windows at places drawn at random, several an image.
/// At most `count` samples, fewer where there are not so many images. One group of channels only (Bug otherwise). Same
/// arguments, same result, whatever the number of threads.
InputSamples sample_inputs(const Network& network, LayerId layer, const DatasetView& images, std::uint32_t count,
                           RandomKey key, std::size_t threads);

}  // namespace crossloom
