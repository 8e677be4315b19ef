#include "mapping/placement.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kMovesPerTile = 3000;
constexpr std::uint64_t kMostMoves = 6'000'000;
constexpr std::uint64_t kTemperatures = 100;
// From accepting nearly every move to almost none: the first temperature is the mean change of a random move, the last
// a small share of one hop of one packet.
constexpr double kLastTemperature = 0.1;

struct TileVertex {
  std::int64_t host_packets = 0;  ///< packet groups from the host
};
struct TrafficEdge {
  std::int64_t packets = 0;  ///< packet groups between the two tiles, both directions
};
using TrafficGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, TileVertex, TrafficEdge>;

MeshSite host_site_for(MeshSite destination, const MappedNetwork& mapped, const InterconnectSpec& interconnect) {
  const std::uint32_t port = host_port_of(destination.y, mapped.mesh_height, interconnect.host_ports);
  return host_port_site(port, mapped.mesh_height, interconnect.host_ports);
}

TrafficGraph traffic_graph(const MappedNetwork& mapped) {
  TrafficGraph graph(mapped.tiles.size());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const PacketGroup& group : mapped.packet_groups) {
    if (!group.source) {
      ++graph[group.destination.value()].host_packets;
    } else if (*group.source != group.destination) {
      pairs.emplace_back(std::min(group.source->value(), group.destination.value()),
                         std::max(group.source->value(), group.destination.value()));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t k = 0; k < pairs.size();) {
    std::size_t end = k;
    while (end < pairs.size() && pairs[end] == pairs[k]) ++end;
    boost::add_edge(pairs[k].first, pairs[k].second, TrafficEdge{static_cast<std::int64_t>(end - k)}, graph);
    k = end;
  }
  return graph;
}

struct Slot {
  MeshSite site;
  std::uint32_t port = 0;
};

std::vector<Slot> slots_of(const MappedNetwork& mapped, const ChipSpec& chip) {
  std::vector<Slot> slots;
  for (std::uint32_t y = 0; y < mapped.mesh_height; ++y) {
    for (std::uint32_t x = 0; x < mapped.mesh_width; ++x) {
      for (std::uint32_t port = 0; port < chip.interconnect.tiles_per_router; ++port) slots.push_back({{x, y}, port});
    }
  }
  if (chip.tiles && slots.size() > *chip.tiles) slots.resize(*chip.tiles);
  return slots;
}

// The annealer's state: which tile is in which slot, with the traffic as flat lists of neighbours.
class Annealer {
 public:
  Annealer(const MappedNetwork& mapped, const ChipSpec& chip)
      : slots_(slots_of(mapped, chip)), tile_in_(slots_.size()), slot_of_(mapped.tiles.size()) {
    const TrafficGraph graph = traffic_graph(mapped);
    neighbours_.resize(mapped.tiles.size());
    for (std::uint32_t t = 0; t < mapped.tiles.size(); ++t) {
      host_packets_.push_back(graph[t].host_packets);
      for (auto [edge, end] = boost::out_edges(t, graph); edge != end; ++edge) {
        neighbours_[t].push_back({static_cast<std::uint32_t>(boost::target(*edge, graph)), graph[*edge].packets});
      }
      const MappedTile& tile = mapped.tiles[TileId(t)];
      const std::size_t slot =
          (std::size_t{tile.site.y} * mapped.mesh_width + tile.site.x) * chip.interconnect.tiles_per_router +
          tile.local_port;
      slot_of_[t] = static_cast<std::uint32_t>(slot);
      tile_in_[slot] = t;
    }
    for (const Slot& slot : slots_) {
      host_hops_.push_back(hops(host_site_for(slot.site, mapped, chip.interconnect), slot.site));
    }
  }

  [[nodiscard]] std::size_t slots() const { return slots_.size(); }
  [[nodiscard]] const std::vector<std::uint32_t>& slot_of() const { return slot_of_; }
  [[nodiscard]] const Slot& slot(std::uint32_t index) const { return slots_[index]; }

  /// Change of traffic if the contents of two slots were exchanged; absent where nothing would change.
  [[nodiscard]] std::optional<std::int64_t> change(std::uint32_t a, std::uint32_t b) const {
    if (slots_[a].site == slots_[b].site || (!tile_in_[a] && !tile_in_[b])) return std::nullopt;
    return moved(tile_in_[a], a, b, tile_in_[b]) + moved(tile_in_[b], b, a, tile_in_[a]);
  }

  void exchange(std::uint32_t a, std::uint32_t b) {
    std::swap(tile_in_[a], tile_in_[b]);
    if (tile_in_[a]) slot_of_[*tile_in_[a]] = a;
    if (tile_in_[b]) slot_of_[*tile_in_[b]] = b;
  }

 private:
  struct Neighbour {
    std::uint32_t tile;
    std::int64_t packets;
  };

