#include "mapping/block_sharing.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::size_t kResources = 3;  // rows, columns, companions
using Amount = std::array<std::uint64_t, kResources>;
using Groups = std::vector<std::vector<std::size_t>>;

constexpr std::uint64_t kMostLooks = 20'000'000;  // at a kind by one greedy filling by dot products; about 0.05 s
constexpr std::size_t kMostSearched = 24;
constexpr std::uint32_t kMostStates = 200'000;

Amount amount_of(const SharableBlock& block) { return {block.rows, block.columns, block.companions}; }

bool fits(const Amount& need, const Amount& room) {
  return need[0] <= room[0] && need[1] <= room[1] && need[2] <= room[2];
}

void add(Amount& sum, const Amount& more, std::uint64_t times = 1) {
  for (std::size_t k = 0; k < kResources; ++k) sum[k] += more[k] * times;
}

void take(Amount& room, const Amount& need, std::uint64_t times = 1) {
  for (std::size_t k = 0; k < kResources; ++k) room[k] -= need[k] * times;
}

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// Blocks of one size.
struct Kind {
  Amount need{};
  std::vector<std::size_t> blocks;
};

struct Taken {
  std::size_t kind;
  std::uint64_t blocks;
};
// Arrays filled alike.
struct Pattern {
  std::vector<Taken> taken;
  std::uint64_t arrays = 0;
};
using Filling = std::vector<Pattern>;

std::uint64_t arrays_of(const Filling& filling) {
  std::uint64_t sum = 0;
  for (const Pattern& pattern : filling) sum += pattern.arrays;
  return sum;
}

std::uint64_t most_that_fit(const Amount& need, const Amount& room) {
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t k = 0; k < kResources; ++k) {
    if (need[k] != 0) most = std::min(most, room[k] / need[k]);
  }
  return most;
}

// Fills arrays one pattern after another; a pattern is used as often as its blocks last.
class Filler {
 public:
  Filler(const std::vector<Kind>& kinds, const Amount& limit) : kinds_(kinds), limit_(limit) {}

  // Each array takes kinds in this order, as many of each as fit.
  [[nodiscard]] Filling in_order(std::vector<std::size_t> order) {
    start();
    Filling filling;
    while (!order.empty()) {
      Pattern pattern;
      Amount room = limit_;
      for (const std::size_t kind : order) {
        const std::uint64_t blocks = std::min(left_[kind], most_that_fit(kinds_[kind].need, room));
        if (blocks == 0) continue;
        take(room, kinds_[kind].need, blocks);
        pattern.taken.push_back({kind, blocks});
      }
      use(pattern);
      filling.push_back(std::move(pattern));
      order.erase(std::remove_if(order.begin(), order.end(), [this](std::size_t kind) { return left_[kind] == 0; }),
                  order.end());
    }
    return filling;
  }

  // Each array takes block after block the one that asks most for what it has most of; absent where that takes too long.
  [[nodiscard]] std::optional<Filling> by_dot_product() {
    start();
    Filling filling;
    std::vector<std::size_t> waiting(kinds_.size());
    for (std::size_t kind = 0; kind < waiting.size(); ++kind) waiting[kind] = kind;
    std::uint64_t looks = 0;
    while (!waiting.empty()) {
      Pattern pattern;
      Amount room = limit_;
      std::vector<std::uint64_t> own(kinds_.size(), 0);
      for (;;) {
        looks += waiting.size();
        if (looks > kMostLooks) return std::nullopt;
        const std::optional<std::size_t> kind = most_wanted(waiting, own, room);
        if (!kind) break;
        ++own[*kind];
        take(room, kinds_[*kind].need);
      }
      for (const std::size_t kind : waiting) {
        if (own[kind] != 0) pattern.taken.push_back({kind, own[kind]});
      }
      use(pattern);
      filling.push_back(std::move(pattern));
      waiting.erase(
          std::remove_if(waiting.begin(), waiting.end(), [this](std::size_t kind) { return left_[kind] == 0; }),
          waiting.end());
    }
    return filling;
  }

 private:
  void start() {
    left_.clear();
    for (const Kind& kind : kinds_) left_.push_back(kind.blocks.size());
  }

  void use(Pattern& pattern) {
    pattern.arrays = std::numeric_limits<std::uint64_t>::max();
    for (const Taken& taken : pattern.taken) {
      pattern.arrays = std::min(pattern.arrays, left_[taken.kind] / taken.blocks);
    }
    for (const Taken& taken : pattern.taken) left_[taken.kind] -= taken.blocks * pattern.arrays;
  }

