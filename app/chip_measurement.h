// One programmed chip on many images by the untimed run, and how far its spikes are from those of the ideal chip.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/simulation_job.h"
#include "base/parallel.h"
#include "models/chip_spec.h"
#include "models/encoding.h"
#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"

namespace crossloom {

/// A network on its crossbars. Everything outlives the measurements.
struct MeasuredNetwork {
  const SpikingNetwork& spiking;
  const MappedNetwork& mapped;
  const SpikeEncoder& encoder;
  const Stimulus& stimulus;
};

/// The chip whose cells hold exactly their level and whose wires have no resistance.
struct IdealRun {
  std::vector<std::size_t> neurons;    ///< by layer
  std::vector<std::uint16_t> counts;   ///< spikes over all steps, image after image, in each layer after layer
  std::vector<std::uint64_t> squares;  ///< by layer: sum of the squared counts over images and neurons
  std::uint64_t correct = 0;
};

/// The chip's own size, levels and slices with everything else as `chip` has it by default: ideal.
ChipSpec ideal_chip(const ChipSpec& chip);

/// Throws Interrupted after a signal, as measure_chip does. The same whatever the number of threads.
IdealRun run_ideal_chip(const MeasuredNetwork& network, const ChipSpec& chip, ThreadPool& pool);

struct ChipRecord {
  std::uint64_t correct = 0;
  std::vector<std::uint64_t> squared_differences;  ///< by layer: of spike counts from the ideal chip's
  std::string fingerprint;  ///< of every spike count and final membrane: equal where chips do the same
};

/// `on_image` is called after each image. One thread a call; calls for several chips may run side by side.
ChipRecord measure_chip(const MeasuredNetwork& network, const ProgrammedChip& chip, const IdealRun& ideal,
                        const std::function<void()>& on_image);

}  // namespace crossloom
