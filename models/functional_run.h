// The untimed run of the mapped network: the same crossbar kernels as the timed chip, step by step, layer by layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/encoding.h"
#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"
#include "models/spiking_result.h"

namespace crossloom {

/// An image by its number in the data set, which keys its draws, and its pixels.
struct NumberedImage {
  std::uint32_t number = 0;
  const std::uint8_t* pixels = nullptr;
};

/// As many images side by side as pay: where arrays are many and small, finding each of them costs as much as reading
/// it, and eight images find it once (1.5 times as fast at 16 x 16); in larger ones an image reads nearly the same rows
/// in the next step, which others would drive out of the cache (bench/README.md).
std::size_t images_side_by_side(const MappedNetwork& mapped);

/// Holds the tables and buffers for running images one after another, or several side by side. One object a thread; the
/// arguments must outlive it.
class FunctionalRun {
 public:
  FunctionalRun(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
                const SpikeEncoder& encoder);
  ~FunctionalRun();
  /// `raster` is filled where given.
  SpikingOutcome run(std::uint32_t image, const std::uint8_t* pixels, Raster* raster = nullptr);
  /// Images side by side, a step of all before the next step: the same bytes as one by one. `rasters` becomes one an
  /// image where given.
  std::vector<SpikingOutcome> run(const std::vector<NumberedImage>& images, std::vector<Raster>* rasters = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