  [[nodiscard]] std::optional<std::size_t> most_wanted(const std::vector<std::size_t>& waiting,
                                                       const std::vector<std::uint64_t>& own,
                                                       const Amount& room) const {
    std::optional<std::size_t> best;
    double most = -1.0;
    for (const std::size_t kind : waiting) {
      if (own[kind] == left_[kind] || !fits(kinds_[kind].need, room)) continue;
      double product = 0.0;
      for (std::size_t k = 0; k < kResources; ++k) {
        const auto all = static_cast<double>(std::max<std::uint64_t>(1, limit_[k]));
        product += static_cast<double>(kinds_[kind].need[k]) / all * (static_cast<double>(room[k]) / all);
      }
      if (product <= most) continue;
      most = product;
      best = kind;
    }
    return best;
  }

  const std::vector<Kind>& kinds_;
  Amount limit_;
  std::vector<std::uint64_t> left_;  // of each kind
};

// What the blocks add up to, and how many exceed half the limit in one resource (no two of them fit one array).
std::uint64_t fewest_arrays(const std::vector<Kind>& kinds, const Amount& limit) {
  Amount sum{};
  Amount large{};
  for (const Kind& kind : kinds) {
    add(sum, kind.need, kind.blocks.size());
    for (std::size_t k = 0; k < kResources; ++k) large[k] += 2 * kind.need[k] > limit[k] ? kind.blocks.size() : 0;
  }
  std::uint64_t fewest = 0;
  for (std::size_t k = 0; k < kResources; ++k) {
    if (limit[k] != 0) fewest = std::max({fewest, ceil_div(sum[k], limit[k]), large[k]});
  }
  return fewest;
}

// Depth first, largest blocks first, until nothing better is left or the states are used up.
class Search {
 public:
  Search(const std::vector<SharableBlock>& blocks, const Amount& limit, std::size_t to_beat)
      : limit_(limit), best_arrays_(to_beat), array_of_(blocks.size(), 0) {
    for (const SharableBlock& block : blocks) needs_.push_back(amount_of(block));
    for (std::size_t b = 0; b < blocks.size(); ++b) order_.push_back(b);
    const auto size = [this](std::size_t b) {
      const Amount& need = needs_[b];
      return need[0] * limit_[1] + need[1] * limit_[0];
    };
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return size(a) != size(b) ? size(a) > size(b) : needs_[a] > needs_[b];
    });
    left_.resize(order_.size() + 1);
    for (std::size_t k = order_.size(); k-- > 0;) {
      left_[k] = left_[k + 1];
      add(left_[k], needs_[order_[k]]);
    }
  }

  // Groups in fewer arrays than to_beat, if it finds any.
  [[nodiscard]] std::optional<Groups> run() {
    place(0);
    return best_;
  }

 private:
  [[nodiscard]] std::size_t least_arrays(std::size_t next) const {
    Amount room{};
    for (const Amount& of_array : room_) add(room, of_array);
    std::uint64_t more = 0;
    for (std::size_t k = 0; k < kResources; ++k) {
      if (left_[next][k] > room[k] && limit_[k] != 0) more = std::max(more, ceil_div(left_[next][k] - room[k], limit_[k]));
    }
    return room_.size() + more;
  }

  void place(std::size_t next) {
    if (++states_ > kMostStates || least_arrays(next) >= best_arrays_) return;
    if (next == order_.size()) {
      keep();
      return;
    }
    const Amount& need = needs_[order_[next]];
    const bool again = next > 0 && needs_[order_[next - 1]] == need;
    for (std::size_t a = again ? array_of_[order_[next - 1]] : 0; a < room_.size(); ++a) {
      const bool seen = std::find(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(a), room_[a]) !=
                        room_.begin() + static_cast<std::ptrdiff_t>(a);
      if (!fits(need, room_[a]) || (seen && !again)) continue;
      take(room_[a], need);
      array_of_[order_[next]] = a;
      place(next + 1);
      add(room_[a], need);
    }
    room_.push_back(limit_);
    take(room_.back(), need);
    array_of_[order_[next]] = room_.size() - 1;
    place(next + 1);
    room_.pop_back();
  }

  void keep() {
    best_arrays_ = room_.size();
    best_.emplace(best_arrays_);
    for (std::size_t b = 0; b < array_of_.size(); ++b) (*best_)[array_of_[b]].push_back(b);
  }

  Amount limit_;
  std::size_t best_arrays_;
  std::vector<std::size_t> array_of_;  // of each block
  std::vector<Amount> needs_;          // of each block
  std::vector<std::size_t> order_;
  std::vector<Amount> left_;  // of order_[k..]
  std::vector<Amount> room_;  // of each array in use
  std::uint32_t states_ = 0;
  std::optional<Groups> best_;
};

