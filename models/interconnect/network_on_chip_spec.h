// A network on chip as its YAML describes it: topology, wormhole routers with virtual channels, links, routing.
#pragma once

#include <cstdint>
#include <string>

#include "base/config_reader.h"
#include "base/units.h"

namespace crossloom {

enum class TopologyKind {
  mesh,               ///< width x height routers, one node each
  torus,              ///< the same with wrap-around links
  concentrated_mesh,  ///< a mesh with nodes_per_router nodes at each router (ISAAC's: 4)
  tree,               ///< routers with `arity` children, `levels` of them; the nodes are the leaves' children
  bus,                ///< one shared medium: a flit a cycle among all nodes; several destinations hear the same flit
};

/// How a packet finds its way. All are minimal and free of deadlock (docs/interconnect.md says why).
enum class NetworkRouting {
  dimension_order,   ///< x, then y; in a tree up, then down. Packets between two nodes take one way
  west_first,        ///< mesh: west before everything else, then whichever way has most room (Glass and Ni, ISCA 1992)
  minimal_adaptive,  ///< any minimal way with room; escape channels in dimension order (Duato, TPDS 1993)
};

/// Virtual channels belong to one of three classes that never block each other.
enum class ChannelClass : std::uint8_t { data, token, multicast };
inline constexpr std::size_t kChannelClasses = 3;

/// Virtual channels [first, first + count) of a class.
struct ChannelRange {
  std::uint32_t first = 0, count = 0;
};

/// Cycles are of the network's own clock; what each does is in docs/interconnect.md.
struct NetworkOnChipSpec {
  TopologyKind topology = TopologyKind::mesh;
  std::uint32_t width = 1, height = 1;  ///< routers: mesh, torus, concentrated_mesh
  std::uint32_t nodes_per_router = 1;   ///< concentrated_mesh: 2 to 16
  std::uint32_t arity = 2, levels = 1;  ///< tree
  std::uint32_t bus_nodes = 1;          ///< bus
  NetworkRouting routing = NetworkRouting::dimension_order;

  std::uint32_t virtual_channels = 4;            ///< of data
  std::uint32_t token_virtual_channels = 0;      ///< of tokens; 0: tokens share those of data
  std::uint32_t multicast_virtual_channels = 0;  ///< of multicast; 0: a copy for each destination, as data
  std::uint32_t buffer_flits = 8;                ///< of each virtual channel at each input port

  std::uint32_t routing_cycles = 0;  ///< 0: looked up one router ahead
  std::uint32_t vc_allocation_cycles = 1;
  std::uint32_t switch_allocation_cycles = 1;
  std::uint32_t switch_traversal_cycles = 1;
  std::uint32_t link_cycles = 1;    ///< of every link, to and from nodes as well
  std::uint32_t credit_cycles = 1;  ///< from a credit's arrival at a router until it counts

  std::uint32_t flit_bits = 128;
  std::uint32_t header_bits = 0;  ///< of a packet, in its first flits
  std::string source;

  [[nodiscard]] std::uint32_t routers() const;
  [[nodiscard]] std::uint32_t nodes() const;
  [[nodiscard]] std::uint32_t all_virtual_channels() const {
    return virtual_channels + token_virtual_channels + multicast_virtual_channels;
  }
  /// Channels that packets of a class use: those of data where the class has none of its own.
  [[nodiscard]] ChannelRange channels(ChannelClass channel_class) const;
  /// Cycles from a flit's arrival at a router to its arrival at the next, when nothing is in its way.
  [[nodiscard]] std::uint64_t hop_cycles() const {
    return std::uint64_t{routing_cycles} + vc_allocation_cycles + switch_allocation_cycles + switch_traversal_cycles +
           link_cycles;
  }
  /// Cycles from injection to the arrival of the last flit in an empty network: 1 + link_cycles into the first router,
  /// hop_cycles() for each router, and the rest of the flits one after another (buffers deep enough to stream).
  [[nodiscard]] std::uint64_t zero_load_cycles(std::uint64_t routers_passed, std::uint64_t flits) const;
  /// Flits of a packet with `payload_bits` beside its header; at least one.
  [[nodiscard]] std::uint32_t packet_flits(std::uint64_t payload_bits) const;
};

/// Reads and cross-checks the `interconnect:` mapping, whose keys are the fields above word for word
/// (configs/chips/booksim_mesh8.yaml); problems go to the reader.
NetworkOnChipSpec read_network_on_chip(ConfigReader reader);

/// Throws UserError where the fields contradict each other, for specs changed after reading.
void check_network_on_chip(const NetworkOnChipSpec& spec);

/// What one flit costs; multiplied with counts afterwards.
struct NetworkEnergies {
  Energy router_traversal;  ///< a flit through a router
  Energy link_traversal;    ///< a flit over a link between two routers
  std::string source;
};
/// Reads the `energies:` mapping that may stand beside `interconnect:` in a file without other costs.
NetworkEnergies read_network_energies(ConfigReader reader);

}  // namespace crossloom
