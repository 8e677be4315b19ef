#include "training/clustering/cluster_growth.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

namespace crossloom {
namespace {

struct Grown {
  Block block;
  std::uint64_t ones = 0;
  [[nodiscard]] bool gone() const { return block.rows.empty(); }
};

std::vector<std::uint32_t> united(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

std::uint64_t cells(const Block& block) { return std::uint64_t{block.rows.size()} * block.columns.size(); }

bool share_lines(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) return true;
    if (*i < *j)
      ++i;
    else
      ++j;
  }
  return false;
}

/// Clusters that have a cell of the rectangle, other than the two.
bool crosses_others(const Block& block, const Claims& claims, std::uint32_t a, std::uint32_t b) {
  std::vector<std::uint8_t> seen(claims.clusters(), 0);
  for (const std::uint32_t row : block.rows) {
    for (const std::uint32_t cluster : claims.of(Side::rows, row)) {
      if (cluster == a || cluster == b || seen[cluster] != 0) continue;
      seen[cluster] = 1;
      if (share_lines(block.columns, claims.lines(Side::columns, cluster))) return true;
    }
  }
  return false;
}

std::uint64_t ones_left(const LeftoverMatrix& left, const Block& block) {
  std::uint64_t ones = 0;
  for (const std::uint32_t row : block.rows) {
    const std::uint32_t* j = left.rows().begin(row);
    for (const std::uint32_t column : block.columns) {
      j = std::lower_bound(j, left.rows().end(row), column);
      if (j == left.rows().end(row)) break;
      ones += *j == column ? 1 : 0;
    }
  }
  return ones;
}

class Growth {
 public:
  Growth(std::vector<Grown> clusters, LeftoverMatrix& left, ArraySize array, double quality)
      : clusters_(std::move(clusters)), left_(left), array_(array), quality_(quality), claims_(claims()) {}

  void merge() {
    for (bool merged = true; merged;) {
      merged = false;
      for (std::uint32_t a = 0; a < clusters_.size(); ++a) merged = merge_into(a) || merged;
    }
    clusters_.erase(std::remove_if(clusters_.begin(), clusters_.end(), [](const Grown& c) { return c.gone(); }),
                    clusters_.end());
    claims_ = claims();
  }

  void extend() {
    BlockSearch search(left_, claims_, array_);
    for (Grown& cluster : clusters_) {
      for (bool changed = true; changed;) {
        changed = extend(cluster, Side::rows, search);
        changed = extend(cluster, Side::columns, search) || changed;
      }
    }
  }

  [[nodiscard]] std::vector<Cluster> result() const {
    std::vector<Cluster> all;
    for (const Grown& cluster : clusters_) {
      all.push_back({cluster.block, static_cast<double>(cluster.ones) / static_cast<double>(cells(cluster.block))});
    }
    return all;
  }

 private:
  [[nodiscard]] Claims claims() const {
    Claims made(left_.rows().lines(), left_.columns().lines());
    for (const Grown& cluster : clusters_) made.add(cluster.block);
    return made;
  }
  [[nodiscard]] bool dense(std::uint64_t ones, const Block& block) const {
    return static_cast<double>(ones) >= quality_ * static_cast<double>(cells(block));
  }

