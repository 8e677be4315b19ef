#include "training/clustering/published_clustering.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "training/clustering/spectral.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kPublishedParts = 5;
constexpr std::uint32_t kMostParts = 64;

/// Rows and columns of the whole matrix, and the ones of them that this piece has.
struct Piece {
  std::vector<std::uint32_t> rows, columns;
  BinaryMatrix ones;  ///< rows.size() x columns.size()
  double quality = 0.0;
  bool cannot_split = false;
};

/// The ones of `from` in the chosen rows and columns (positions in it, ascending).
BinaryMatrix within(const BinaryMatrix& from, const std::vector<std::uint32_t>& rows,
                    const std::vector<std::uint32_t>& columns) {
  std::vector<std::uint32_t> place(from.columns, 0);
  for (std::size_t l = 0; l < columns.size(); ++l) place[columns[l]] = static_cast<std::uint32_t>(l + 1);
  BinaryMatrix part;
  part.rows = static_cast<std::uint32_t>(rows.size());
  part.columns = static_cast<std::uint32_t>(columns.size());
  part.row_begin.assign(1, 0);
  for (const std::uint32_t row : rows) {
    for (std::uint64_t k = from.row_begin[row]; k < from.row_begin[row + 1]; ++k) {
      if (place[from.column_of[k]] != 0) part.column_of.push_back(place[from.column_of[k]] - 1);
    }
    part.row_begin.push_back(part.column_of.size());
  }
  return part;
}

struct LiveLines {
  std::vector<std::uint32_t> rows, columns;
};

LiveLines live_lines(const BinaryMatrix& matrix) {
  LiveLines live;
  std::vector<std::uint8_t> has_one(matrix.columns, 0);
  for (const std::uint32_t column : matrix.column_of) has_one[column] = 1;
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    if (matrix.row_begin[i] != matrix.row_begin[i + 1]) live.rows.push_back(i);
  }
  for (std::uint32_t j = 0; j < matrix.columns; ++j) {
    if (has_one[j] != 0) live.columns.push_back(j);
  }
  return live;
}

class PublishedClustering {
 public:
  PublishedClustering(ArraySize array, const PublishedClusteringSpec& spec, RandomKey key)
      : array_(array), spec_(spec), key_(key) {}

  std::vector<Piece> run(const BinaryMatrix& matrix) {
    Piece whole{std::vector<std::uint32_t>(matrix.rows), std::vector<std::uint32_t>(matrix.columns), matrix, 0.0,
                false};
    std::iota(whole.rows.begin(), whole.rows.end(), 0U);
    std::iota(whole.columns.begin(), whole.columns.end(), 0U);
    std::optional<std::vector<Piece>> pieces = split(whole);
    if (!pieces) return {};
    for (bool all_fit = false; !all_fit;) {
      all_fit = true;
      std::vector<Piece> next;
      for (Piece& piece : *pieces) {
        if (piece.cannot_split || fits(piece)) {
          next.push_back(std::move(piece));
          continue;
        }
        all_fit = false;
        std::optional<std::vector<Piece>> parts = split(piece);
        if (!parts) {
          piece.cannot_split = true;
          next.push_back(std::move(piece));
        } else {
          std::move(parts->begin(), parts->end(), std::back_inserter(next));
        }
      }
      pieces = std::move(next);
    }
    return std::move(*pieces);
  }

 private:
  [[nodiscard]] bool fits(const Piece& piece) const {
    const std::size_t rows = piece.rows.size(), columns = piece.columns.size();
    if (spec_.defects.summed_size_limit) return rows + columns <= std::size_t{array_.rows} + array_.columns;
    return rows <= array_.rows && columns <= array_.columns;
  }

  [[nodiscard]] std::uint32_t parts(const BinaryMatrix& matrix) const {
    if (spec_.defects.fixed_parts) return kPublishedParts;
    const std::uint32_t by_rows = (matrix.rows + array_.rows - 1) / array_.rows;
    const std::uint32_t by_columns = (matrix.columns + array_.columns - 1) / array_.columns;
    return std::clamp(std::max(by_rows, by_columns), 2U, kMostParts);
  }

