#include "training/clustering/autoncs_clustering.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "training/clustering/spectral.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kLibrarySteps = 12;
/// The embedding keeps no more eigenvectors: the later ones of a large k cost much and tell little.
constexpr std::size_t kMostDimensions = 16;
constexpr int kRestarts = 4;
constexpr int kMostSplits = 64;

/// Live rows and columns of what is left, and their ones.
struct Remainder {
  std::vector<std::uint32_t> rows, columns;
  BinaryMatrix ones;
};

Remainder live_part(const BinaryMatrix& matrix) {
  Remainder live;
  std::vector<std::uint32_t> place(matrix.columns, 0);
  for (const std::uint32_t column : matrix.column_of) place[column] = 1;
  for (std::uint32_t j = 0; j < matrix.columns; ++j) {
    if (place[j] == 0) continue;
    place[j] = static_cast<std::uint32_t>(live.columns.size());
    live.columns.push_back(j);
  }
  live.ones.row_begin.assign(1, 0);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    if (matrix.row_begin[i] == matrix.row_begin[i + 1]) continue;
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      live.ones.column_of.push_back(place[matrix.column_of[k]]);
    }
    live.ones.row_begin.push_back(live.ones.column_of.size());
    live.rows.push_back(i);
  }
  live.ones.rows = static_cast<std::uint32_t>(live.rows.size());
  live.ones.columns = static_cast<std::uint32_t>(live.columns.size());
  return live;
}

struct Group {
  std::vector<std::uint32_t> nodes;  ///< rows, then columns, as the embedding numbers them
  std::size_t rows = 0;
};

std::vector<Group> groups_of(const Partition& partition, std::size_t rows) {
  std::vector<Group> groups(partition.centres.count);
  for (std::size_t node = 0; node < partition.label.size(); ++node) {
    Group& group = groups[partition.label[node]];
    group.nodes.push_back(static_cast<std::uint32_t>(node));
    group.rows += node < rows ? 1 : 0;
  }
  return groups;
}

bool fits(const Group& group, ArraySize array) {
  return group.rows <= array.rows && group.nodes.size() - group.rows <= array.columns;
}

Points at_nodes(const Points& points, const std::vector<std::uint32_t>& nodes) {
  Points some{nodes.size(), points.dimensions, {}};
  for (const std::uint32_t node : nodes) {
    some.values.insert(some.values.end(), points.at(node), points.at(node) + points.dimensions);
  }
  return some;
}

/// Splits what k-means cannot (nodes at one point) in the middle of its rows and columns until all of it fits.
void halve_until_fitting(std::vector<Group>& groups, ArraySize array) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    while (!fits(groups[g], array)) {
      Group first, second;
      const std::size_t rows = groups[g].rows, columns = groups[g].nodes.size() - rows;
      for (std::size_t k = 0; k < groups[g].nodes.size(); ++k) {
        const bool is_row = k < rows;
        const bool early = is_row ? 2 * k < rows : 2 * (k - rows) < columns;
        Group& half = early ? first : second;
        half.nodes.push_back(groups[g].nodes[k]);
        half.rows += is_row ? 1 : 0;
      }
      groups[g] = std::move(first);
      groups.push_back(std::move(second));
    }
  }
}

/// GCP: k-means with a centre more for each group over the size, until every group fits.
std::vector<Group> predicted_groups(const Remainder& live, ArraySize array, RandomKey key) {
  const std::size_t nodes = live.rows.size() + live.columns.size();
  const std::size_t by_rows = (live.rows.size() + array.rows - 1) / array.rows;
  const std::size_t by_columns = (live.columns.size() + array.columns - 1) / array.columns;
  const std::size_t parts = std::min(nodes, std::max(by_rows, by_columns));
  const Points points =
      bipartite_embedding(live.ones, std::clamp<std::size_t>(parts, 2, kMostDimensions), key, kRestarts);
  Partition partition = k_means(points, sampled_centres(points, parts, key));
  std::vector<Group> groups = groups_of(partition, live.rows.size());
  for (std::uint64_t split = 0; split < kMostSplits; ++split) {
    Points centres{0, points.dimensions, {}};
    const auto add = [&](const Points& from) {
      centres.values.insert(centres.values.end(), from.values.begin(), from.values.end());
      centres.count += from.count;
    };
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].nodes.size() < 2 || fits(groups[g], array)) {
        add({1, points.dimensions, {partition.centres.at(g), partition.centres.at(g) + points.dimensions}});
        continue;
      }
      const Points own = at_nodes(points, groups[g].nodes);
      add(k_means(own, sampled_centres(own, 2, key.child(split).child(g))).centres);
    }
    if (centres.count == groups.size() || centres.count > nodes) break;
    partition = k_means(points, std::move(centres));
    groups = groups_of(partition, live.rows.size());
  }
  halve_until_fitting(groups, array);
  return groups;
}

