// What one tile keeps of one node: a ring of positions, filled by messages and freed by its readers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "sim/bit_serial/flow_tables.h"

namespace crossloom::bit_serial {

/// Positions are counted over images: image * positions + raster number.
class Stream {
 public:
  explicit Stream(const StreamTable& table)
      : table_(table),
        came_(table.depth, 0),
        values_(std::size_t{table.depth} * table.channels.size(), 0),
        released_(std::max<std::size_t>(1, table.readers.size()), 0) {}

  [[nodiscard]] const StreamTable& table() const { return table_; }
  /// Positions of which everything has come, from the first on.
  [[nodiscard]] std::uint64_t complete() const { return complete_; }
  /// Positions that may be sent at `now`, from the first on, as a sender knows it whose credits take `credit_cycles`.
  [[nodiscard]] std::uint64_t room_until(Cycle now, Cycle credit_cycles) const {
    std::uint64_t freed = oldest_freed_;
    for (const Freed& change : history_) {
      if (change.cycle + credit_cycles > now) break;
      freed = change.freed;
    }
    return freed + table_.depth;
  }
  /// When the sender learns of the next change after what room_until() says now, kNever if there is none yet; and the
  /// cause that release() gave for that change.
  struct News {
    Cycle cycle = kNever;
    std::uint32_t cause = 0;
  };
  [[nodiscard]] News next_news(Cycle now, Cycle credit_cycles) const {
    for (const Freed& change : history_) {
      if (change.cycle + credit_cycles > now) return {change.cycle + credit_cycles, change.cause};
    }
    return {};
  }

  [[nodiscard]] std::int32_t* values_at(std::uint64_t position) {
    return values_.data() + (position % table_.depth) * table_.channels.size();
  }
  [[nodiscard]] const std::int32_t* values_at(std::uint64_t position) const {
    return values_.data() + (position % table_.depth) * table_.channels.size();
  }

  /// Whether a value of this position is still to be kept: wanted, and not already given up by every reader (the last
  /// rows of a plane that no window covers).
  [[nodiscard]] bool wants_still(std::uint64_t position) const {
    return position >= freed_ && table_.wants(static_cast<std::uint32_t>(position % table_.positions));
  }
  /// One of the messages of a position has come. Returns whether more positions are complete than before.
  bool came(std::uint64_t position) {
    CROSSLOOM_CHECK(position >= freed_ && position < freed_ + table_.depth,
                    "a sender keeps to the room that it was given");
    ++came_[position % table_.depth];
    const std::uint64_t before = complete_;
    advance();
    return complete_ != before;
  }
  /// Reader `index` wants nothing before `position` any more. Returns whether there is more room than before.
  bool release(std::uint32_t index, std::uint64_t position, Cycle now, std::uint32_t cause = 0) {
    released_[index] = position;
    const std::uint64_t freed = *std::min_element(released_.begin(), released_.end());
    if (freed == freed_) return false;
    for (std::uint64_t p = freed_; p < std::min(freed, freed_ + table_.depth); ++p) came_[p % table_.depth] = 0;
    freed_ = freed;
    if (!history_.empty() && history_.back().cycle == now) {
      history_.back().freed = freed;
      history_.back().cause = cause;
    } else {
      if (history_.size() == kHistory) {
        oldest_freed_ = history_.front().freed;
        history_.erase(history_.begin());
      }
      history_.push_back({now, freed, cause});
    }
    advance();
    return true;
  }
  /// A reader waits until so many positions are complete.
  void wait_for(std::uint64_t needed) { awaited_ = std::min(awaited_, needed); }
  /// Whether somebody waits for what is complete now; forgets who waits, so that all readers must look again.
  [[nodiscard]] bool take_awaited() {
    if (complete_ < awaited_) return false;
    awaited_ = ~std::uint64_t{0};
    return true;
  }
  [[nodiscard]] std::uint64_t freed() const { return freed_; }

 private:
  struct Freed {
    Cycle cycle = 0;
    std::uint64_t freed = 0;
    std::uint32_t cause = 0;
  };
  /// More changes than happen within a credit's time; should there ever be more, the oldest counts as known.
  static constexpr std::size_t kHistory = 32;

  void advance() {
    complete_ = std::max(complete_, freed_);
    const auto copies = static_cast<std::uint32_t>(table_.fragments.size());
    for (; complete_ < freed_ + table_.depth; ++complete_) {
      const auto position = static_cast<std::uint32_t>(complete_ % table_.positions);
      if (!table_.wants(position)) continue;
      if (came_[complete_ % table_.depth] < table_.fragments[position % copies]) return;
    }
  }

  const StreamTable& table_;
  std::vector<std::uint16_t> came_;  ///< messages, by place in the ring
  std::vector<std::int32_t> values_;
  std::vector<std::uint64_t> released_;  ///< by reader
  std::uint64_t complete_ = 0, freed_ = 0, oldest_freed_ = 0;
  std::uint64_t awaited_ = 0;   ///< by the reader that waits for least; at first everybody wants to look
  std::vector<Freed> history_;  ///< the last changes of freed_
};

}  // namespace crossloom::bit_serial
