// Traffic that a network on chip is measured under, and what came out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/interconnect/network_counts.h"

namespace crossloom {

/// Where a node's packets go (Dally and Towles, Principles and Practices of Interconnection Networks, 2004, section
/// 3.2). Nodes count from 0 to nodes - 1.
enum class TrafficPattern {
  uniform,         ///< any node, the source too
  transpose,       ///< node r * side + c to c * side + r; the number of nodes must be a square
  bit_complement,  ///< node n to nodes - 1 - n, which is every bit of n turned where nodes is a power of two
  hotspot,         ///< a share of the packets to one node, the rest uniform
};

/// When a measurement begins and ends, as BookSim2 does it: `warm_up_periods`, then periods until three in a row
/// changed mean latency and accepted load by less than `tolerance`, then until every packet created meanwhile has
/// arrived, with the traffic going on.
struct MeasurementRule {
  std::uint32_t warm_up_periods = 3;
  std::uint64_t period_cycles = 10'000;
  std::uint32_t most_periods = 10;  ///< warm-up included; then what was measured counts
  double tolerance = 0.05;
  /// A mean latency beyond it, packets still under way included with their age, means that the load is not sustained.
  double latency_limit_cycles = 500.0;
};

struct TrafficSpec {
  TrafficPattern pattern = TrafficPattern::uniform;
  double load = 0.1;               ///< flits a node and cycle, in (0, 1]
  std::uint32_t packet_flits = 1;  ///< every packet
  std::uint32_t hotspot_node = 0;
  double hotspot_share = 0.1;
  std::uint64_t seed = 1;
  MeasurementRule rule;
};

/// Throws UserError where the pattern does not go with the number of nodes or a value is out of range.
void check_traffic(const TrafficSpec& traffic, std::uint32_t nodes);
/// Draws (or knows) the destination of a packet from `source`.
std::uint32_t traffic_destination(const TrafficSpec& traffic, std::uint32_t nodes, std::uint32_t source,
                                  RandomStream& random);

/// One measured load. Means are over packets created in the measured periods.
struct LoadPoint {
  double load = 0.0;
  bool stable = false;                         ///< see MeasurementRule::latency_limit_cycles
  double packet_latency_cycles = 0.0;          ///< from creation to the arrival of the last flit
  double network_latency_cycles = 0.0;         ///< from the first flit's leaving its source
  double accepted_flits_per_node_cycle = 0.0;  ///< delivered in the measured periods
  double hops = 0.0;                           ///< routers passed
  std::uint64_t packets = 0;                   ///< measured
  std::uint64_t cycles = 0;                    ///< simulated in all
  NetworkCounts counts;                        ///< since the end of the warm-up
};

}  // namespace crossloom
