#include "mapping/reach_packing.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;  // indices of banks

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

enum class Fill { least_waste, fullest };

// Banks still to place, by size: larger first, those of one size in order.
using Waiting = std::map<std::uint32_t, std::deque<std::uint32_t>, std::greater<>>;

// Takes a subset of the waiting banks that fits `reach`: bounded subset sums, in which larger banks are used before
// smaller ones for the same sum.
Members take_subset(Waiting& waiting, const Reach& reach, Fill fill) {
  const std::uint32_t capacity = reach.capacity();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes;  // size, how many wait
  for (const auto& [size, banks] : waiting) {
    if (!banks.empty()) sizes.emplace_back(size, static_cast<std::uint32_t>(banks.size()));
  }
  // fewest[k][s]: fewest banks of sizes[k] in a sum s of sizes[0..k]; absent where s cannot be reached.
  std::vector<std::vector<std::optional<std::uint32_t>>> fewest;
  std::vector<bool> reached(capacity + 1, false);
  reached[0] = true;
  for (const auto& [size, count] : sizes) {
    std::vector<std::optional<std::uint32_t>> of_size(capacity + 1);
    for (std::uint32_t s = 0; s <= capacity; ++s) {
      if (reached[s]) {
        of_size[s] = 0;
      } else if (s >= size && of_size[s - size] && *of_size[s - size] < count) {
        of_size[s] = *of_size[s - size] + 1;
      }
    }
    for (std::uint32_t s = 0; s <= capacity; ++s) reached[s] = of_size[s].has_value();
    fewest.push_back(std::move(of_size));
  }
  std::uint32_t best = 0;
  for (std::uint32_t s = 1; s <= capacity; ++s) {
    if (!reached[s]) continue;
    const std::uint64_t tiles = ceil_div(s, reach.crossbars_per_tile);
    const std::uint64_t best_tiles = ceil_div(best, reach.crossbars_per_tile);
    if (best == 0 || fill == Fill::fullest || s * best_tiles >= best * tiles) best = s;
  }
  Members members;
  for (std::size_t k = sizes.size(); k-- > 0;) {
    std::deque<std::uint32_t>& banks = waiting[sizes[k].first];
    const std::uint32_t take = *fewest[k][best];
    for (std::uint32_t n = 0; n < take; ++n) {
      members.push_back(banks.front());
      banks.pop_front();
    }
    best -= take * sizes[k].first;
  }
  std::sort(members.begin(), members.end());
  return members;
}

Packing fill_reaches(const std::vector<std::uint32_t>& sizes, const Reach& reach, Fill fill) {
  Waiting waiting;
  std::uint64_t left = 0;
  for (std::uint32_t b = 0; b < sizes.size(); ++b) {
    waiting[sizes[b]].push_back(b);
    left += sizes[b];
  }
  Packing packing;
  while (left > 0) {
    // What is left and fits needs no choice: no split of it takes fewer tiles.
    packing.reaches.push_back(take_subset(waiting, reach, left <= reach.capacity() ? Fill::fullest : fill));
    std::uint32_t used = 0;
    for (const std::uint32_t bank : packing.reaches.back()) used += sizes[bank];
    CROSSLOOM_CHECK(used > 0, "every bank fits its reach");
    packing.tiles.push_back(ceil_div(used, reach.crossbars_per_tile));
    left -= used;
  }
  return packing;
}

enum class Fewest { tiles, reaches };

// All ways to pack kinds of like banks, by dynamic programming over how many of each kind are left.
class ExactPacking {
 public:
  ExactPacking(const std::vector<LayerId>& layers, const std::vector<std::uint32_t>& sizes, const Reach& reach)
      : reach_(reach) {
    std::map<std::pair<LayerId, std::uint32_t>, std::size_t> kind_of;
    for (std::uint32_t b = 0; b < layers.size(); ++b) {
      const auto [at, fresh] = kind_of.emplace(std::make_pair(layers[b], sizes[b]), kinds_.size());
      if (fresh) kinds_.push_back({layers[b], sizes[b], 1, {}});
      kinds_[at->second].banks.push_back(b);
    }
    for (Kind& kind : kinds_) {
      kind.stride = static_cast<std::uint32_t>(states_);
      states_ *= kind.banks.size() + 1;
      if (states_ > kMostWork) return;
    }
    Pattern pattern{std::vector<std::uint32_t>(kinds_.size(), 0), 0, 0, 0};
    add_patterns(0, 0, pattern);
  }

  [[nodiscard]] bool small_enough() const {
    return states_ <= kMostWork && patterns_.size() * states_ * kinds_.size() <= kMostWork;
  }

