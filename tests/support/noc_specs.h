// One network of each topology, small enough to try every pair of nodes.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "models/interconnect/network_on_chip_spec.h"

namespace crossloom::test {

struct NamedNetwork {
  std::string name;
  NetworkOnChipSpec spec;
};
inline void PrintTo(const NamedNetwork& network, std::ostream* out) { *out << network.name; }

inline NetworkOnChipSpec grid(TopologyKind kind, std::uint32_t width, std::uint32_t height) {
  NetworkOnChipSpec spec;
  spec.topology = kind;
  spec.width = width;
  spec.height = height;
  return spec;
}

inline NetworkOnChipSpec with_routing(NetworkOnChipSpec spec, NetworkRouting routing) {
  spec.routing = routing;
  return spec;
}

/// All with four data channels, and two channels each for tokens and multicast (three for tokens where escape channels
/// of a torus need them).
inline std::vector<NamedNetwork> all_networks() {
  std::vector<NamedNetwork> networks;
  const NetworkOnChipSpec mesh = grid(TopologyKind::mesh, 4, 3);
  const NetworkOnChipSpec torus = grid(TopologyKind::torus, 5, 4);
  NetworkOnChipSpec concentrated = grid(TopologyKind::concentrated_mesh, 3, 2);
  concentrated.nodes_per_router = 4;
  NetworkOnChipSpec tree;
  tree.topology = TopologyKind::tree;
  tree.arity = 3;
  tree.levels = 3;
  NetworkOnChipSpec bus;
  bus.topology = TopologyKind::bus;
  bus.bus_nodes = 9;
  networks.push_back({"mesh", mesh});
  networks.push_back({"mesh_west_first", with_routing(mesh, NetworkRouting::west_first)});
  networks.push_back({"mesh_minimal_adaptive", with_routing(mesh, NetworkRouting::minimal_adaptive)});
  networks.push_back({"torus", torus});
  networks.push_back({"torus_minimal_adaptive", with_routing(torus, NetworkRouting::minimal_adaptive)});
  networks.push_back({"concentrated_mesh", concentrated});
  networks.push_back(
      {"concentrated_mesh_minimal_adaptive", with_routing(concentrated, NetworkRouting::minimal_adaptive)});
  networks.push_back({"tree", tree});
  networks.push_back({"bus", bus});
  for (NamedNetwork& network : networks) {
    const bool many =
        network.spec.topology == TopologyKind::torus && network.spec.routing == NetworkRouting::minimal_adaptive;
    network.spec.token_virtual_channels = many ? 3 : 2;
    network.spec.multicast_virtual_channels = 2;
    network.spec.source = "test";
  }
  return networks;
}

}  // namespace crossloom::test
