// What happened in a network on chip, as integers.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "models/interconnect/network_on_chip_spec.h"

namespace crossloom {

/// Cycles that first flits (or, for credit and switch, any flit at the head of its virtual channel) spent waiting.
struct NetworkStalls {
  std::uint64_t virtual_channel = 0;  ///< no output channel was free, or another packet got it
  std::uint64_t credit = 0;           ///< no room in the next buffer
  std::uint64_t switch_port = 0;      ///< another flit got the input or output port
};

struct NetworkCounts {
  std::vector<std::uint64_t> router_flits;  ///< by router: flits that left it (a copy counts as a flit)
  std::vector<std::uint64_t> port_flits;    ///< by router * Topology::ports() + port: flits that left by it
  std::uint64_t link_flits = 0;             ///< over links between routers
  std::uint64_t injected_flits = 0;         ///< left their sources
  std::uint64_t delivered_flits = 0;        ///< reached their nodes
  NetworkStalls stalls;

  /// Adds what was counted on a network of the same shape; an empty one takes its shape.
  void add(const NetworkCounts& other);
  [[nodiscard]] std::uint64_t router_traversals() const {
    return std::accumulate(router_flits.begin(), router_flits.end(), std::uint64_t{0});
  }
  [[nodiscard]] Energy router_energy(const NetworkEnergies& energies) const {
    return energies.router_traversal * static_cast<double>(router_traversals());
  }
  [[nodiscard]] Energy link_energy(const NetworkEnergies& energies) const {
    return energies.link_traversal * static_cast<double>(link_flits);
  }
};

}  // namespace crossloom
