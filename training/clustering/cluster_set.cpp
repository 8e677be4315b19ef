#include "training/clustering/cluster_set.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace crossloom {
namespace {

/// How many of the lines each cluster has.
std::vector<std::uint32_t> common_with(const Claims& claims, Side side, const std::vector<std::uint32_t>& lines) {
  std::vector<std::uint32_t> common(claims.clusters(), 0);
  for (const std::uint32_t line : lines) {
    for (const std::uint32_t cluster : claims.of(side, line)) ++common[cluster];
  }
  return common;
}

void erase_lines(std::vector<std::uint32_t>& lines, const std::vector<std::uint32_t>& unwanted) {
  std::vector<std::uint32_t> kept;
  std::set_difference(lines.begin(), lines.end(), unwanted.begin(), unwanted.end(), std::back_inserter(kept));
  lines = std::move(kept);
}

std::vector<std::uint32_t> shared_lines(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

}  // namespace

std::uint64_t ones_within(const LeftoverMatrix& matrix, const Block& block) {
  std::vector<std::uint8_t> in_columns(matrix.columns().lines(), 0);
  for (const std::uint32_t column : block.columns) in_columns[column] = 1;
  std::uint64_t ones = 0;
  for (const std::uint32_t row : block.rows) {
    for (const std::uint32_t* j = matrix.rows().begin(row); j != matrix.rows().end(row); ++j) ones += in_columns[*j];
  }
  return ones;
}

std::vector<std::vector<std::uint32_t>> even_runs(const std::vector<std::uint32_t>& lines, std::size_t most) {
  const std::size_t count = (lines.size() + most - 1) / most;
  std::vector<std::vector<std::uint32_t>> runs;
  for (std::size_t k = 0; k < count; ++k) {
    const auto begin = static_cast<std::ptrdiff_t>(k * lines.size() / count);
    const auto end = static_cast<std::ptrdiff_t>((k + 1) * lines.size() / count);
    runs.emplace_back(lines.begin() + begin, lines.begin() + end);
  }
  return runs;
}

void ClusterSet::drop_conflicts(FoundBlock& found) const {
  const std::vector<std::uint32_t> rows_in = common_with(claims, Side::rows, found.block.rows);
  const std::vector<std::uint32_t> columns_in = common_with(claims, Side::columns, found.block.columns);
  bool dropped = false;
  for (std::uint32_t cluster = 0; cluster < rows_in.size(); ++cluster) {
    if (rows_in[cluster] == 0 || columns_in[cluster] == 0) continue;
    const auto rows = shared_lines(found.block.rows, claims.lines(Side::rows, cluster));
    const auto columns = shared_lines(found.block.columns, claims.lines(Side::columns, cluster));
    if (rows.empty() || columns.empty()) continue;
    const std::uint64_t by_rows = ones_within(left, {rows, found.block.columns});
    const std::uint64_t by_columns = ones_within(left, {found.block.rows, columns});
    if (by_rows <= by_columns) {
      erase_lines(found.block.rows, rows);
    } else {
      erase_lines(found.block.columns, columns);
    }
    dropped = true;
  }
  if (dropped) found.ones = found.empty() ? 0 : ones_within(left, found.block);
}

bool ClusterSet::add(FoundBlock found, double quality, double least_ones) {
  drop_conflicts(found);
  if (found.empty() || static_cast<double>(found.ones) < least_ones || found.density() < quality) return false;
  const double density = found.density();
  left.take(found.block);
  claims.add(found.block);
  ones += found.ones;
  clusters.push_back({std::move(found.block), density});
  return true;
}

}  // namespace crossloom
