// Events by cycle: a ring of buckets for the near future and a heap for what lies beyond it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sim/message.h"

namespace crossloom {

/// Push is O(1) within `kSpan` cycles of the last drained one. After warming up it allocates nothing.
template <class T>
class CalendarQueue {
 public:
  static constexpr Cycle kSpan = 512;

  CalendarQueue() : buckets_(kSpan) {}

  /// `when` must not lie before the last drained cycle.
  void push(Cycle when, T item) {
    CROSSLOOM_CHECK(when >= now_, "an event must not lie in the past");
    ++size_;
    if (when - now_ < kSpan) {
      put(when, std::move(item));
    } else {
      far_.emplace_back(when, std::move(item));
      std::push_heap(far_.begin(), far_.end(), later);
    }
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Cycle of the earliest event, kNever if there is none.
  [[nodiscard]] Cycle next_due() const {
    if (size_ == 0) return kNever;
    const std::size_t start = now_ % kSpan;
    for (std::size_t k = 0; k <= kWords; ++k) {
      const std::size_t word = (start / 64 + k) % kWords;
      std::uint64_t bits = occupied_[word];
      if (k == 0) bits &= ~std::uint64_t{0} << (start % 64);
      if (k == kWords) bits &= ~(~std::uint64_t{0} << (start % 64));
      if (bits != 0) {
        const std::size_t slot = word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
        return now_ + (slot + kSpan - start) % kSpan;
      }
    }
    return far_.front().first;
  }

  /// Hands over the events of cycle `now` in batches, those pushed for `now` meanwhile included. `now` must not go back
  /// nor pass an event. The batch may be reordered by the callee.
  template <class TakeBatch>
  void drain(Cycle now, TakeBatch&& take_batch) {
    CROSSLOOM_CHECK(now >= now_ && now <= next_due(), "an event was passed over");
    now_ = now;
    while (!far_.empty() && far_.front().first - now_ < kSpan) {
      std::pop_heap(far_.begin(), far_.end(), later);
      put(far_.back().first, std::move(far_.back().second));
      far_.pop_back();
    }
    std::vector<T>& bucket = buckets_[now % kSpan];
    while (!bucket.empty()) {
      batch_.swap(bucket);
      occupied_[(now % kSpan) / 64] &= ~(std::uint64_t{1} << (now % 64));
      size_ -= batch_.size();
      take_batch(batch_);
      batch_.clear();
    }
  }

  /// Forgets every event.
  void clear() {
    for (std::vector<T>& bucket : buckets_) bucket.clear();
    std::fill(occupied_.begin(), occupied_.end(), 0);
    far_.clear();
    size_ = 0;
  }

 private:
  using Far = std::pair<Cycle, T>;
  static constexpr std::size_t kWords = kSpan / 64;
  static bool later(const Far& a, const Far& b) { return a.first > b.first; }
  void put(Cycle when, T item) {
    const std::size_t slot = when % kSpan;
    occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    buckets_[slot].push_back(std::move(item));
  }

  Cycle now_ = 0;
  std::size_t size_ = 0;
  std::vector<std::vector<T>> buckets_;
  std::vector<std::uint64_t> occupied_ = std::vector<std::uint64_t>(kWords, 0);
  std::vector<Far> far_;
  std::vector<T> batch_;
};

}  // namespace crossloom
