#include "mapping/array_filling.h"

#include <algorithm>
#include <limits>

namespace crossloom {
namespace {

constexpr std::uint64_t kMostLooks = 20'000'000;  // at a kind by one filling by dot products; about 0.05 s

std::uint64_t most_that_fit(const SharingAmount& need, const SharingAmount& room) {
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t k = 0; k < kSharingResources; ++k) {
    if (need[k] != 0) most = std::min(most, room[k] / need[k]);
  }
  return most;
}

// Fills arrays one pattern after another; a pattern is used as often as its blocks last.
class Filler {
 public:
  Filler(const std::vector<BlockKind>& kinds, const SharingAmount& limit) : kinds_(kinds), limit_(limit) {}

  // Each array takes kinds in this order, as many of each as fit.
  [[nodiscard]] ArrayFilling in_order(std::vector<std::size_t> order) {
    start();
    ArrayFilling filling;
    while (!order.empty()) {
      FillingPattern pattern;
      SharingAmount room = limit_;
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

  // Each array takes block after block the one that asks most for what it has most of; absent where that takes too
  // long.
  [[nodiscard]] std::optional<ArrayFilling> by_dot_product() {
    start();
    ArrayFilling filling;
    std::vector<std::size_t> waiting(kinds_.size());
    for (std::size_t kind = 0; kind < waiting.size(); ++kind) waiting[kind] = kind;
    std::uint64_t looks = 0;
    while (!waiting.empty()) {
      FillingPattern pattern;
      SharingAmount room = limit_;
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
    for (const BlockKind& kind : kinds_) left_.push_back(kind.blocks.size());
  }

  void use(FillingPattern& pattern) {
    pattern.arrays = std::numeric_limits<std::uint64_t>::max();
    for (const TakenBlocks& taken : pattern.taken) {
      pattern.arrays = std::min(pattern.arrays, left_[taken.kind] / taken.blocks);
    }
    for (const TakenBlocks& taken : pattern.taken) left_[taken.kind] -= taken.blocks * pattern.arrays;
  }

  [[nodiscard]] std::optional<std::size_t> most_wanted(const std::vector<std::size_t>& waiting,
                                                       const std::vector<std::uint64_t>& own,
                                                       const SharingAmount& room) const {
    std::optional<std::size_t> best;
    double most = -1.0;
    for (const std::size_t kind : waiting) {
      if (own[kind] == left_[kind] || !fits(kinds_[kind].need, room)) continue;
      double product = 0.0;
      for (std::size_t k = 0; k < kSharingResources; ++k) {
        const auto all = static_cast<double>(std::max<std::uint64_t>(1, limit_[k]));
        product += static_cast<double>(kinds_[kind].need[k]) / all * (static_cast<double>(room[k]) / all);
      }
      if (product <= most) continue;
      most = product;
      best = kind;
    }
    return best;
  }

  const std::vector<BlockKind>& kinds_;
  SharingAmount limit_;
  std::vector<std::uint64_t> left_;  // of each kind
};

}  // namespace

std::uint64_t arrays_of(const ArrayFilling& filling) {
  std::uint64_t sum = 0;
  for (const FillingPattern& pattern : filling) sum += pattern.arrays;
  return sum;
}

ArrayFilling fill_in_order(const std::vector<BlockKind>& kinds, const SharingAmount& limit,
                           std::vector<std::size_t> order) {
  return Filler(kinds, limit).in_order(std::move(order));
}

std::optional<ArrayFilling> fill_by_dot_product(const std::vector<BlockKind>& kinds, const SharingAmount& limit) {
  return Filler(kinds, limit).by_dot_product();
}

}  // namespace crossloom