  /// Clusters after `a` that have a row or a column of it, ascending.
  [[nodiscard]] std::vector<std::uint32_t> neighbours(std::uint32_t a) const {
    std::vector<std::uint32_t> found;
    for (const Side side : {Side::rows, Side::columns}) {
      for (const std::uint32_t line : side == Side::rows ? clusters_[a].block.rows : clusters_[a].block.columns) {
        for (const std::uint32_t b : claims_.of(side, line)) {
          if (b > a && !clusters_[b].gone()) found.push_back(b);
        }
      }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  bool merge_into(std::uint32_t a) {
    if (clusters_[a].gone()) return false;
    for (const std::uint32_t b : neighbours(a)) {
      Grown both{{united(clusters_[a].block.rows, clusters_[b].block.rows),
                  united(clusters_[a].block.columns, clusters_[b].block.columns)},
                 0};
      if (both.block.rows.size() > array_.rows || both.block.columns.size() > array_.columns) continue;
      if (crosses_others(both.block, claims_, a, b)) continue;
      both.ones = clusters_[a].ones + clusters_[b].ones + ones_left(left_, both.block);
      if (!dense(both.ones, both.block)) continue;
      left_.take(both.block);
      clusters_[a] = std::move(both);
      clusters_[b] = {};
      claims_ = claims();
      return true;
    }
    return false;
  }

  bool extend(Grown& cluster, Side side, BlockSearch& search) {
    std::vector<std::uint32_t>& own = side == Side::rows ? cluster.block.rows : cluster.block.columns;
    const std::vector<std::uint32_t>& across = side == Side::rows ? cluster.block.columns : cluster.block.rows;
    const std::size_t limit = side == Side::rows ? array_.rows : array_.columns;
    if (own.size() >= limit) return false;
    const auto& counts = search.counts_across(side == Side::rows ? Side::columns : Side::rows, across);
    const double least = std::max(1.0, quality_ * static_cast<double>(across.size()));
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t line = 0; line < counts.size(); ++line) {
      if (static_cast<double>(counts[line]) >= least && free_of_clusters(side, line, across))
        candidates.push_back(line);
    }
    if (candidates.empty()) return false;
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](std::uint32_t x, std::uint32_t y) { return counts[x] > counts[y]; });
    candidates.resize(std::min(candidates.size(), limit - own.size()));
    std::sort(candidates.begin(), candidates.end());
    const Block added = side == Side::rows ? Block{candidates, across} : Block{across, candidates};
    own = united(own, candidates);
    cluster.ones += left_.take(added);
    claims_.add(added);
    return true;
  }

  [[nodiscard]] bool free_of_clusters(Side side, std::uint32_t line, const std::vector<std::uint32_t>& across) const {
    const Side facing = side == Side::rows ? Side::columns : Side::rows;
    const auto& of = claims_.of(side, line);
    return std::none_of(of.begin(), of.end(),
                        [&](std::uint32_t cluster) { return share_lines(across, claims_.lines(facing, cluster)); });
  }

  std::vector<Grown> clusters_;
  LeftoverMatrix& left_;
  ArraySize array_;
  double quality_;
  Claims claims_;
};

}  // namespace

std::vector<Cluster> grown(std::vector<Cluster> clusters, LeftoverMatrix& left, ArraySize array, double quality) {
  std::vector<Grown> growing;
  for (Cluster& cluster : clusters) {
    const auto ones = std::llround(cluster.quality * static_cast<double>(cells(cluster.block)));
    growing.push_back({std::move(cluster.block), static_cast<std::uint64_t>(ones)});
  }
  Growth growth(std::move(growing), left, array, quality);
  growth.merge();
  growth.extend();
  return growth.result();
}

std::vector<Block> connected_components(const BinaryMatrix& matrix) {
  std::vector<std::uint32_t> parent(matrix.columns);
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&](std::uint32_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    if (matrix.row_begin[i] == matrix.row_begin[i + 1]) continue;
    const std::uint32_t first = root(matrix.column_of[matrix.row_begin[i]]);
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      parent[root(matrix.column_of[k])] = root(first);
    }
  }
  std::vector<std::uint32_t> place(matrix.columns, 0);  // 1 + component of a root
  std::vector<Block> components;
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    if (matrix.row_begin[i] == matrix.row_begin[i + 1]) continue;
    const std::uint32_t of = root(matrix.column_of[matrix.row_begin[i]]);
    if (place[of] == 0) {
      components.emplace_back();
      place[of] = static_cast<std::uint32_t>(components.size());
    }
    components[place[of] - 1].rows.push_back(i);
  }
  std::vector<std::uint8_t> has_one(matrix.columns, 0);
  for (const std::uint32_t column : matrix.column_of) has_one[column] = 1;
  for (std::uint32_t j = 0; j < matrix.columns; ++j) {
    if (has_one[j] != 0) components[place[root(j)] - 1].columns.push_back(j);
  }
  return components;
}

}  // namespace crossloom
