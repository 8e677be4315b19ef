// When the credits of flits that have left a buffer are back at its feeder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/message.h"

namespace crossloom {

/// For each of a number of buffers, whose flits leave one after another, when the last credits were or will be back. No
/// event returns a credit: the feeder looks when it is short of them. Flits are numbered in the order in which they
/// leave, modulo 2^32. Remembers as many as are on their way at once; older ones are back.
class CreditReturns {
 public:
  explicit CreditReturns(std::size_t buffers) : buffers_(buffers), times_(buffers * size_) {}

  /// At `now` it is decided that flit number `flit` leaves, so that its credit is back at `back`. left_of(buffer): how
  /// many flits have left a buffer, asked only when more room is needed.
  template <class LeftOf>
  void leave(std::size_t buffer, std::uint32_t flit, Cycle back, Cycle now, LeftOf&& left_of) {
    if (times_[buffer * size_ + (flit & (size_ - 1))] > now) grow(left_of);
    times_[buffer * size_ + (flit & (size_ - 1))] = back;
  }
  /// When the credit of a flit is back, of which it is known when it leaves; 0 if long ago. `left`: flits that have
  /// left the buffer.
  [[nodiscard]] Cycle back(std::size_t buffer, std::uint32_t flit, std::uint32_t left) const {
    return left - flit > size_ ? 0 : times_[buffer * size_ + (flit & (size_ - 1))];
  }
  /// All credits are home and the numbers of flits begin anew.
  void reset() { std::fill(times_.begin(), times_.end(), 0); }

 private:
  template <class LeftOf>
  void grow(LeftOf&& left_of) {
    std::vector<Cycle> grown(times_.size() * 2);
    for (std::size_t buffer = 0; buffer < buffers_; ++buffer) {
      for (std::uint32_t k = 1; k <= size_; ++k) {
        const std::uint32_t flit = left_of(buffer) - k;
        grown[buffer * 2 * size_ + (flit & (2 * size_ - 1))] = times_[buffer * size_ + (flit & (size_ - 1))];
      }
    }
    times_ = std::move(grown);
    size_ *= 2;
  }

  std::size_t buffers_;
  std::size_t size_ = 2;  ///< a buffer: a power of two, so few that they stay in the caches
  std::vector<Cycle> times_;
};

}  // namespace crossloom
