#include "training/clustering/block_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace crossloom {
namespace {

constexpr int kMostRounds = 12;
constexpr std::size_t kLargestCore = 8;

Side other(Side side) { return side == Side::rows ? Side::columns : Side::rows; }

double x_log_x(double x) { return x > 0.0 ? x * std::log(x) : 0.0; }

/// Log-likelihood gain of a block of its own density over the background density; 0 where it is no denser.
double gain(double ones, double cells, double background) {
  if (cells <= 0.0 || ones <= cells * background) return 0.0;
  return x_log_x(ones) + x_log_x(cells - ones) - x_log_x(cells) - ones * std::log(background) -
         (cells - ones) * std::log1p(-background);
}

/// Nats to name k of n lines: the entropy bound of log(n over k), 0 for all of them.
double naming_cost(double k, double n) { return x_log_x(n) - x_log_x(k) - x_log_x(std::max(0.0, n - k)); }

struct Selection {
  std::vector<std::uint32_t> lines;
  std::uint64_t ones = 0;
  double surprise = 0.0;
};

/// All lines of the count from which on the block stands out most: no ties to break.
Selection most_surprising(const std::vector<std::uint32_t>& counts, std::size_t across, double background,
                          double live) {
  std::vector<std::uint32_t> of_count(across + 1, 0);
  for (const std::uint32_t count : counts) ++of_count[count];
  Selection best;
  std::size_t threshold = 0, lines = 0, most_lines = 0;
  std::uint64_t ones = 0;
  for (std::size_t count = across; count > 0; --count) {
    if (of_count[count] == 0) continue;
    lines += of_count[count];
    ones += count * of_count[count];
    const double cells = static_cast<double>(lines) * static_cast<double>(across);
    const double surprise =
        gain(static_cast<double>(ones), cells, background) - naming_cost(static_cast<double>(lines), live);
    if (surprise > best.surprise || threshold == 0) {
      best.surprise = surprise;
      best.ones = ones;
      threshold = count;
      most_lines = lines;
    }
    if (static_cast<double>(count) <= static_cast<double>(across) * background) break;
  }
  if (threshold == 0) return best;
  best.lines.reserve(most_lines);
  for (std::uint32_t line = 0; line < counts.size(); ++line) {
    if (counts[line] >= threshold) best.lines.push_back(line);
  }
  return best;
}

/// The `most` lines of the highest counts (the first of equals), ascending; none with count 0.
Selection highest(const std::vector<std::uint32_t>& counts, std::size_t across, std::size_t most) {
  std::vector<std::uint32_t> of_count(across + 1, 0);
  for (const std::uint32_t count : counts) ++of_count[count];
  std::size_t threshold = across, above = 0;
  while (threshold > 0 && above + of_count[threshold] < most) above += of_count[threshold--];
  std::size_t at_threshold = threshold > 0 ? most - above : 0;
  Selection best;
  for (std::uint32_t line = 0; line < counts.size(); ++line) {
    const bool chosen = counts[line] > threshold || (at_threshold > 0 && counts[line] == threshold);
    if (!chosen || counts[line] == 0) continue;
    if (counts[line] == threshold) --at_threshold;
    best.lines.push_back(line);
    best.ones += counts[line];
  }
  return best;
}

FoundBlock oriented(Side side, std::vector<std::uint32_t> own, std::vector<std::uint32_t> across) {
  FoundBlock found;
  found.block.rows = side == Side::rows ? std::move(own) : std::move(across);
  found.block.columns = side == Side::rows ? std::move(across) : std::move(own);
  return found;
}

/// Which cells of a block are ones, as bytes, with the sums of its lines.
struct Cells {
  explicit Cells(const FoundBlock& found, const LeftoverMatrix& matrix)
      : rows(found.block.rows.size()),
        columns(found.block.columns.size()),
        ones(rows * columns, 0),
        row_sums(rows, 0),
        column_sums(columns, 0) {
    std::vector<std::uint32_t> place(matrix.columns().lines(), 0);
    for (std::size_t l = 0; l < columns; ++l) place[found.block.columns[l]] = static_cast<std::uint32_t>(l + 1);
    for (std::size_t k = 0; k < rows; ++k) {
      const std::uint32_t row = found.block.rows[k];
      for (const std::uint32_t* j = matrix.rows().begin(row); j != matrix.rows().end(row); ++j) {
        if (place[*j] == 0) continue;
        ones[k * columns + place[*j] - 1] = 1;
        ++row_sums[k];
        ++column_sums[place[*j] - 1];
        ++sum;
      }
    }
  }
  std::size_t rows, columns;
  std::vector<std::uint8_t> ones;
  std::vector<std::uint32_t> row_sums, column_sums;
  std::uint64_t sum = 0;
};

std::size_t weakest(const std::vector<std::uint32_t>& sums, const std::vector<std::uint8_t>& gone) {
  std::size_t at = sums.size();
  for (std::size_t k = 0; k < sums.size(); ++k) {
    if (gone[k] == 0 && (at == sums.size() || sums[k] <= sums[at])) at = k;
  }
  return at;
}

template <class T>
void erase_marked(std::vector<T>& items, const std::vector<std::uint8_t>& gone) {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (gone[k] == 0) items[kept++] = items[k];
  }
  items.resize(kept);
}

}  // namespace