  static std::int64_t hops(MeshSite a, MeshSite b) {
    return std::abs(std::int64_t{a.x} - b.x) + std::abs(std::int64_t{a.y} - b.y);
  }

  [[nodiscard]] std::int64_t moved(const std::optional<std::uint32_t>& tile, std::uint32_t from, std::uint32_t to,
                                   const std::optional<std::uint32_t>& partner) const {
    if (!tile) return 0;
    std::int64_t sum = host_packets_[*tile] * (host_hops_[to] - host_hops_[from]);
    for (const Neighbour& neighbour : neighbours_[*tile]) {
      if (partner && neighbour.tile == *partner) continue;
      const MeshSite other = slots_[slot_of_[neighbour.tile]].site;
      sum += neighbour.packets * (hops(slots_[to].site, other) - hops(slots_[from].site, other));
    }
    return sum;
  }

  std::vector<Slot> slots_;
  std::vector<std::optional<std::uint32_t>> tile_in_;
  std::vector<std::uint32_t> slot_of_;
  std::vector<std::vector<Neighbour>> neighbours_;
  std::vector<std::int64_t> host_packets_;
  std::vector<std::int64_t> host_hops_;
};

double first_temperature(const Annealer& annealer, RandomStream& random) {
  constexpr int kSamples = 500;
  double sum = 0.0;
  int counted = 0;
  for (int k = 0; k < kSamples; ++k) {
    const std::uint32_t a = random.below(static_cast<std::uint32_t>(annealer.slots()));
    const std::uint32_t b = random.below(static_cast<std::uint32_t>(annealer.slots()));
    if (const auto change = annealer.change(a, b)) {
      sum += std::abs(static_cast<double>(*change));
      ++counted;
    }
  }
  return counted > 0 ? std::max(1.0, sum / counted) : 1.0;
}

}  // namespace

double traffic_hops(const MappedNetwork& mapped, const InterconnectSpec& interconnect) {
  double sum = 0.0;
  for (const PacketGroup& group : mapped.packet_groups) {
    const MeshSite to = mapped.tiles[group.destination].site;
    const MeshSite from = group.source ? mapped.tiles[*group.source].site : host_site_for(to, mapped, interconnect);
    sum += static_cast<double>(dimension_order_route(from, to).size());
  }
  return sum;
}

void place_in_order(MappedNetwork& mapped, const ChipSpec& chip) {
  const auto tiles = static_cast<std::uint32_t>(mapped.tiles.size());
  const MeshSize mesh = mesh_for(chip.tiles.value_or(tiles), chip.interconnect.tiles_per_router);
  mapped.mesh_width = mesh.width;
  mapped.mesh_height = mesh.height;
  const std::vector<Slot> slots = slots_of(mapped, chip);
  CROSSLOOM_CHECK(slots.size() >= tiles, "a mesh has a port for every tile");
  for (std::uint32_t t = 0; t < tiles; ++t) {
    mapped.tiles[TileId(t)].site = slots[t].site;
    mapped.tiles[TileId(t)].local_port = slots[t].port;
  }
}

void anneal_placement(MappedNetwork& mapped, const ChipSpec& chip, RandomKey key, ProgressSink& progress) {
  Annealer annealer(mapped, chip);
  if (annealer.slots() < 2 || mapped.tiles.empty()) return;
  RandomStream random(key);
  const auto slots = static_cast<std::uint32_t>(annealer.slots());
  const double first = first_temperature(annealer, random);
  const double cooling =
      std::pow(std::min(1.0, kLastTemperature / first), 1.0 / static_cast<double>(kTemperatures - 1));
  const std::uint64_t moves = std::min(kMovesPerTile * mapped.tiles.size(), kMostMoves) / kTemperatures;
  std::int64_t cost = 0;
  std::int64_t best_cost = 0;
  std::vector<std::uint32_t> best = annealer.slot_of();
  double temperature = first;
  for (std::uint64_t k = 0; k < kTemperatures; ++k, temperature *= cooling) {
    progress.update("placing tiles", k, kTemperatures, "");
    for (std::uint64_t m = 0; m < moves; ++m) {
      const std::uint32_t a = annealer.slot_of()[random.below(static_cast<std::uint32_t>(mapped.tiles.size()))];
      const std::uint32_t b = random.below(slots);
      const std::optional<std::int64_t> change = annealer.change(a, b);
      if (!change) continue;
      if (*change > 0 && random.uniform() >= std::exp(-static_cast<double>(*change) / temperature)) continue;
      annealer.exchange(a, b);
      cost += *change;
      if (cost < best_cost) {
        best_cost = cost;
        best = annealer.slot_of();
      }
    }
  }
  progress.update("placing tiles", kTemperatures, kTemperatures, "");
  for (std::size_t t = 0; t < best.size(); ++t) {
    mapped.tiles[TileId(t)].site = annealer.slot(best[t]).site;
    mapped.tiles[TileId(t)].local_port = annealer.slot(best[t]).port;
  }
}

}  // namespace crossloom
