// The plain spiking network: loops over the quantised matrices. Shares no code with crossbars, tiles, mapping or sim,
// so that it can prove them right.
#pragma once

#include <cstdint>
#include <vector>

#include "models/encoding.h"
#include "models/spiking_network.h"
#include "models/spiking_result.h"

namespace crossloom {

struct ReferenceRun {
  SpikingOutcome outcome;
  Raster raster;
};

/// One image (pixels: network.input.size() bytes). int32 membranes; thread-safe.
ReferenceRun run_reference(const SpikingNetwork& network, const SpikeEncoder& encoder, std::uint32_t image,
                           const std::uint8_t* pixels);

}  // namespace crossloom
