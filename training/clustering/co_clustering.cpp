#include "training/clustering/co_clustering.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "training/clustering/bands.h"
#include "training/clustering/block_search.h"
#include "training/clustering/canonical_order.h"
#include "training/clustering/cluster_growth.h"
#include "training/clustering/cluster_set.h"

namespace crossloom {
namespace {

/// Additions that each of the two searches may spend: so many for each one of the matrix, and a fixed sum for small
/// ones. Planted blocks need a fraction of it; noise would take all there is.
constexpr std::uint64_t kWorkPerOne = 120;
constexpr std::uint64_t kFixedWork = 30'000'000;
/// A whole component is cut into a grid where so many of its ones come to lie in dense enough arrays.
constexpr double kGridShare = 0.95;
/// What a block far denser than chance must hold, as a share of what a full array of the floor's quality would: a block
/// of an eighth of each side.
constexpr double kLeastSignificant = 1.0 / 64.0;

void check(const CoClusteringSpec& spec, ArraySize array) {
  const auto share = [](double value) { return value > 0.0 && value <= 1.0; };
  if (array.rows == 0 || array.columns == 0) throw UserError("an array needs at least one row and one column");
  if (!share(spec.quality) || !share(spec.first_quality)) {
    throw UserError(fmt::format("cluster quality must be above 0 and at most 1; it is {} (first quality {})",
                                spec.quality, spec.first_quality));
  }
  if (!(spec.quality_step > 0.0)) throw UserError("the step of cluster quality must be above 0");
  if (!(spec.least_fill >= 0.0 && spec.least_fill <= 1.0)) throw UserError("least_fill of clusters must be 0 to 1");
}

class CoClusterer {
 public:
  CoClusterer(const BinaryMatrix& matrix, ArraySize array, const CoClusteringSpec& spec)
      : set_(matrix),
        search_(set_.left, set_.claims, array),
        array_(array),
        spec_(spec),
        allowance_(kFixedWork + kWorkPerOne * matrix.ones()),
        budget_(allowance_),
        row_promise_(matrix.rows, 1.0),
        column_promise_(matrix.columns, 1.0) {}

  std::vector<Cluster> run(const BinaryMatrix& matrix);

 private:
  [[nodiscard]] double full_ones() const {
    return spec_.quality * static_cast<double>(array_.rows) * static_cast<double>(array_.columns);
  }
  [[nodiscard]] bool spent() const { return search_.work() > budget_; }
  void take_dense_components(const BinaryMatrix& matrix);
  void search_natural(double level);
  void search_rectangles();
  void fill_the_rest();
  bool try_seed(Side side, std::uint32_t seed, double level);
  bool accept(FoundBlock found, double level, bool significant);
  void trim_to_whole_arrays(FoundBlock& found, Side side);
  std::vector<std::uint32_t> seeds(Side side) const;
  std::vector<double>& promise(Side side) { return side == Side::rows ? row_promise_ : column_promise_; }

