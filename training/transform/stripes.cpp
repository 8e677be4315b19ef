#include "training/transform/stripes.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
constexpr int kMostRounds = 40;

/// The `count` largest, ascending by position; of equal ones the first.
Indices largest(const std::vector<double>& values, std::size_t count) {
  Indices order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  count = std::min(count, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
      [&values](std::uint32_t a, std::uint32_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

class StripeLearner {
 public:
  StripeLearner(const std::vector<float>& importance, const StripeDemand& demand) : demand_(demand) {
    const auto wanted = static_cast<std::size_t>(
        std::count_if(demand.worth.begin(), demand.worth.end(), [](float w) { return w > 0; }));
    const std::size_t width = demand.array.columns;
    stripes_ = std::max<std::size_t>(1, std::min<std::size_t>(demand.arrays, (wanted + width - 1) / width));
    scale_columns(importance);
    rows_.resize(stripes_);
  }

  std::vector<Block> learn() {
    choose_first_rows();
    double best = -1.0;
    for (int round = 0; round < kMostRounds; ++round) {
      const double captured = assign_columns();
      if (captured <= best) break;
      best = captured;
      choose_rows();
    }
    std::vector<Block> blocks(stripes_);
    for (std::size_t s = 0; s < stripes_; ++s) blocks[s].rows = rows_[s];
    for (std::uint32_t j = 0; j < demand_.columns; ++j) {
      if (stripe_of_[j] != kNowhere) blocks[stripe_of_[j]].columns.push_back(j);
    }
    blocks.erase(std::remove_if(blocks.begin(), blocks.end(),
                                [](const Block& block) { return block.rows.empty() || block.columns.empty(); }),
                 blocks.end());
    return blocks;
  }

 private:
  /// Each column's importance, summing to its worth, on usable rows only.
  void scale_columns(const std::vector<float>& importance) {
    scaled_.assign(importance.size(), 0.0F);
    for (std::size_t j = 0; j < demand_.columns; ++j) {
      const float* const from = importance.data() + j * demand_.rows;
      double sum = 0.0;
      for (std::size_t i = 0; i < demand_.rows; ++i)
        sum += demand_.usable_rows[i] != 0 ? static_cast<double>(from[i]) : 0.0;
      if (sum <= 0.0) continue;
      const double scale = static_cast<double>(demand_.worth[j]) / sum;
      for (std::size_t i = 0; i < demand_.rows; ++i) {
        if (demand_.usable_rows[i] != 0)
          scaled_[j * demand_.rows + i] = static_cast<float>(scale * static_cast<double>(from[i]));
      }
    }
  }

  [[nodiscard]] double captured(std::uint32_t column, std::size_t stripe) const {
    const float* const own = scaled_.data() + std::size_t{column} * demand_.rows;
    double sum = 0.0;
    for (const std::uint32_t i : rows_[stripe]) sum += static_cast<double>(own[i]);
    return sum;
  }

  [[nodiscard]] std::vector<double> row_sums(const Indices& columns) const {
    std::vector<double> sums(demand_.rows, 0.0);
    for (const std::uint32_t j : columns) {
      const float* const own = scaled_.data() + std::size_t{j} * demand_.rows;
      for (std::size_t i = 0; i < demand_.rows; ++i) sums[i] += static_cast<double>(own[i]);
    }
    for (std::size_t i = 0; i < demand_.rows; ++i) {
      if (demand_.usable_rows[i] == 0) sums[i] = -1.0;
    }
    return sums;
  }

  /// The most important usable rows that fill `arrays` arrays.
  [[nodiscard]] Indices best_rows(const std::vector<double>& sums, std::size_t arrays) const {
    Indices rows = largest(sums, arrays * demand_.array.rows);
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](std::uint32_t i) { return sums[i] < 0.0; }), rows.end());
    return rows;
  }

  /// One stripe after another around the column of which least is captured so far.
  void choose_first_rows() {
    std::vector<double> so_far(demand_.columns, 0.0);
    for (std::size_t s = 0; s < stripes_; ++s) {
      std::uint32_t seed = 0;
      double missing = -1.0;
      for (std::uint32_t j = 0; j < demand_.columns; ++j) {
        if (static_cast<double>(demand_.worth[j]) - so_far[j] <= missing) continue;
        missing = static_cast<double>(demand_.worth[j]) - so_far[j];
        seed = j;
      }
      rows_[s] = best_rows(row_sums({seed}), 1);
      for (int round = 0; round < 3; ++round) {
        std::vector<double> gain(demand_.columns);
        for (std::uint32_t j = 0; j < demand_.columns; ++j) gain[j] = captured(j, s);
        rows_[s] = best_rows(row_sums(largest(gain, demand_.array.columns)), 1);
      }
      for (std::uint32_t j = 0; j < demand_.columns; ++j) so_far[j] = std::max(so_far[j], captured(j, s));
    }
  }

  /// The largest gains first, as long as the stripe has room. Returns what is captured.
  double assign_columns() {
    struct Gain {
      double value;
      std::uint32_t column, stripe;
    };
    std::vector<Gain> gains;
    for (std::uint32_t j = 0; j < demand_.columns; ++j) {
      if (demand_.worth[j] <= 0.0F) continue;
      for (std::uint32_t s = 0; s < stripes_; ++s) gains.push_back({captured(j, s), j, s});
    }
    std::sort(gains.begin(), gains.end(), [](const Gain& a, const Gain& b) {
      if (a.value != b.value) return a.value > b.value;
      return a.column != b.column ? a.column < b.column : a.stripe < b.stripe;
    });
    stripe_of_.assign(demand_.columns, kNowhere);
    std::vector<std::uint32_t> used(stripes_, 0);
    double sum = 0.0;
    for (const Gain& gain : gains) {
      if (stripe_of_[gain.column] != kNowhere || used[gain.stripe] == demand_.array.columns) continue;
      stripe_of_[gain.column] = gain.stripe;
      ++used[gain.stripe];
      sum += gain.value;
    }
    return sum;
  }

  /// One array a stripe, the others one by one to where the next best whole array of rows matters most.
  void choose_rows() {
    std::vector<std::vector<double>> sums(stripes_);
    std::vector<std::vector<double>> next(stripes_);  // importance of the second, third, ... array of rows
    for (std::size_t s = 0; s < stripes_; ++s) {
      Indices columns;
      for (std::uint32_t j = 0; j < demand_.columns; ++j) {
        if (stripe_of_[j] == s) columns.push_back(j);
      }
      sums[s] = row_sums(columns);
      std::vector<double> ordered = sums[s];
      std::sort(ordered.begin(), ordered.end(), std::greater<>());
      for (std::size_t i = demand_.array.rows; i < ordered.size() && ordered[i] >= 0.0; i += demand_.array.rows) {
        const std::size_t end = std::min(ordered.size(), i + demand_.array.rows);
        double sum = 0.0;
        for (std::size_t k = i; k < end; ++k) sum += std::max(0.0, ordered[k]);
        next[s].push_back(sum);
      }
    }
    std::vector<std::size_t> arrays(stripes_, 1);
    for (std::size_t spent = stripes_; spent < demand_.arrays; ++spent) {
      std::size_t best = stripes_;
      for (std::size_t s = 0; s < stripes_; ++s) {
        if (arrays[s] - 1 >= next[s].size()) continue;
        if (best == stripes_ || next[s][arrays[s] - 1] > next[best][arrays[best] - 1]) best = s;
      }
      if (best == stripes_) break;
      ++arrays[best];
    }
    for (std::size_t s = 0; s < stripes_; ++s) rows_[s] = best_rows(sums[s], arrays[s]);
  }

  const StripeDemand& demand_;
  std::size_t stripes_ = 1;
  std::vector<float> scaled_;
  std::vector<Indices> rows_;
  Indices stripe_of_;
};

}  // namespace

std::vector<Block> learn_stripes(const std::vector<float>& importance, const StripeDemand& demand) {
  CROSSLOOM_CHECK(importance.size() == std::size_t{demand.rows} * demand.columns, "one importance a weight");
  CROSSLOOM_CHECK(demand.usable_rows.size() == demand.rows && demand.worth.size() == demand.columns, "one a line");
  CROSSLOOM_CHECK(demand.arrays > 0, "at least one array");
  return StripeLearner(importance, demand).learn();
}

}  // namespace crossloom
