// What a timed run gives: outcomes, times and activity.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/activity.h"
#include "models/observations.h"
#include "models/spiking_result.h"

namespace crossloom {

/// Times of one image in chip cycles, counted from its first injected packet (or step) on an empty chip.
struct ImageTiming {
  std::uint64_t latency_cycles = 0;                 ///< first input step begun to last output token
  std::optional<std::uint64_t> first_spike_cycles;  ///< until the first output neuron fired, if one did
  struct LayerTiming {
    std::uint64_t first_cycle = 0;  ///< its first step began
    std::uint64_t last_cycle = 0;   ///< its last step was done
  };
  std::vector<LayerTiming> layers;  ///< one a network layer
};

struct TimedImage {
  SpikingOutcome outcome;
  ImageTiming timing;
};

struct SimulationResult {
  std::vector<TimedImage> images;                               ///< in the order they were given
  Activity activity;                                            ///< summed over all images
  std::uint64_t elapsed_cycles = 0;                             ///< sum of the images' latencies (one image in flight)
  std::vector<Raster> rasters;                                  ///< one an image if asked for, else empty
  Observations observations;                                    ///< of the observed images, if any were
  SimulationResult& operator+=(const SimulationResult& later);  ///< appends a later share of the same stimulus
};

/// File form (archive kind "simulation_result").
constexpr int kSimulationResultVersion = 2;
Archive to_archive(const SimulationResult& result);
SimulationResult simulation_result_from_archive(const Archive& archive);

}  // namespace crossloom