  ClusterSet set_;
  BlockSearch search_;
  ArraySize array_;
  CoClusteringSpec spec_;
  std::uint64_t allowance_;                           ///< work of one search
  std::uint64_t budget_;                              ///< work at which the search under way ends
  std::vector<double> row_promise_, column_promise_;  ///< density of the block last seen around a seed
};

/// A few lines over a whole number of arrays are given up where what they hold is not worth arrays of their own.
void CoClusterer::trim_to_whole_arrays(FoundBlock& found, Side side) {
  std::vector<std::uint32_t>& lines = side == Side::rows ? found.block.rows : found.block.columns;
  const std::vector<std::uint32_t>& across = side == Side::rows ? found.block.columns : found.block.rows;
  const std::size_t limit = side == Side::rows ? array_.rows : array_.columns;
  const std::size_t across_limit = side == Side::rows ? array_.columns : array_.rows;
  const std::size_t over = lines.size() % limit;
  if (lines.size() < limit || over == 0) return;
  const std::vector<std::uint32_t>& counts =
      search_.counts_across(side == Side::rows ? Side::columns : Side::rows, across);
  std::vector<std::uint32_t> by_count = lines;
  std::stable_sort(by_count.begin(), by_count.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
  std::uint64_t weak = 0;
  for (std::size_t k = lines.size() - over; k < lines.size(); ++k) weak += counts[by_count[k]];
  const std::size_t arrays = (across.size() + across_limit - 1) / across_limit;
  if (static_cast<double>(weak) >= static_cast<double>(arrays) * spec_.least_fill * full_ones()) return;
  by_count.resize(lines.size() - over);
  std::sort(by_count.begin(), by_count.end());
  lines = std::move(by_count);
  found.ones -= weak;
}

bool CoClusterer::accept(FoundBlock found, double level, bool significant) {
  set_.drop_conflicts(found);
  if (found.empty()) return false;
  trim_to_whole_arrays(found, Side::rows);
  trim_to_whole_arrays(found, Side::columns);
  const double least = (significant ? kLeastSignificant : spec_.least_fill) * full_ones();
  const auto row_runs = even_runs(found.block.rows, array_.rows);
  const auto column_runs = even_runs(found.block.columns, array_.columns);
  if (row_runs.size() * column_runs.size() == 1) return set_.add(std::move(found), level, least);
  bool any = false;
  for (const auto& rows : row_runs) {
    for (const auto& columns : column_runs) {
      FoundBlock piece;
      piece.block = {rows, columns};
      piece.ones = ones_within(set_.left, piece.block);
      any = set_.add(std::move(piece), spec_.quality, least) || any;
    }
  }
  return any;
}

/// Components that one array holds, and components so dense that a grid of arrays is as good as anything.
void CoClusterer::take_dense_components(const BinaryMatrix& matrix) {
  for (const Block& component : connected_components(matrix)) {
    const double cells = static_cast<double>(component.rows.size()) * static_cast<double>(component.columns.size());
    FoundBlock found;
    found.block = component;
    found.ones = ones_within(set_.left, component);
    if (static_cast<double>(found.ones) < spec_.quality * cells) continue;
    if (component.rows.size() <= array_.rows && component.columns.size() <= array_.columns) {
      set_.add(std::move(found), spec_.quality, 0.0);
      continue;
    }
    std::vector<FoundBlock> pieces;
    std::uint64_t within = 0;
    for (const auto& rows : even_runs(component.rows, array_.rows)) {
      for (const auto& columns : even_runs(component.columns, array_.columns)) {
        FoundBlock piece;
        piece.block = {rows, columns};
        piece.ones = ones_within(set_.left, piece.block);
        if (piece.density() < spec_.quality) continue;
        within += piece.ones;
        pieces.push_back(std::move(piece));
      }
    }
    if (static_cast<double>(within) < kGridShare * static_cast<double>(found.ones)) continue;
    for (FoundBlock& piece : pieces) set_.add(std::move(piece), spec_.quality, 0.0);
  }
}

/// Rows or columns with ones left, the fullest first.
std::vector<std::uint32_t> CoClusterer::seeds(Side side) const {
  const ShrinkingLines& lines = side == Side::rows ? set_.left.rows() : set_.left.columns();
  std::vector<std::uint32_t> order;
  for (std::uint32_t line = 0; line < lines.lines(); ++line) {
    if (lines.degree(line) > 0) order.push_back(line);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lines.degree(a) > lines.degree(b); });
  return order;
}

/// True when a block around the seed became a cluster.
bool CoClusterer::try_seed(Side side, std::uint32_t seed, double level) {
  const double background = std::clamp(set_.left.density(), 1e-9, 0.999);
  FoundBlock found = search_.natural(side, seed, background);
  promise(side)[seed] = found.density();
  if (found.empty() || found.surprise <= 0.0) {
    promise(side)[seed] = 0.0;
    return false;
  }
  if (found.density() >= level) return accept(std::move(found), level, true);
  // Its other lines would find the same block: they wait for the quality that it has.
  for (const std::uint32_t row : found.block.rows) row_promise_[row] = std::min(row_promise_[row], found.density());
  for (const std::uint32_t column : found.block.columns) {
    column_promise_[column] = std::min(column_promise_[column], found.density());
  }
  return false;
}

void CoClusterer::search_natural(double level) {
  for (const Side side : {Side::rows, Side::columns}) {
    const ShrinkingLines& lines = side == Side::rows ? set_.left.rows() : set_.left.columns();
    for (const std::uint32_t seed : seeds(side)) {
      throw_if_interrupted();
      while (!spent() && lines.degree(seed) > 1 && promise(side)[seed] >= level && try_seed(side, seed, level)) {
      }
    }
  }
}

void CoClusterer::search_rectangles() {
  const double least = spec_.least_fill * full_ones();
  budget_ = search_.work() + allowance_;
  for (const std::uint32_t seed : seeds(Side::rows)) {
    throw_if_interrupted();
    while (!spent() && set_.left.rows().degree(seed) > 1) {
      FoundBlock found = search_.best_rectangle(Side::rows, seed, spec_.quality);
      if (found.empty() || static_cast<double>(found.ones) < least) break;
      if (!accept(std::move(found), spec_.quality, false)) break;
    }
  }
}

/// Where no blocks stand out any more: rectangles one by one, or bands of rows or of columns, whichever puts most ones
/// into arrays beyond those that an array must hold to be worth it.
void CoClusterer::fill_the_rest() {
  if (set_.left.ones() == 0) return;
  const double least = std::max(1.0, spec_.least_fill * full_ones());
  const auto worth = [&](const ClusterSet& set) {
    return static_cast<double>(set.ones) - least * static_cast<double>(set.clusters.size());
  };
  const ClusterSet before = set_;
  search_rectangles();
  for (const Side side : {Side::rows, Side::columns}) {
    ClusterSet banded = with_bands(before, side, array_, spec_.quality, least);
    if (worth(banded) > worth(set_)) set_ = std::move(banded);
  }
}

std::vector<Cluster> CoClusterer::run(const BinaryMatrix& matrix) {
  take_dense_components(matrix);
  for (double level = std::max(spec_.first_quality, spec_.quality); set_.left.ones() > 0;) {
    search_natural(level);
    if (level <= spec_.quality) break;
    level = std::max(level - spec_.quality_step, spec_.quality);
  }
  fill_the_rest();
  return grown(std::move(set_.clusters), set_.left, array_, spec_.quality);
}

/// Back to the matrix's own numbers.
Clustering renumbered(std::vector<Cluster> clusters, const CanonicalOrder& order) {
  Clustering result;
  for (Cluster& cluster : clusters) {
    for (std::uint32_t& row : cluster.block.rows) row = order.row_at[row];
    for (std::uint32_t& column : cluster.block.columns) column = order.column_at[column];
    std::sort(cluster.block.rows.begin(), cluster.block.rows.end());
    std::sort(cluster.block.columns.begin(), cluster.block.columns.end());
    result.clusters.push_back(std::move(cluster));
  }
  return result;
}

}  // namespace

Clustering co_cluster(const BinaryMatrix& matrix, ArraySize array, const CoClusteringSpec& spec, RandomKey /*key*/) {
  check(spec, array);
  if (matrix.ones() == 0) return {};
  const CanonicalOrder order = canonical_order(matrix);
  const BinaryMatrix canonical = reordered(matrix, order);
  return renumbered(CoClusterer(canonical, array, spec).run(canonical), order);
}

}  // namespace crossloom
