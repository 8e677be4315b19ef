// The smallest tile buffers with which a network is accepted on a chip.
#pragma once

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "sim/bit_serial/flow_tables.h"

namespace crossloom::test {

/// The chip with them; as it comes, the network must fit.
inline BitSerialChipSpec with_smallest_buffers(BitSerialChipSpec chip, const FixedPointNetwork& network,
                                               const BitSerialMappingSpec& mapping) {
  std::uint64_t low = 0, high = chip.tile.buffer_bits;  // does not fit, fits
  while (high - low > 1) {
    chip.tile.buffer_bits = (low + high) / 2;
    try {
      const PlacedNetwork placed = place_network(network, chip, mapping, RandomKey(1)).placed;
      bit_serial::build_flow_tables(network, placed, chip, {}, [](std::uint32_t, std::uint32_t) { return Cycle{1}; });
      high = chip.tile.buffer_bits;
    } catch (const DoesNotFit&) {
      low = chip.tile.buffer_bits;
    }
  }
  chip.tile.buffer_bits = high;
  return chip;
}

}  // namespace crossloom::test