  /// Nothing where the first spectral step finds no split.
  std::optional<std::vector<Piece>> split(const Piece& piece) {
    std::vector<Piece> found;
    BinaryMatrix left = piece.ones;
    bool first = true;
    for (std::uint64_t before = left.ones() + 1; left.ones() > 0 && left.ones() < before;) {
      before = left.ones();
      const auto labelled = label_groups(left);
      if (!labelled) {
        if (first) return std::nullopt;
        break;
      }
      first = false;
      for (const LiveLines& group : *labelled) take_if_dense(piece, group, left, found);
    }
    return found;
  }

  void take_if_dense(const Piece& parent, const LiveLines& group, BinaryMatrix& left, std::vector<Piece>& found) const {
    if (group.rows.empty() || group.columns.empty()) return;
    Piece part;
    part.ones = within(left, group.rows, group.columns);
    const double cells = static_cast<double>(group.rows.size()) * static_cast<double>(group.columns.size());
    part.quality = static_cast<double>(part.ones.ones()) / cells;
    if (part.quality <= spec_.quality) return;
    for (const std::uint32_t row : group.rows) part.rows.push_back(parent.rows[row]);
    for (const std::uint32_t column : group.columns) part.columns.push_back(parent.columns[column]);
    left = without(left, {group.rows, group.columns});
    found.push_back(std::move(part));
  }

  /// Rows and columns of each part of one spectral step.
  std::optional<std::vector<LiveLines>> label_groups(const BinaryMatrix& matrix) {
    const LiveLines live = live_lines(matrix);
    const BinaryMatrix trimmed = within(matrix, live.rows, live.columns);
    const std::size_t nodes = live.rows.size() + live.columns.size();
    const std::uint32_t count = parts(trimmed);
    if (nodes < std::size_t{count} + 1) return std::nullopt;
    const RandomKey key = key_.child(steps_++);
    const Points points = bipartite_embedding(trimmed, count, key);
    const Partition partition = k_means(points, sampled_centres(points, count, key));
    std::vector<LiveLines> groups(count);
    if (spec_.defects.shifted_labels) {
      // B1: label k is taken for node k of all rows and columns, though it was made for the k-th that has edges.
      for (std::uint32_t k = 0; k < nodes; ++k) {
        if (k < matrix.rows)
          groups[partition.label[k]].rows.push_back(k);
        else
          groups[partition.label[k]].columns.push_back(k - matrix.rows);
      }
      return groups;
    }
    for (std::size_t k = 0; k < nodes; ++k) {
      if (k < live.rows.size())
        groups[partition.label[k]].rows.push_back(live.rows[k]);
      else
        groups[partition.label[k]].columns.push_back(live.columns[k - live.rows.size()]);
    }
    return groups;
  }

  ArraySize array_;
  PublishedClusteringSpec spec_;
  RandomKey key_;
  std::uint64_t steps_ = 0;
};

}  // namespace

Clustering published_cluster(const BinaryMatrix& matrix, ArraySize array, const PublishedClusteringSpec& spec,
                             RandomKey key) {
  if (array.rows == 0 || array.columns == 0) throw UserError("an array needs at least one row and one column");
  if (!(spec.quality >= 0.0 && spec.quality < 1.0)) {
    throw UserError(fmt::format("the quality floor of the published clustering must be 0 or more and below 1; it is {}",
                                spec.quality));
  }
  Clustering clustering;
  if (matrix.ones() == 0) return clustering;
  for (Piece& piece : PublishedClustering(array, spec, key.child("published clustering")).run(matrix)) {
    clustering.clusters.push_back({{std::move(piece.rows), std::move(piece.columns)}, piece.quality});
  }
  return clustering;
}

}  // namespace crossloom
