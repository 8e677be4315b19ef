// Banks that must lie in one analog reach, and packings of them where kernels want many neurons. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/pack.h"
#include "mapping/reach_packing.h"
#include "models/chip_spec.h"

namespace crossloom {

/// Banks that lie in one reach because they share a crossbar; most are alone. Those of a kernel's copy share all of
/// theirs.
struct Bundle {
  std::vector<std::uint32_t> banks;  ///< ascending
  std::uint32_t arrays = 0;
  bool of_kernel = false;
};
/// Those of kernels come last.
std::vector<Bundle> bundles_of(const PackedNetwork& packed);

/// Packings of bundles of these layers and sizes (slots), none without kernels. Kernels' neurons take many tiles and
/// their arrays few, so their reaches are filled with other bundles as far as arrays and neurons find room; what is
/// left is packed by itself (candidate_packings). Kernels that share a reach leave the neurons of some tiles to others;
/// how many is tried.
std::vector<Packing> packings_around_kernels(const std::vector<Bundle>& bundles, const PackedNetwork& packed,
                                             const std::vector<LayerId>& layers,
                                             const std::vector<std::uint32_t>& sizes, const ChipSpec& chip);

}  // namespace crossloom
