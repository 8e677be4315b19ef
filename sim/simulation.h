// The timed run: builds the chip in SystemC, sends images through it one after another, and returns what came out,
// when, and what it took. SystemC elaborates once per process, so simulate() can be called once in the life of a
// process.
#pragma once

#include <cstdint>
#include <vector>

#include "base/progress.h"
#include "models/chip_spec.h"
#include "models/encoding.h"
#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/simulation_result.h"
#include "models/spiking_network.h"

namespace crossloom {

struct StimulusImage {
  std::uint32_t image = 0;               ///< index in its data set; keys the encoding draws
  const std::uint8_t* pixels = nullptr;  ///< network.input.size() bytes, outliving the call
};

struct SimulationOptions {
  bool keep_rasters = false;
  std::vector<Watch> observers;  ///< images by their positions in the stimulus; others run unobserved
  ProgressSink* progress = nullptr;
};

/// Faults planted for tests that must notice them.
struct PlantedFaults {
  bool swap_two_rows = false;       ///< two wordlines of the first crossbar exchange their inputs
  bool swap_two_positions = false;  ///< the first two positions of the first kernel exchange their inputs
  bool lose_one_packet = false;     ///< the first data packet of the second step vanishes after it was counted
  bool double_one_token = false;    ///< the first step-done token is delivered twice
};

/// All references must outlive the call. Throws Bug on deadlock with a dump of every queue (the watchdog tells
/// completion from deadlock), Interrupted on Ctrl-C between images, and whatever a process body threw with its type.
SimulationResult simulate(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& programmed,
                          const ChipSpec& chip, const SpikeEncoder& encoder, const std::vector<StimulusImage>& stimulus,
                          const SimulationOptions& options = {}, const PlantedFaults& faults = {});

}  // namespace crossloom