void Claims::add(const Block& block) {
  const auto cluster = static_cast<std::uint32_t>(blocks_.size());
  for (const std::uint32_t row : block.rows) of_row_[row].push_back(cluster);
  for (const std::uint32_t column : block.columns) of_column_[column].push_back(cluster);
  blocks_.push_back(block);
}

const std::vector<std::uint32_t>& BlockSearch::counts_across(Side side, const std::vector<std::uint32_t>& lines) {
  std::vector<std::uint32_t>& counts = (side == Side::rows ? columns_ : rows_).counts;
  std::fill(counts.begin(), counts.end(), 0U);
  work_ += counts.size() / 8;
  const ShrinkingLines& own = lines_of(side);
  for (const std::uint32_t line : lines) {
    work_ += own.degree(line);
    for (const std::uint32_t* n = own.begin(line); n != own.end(line); ++n) ++counts[*n];
  }
  if (claims_.clusters() == 0) return counts;
  std::vector<std::uint32_t> common(claims_.clusters(), 0);
  for (const std::uint32_t line : lines) {
    for (const std::uint32_t cluster : claims_.of(side, line)) ++common[cluster];
  }
  for (std::uint32_t cluster = 0; cluster < common.size(); ++cluster) {
    if (common[cluster] == 0) continue;
    for (const std::uint32_t line : claims_.lines(other(side), cluster)) {
      counts[line] -= std::min(counts[line], common[cluster]);
    }
    work_ += claims_.lines(other(side), cluster).size();
  }
  return counts;
}

std::vector<std::uint32_t> BlockSearch::core(Side side, std::uint32_t seed) {
  const ShrinkingLines& own = lines_of(side);
  const ShrinkingLines& across = lines_of(other(side));
  std::vector<std::uint32_t>& overlap = (side == Side::rows ? rows_ : columns_).counts;
  std::fill(overlap.begin(), overlap.end(), 0U);
  for (const std::uint32_t* n = own.begin(seed); n != own.end(seed); ++n) {
    work_ += across.degree(*n);
    for (const std::uint32_t* line = across.begin(*n); line != across.end(*n); ++line) ++overlap[*line];
  }
  work_ += overlap.size();
  const double by_chance = static_cast<double>(own.degree(seed)) / static_cast<double>(std::max(1U, across.live()));
  std::vector<std::pair<double, std::uint32_t>> alike;  // less than chance first, so that the order is ascending
  for (std::uint32_t line = 0; line < overlap.size(); ++line) {
    if (line == seed || overlap[line] == 0) continue;
    const double excess = static_cast<double>(overlap[line]) - by_chance * static_cast<double>(own.degree(line));
    if (excess > 0.0) alike.emplace_back(-excess, line);
  }
  const std::size_t wanted = std::min({kLargestCore, std::max<std::size_t>(limit(side) / 4, 2), alike.size() + 1}) - 1;
  std::partial_sort(alike.begin(), alike.begin() + static_cast<std::ptrdiff_t>(wanted), alike.end());
  std::vector<std::uint32_t> lines{seed};
  for (std::size_t k = 0; k < wanted; ++k) lines.push_back(alike[k].second);
  std::sort(lines.begin(), lines.end());
  return lines;
}

