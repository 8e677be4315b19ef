// The untimed run of the mapped network: the same crossbar kernels as the timed chip, layer by layer, and in a layer
// bank by bank through all steps, so that a bank's weights come from far away once an image and not once a step.
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

/// Holds the tables and buffers for running images one after another. One object a thread; the arguments must outlive
/// it.
class FunctionalRun {
 public:
  static constexpr std::size_t kMostPanelBytes = std::size_t{512} << 20U;
  /// Weights are copied into panels of neighbouring neurons until these are as large; the banks that are left read the
  /// crossbars themselves, slower and with the same result.
  FunctionalRun(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
                const SpikeEncoder& encoder, std::size_t most_panel_bytes = kMostPanelBytes);
  ~FunctionalRun();
  /// `raster` is filled where given.
  SpikingOutcome run(std::uint32_t image, const std::uint8_t* pixels, Raster* raster = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
