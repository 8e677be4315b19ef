#include "mapping/stripe_improvement.h"

#include <algorithm>
#include <limits>

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Local search over which stripe a column is in.
class Improver {
 public:
  Improver(const SparseMatrix& matrix, ArraySize array, std::uint64_t effort, Stripes& stripes)
      : columns_(matrix.by_column),
        array_(array),
        effort_(effort),
        members_(stripes),
        stripe_of_(columns_.rows, kNone) {
    stripes_ = static_cast<std::uint32_t>(stripes.size());
    count_.assign(std::size_t{columns_.columns} * stripes_, 0);
    live_.assign(stripes_, 0);
    for (std::uint32_t s = 0; s < stripes_; ++s) {
      for (const std::uint32_t j : stripes[s]) {
        stripe_of_[j] = s;
        for (const std::uint32_t i : columns_.row(j)) live_[s] += count(i, s)++ == 0 ? 1 : 0;
      }
    }
    gain_.assign(std::size_t{columns_.rows} * stripes_, 0);
  }

  void run() {
    for (const bool parts_first : {false, true}) {
      parts_first_ = parts_first;
      while (pass()) {
      }
    }
    for (Indices& stripe : members_) std::sort(stripe.begin(), stripe.end());
    members_.erase(std::remove_if(members_.begin(), members_.end(), [](const Indices& s) { return s.empty(); }),
                   members_.end());
  }

 private:
  std::uint16_t& count(std::uint32_t row, std::uint32_t stripe) { return count_[std::size_t{row} * stripes_ + stripe]; }
  std::int32_t& gain(std::uint32_t column, std::uint32_t stripe) {
    return gain_[std::size_t{column} * stripes_ + stripe];
  }

  // Live rows that all stripes lose together if the column alone moves, for each stripe.
  void look_at(std::uint32_t j) {
    const std::uint32_t s = stripe_of_[j];
    std::int32_t* const gains = &gain(j, 0);
    std::fill(gains, gains + stripes_, 0);
    std::int32_t leaves = 0;
    for (const std::uint32_t i : columns_.row(j)) {
      const std::uint16_t* const counts = &count(i, 0);
      leaves += counts[s] == 1 ? 1 : 0;
      for (std::uint32_t t = 0; t < stripes_; ++t) gains[t] -= counts[t] == 0 ? 1 : 0;
    }
    for (std::uint32_t t = 0; t < stripes_; ++t) gains[t] += leaves;
    gains[s] = 0;
    looked_ += std::uint64_t{columns_.row(j).size()} * (stripes_ / 4 + 1);
  }

  [[nodiscard]] std::int64_t parts(std::int64_t rows) const { return (rows + array_.rows - 1) / array_.rows; }

  // Is it better for stripes s and t to have these many more live rows?
  [[nodiscard]] bool better(std::uint32_t s, std::int64_t more_in_s, std::uint32_t t, std::int64_t more_in_t) const {
    const std::int64_t rows = more_in_s + more_in_t;
    if (!parts_first_) return rows < 0;
    const std::int64_t now = parts(live_[s]) + parts(live_[t]);
    const std::int64_t then = parts(live_[s] + more_in_s) + parts(live_[t] + more_in_t);
    return then != now ? then < now : rows < 0;
  }

  void leave(std::uint32_t j) {
    const std::uint32_t s = stripe_of_[j];
    for (const std::uint32_t i : columns_.row(j)) live_[s] -= --count(i, s) == 0 ? 1 : 0;
    members_[s].erase(std::find(members_[s].begin(), members_[s].end(), j));
    looked_ += columns_.row(j).size();
  }
  void enter(std::uint32_t j, std::uint32_t t) {
    for (const std::uint32_t i : columns_.row(j)) live_[t] += count(i, t)++ == 0 ? 1 : 0;
    members_[t].push_back(j);
    stripe_of_[j] = t;
    looked_ += columns_.row(j).size();
  }

  bool move(std::uint32_t j) {
    const std::uint32_t s = stripe_of_[j];
    std::int32_t leaves = 0;
    for (const std::uint32_t i : columns_.row(j)) leaves += count(i, s) == 1 ? 1 : 0;
    std::uint32_t best = kNone;
    for (std::uint32_t t = 0; t < stripes_; ++t) {
      if (t == s || members_[t].size() >= array_.columns || members_[t].empty()) continue;
      if (!better(s, -leaves, t, leaves - gain(j, t))) continue;
      if (best == kNone || gain(j, t) > gain(j, best)) best = t;
    }
    if (best == kNone) return false;
    leave(j);
    enter(j, best);
    return true;
  }

  bool swap(std::uint32_t j) {
    const std::uint32_t s = stripe_of_[j];
    for (std::uint32_t t = 0; t < stripes_; ++t) {
      if (t == s) continue;
      std::uint32_t partner = kNone;
      for (const std::uint32_t k : members_[t]) {
        if (partner == kNone || gain(k, s) > gain(partner, s)) partner = k;
      }
      looked_ += members_[t].size();
      // What both gain alone is the most they can gain together.
      if (partner == kNone || gain(j, t) + gain(partner, s) <= 0) continue;
      if (try_swap(j, s, partner, t)) return true;
    }
    return false;
  }

  bool try_swap(std::uint32_t j, std::uint32_t s, std::uint32_t k, std::uint32_t t) {
    const std::int64_t in_s = live_[s], in_t = live_[t];
    leave(j);
    leave(k);
    enter(j, t);
    enter(k, s);
    const std::int64_t more_in_s = live_[s] - in_s, more_in_t = live_[t] - in_t;
    live_[s] = in_s;
    live_[t] = in_t;
    const bool keep = better(s, more_in_s, t, more_in_t);
    live_[s] = in_s + more_in_s;
    live_[t] = in_t + more_in_t;
    if (keep) return true;
    leave(j);
    leave(k);
    enter(j, s);
    enter(k, t);
    return false;
  }

  // Every column once; true if any moved and effort is left.
  bool pass() {
    for (std::uint32_t j = 0; j < columns_.rows && looked_ < effort_; ++j) {
      if (stripe_of_[j] != kNone) look_at(j);
    }
    bool any = false;
    for (std::uint32_t j = 0; j < columns_.rows && looked_ < effort_; ++j) {
      if (stripe_of_[j] == kNone) continue;
      look_at(j);
      any = move(j) || swap(j) || any;
    }
    return any && looked_ < effort_;
  }

  const BinaryMatrix& columns_;  // its rows are the matrix's columns
  ArraySize array_;
  std::uint64_t effort_;
  std::uint64_t looked_ = 0;
  Stripes& members_;
  Indices stripe_of_;
  std::uint32_t stripes_ = 0;
  bool parts_first_ = false;
  std::vector<std::uint16_t> count_;  // [row][stripe]: live weights
  std::vector<std::int64_t> live_;    // rows of each stripe
  std::vector<std::int32_t> gain_;    // [column][stripe], as of the last look
};

}  // namespace

void improve_stripes(const SparseMatrix& matrix, ArraySize array, std::uint64_t effort, Stripes& stripes) {
  if (stripes.size() > 1) Improver(matrix, array, effort, stripes).run();
}

}  // namespace crossloom
