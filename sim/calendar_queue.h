// Events by cycle: a ring of short lists for the near future and a heap for what lies beyond it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sim/message.h"

namespace crossloom {

/// Push is O(1) within `kSpan` cycles of the last drained one. After warming up it allocates nothing. Events of one
/// cycle come in no particular but always the same order.
template <class T>
class CalendarQueue {
  static_assert(std::is_trivially_copyable_v<T>, "events are small plain values");

 public:
  static constexpr Cycle kSpan = 512;

  CalendarQueue() { heads_.fill(kNoNode); }

  /// `when` must not lie before the last drained cycle.
  void push(Cycle when, T item) {
    CROSSLOOM_CHECK(when >= now_, "an event must not lie in the past");
    ++size_;
    if (when - now_ < kSpan) {
      put(when, item);
    } else {
      far_.emplace_back(when, item);
      std::push_heap(far_.begin(), far_.end(), later);
    }
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Cycle of the earliest event, kNever if there is none.
  [[nodiscard]] Cycle next_due() const {
    if (size_ == 0) return kNever;
    const std::size_t start = now_ % kSpan;
    std::size_t word = start / 64;
    std::uint64_t bits = occupied_[word] & ~std::uint64_t{0} << (start % 64);
    for (std::size_t k = 0; k < kWords; ++k) {
      if (bits != 0) return due_at(start, word, bits);
      word = (word + 1) % kWords;
      bits = occupied_[word];
    }
    bits &= ~(~std::uint64_t{0} << (start % 64));
    if (bits != 0) return due_at(start, word, bits);
    return far_.empty() ? kNever : far_.front().first;
  }

  /// Hands over the events of cycle `now` in batches, those pushed for `now` meanwhile included. `now` must not go back
  /// nor pass an event. The batch may be reordered by the callee.
  template <class TakeBatch>
  void drain(Cycle now, TakeBatch&& take_batch) {
    CROSSLOOM_CHECK(now >= now_ && now <= next_due(), "an event was passed over");
    now_ = now;
    while (!far_.empty() && far_.front().first - now_ < kSpan) {
      put(far_.front().first, far_.front().second);
      std::pop_heap(far_.begin(), far_.end(), later);
      far_.pop_back();
    }
    const std::size_t slot = now % kSpan;
    while (heads_[slot] != kNoNode) {
      batch_.clear();
      std::uint32_t last = heads_[slot];
      for (std::uint32_t at = last; at != kNoNode; at = nodes_[at].next) {
        batch_.push_back(nodes_[at].item);
        last = at;
      }
      nodes_[last].next = free_;
      free_ = heads_[slot];
      heads_[slot] = kNoNode;
      occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
      size_ -= batch_.size();
      take_batch(batch_);
    }
  }

  /// Forgets every event; time goes on.
  void clear() {
    heads_.fill(kNoNode);
    occupied_.fill(0);
    nodes_.clear();
    free_ = kNoNode;
    far_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::uint32_t kNoNode = ~std::uint32_t{0};
  using Far = std::pair<Cycle, T>;
  struct Node {
    T item{};
    std::uint32_t next = kNoNode;
  };
  static constexpr std::size_t kWords = kSpan / 64;
  static bool later(const Far& a, const Far& b) { return a.first > b.first; }
  [[nodiscard]] Cycle due_at(std::size_t start, std::size_t word, std::uint64_t bits) const {
    const std::size_t slot = word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
    return now_ + (slot + kSpan - start) % kSpan;
  }
  void put(Cycle when, T item) {
    const std::size_t slot = when % kSpan;
    std::uint32_t node = free_;
    if (node == kNoNode) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({item, heads_[slot]});
    } else {
      free_ = nodes_[node].next;
      nodes_[node] = {item, heads_[slot]};
    }
    heads_[slot] = node;
    occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  }

  Cycle now_ = 0;
  std::size_t size_ = 0;
  std::array<std::uint32_t, kSpan> heads_;
  std::array<std::uint64_t, kWords> occupied_{};
  std::vector<Node> nodes_;
  std::uint32_t free_ = kNoNode;
  std::vector<Far> far_;
  std::vector<T> batch_;
};

}  // namespace crossloom