std::vector<Kind> kinds_of(const std::vector<SharableBlock>& blocks, const Amount& limit) {
  std::map<Amount, std::size_t> kind_of;
  std::vector<Kind> kinds;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Amount need = amount_of(blocks[b]);
    CROSSLOOM_CHECK(need[0] != 0 && need[1] != 0 && fits(need, limit), "a block to share is no larger than an array");
    const auto [at, fresh] = kind_of.emplace(need, kinds.size());
    if (fresh) kinds.push_back({need, {}});
    kinds[at->second].blocks.push_back(b);
  }
  return kinds;
}

// Largest first, by different ideas of large.
std::vector<std::vector<std::size_t>> greedy_orders(const std::vector<Kind>& kinds, const Amount& limit) {
  const auto share = [&](const Kind& kind, std::size_t k) {
    return limit[k] == 0 ? 0.0 : static_cast<double>(kind.need[k]) / static_cast<double>(limit[k]);
  };
  std::vector<std::vector<std::size_t>> orders;
  const auto add_order = [&](auto&& size) {
    orders.emplace_back(kinds.size());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) orders.back()[kind] = kind;
    std::stable_sort(orders.back().begin(), orders.back().end(), [&](std::size_t a, std::size_t b) {
      const double size_a = size(kinds[a]);
      const double size_b = size(kinds[b]);
      return size_a != size_b ? size_a > size_b : kinds[a].need > kinds[b].need;
    });
  };
  add_order([&](const Kind& kind) { return std::max({share(kind, 0), share(kind, 1), share(kind, 2)}); });
  add_order([&](const Kind& kind) { return share(kind, 0) + share(kind, 1) + share(kind, 2); });
  add_order([&](const Kind& kind) { return share(kind, 0) * share(kind, 1); });
  add_order([&](const Kind& kind) { return share(kind, 0); });
  add_order([&](const Kind& kind) { return share(kind, 1); });
  return orders;
}

Groups groups_of(const Filling& filling, const std::vector<Kind>& kinds) {
  std::vector<std::size_t> used(kinds.size(), 0);
  Groups groups;
  for (const Pattern& pattern : filling) {
    for (std::uint64_t n = 0; n < pattern.arrays; ++n) {
      groups.emplace_back();
      for (const Taken& taken : pattern.taken) {
        for (std::uint64_t b = 0; b < taken.blocks; ++b) {
          groups.back().push_back(kinds[taken.kind].blocks[used[taken.kind]++]);
        }
      }
    }
  }
  return groups;
}

std::vector<SharableBlock> without_companions(const std::vector<ArraySize>& blocks) {
  std::vector<SharableBlock> sharable;
  sharable.reserve(blocks.size());
  for (const ArraySize& block : blocks) sharable.push_back({block.rows, block.columns, 0});
  return sharable;
}

Amount limit_of(const SharingLimit& limit) { return {limit.array.rows, limit.array.columns, limit.companions}; }

}  // namespace

std::vector<std::vector<std::size_t>> share_arrays(const std::vector<SharableBlock>& blocks,
                                                   const SharingLimit& sharing_limit) {
  const Amount limit = limit_of(sharing_limit);
  const std::vector<Kind> kinds = kinds_of(blocks, limit);
  const std::uint64_t fewest = fewest_arrays(kinds, limit);
  Filler filler(kinds, limit);
  std::optional<Filling> best;
  const auto consider = [&](std::optional<Filling> filling) {
    if (filling && (!best || arrays_of(*filling) < arrays_of(*best))) best = std::move(filling);
  };
  for (std::vector<std::size_t>& order : greedy_orders(kinds, limit)) {
    if (best && arrays_of(*best) == fewest) break;
    consider(filler.in_order(std::move(order)));
  }
  if (arrays_of(*best) > fewest) consider(filler.by_dot_product());
  Groups groups = groups_of(*best, kinds);
  if (groups.size() > fewest && blocks.size() <= kMostSearched) {
    if (std::optional<Groups> found = Search(blocks, limit, groups.size()).run()) groups = std::move(*found);
  }
  for (std::vector<std::size_t>& group : groups) std::sort(group.begin(), group.end());
  std::sort(groups.begin(), groups.end());
  return groups;
}

std::vector<std::vector<std::size_t>> share_arrays(const std::vector<ArraySize>& blocks, ArraySize array) {
  return share_arrays(without_companions(blocks), {array, 0});
}

std::size_t fewest_shared_arrays(const std::vector<ArraySize>& blocks, ArraySize array) {
  const Amount limit = limit_of({array, 0});
  return fewest_arrays(kinds_of(without_companions(blocks), limit), limit);
}

}  // namespace crossloom
