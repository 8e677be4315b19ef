// What one array of a programmed chip misses, place by place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Of the crossbar that holds the most weights (the first of equals): weight there less weight meant, as a row driven
/// by itself shows it, in levels; 0 where no part lies.
struct ArrayError {
  std::string layer;
  std::uint32_t crossbar = 0, rows = 0, columns = 0;  ///< columns: spare ones included
  std::vector<double> levels;                         ///< [wordline][column of the physical array]
};
ArrayError fullest_array_error(const ProgrammedChip& chip, const MappedNetwork& mapped, const SpikingNetwork& network,
                               std::uint32_t spare_columns);

}  // namespace crossloom
