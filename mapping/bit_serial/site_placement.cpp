#include "mapping/bit_serial/site_placement.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "models/bit_serial/dataflow.h"
#include "models/interconnect/topology.h"

namespace crossloom {
namespace {

using Traffic = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

constexpr std::uint64_t kMovesPerTile = 3000;
constexpr std::uint64_t kMostMoves = 6'000'000;
constexpr std::uint32_t kTemperatures = 100;
constexpr double kLastTemperature = 1e-3;  ///< of the first, which is the mean change of a random move

// One chip: its tiles, numbered from 0, and what travels between them and to and from the port.
struct ChipTraffic {
  struct Neighbour {
    std::uint32_t tile;
    double bits;
  };
  std::vector<std::uint32_t> tiles;
  std::vector<std::vector<Neighbour>> neighbours;
  std::vector<double> port;
};

ChipTraffic traffic_of(std::uint32_t chip, const PlacedNetwork& placed, const Traffic& traffic) {
  ChipTraffic result;
  std::vector<std::uint32_t> number(placed.tiles, 0);
  for (std::uint32_t t = 0; t < placed.tiles; ++t) {
    if (placed.chips[t] != chip) continue;
    number[t] = static_cast<std::uint32_t>(result.tiles.size());
    result.tiles.push_back(t);
  }
  result.neighbours.resize(result.tiles.size());
  result.port.resize(result.tiles.size(), 0.0);
  const auto here = [&](std::uint32_t tile) { return tile != placed.tiles && placed.chips[tile] == chip; };
  for (const auto& [ends, count] : traffic) {
    const auto [from, to] = ends;
    const auto bits = static_cast<double>(count);
    if (here(from) && here(to)) {
      result.neighbours[number[from]].push_back({number[to], bits});
      result.neighbours[number[to]].push_back({number[from], bits});
    } else if (here(from)) {
      result.port[number[from]] += bits;
    } else if (here(to)) {
      result.port[number[to]] += bits;
    }
  }
  return result;
}

class Annealer {
 public:
  Annealer(const ChipTraffic& traffic, const Topology& topology, std::uint32_t sites, std::uint32_t port,
           std::vector<std::uint32_t> site_of)
      : traffic_(traffic), topology_(topology), port_(port), site_of_(std::move(site_of)), tile_at_(sites) {
    for (std::uint32_t t = 0; t < site_of_.size(); ++t) tile_at_[site_of_[t]] = t;
  }

  [[nodiscard]] double change(std::uint32_t tile, std::uint32_t site) const {
    const std::uint32_t from = site_of_[tile];
    const std::optional<std::uint32_t> other = tile_at_[site];
    return moved(tile, from, site, other) + (other ? moved(*other, site, from, tile) : 0.0);
  }
  void exchange(std::uint32_t tile, std::uint32_t site) {
    const std::uint32_t from = site_of_[tile];
    std::swap(tile_at_[from], tile_at_[site]);
    site_of_[tile] = site;
    if (tile_at_[from]) site_of_[*tile_at_[from]] = from;
  }
  [[nodiscard]] const std::vector<std::uint32_t>& site_of() const { return site_of_; }

 private:
  [[nodiscard]] double moved(std::uint32_t tile, std::uint32_t from, std::uint32_t to,
                             std::optional<std::uint32_t> partner) const {
    const auto nearer = [&](std::uint32_t end) {
      return static_cast<double>(topology_.routers_between(to, end)) -
             static_cast<double>(topology_.routers_between(from, end));
    };
    double sum = traffic_.port[tile] * nearer(port_);
    for (const ChipTraffic::Neighbour& neighbour : traffic_.neighbours[tile]) {
      if (partner == neighbour.tile) continue;
      sum += neighbour.bits * nearer(site_of_[neighbour.tile]);
    }
    return sum;
  }