  [[nodiscard]] Packing solve(Fewest first) const {
    std::vector<Cost> cost(states_, Cost{kFar, kFar, kFar});
    std::vector<std::uint32_t> chosen(states_, 0);
    cost[0] = {0, 0, 0};
    for (std::uint32_t state = 1; state < states_; ++state) {
      for (std::uint32_t p = 0; p < patterns_.size(); ++p) {
        if (!fits(patterns_[p], state)) continue;
        const Cost& rest = cost[state - patterns_[p].stride];
        const Cost own = cost_of(patterns_[p], first);
        const Cost sum = {rest[0] + own[0], rest[1] + own[1], rest[2] + own[2]};
        if (sum >= cost[state]) continue;
        cost[state] = sum;
        chosen[state] = p;
      }
    }
    Packing packing;
    std::vector<std::size_t> used(kinds_.size(), 0);
    for (auto state = static_cast<std::uint32_t>(states_ - 1); state > 0; state -= patterns_[chosen[state]].stride) {
      const Pattern& pattern = patterns_[chosen[state]];
      packing.reaches.emplace_back();
      packing.tiles.push_back(pattern.tiles);
      for (std::size_t k = 0; k < kinds_.size(); ++k) {
        for (std::uint32_t n = 0; n < pattern.take[k]; ++n)
          packing.reaches.back().push_back(kinds_[k].banks[used[k]++]);
      }
      std::sort(packing.reaches.back().begin(), packing.reaches.back().end());
    }
    return packing;
  }

 private:
  using Cost = std::array<std::uint32_t, 3>;
  static constexpr std::uint32_t kFar = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kMostWork = 30'000'000;  // comparisons of counts; about 0.1 s
  struct Kind {
    LayerId layer;
    std::uint32_t size;
    std::uint32_t stride;  // of its count in a state
    Members banks;
  };
  struct Pattern {
    std::vector<std::uint32_t> take;  // of each kind
    std::uint32_t stride, tiles, packets;
  };

  void add_patterns(std::size_t kind, std::uint32_t used, Pattern& pattern) {
    if (patterns_.size() * states_ * kinds_.size() > kMostWork) return;
    if (kind == kinds_.size()) {
      if (used == 0) return;
      pattern.tiles = ceil_div(used, reach_.crossbars_per_tile);
      pattern.packets = packets_of(pattern);
      pattern.stride = 0;
      for (std::size_t k = 0; k < kinds_.size(); ++k) pattern.stride += pattern.take[k] * kinds_[k].stride;
      patterns_.push_back(pattern);
      return;
    }
    const Kind& own = kinds_[kind];
    for (std::uint32_t n = 0; n <= own.banks.size() && used + n * own.size <= reach_.capacity(); ++n) {
      pattern.take[kind] = n;
      add_patterns(kind + 1, used + n * own.size, pattern);
    }
    pattern.take[kind] = 0;
  }

  // Banks of one layer want the same inputs; a tile's arrays share them.
  [[nodiscard]] std::uint32_t packets_of(const Pattern& pattern) const {
    std::map<LayerId, std::pair<std::uint32_t, std::uint32_t>> layers;  // banks, most row parts
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (pattern.take[k] == 0) continue;
      auto& [banks, parts] = layers[kinds_[k].layer];
      banks += pattern.take[k];
      parts = std::max(parts, kinds_[k].size);
    }
    std::uint32_t packets = 0;
    for (const auto& [layer, of_layer] : layers) {
      packets += ceil_div(of_layer.first, reach_.crossbars_per_tile) * of_layer.second;
    }
    return packets;
  }

  [[nodiscard]] bool fits(const Pattern& pattern, std::uint32_t state) const {
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (pattern.take[k] > state / kinds_[k].stride % (kinds_[k].banks.size() + 1)) return false;
    }
    return true;
  }

  static Cost cost_of(const Pattern& pattern, Fewest first) {
    return first == Fewest::tiles ? Cost{pattern.tiles, pattern.packets, 1} : Cost{1, pattern.tiles, pattern.packets};
  }

  Reach reach_;
  std::vector<Kind> kinds_;
  std::vector<Pattern> patterns_;
  std::size_t states_ = 1;
};

}  // namespace

Reach reach_of(const ChipSpec& chip) {
  const bool group = chip.tile_group.analog_reach == AnalogReach::tile_group;
  return {group ? chip.tile_group.tiles : 1U, chip.tile.crossbars};
}

std::uint32_t Packing::all_tiles() const {
  std::uint32_t sum = 0;
  for (const std::uint32_t of_reach : tiles) sum += of_reach;
  return sum;
}

std::uint32_t Packing::chip_tiles(const ChipSpec& chip) const {
  if (chip.tile_group.analog_reach == AnalogReach::tile || tiles.empty()) return all_tiles();
  const auto groups = static_cast<std::uint32_t>(tiles.size());
  return (groups - 1) * chip.tile_group.tiles + *std::min_element(tiles.begin(), tiles.end());
}

std::vector<Packing> candidate_packings(const std::vector<LayerId>& layers, const std::vector<std::uint32_t>& sizes,
                                        const ChipSpec& chip) {
  const Reach reach = reach_of(chip);
  std::vector<Packing> candidates;
  const ExactPacking exact(layers, sizes, reach);
  if (exact.small_enough()) {
    candidates.push_back(exact.solve(Fewest::tiles));
    if (chip.tiles) candidates.push_back(exact.solve(Fewest::reaches));
  }
  candidates.push_back(fill_reaches(sizes, reach, Fill::least_waste));
  candidates.push_back(fill_reaches(sizes, reach, Fill::fullest));
  return candidates;
}

}  // namespace crossloom
