#include "mapping/tile_filling.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
using Tiles = ArraysOfTiles;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kWindow = 256;  // waiting arrays among which the next one of a tile is looked for

class Search {
 public:
  Search(const std::vector<ArrayInputs>& arrays, std::uint32_t tiles, std::uint32_t per_tile, std::uint64_t effort,
         MessageCounter& counter)
      : arrays_(arrays), tiles_(tiles), per_tile_(per_tile), effort_(effort), counter_(counter) {
    std::map<Indices, std::uint32_t> classes, sources;
    for (const ArrayInputs& array : arrays) {
      Indices words;
      for (const InputWord& input : array) words.push_back(input.word);
      class_of_.push_back(classes.emplace(words, static_cast<std::uint32_t>(classes.size())).first->second);
      source_of_.push_back(
          sources.emplace(counter.sources(array), static_cast<std::uint32_t>(sources.size())).first->second);
    }
  }

  TileFilling best(std::vector<Tiles> starts) {
    TileFilling filling{in_order(), {}};
    filling.messages = count(filling.arrays);
    starts.push_back(by_class());
    for (Tiles& start : starts) {
      const Messages messages = count(start);
      if (!(messages < filling.messages)) continue;
      filling = {std::move(start), messages};
    }
    exchange(filling.arrays);
    filling.messages = count(filling.arrays);
    for (Indices& of_tile : filling.arrays) std::sort(of_tile.begin(), of_tile.end());
    return filling;
  }

 private:
  Messages to(const Indices& of_tile) {
    slots_.clear();
    for (const std::uint32_t a : of_tile) {
      if (a == kNone) continue;
      slots_.push_back(&arrays_[a]);
      looked_at_ += arrays_[a].size();
    }
    return counter_.to_tile(slots_);
  }

  Messages count(const Tiles& tiles) {
    Messages sum;
    for (const Indices& of_tile : tiles) sum = sum + to(of_tile);
    return sum;
  }

  Tiles in_order() const {
    Tiles tiles(tiles_);
    for (std::uint32_t a = 0; a < arrays_.size(); ++a) tiles[a / per_tile_].push_back(a);
    return tiles;
  }

  // Starts a tile with the class that fills it best; rests of classes come last.
  std::size_t first_of_tile(const Indices& waiting, const Indices& of_class, const Indices& of_source) const {
    const auto share = [&](std::uint32_t a) {
      return std::make_tuple(std::min(of_class[class_of_[a]], per_tile_),
                             std::min(of_source[source_of_[a]], per_tile_));
    };
    std::size_t best = 0;
    for (std::size_t k = 1; k < std::min(kWindow, waiting.size()); ++k) {
      if (share(waiting[k]) > share(waiting[best])) best = k;
    }
    return best;
  }

  // Adds the array that takes the fewest messages; of equals one whose class fits whole, then of the scarcest sources.
  std::size_t next_of_tile(const Indices& waiting, const Indices& of_class, const Indices& of_source, Indices& tile) {
    const auto free = static_cast<std::uint32_t>(per_tile_ - tile.size());
    std::size_t best = 0;
    std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t> least{};
    for (std::size_t k = 0; k < std::min(kWindow, waiting.size()); ++k) {
      const std::uint32_t a = waiting[k];
      tile.push_back(a);
      const Messages messages = to(tile);
      tile.pop_back();
      const std::uint32_t members = of_class[class_of_[a]];
      const std::uint32_t misfit = members <= free ? free - members : per_tile_ + members;
      const auto key = std::make_tuple(messages.packets, messages.tokens, misfit, of_source[source_of_[a]]);
      if (k == 0 || key < least) {
        least = key;
        best = k;
      }
    }
    return best;
  }

  Tiles by_class() {
    Indices waiting, of_class(arrays_.size(), 0), of_source(arrays_.size(), 0);
    for (std::uint32_t a = 0; a < arrays_.size(); ++a) {
      waiting.push_back(a);
      ++of_class[class_of_[a]];
      ++of_source[source_of_[a]];
    }
    Tiles tiles(tiles_);
    for (Indices& tile : tiles) {
      while (tile.size() < per_tile_ && !waiting.empty()) {
        const std::size_t k = tile.empty() ? first_of_tile(waiting, of_class, of_source)
                                           : next_of_tile(waiting, of_class, of_source, tile);
        const std::uint32_t a = waiting[k];
        --of_class[class_of_[a]];
        --of_source[source_of_[a]];
        tile.push_back(a);
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(k));
      }
    }
    return tiles;
  }

  bool alike(std::uint32_t a, std::uint32_t b) const {
    if (a == kNone || b == kNone) return a == b;
    const auto same = [](InputWord x, InputWord y) { return x.word == y.word && x.rows == y.rows; };
    return class_of_[a] == class_of_[b] &&
           std::equal(arrays_[a].begin(), arrays_[a].end(), arrays_[b].begin(), arrays_[b].end(), same);
  }

  // Exchanges between two tiles, empty slots included; true if any lowered their messages.
  bool exchange_between(Indices& one, Indices& other, Messages& to_one, Messages& to_other) {
    bool better = false;
    for (std::uint32_t& a : one) {
      for (std::uint32_t& b : other) {
        if (alike(a, b)) continue;
        std::swap(a, b);
        const Messages one_after = to(one);
        const Messages other_after = to(other);
        if (one_after + other_after < to_one + to_other) {
          to_one = one_after;
          to_other = other_after;
          better = true;
        } else {
          std::swap(a, b);
        }
      }
    }
    return better;
  }

  void exchange(Tiles& tiles) {
    std::vector<Messages> messages;
    for (Indices& of_tile : tiles) {
      messages.push_back(to(of_tile));
      of_tile.resize(per_tile_, kNone);
    }
    const std::uint64_t until = looked_at_ + effort_;
    for (bool better = true; better;) {
      better = false;
      for (std::size_t t = 0; t < tiles.size() && looked_at_ < until; ++t) {
        for (std::size_t u = t + 1; u < tiles.size() && looked_at_ < until; ++u) {
          better = exchange_between(tiles[t], tiles[u], messages[t], messages[u]) || better;
        }
      }
    }
    for (Indices& of_tile : tiles) of_tile.erase(std::remove(of_tile.begin(), of_tile.end(), kNone), of_tile.end());
  }

  const std::vector<ArrayInputs>& arrays_;
  std::uint32_t tiles_, per_tile_;
  std::uint64_t effort_;
  std::uint64_t looked_at_ = 0;
  MessageCounter& counter_;
  Indices class_of_;   // arrays with inputs in the same words
  Indices source_of_;  // arrays with the same sources
  std::vector<const ArrayInputs*> slots_;
};

}  // namespace

TileFilling fill_tiles(const std::vector<ArrayInputs>& arrays, std::uint32_t tiles, std::uint32_t per_tile,
                       std::uint64_t effort, MessageCounter& counter, std::vector<ArraysOfTiles> others) {
  return Search(arrays, tiles, per_tile, effort, counter).best(std::move(others));
}

}  // namespace crossloom
