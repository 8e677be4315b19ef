// Events that take effect a bounded number of cycles after they were put in: a ring of lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/message.h"

namespace crossloom {

/// Cheaper than a calendar, for delays known in advance. After warming up it allocates nothing.
template <class T>
class DelayLine {
 public:
  explicit DelayLine(Cycle longest) {
    std::size_t lists = 1;
    while (lists <= longest) lists *= 2;
    lists_.resize(lists);
    mask_ = lists - 1;
  }

  /// now < when <= now + longest, and everything due by now was taken.
  void put(Cycle when, T item) {
    lists_[when & mask_].push_back(item);
    ++size_;
  }
  /// Everything due at `now`.
  template <class Take>
  void take(Cycle now, Take&& take_item) {
    if (size_ == 0) return;
    std::vector<T>& due = lists_[now & mask_];
    if (due.empty()) return;
    size_ -= due.size();
    for (const T& item : due) take_item(item);
    due.clear();
  }
  /// Earliest cycle after `now` with something due, kNever if there is none.
  [[nodiscard]] Cycle next_after(Cycle now) const {
    if (size_ == 0) return kNever;
    Cycle when = now + 1;
    while (lists_[when & mask_].empty()) ++when;
    return when;
  }

 private:
  std::vector<std::vector<T>> lists_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace crossloom
