// Tiles to endpoints of the chips' networks, so that values travel little.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/random.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// Bits that go from one tile to another for an image, by (from, to); the host is PlacedNetwork::tiles. Values go once
/// to each tile that reads them, sums of row parts to their home. What stays in a tile is not there.
std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> tile_traffic(const PlacedNetwork& placed,
                                                                              const FixedPointNetwork& network,
                                                                              const BitSerialChipSpec& chip);

/// Sum over the traffic of bits times the routers that they pass. Between chips, those to and from the chips' ports.
double traffic_hops(const PlacedNetwork& placed,
                    const std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>& traffic,
                    const BitSerialChipSpec& chip);

/// Sites by simulated annealing (Kirkpatrick et al., Science 1983): tiles of a chip exchange sites with each other or
/// with empty ones; the best placement seen is kept, so traffic_hops never rises. Deterministic.
void anneal_sites(PlacedNetwork& placed,
                  const std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>& traffic,
                  const BitSerialChipSpec& chip, RandomKey key);

/// Sites by recursive bisection (Breuer, DAC 1977): the sites of a chip are cut in halves along the longer side of
/// their rectangle, its tiles into two parts between which little travels (Kernighan and Lin, 1970), and so on. Of one
/// and of the naive order the better is kept.
void bisect_sites(PlacedNetwork& placed,
                  const std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>& traffic,
                  const BitSerialChipSpec& chip);

}  // namespace crossloom
