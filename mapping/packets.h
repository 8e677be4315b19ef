// Which inputs travel together from where to where. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// For each destination tile and layer, the rows that its block parts need, by the tile that holds those neurons (or
/// the host), cut into packets of at most packet_bits rows. Needs crossbars, banks and tiles; sites do not matter.
std::vector<PacketGroup> make_packet_groups(const MappedNetwork& mapped, const SpikingNetwork& network,
                                            std::uint32_t packet_bits);

}  // namespace crossloom