  const ChipTraffic& traffic_;
  const Topology& topology_;
  std::uint32_t port_;
  std::vector<std::uint32_t> site_of_;
  std::vector<std::optional<std::uint32_t>> tile_at_;
};

std::vector<std::uint32_t> anneal(Annealer annealer, std::uint32_t sites, RandomStream random) {
  const auto tiles = static_cast<std::uint32_t>(annealer.site_of().size());
  double first = 0.0;
  constexpr int kSamples = 500;
  for (int k = 0; k < kSamples; ++k) {
    const std::uint32_t tile = random.below(tiles);
    first += std::abs(annealer.change(tile, random.below(sites))) / kSamples;
  }
  std::vector<std::uint32_t> best = annealer.site_of();
  if (first == 0.0) return best;
  const double cooling = std::pow(kLastTemperature, 1.0 / (kTemperatures - 1));
  const std::uint64_t moves = std::min(kMovesPerTile * tiles, kMostMoves) / kTemperatures;
  double cost = 0.0, best_cost = 0.0, temperature = first;
  for (std::uint32_t k = 0; k < kTemperatures; ++k, temperature *= cooling) {
    for (std::uint64_t m = 0; m < moves; ++m) {
      const std::uint32_t tile = random.below(tiles);
      const std::uint32_t site = random.below(sites);
      if (annealer.site_of()[tile] == site) continue;
      const double change = annealer.change(tile, site);
      if (change > 0.0 && random.uniform() >= std::exp(-change / temperature)) continue;
      annealer.exchange(tile, site);
      cost += change;
      if (cost < best_cost) {
        best_cost = cost;
        best = annealer.site_of();
      }
    }
  }
  return best;
}

struct Place {
  std::uint32_t x = 0, y = 0, site = 0;
};

class Bisector {
 public:
  Bisector(const ChipTraffic& traffic, std::vector<std::uint32_t>& site_of)
      : traffic_(traffic), site_of_(site_of), side_(traffic.tiles.size(), 0) {}

  void place(std::vector<std::uint32_t> tiles, std::vector<Place> places) {
    if (tiles.empty()) return;
    if (places.size() == 1) {
      site_of_[tiles.front()] = places.front().site;
      return;
    }
    const auto by = [&](auto coordinate) {
      const auto [low, high] = std::minmax_element(
          places.begin(), places.end(), [&](const Place& a, const Place& b) { return coordinate(a) < coordinate(b); });
      return coordinate(*high) - coordinate(*low);
    };
    const auto x_of = [](const Place& place) { return place.x; };
    const auto y_of = [](const Place& place) { return place.y; };
    const bool along_x = by(x_of) >= by(y_of);
    std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
      const auto key = [&](const Place& p) {
        return along_x ? std::make_pair(p.x, std::make_pair(p.y, p.site))
                       : std::make_pair(p.y, std::make_pair(p.x, p.site));
      };
      return key(a) < key(b);
    });
    const std::size_t half = places.size() / 2;
    const std::size_t first = std::min(half, (tiles.size() * half + places.size() - 1) / places.size());
    const std::size_t in_first = std::max(first, tiles.size() - std::min(tiles.size(), places.size() - half));
    divide(tiles, in_first);
    place({tiles.begin(), tiles.begin() + static_cast<std::ptrdiff_t>(in_first)},
          {places.begin(), places.begin() + static_cast<std::ptrdiff_t>(half)});
    place({tiles.begin() + static_cast<std::ptrdiff_t>(in_first), tiles.end()},
          {places.begin() + static_cast<std::ptrdiff_t>(half), places.end()});
  }

 private:
  static constexpr std::uint32_t kOutside = 0, kFirst = 1, kSecond = 2;

  // Puts the tiles of the first part in front: passes of best exchanges, of which the best beginning is kept.
  void divide(std::vector<std::uint32_t>& tiles, std::size_t in_first) {
    for (std::size_t k = 0; k < tiles.size(); ++k) side_[tiles[k]] = k < in_first ? kFirst : kSecond;
    constexpr int kPasses = 8;
    for (int pass = 0; pass < kPasses && improve(tiles, in_first); ++pass) {
    }
    std::stable_partition(tiles.begin(), tiles.end(), [this](std::uint32_t tile) { return side_[tile] == kFirst; });
    for (const std::uint32_t tile : tiles) side_[tile] = kOutside;
  }

  // What moving the tile to the other side would save.
  [[nodiscard]] double saving(std::uint32_t tile) const {
    double sum = 0.0;
    for (const ChipTraffic::Neighbour& neighbour : traffic_.neighbours[tile]) {
      if (side_[neighbour.tile] == kOutside) continue;
      sum += side_[neighbour.tile] == side_[tile] ? -neighbour.bits : neighbour.bits;
    }
    return sum;
  }
  [[nodiscard]] double between(std::uint32_t a, std::uint32_t b) const {
    double sum = 0.0;
    for (const ChipTraffic::Neighbour& neighbour : traffic_.neighbours[a]) {
      if (neighbour.tile == b) sum += neighbour.bits;
    }
    return sum;
  }