struct Candidate {
  Block block;
  std::uint64_t ones = 0;
  double use = 0.0;         ///< m / s^2
  double preference = 0.0;  ///< m^2 / s^3
};

/// On the smallest crossbar of the library that holds it.
std::optional<Candidate> candidate(const Remainder& live, const Group& group, const std::vector<ArraySize>& library) {
  Candidate made;
  std::vector<std::uint8_t> in_columns(live.columns.size(), 0);
  for (std::size_t k = group.rows; k < group.nodes.size(); ++k) {
    const std::size_t column = group.nodes[k] - live.rows.size();
    in_columns[column] = 1;
    made.block.columns.push_back(live.columns[column]);
  }
  for (std::size_t k = 0; k < group.rows; ++k) {
    const std::uint32_t row = group.nodes[k];
    made.block.rows.push_back(live.rows[row]);
    for (std::uint64_t n = live.ones.row_begin[row]; n < live.ones.row_begin[row + 1]; ++n) {
      made.ones += in_columns[live.ones.column_of[n]];
    }
  }
  if (made.ones == 0) return std::nullopt;
  const auto holds = [&](ArraySize size) {
    return made.block.rows.size() <= size.rows && made.block.columns.size() <= size.columns;
  };
  const auto size = std::find_if(library.begin(), library.end(), holds);
  if (size == library.end()) return std::nullopt;
  const double cells = static_cast<double>(size->rows) * static_cast<double>(size->columns);
  const auto ones = static_cast<double>(made.ones);
  made.use = ones / cells;
  made.preference = ones * ones / std::pow(cells, 1.5);
  return made;
}

void check(const AutoNcsSpec& spec, ArraySize array) {
  if (array.rows == 0 || array.columns == 0) throw UserError("an array needs at least one row and one column");
  if (!(spec.least_use >= 0.0 && spec.least_use < 1.0) || !(spec.selected_share > 0.0 && spec.selected_share <= 1.0) ||
      spec.rounds == 0) {
    throw UserError(
        fmt::format("autoncs needs least_use in 0..1 (it is {}), selected_share above 0 and at most 1 (it "
                    "is {}) and at least one round",
                    spec.least_use, spec.selected_share));
  }
  for (const ArraySize size : spec.library) {
    if (size.rows > 0 && size.columns > 0 && size.rows <= array.rows && size.columns <= array.columns) continue;
    throw UserError(fmt::format("a crossbar of the library has {}x{}, which is not within the array of {}x{}",
                                size.rows, size.columns, array.rows, array.columns));
  }
}

}  // namespace

std::vector<ArraySize> crossbar_library(ArraySize array) {
  std::vector<ArraySize> library;
  const auto side = [](std::uint32_t full, std::uint32_t step) {
    const std::uint64_t sixteenths = 4 + std::uint64_t{step};
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, full * sixteenths / 16));
  };
  for (std::uint32_t step = 0; step <= kLibrarySteps; ++step) {
    const ArraySize size{side(array.rows, step), side(array.columns, step)};
    if (!library.empty() && library.back().rows == size.rows && library.back().columns == size.columns) continue;
    library.push_back(size);
  }
  return library;
}

Clustering autoncs_cluster(const BinaryMatrix& matrix, ArraySize array, const AutoNcsSpec& spec, RandomKey key) {
  check(spec, array);
  std::vector<ArraySize> library = spec.library.empty() ? crossbar_library(array) : spec.library;
  std::stable_sort(library.begin(), library.end(), [](ArraySize a, ArraySize b) {
    return std::uint64_t{a.rows} * a.columns < std::uint64_t{b.rows} * b.columns;
  });
  const ArraySize largest = library.back();
  Clustering result;
  BinaryMatrix left = matrix;
  for (std::uint64_t round = 0; round < spec.rounds && left.ones() > 0; ++round) {
    const Remainder live = live_part(left);
    std::vector<Candidate> candidates;
    for (const Group& group : predicted_groups(live, largest, key.child("autoncs").child(round))) {
      if (auto made = candidate(live, group, library)) candidates.push_back(std::move(*made));
    }
    if (candidates.empty()) break;
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.preference > b.preference; });
    const auto selected =
        static_cast<std::size_t>(std::ceil(static_cast<double>(candidates.size()) * spec.selected_share));
    candidates.resize(std::clamp<std::size_t>(selected, 1, candidates.size()));
    double use = 0.0;
    for (const Candidate& one : candidates) use += one.use;
    if (use < spec.least_use * static_cast<double>(candidates.size())) break;
    for (Candidate& one : candidates) {
      left = without(left, one.block);
      const double cells = static_cast<double>(one.block.rows.size()) * static_cast<double>(one.block.columns.size());
      result.clusters.push_back({std::move(one.block), static_cast<double>(one.ones) / cells});
    }
  }
  return result;
}

}  // namespace crossloom
