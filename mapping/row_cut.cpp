#include "mapping/row_cut.h"

#include <algorithm>
#include <bitset>
#include <iterator>

namespace crossloom {
namespace {

constexpr std::size_t kWordBits = 64;

// Which columns of a stripe are live in each of its rows, one bit each.
class LiveBits {
 public:
  LiveBits(const SparseMatrix& matrix, const std::vector<std::uint32_t>& stripe, const std::vector<std::uint32_t>& rows)
      : words_((stripe.size() + kWordBits - 1) / kWordBits), bits_(rows.size() * words_, 0), any_(words_, 0) {
    std::vector<std::uint32_t> position(matrix.by_row.rows, 0);
    for (std::uint32_t k = 0; k < rows.size(); ++k) position[rows[k]] = k;
    for (std::size_t c = 0; c < stripe.size(); ++c) {
      for (const std::uint32_t i : matrix.by_column.row(stripe[c])) {
        bits_[position[i] * words_ + c / kWordBits] |= std::uint64_t{1} << (c % kWordBits);
      }
    }
  }

  // Columns of row k that no row taken so far has.
  [[nodiscard]] std::size_t new_columns(std::size_t k) const {
    std::size_t columns = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      columns += std::bitset<kWordBits>(bits_[k * words_ + w] & ~any_[w]).count();
    }
    return columns;
  }
  void take(std::size_t k) {
    for (std::size_t w = 0; w < words_; ++w) any_[w] |= bits_[k * words_ + w];
  }
  [[nodiscard]] bool has(std::size_t column) const {
    return (any_[column / kWordBits] >> (column % kWordBits) & 1U) != 0;
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;  // [row][word]
  std::vector<std::uint64_t> any_;   // of the rows taken
};

}  // namespace

Tail smallest_tail(const SparseMatrix& matrix, const std::vector<std::uint32_t>& stripe,
                   const std::vector<std::uint32_t>& live_rows, std::uint32_t array_rows) {
  const std::size_t size = live_rows.size() % array_rows;
  if (size == live_rows.size()) return {live_rows, stripe};
  Tail tail;
  if (size == 0) return tail;
  LiveBits bits(matrix, stripe, live_rows);
  std::vector<std::uint32_t> waiting(live_rows.size());
  for (std::uint32_t k = 0; k < waiting.size(); ++k) waiting[k] = k;
  while (tail.rows.size() < size) {
    std::size_t best = 0, fewest = stripe.size() + 1;
    for (std::size_t w = 0; w < waiting.size() && fewest != 0; ++w) {
      const std::size_t columns = bits.new_columns(waiting[w]);
      if (columns >= fewest) continue;
      fewest = columns;
      best = w;
    }
    bits.take(waiting[best]);
    tail.rows.push_back(live_rows[waiting[best]]);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(best));
  }
  std::sort(tail.rows.begin(), tail.rows.end());
  for (std::size_t c = 0; c < stripe.size(); ++c) {
    if (bits.has(c)) tail.columns.push_back(stripe[c]);
  }
  return tail;
}

std::vector<std::vector<std::uint32_t>> whole_parts(const std::vector<std::uint32_t>& live_rows, const Tail& tail,
                                                    std::uint32_t array_rows) {
  std::vector<std::uint32_t> rest;
  std::set_difference(live_rows.begin(), live_rows.end(), tail.rows.begin(), tail.rows.end(), std::back_inserter(rest));
  std::vector<std::vector<std::uint32_t>> parts;
  for (std::size_t begin = 0; begin < rest.size(); begin += array_rows) {
    const std::size_t end = std::min(rest.size(), begin + array_rows);
    parts.emplace_back(rest.begin() + static_cast<std::ptrdiff_t>(begin),
                       rest.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return parts;
}

}  // namespace crossloom