FoundBlock BlockSearch::natural(Side side, std::uint32_t seed, double background) {
  std::vector<std::uint32_t> own = core(side, seed);
  const double own_live = lines_of(side).live(), across_live = lines_of(other(side)).live();
  std::vector<std::uint32_t> across;
  Selection chosen;
  for (int round = 0; round < kMostRounds; ++round) {
    Selection next = most_surprising(counts_across(side, own), own.size(), background, across_live);
    if (next.lines.empty() || (round > 0 && next.lines == across)) break;
    across = std::move(next.lines);
    chosen = most_surprising(counts_across(other(side), across), across.size(), background, own_live);
    if (chosen.lines.empty() || chosen.lines == own) break;
    own = chosen.lines;
  }
  if (across.empty() || chosen.lines.empty()) return {};
  const double surprise = chosen.surprise - naming_cost(static_cast<double>(across.size()), across_live);
  FoundBlock found = oriented(side, std::move(chosen.lines), std::move(across));
  found.ones = chosen.ones;
  found.surprise = surprise;
  return found;
}

FoundBlock BlockSearch::best_rectangle(Side side, std::uint32_t seed, double quality) {
  std::vector<std::uint32_t> own = core(side, seed);
  std::vector<std::uint32_t> across;
  std::uint64_t ones = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    Selection next = highest(counts_across(side, own), own.size(), limit(other(side)));
    if (next.lines.empty()) return {};
    Selection back = highest(counts_across(other(side), next.lines), next.lines.size(), limit(side));
    if (back.lines.empty()) return {};
    if (back.ones <= ones) break;
    ones = back.ones;
    across = std::move(next.lines);
    own = std::move(back.lines);
  }
  FoundBlock found = oriented(side, std::move(own), std::move(across));
  trim_to_quality(found, matrix_, quality);
  return found;
}

void trim_to_quality(FoundBlock& found, const LeftoverMatrix& matrix, double quality) {
  Cells cells(found, matrix);
  std::vector<std::uint8_t> row_gone(cells.rows, 0), column_gone(cells.columns, 0);
  std::size_t rows = cells.rows, columns = cells.columns;
  while (rows > 0 && columns > 0 &&
         static_cast<double>(cells.sum) < quality * static_cast<double>(rows) * static_cast<double>(columns)) {
    const std::size_t row = weakest(cells.row_sums, row_gone), column = weakest(cells.column_sums, column_gone);
    if (std::uint64_t{cells.row_sums[row]} * rows <= std::uint64_t{cells.column_sums[column]} * columns) {
      row_gone[row] = 1;
      --rows;
      cells.sum -= cells.row_sums[row];
      for (std::size_t l = 0; l < cells.columns; ++l) cells.column_sums[l] -= cells.ones[row * cells.columns + l];
    } else {
      column_gone[column] = 1;
      --columns;
      cells.sum -= cells.column_sums[column];
      for (std::size_t k = 0; k < cells.rows; ++k) cells.row_sums[k] -= cells.ones[k * cells.columns + column];
    }
  }
  erase_marked(found.block.rows, row_gone);
  erase_marked(found.block.columns, column_gone);
  found.ones = cells.sum;
}

}  // namespace crossloom
