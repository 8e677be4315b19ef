// Proves that a mapped network implements its network and fits its chip; run after mapping and before simulation.
#pragma once

#include <string>
#include <vector>

#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Reasons why not; empty = legal. Checks: every live weight lies in exactly one block part and every part inside its
/// crossbar, positions that share a kernel's cells want the same weights, parts of a crossbar clash nowhere; every
/// neuron with a live weight has exactly one bank, all row parts of a bank lie within its analog reach; crossbars and
/// neurons a tile, tiles a group, tiles on the chip, sites on the mesh and one tile a port; packet groups deliver every
/// row that a tile's parts need exactly once from the tile that holds it. `what_would_fit` receives suggestions
/// (smallest sufficient reach, tiles, neurons) where sizes are the trouble.
std::vector<std::string> legality_faults(const MappedNetwork& mapped, const SpikingNetwork& network,
                                         const ChipSpec& chip, std::vector<std::string>* what_would_fit = nullptr);

}  // namespace crossloom