  bool improve(const std::vector<std::uint32_t>& tiles, std::size_t in_first) {
    std::vector<std::uint32_t> open = tiles;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> exchanges;
    double gain = 0.0, best_gain = 0.0;
    std::size_t best = 0;
    const std::size_t most = std::min(in_first, tiles.size() - in_first);
    while (exchanges.size() < most) {
      std::optional<std::uint32_t> a, b;
      double saved_a = 0.0, saved_b = 0.0;
      for (const std::uint32_t tile : open) {
        const double saved = saving(tile);
        if (side_[tile] == kFirst && (!a || saved > saved_a)) {
          a = tile;
          saved_a = saved;
        }
        if (side_[tile] == kSecond && (!b || saved > saved_b)) {
          b = tile;
          saved_b = saved;
        }
      }
      if (!a || !b) break;
      gain += saved_a + saved_b - 2.0 * between(*a, *b);
      std::swap(side_[*a], side_[*b]);
      exchanges.emplace_back(*a, *b);
      open.erase(std::remove_if(open.begin(), open.end(), [&](std::uint32_t tile) { return tile == *a || tile == *b; }),
                 open.end());
      if (gain > best_gain) {
        best_gain = gain;
        best = exchanges.size();
      }
    }
    while (exchanges.size() > best) {
      std::swap(side_[exchanges.back().first], side_[exchanges.back().second]);
      exchanges.pop_back();
    }
    return best_gain > 0.0;
  }

  const ChipTraffic& traffic_;
  std::vector<std::uint32_t>& site_of_;
  std::vector<std::uint32_t> side_;
};

std::uint32_t chips_used(const PlacedNetwork& placed) {
  return placed.chips.empty() ? 0 : 1 + *std::max_element(placed.chips.begin(), placed.chips.end());
}

void set_sites(PlacedNetwork& placed, const ChipTraffic& traffic, const std::vector<std::uint32_t>& site_of) {
  for (std::size_t k = 0; k < traffic.tiles.size(); ++k) placed.sites[traffic.tiles[k]] = site_of[k];
}

std::vector<std::uint32_t> sites_now(const PlacedNetwork& placed, const ChipTraffic& traffic) {
  std::vector<std::uint32_t> sites;
  for (const std::uint32_t tile : traffic.tiles) sites.push_back(placed.sites[tile]);
  return sites;
}

}  // namespace

void anneal_sites(PlacedNetwork& placed, const Traffic& traffic, const BitSerialChipSpec& chip, RandomKey key) {
  const Topology topology(chip.interconnect);
  for (std::uint32_t c = 0; c < chips_used(placed); ++c) {
    const ChipTraffic of_chip = traffic_of(c, placed, traffic);
    if (of_chip.tiles.empty() || chip.tiles < 2) continue;
    const Annealer annealer(of_chip, topology, chip.tiles, port_node(chip), sites_now(placed, of_chip));
    set_sites(placed, of_chip, anneal(annealer, chip.tiles, RandomStream(key.child(c))));
  }
}

void bisect_sites(PlacedNetwork& placed, const Traffic& traffic, const BitSerialChipSpec& chip) {
  const Topology topology(chip.interconnect);
  const std::uint32_t width = std::max(1U, chip.interconnect.width);
  const double before = traffic_hops(placed, traffic, chip);
  const std::vector<std::uint32_t> in_order = placed.sites;
  for (std::uint32_t c = 0; c < chips_used(placed); ++c) {
    const ChipTraffic of_chip = traffic_of(c, placed, traffic);
    std::vector<Place> places;
    for (std::uint32_t site = 0; site < chip.tiles; ++site) {
      const std::uint32_t router = topology.attachment(site).router;
      places.push_back({router % width, router / width, site});
    }
    // As many sites as tiles, nearest to the port: little travels far.
    std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
      const auto far = [&](const Place& p) {
        return std::make_pair(topology.routers_between(port_node(chip), p.site), p.site);
      };
      return far(a) < far(b);
    });
    places.resize(of_chip.tiles.size());
    std::vector<std::uint32_t> site_of = sites_now(placed, of_chip);
    std::vector<std::uint32_t> tiles(of_chip.tiles.size());
    for (std::uint32_t k = 0; k < tiles.size(); ++k) tiles[k] = k;
    Bisector(of_chip, site_of).place(tiles, places);
    set_sites(placed, of_chip, site_of);
  }
  if (traffic_hops(placed, traffic, chip) > before) placed.sites = in_order;
}

}  // namespace crossloom
