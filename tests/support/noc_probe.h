// A listener that writes down what a network on chip delivers.
#pragma once

#include <vector>

#include "sim/noc/network.h"

namespace crossloom::test {

struct NetworkDelivery {
  NetworkPacket packet;
  std::uint32_t node = 0;
  Cycle created = 0, entered = 0, cycle = 0;
};

class NetworkProbe : public NetworkListener {
 public:
  std::vector<NetworkDelivery> deliveries;
  std::vector<std::pair<NetworkPacket, Cycle>> departures;

  void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle created, Cycle entered, Cycle cycle) override {
    deliveries.push_back({packet, node, created, entered, cycle});
  }
  void departed(const NetworkPacket& packet, Cycle cycle) override { departures.emplace_back(packet, cycle); }
};

/// Works until nothing is under way; false where that takes more than `cycles`.
inline bool run_empty(NetworkOnChip& network, Cycle cycles = 100'000) {
  while (network.next_due() != kNever) {
    if (network.next_due() > cycles) return false;
    network.advance(network.next_due());
  }
  return network.in_flight() == 0;
}

inline NetworkPacket packet(std::uint32_t source, std::uint32_t destination, std::uint32_t flits = 1,
                            std::uint64_t tag = 0) {
  NetworkPacket made;
  made.source = source;
  made.destination = destination;
  made.flits = flits;
  made.tag = tag;
  return made;
}

}  // namespace crossloom::test
