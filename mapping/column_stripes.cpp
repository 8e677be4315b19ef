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

}  // namespace crossloom
