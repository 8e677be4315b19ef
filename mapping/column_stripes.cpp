#include "mapping/column_stripes.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Grows one stripe after another.
class Grower {
 public:
  Grower(const SparseMatrix& matrix, ArraySize array, Likeness likeness, StripeEnd end)
      : matrix_(matrix), array_(array), likeness_(likeness), end_(end), live_(matrix.by_row.rows) {}

  Stripes grow(const std::vector<std::uint8_t>& taken) {
    for (std::uint32_t j = 0; j < matrix_.by_row.columns; ++j) {
      if (matrix_.by_column.row(j).size() != 0 && (taken.empty() || taken[j] == 0)) waiting_.push_back(j);
    }
    Stripes stripes;
    while (!waiting_.empty()) stripes.push_back(next_stripe());
    return stripes;
  }

 private:
  Indices next_stripe() {
    std::fill(live_.begin(), live_.end(), std::uint8_t{0});
    common_.assign(matrix_.by_row.columns, 0);
    std::vector<std::uint8_t> chosen(matrix_.by_row.columns, 0);
    Indices stripe, rows_after;
    std::uint32_t rows = 0;
    while (stripe.size() < array_.columns && stripe.size() < waiting_.size()) {
      const std::uint32_t j = best(chosen, stripe.empty());
      chosen[j] = 1;
      stripe.push_back(j);
      for (const std::uint32_t i : matrix_.by_column.row(j)) {
        if (live_[i] != 0) continue;
        live_[i] = 1;
        ++rows;
        for (const std::uint32_t k : matrix_.by_row.row(i)) ++common_[k];
      }
      rows_after.push_back(rows);
    }
    if (end_ == StripeEnd::most_columns_a_part) stripe.resize(best_length(rows_after));
    std::sort(stripe.begin(), stripe.end());
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                  [&](std::uint32_t j) { return std::binary_search(stripe.begin(), stripe.end(), j); }),
                   waiting_.end());
    return stripe;
  }

  [[nodiscard]] std::uint32_t best(const std::vector<std::uint8_t>& chosen, bool first) const {
    std::uint32_t best = kNone;
    std::uint64_t best_new = 0, best_all = 1;
    for (const std::uint32_t j : waiting_) {
      if (chosen[j] != 0) continue;
      const std::uint64_t all = matrix_.by_column.row(j).size();
      const std::uint64_t fresh = all - common_[j];
      bool better = best == kNone;
      if (first) {
        better = better || all > best_all;
      } else if (likeness_ == Likeness::fewest_new_rows) {
        better = better || fresh < best_new || (fresh == best_new && all > best_all);
      } else {
        better = better || fresh * best_all < best_new * all || (fresh * best_all == best_new * all && all > best_all);
      }
      if (!better) continue;
      best = j;
      best_new = fresh;
      best_all = all;
    }
    return best;
  }

  [[nodiscard]] std::size_t best_length(const Indices& rows_after) const {
    std::size_t best = 1, best_parts = 1;
    for (std::size_t n = 1; n <= rows_after.size(); ++n) {
      const std::size_t parts = (rows_after[n - 1] + std::size_t{array_.rows} - 1) / array_.rows;
      if (n == 1 || n * best_parts >= best * parts) {
        best = n;
        best_parts = parts;
      }
    }
    return best;
  }

  const SparseMatrix& matrix_;
  ArraySize array_;
  Likeness likeness_;
  StripeEnd end_;
  Indices waiting_;
  std::vector<std::uint8_t> live_;  // of each row: in the stripe
  Indices common_;                  // of each column: live rows that the stripe has too
};

// Local search over which stripe a column is in.
class Improver {
 public:
  Improver(const SparseMatrix& matrix, ArraySize array, std::uint64_t effort, Stripes& stripes)
      : columns_(matrix.by_column), array_(array), effort_(effort), members_(stripes), stripe_of_(columns_.rows, kNone) {
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
  std::uint16_t& count(std::uint32_t row, std::uint32_t stripe) {
    return count_[std::size_t{row} * stripes_ + stripe];
  }
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

std::vector<std::vector<std::uint32_t>> live_rows_of(const SparseMatrix& matrix, const Stripes& stripes) {
  Indices stripe_of(matrix.by_row.columns, kNone);
  for (std::uint32_t s = 0; s < stripes.size(); ++s) {
    for (const std::uint32_t j : stripes[s]) stripe_of[j] = s;
  }
  std::vector<Indices> rows(stripes.size());
  for (std::uint32_t i = 0; i < matrix.by_row.rows; ++i) {
    for (const std::uint32_t j : matrix.by_row.row(i)) {
      if (stripe_of[j] == kNone) continue;
      Indices& of_stripe = rows[stripe_of[j]];
      if (of_stripe.empty() || of_stripe.back() != i) of_stripe.push_back(i);
    }
  }
  return rows;
}

std::uint64_t fewest_row_parts(const SparseMatrix& matrix, ArraySize array) {
  std::vector<std::uint64_t> columns_needing;  // [p]: columns that need more than p arrays
  for (std::uint32_t j = 0; j < matrix.by_row.columns; ++j) {
    const std::uint32_t parts = (matrix.by_column.row(j).size() + array.rows - 1) / array.rows;
    if (columns_needing.size() < parts) columns_needing.resize(parts, 0);
    for (std::uint32_t p = 0; p < parts; ++p) ++columns_needing[p];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t columns : columns_needing) sum += (columns + array.columns - 1) / array.columns;
  return sum;
}

Stripes stripes_of_like_columns(const SparseMatrix& matrix, ArraySize array, Likeness likeness, StripeEnd end,
                                const std::vector<std::uint8_t>& taken) {
  return Grower(matrix, array, likeness, end).grow(taken);
}

Stripes stripes_along(const SparseMatrix& matrix, ArraySize array,
                      const std::vector<std::vector<std::uint32_t>>& sets) {
  std::vector<std::uint64_t> live(sets.size(), 0);
  for (std::size_t k = 0; k < sets.size(); ++k) {
    for (const std::uint32_t j : sets[k]) live[k] += matrix.by_column.row(j).size();
  }
  std::vector<std::size_t> order(sets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return live[a] > live[b]; });
  std::vector<std::uint8_t> taken(matrix.by_row.columns, 0);
  Stripes stripes;
  for (const std::size_t k : order) {
    std::size_t room = 0;
    for (const std::uint32_t j : sets[k]) {
      if (taken[j] != 0 || matrix.by_column.row(j).size() == 0) continue;
      if (room == 0) {
        stripes.emplace_back();
        room = array.columns;
      }
      taken[j] = 1;
      stripes.back().push_back(j);
      --room;
    }
  }
  for (auto& stripe : stripes_of_like_columns(matrix, array, Likeness::fewest_new_rows, StripeEnd::full_width, taken)) {
    stripes.push_back(std::move(stripe));
  }
  return stripes;
}

void improve_stripes(const SparseMatrix& matrix, ArraySize array, std::uint64_t effort, Stripes& stripes) {
  if (stripes.size() > 1) Improver(matrix, array, effort, stripes).run();
}

}  // namespace crossloom
