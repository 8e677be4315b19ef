// Mean pools in digital counters: no arrays, only homes. Private to mapping.
#pragma once

#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Adds banks of counters for one mean pool (SharedKernel::mean_pool) to a mapping whose tiles are known and whose
/// layer before has its banks: each neuron goes to the tile that is home to most of its window, as far as tiles have
/// counters, else to the tile with the most free ones. Throws UserError where a neuron is no count of its window, which
/// is where its threshold was not left at the window's size, and DoesNotFit where tiles have too few counters.
void add_counter_banks(const SpikingNetwork& network, LayerId layer, const ChipSpec& chip, MappedNetwork& mapped);

}  // namespace crossloom
