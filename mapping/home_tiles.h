// Which tile has a bank's neuron circuits. Private to mapping.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "mapping/pack.h"
#include "mapping/reach_packing.h"
#include "models/chip_spec.h"

namespace crossloom {

/// For each bank the number of the home that it should share; different layers and reaches have different numbers.
/// Banks of one layer and reach share homes as far as that saves tokens and neuron circuits allow: a tile of the next
/// layer holds about as many row parts of one bank as it has crossbars for each bank of that layer in its reach, and
/// wants them from one home. Positions of one kernel fill homes one after another.
std::vector<std::uint32_t> shared_homes(const std::vector<PackedBank>& banks, const Packing& packing,
                                        const ChipSpec& chip);

using RowPartsOfBanks = std::map<std::uint32_t, std::uint32_t>;  ///< bank -> how many

/// Sets home[b], a tile of the reach, for the banks of one reach: where most row parts of the banks lie that share a
/// home by home_of, of equals where the fewest neurons are. Banks that find no tile with circuits for all of them get
/// homes of their own; where that leaves a bank without one, all are dealt anew, the widest first. `parts` holds what
/// lies in each tile of the reach, which must have room for the neurons (tiles_for_neurons).
void settle_homes(const std::vector<PackedBank>& banks, const std::vector<std::uint32_t>& members,
                  const std::vector<std::uint32_t>& home_of, const std::vector<RowPartsOfBanks>& parts,
                  const ChipSpec& chip, std::vector<std::uint32_t>& home);

/// Tiles that the neurons of these banks need, the widest bank placed first.
std::uint32_t tiles_for_neurons(const std::vector<PackedBank>& banks, const std::vector<std::uint32_t>& members,
                                const ChipSpec& chip);

}  // namespace crossloom
