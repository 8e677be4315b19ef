#include "training/clustering/canonical_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace crossloom {
namespace {

constexpr int kRounds = 4;

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

struct Colours {
  std::vector<std::uint64_t> rows, columns;
};

/// New colour = old colour and the multiset of the neighbours' colours; sums of mixed colours do not depend on order.
void refine(const BinaryMatrix& matrix, Colours& colours) {
  std::vector<std::uint64_t> row_sums(matrix.rows, 0), column_sums(matrix.columns, 0), marks(matrix.columns);
  std::transform(colours.columns.begin(), colours.columns.end(), marks.begin(), mixed);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    const std::uint64_t mark = mixed(~colours.rows[i]);
    std::uint64_t sum = 0;
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      sum += marks[matrix.column_of[k]];
      column_sums[matrix.column_of[k]] += mark;
    }
    row_sums[i] = sum;
  }
  for (std::uint32_t i = 0; i < matrix.rows; ++i) colours.rows[i] = mixed(colours.rows[i] ^ mixed(row_sums[i]));
  for (std::uint32_t j = 0; j < matrix.columns; ++j) {
    colours.columns[j] = mixed(colours.columns[j] ^ mixed(column_sums[j]));
  }
}

/// Union-find over rows and columns (columns after rows).
std::vector<std::uint32_t> component_roots(const BinaryMatrix& matrix) {
  std::vector<std::uint32_t> parent(std::size_t{matrix.rows} + matrix.columns);
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&](std::uint32_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      const std::uint32_t a = root(i), b = root(matrix.rows + matrix.column_of[k]);
      parent[std::max(a, b)] = std::min(a, b);
    }
  }
  for (std::uint32_t node = 0; node < parent.size(); ++node) parent[node] = root(node);
  return parent;
}

}  // namespace

CanonicalOrder canonical_order(const BinaryMatrix& matrix) {
  Colours colours{std::vector<std::uint64_t>(matrix.rows, 1), std::vector<std::uint64_t>(matrix.columns, 2)};
  for (int round = 0; round < kRounds; ++round) refine(matrix, colours);
  const std::vector<std::uint32_t> root = component_roots(matrix);
  std::vector<std::uint64_t> component_colour(root.size(), 0);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) component_colour[root[i]] += mixed(colours.rows[i]);
  for (std::uint32_t j = 0; j < matrix.columns; ++j) {
    component_colour[root[matrix.rows + j]] += mixed(colours.columns[j]);
  }
  const auto order = [&](const std::vector<std::uint64_t>& colour, std::uint32_t first_node) {
    std::vector<std::uint32_t> at(colour.size());
    std::iota(at.begin(), at.end(), 0U);
    std::sort(at.begin(), at.end(), [&](std::uint32_t a, std::uint32_t b) {
      const std::uint32_t of_a = root[first_node + a], of_b = root[first_node + b];
      return std::tie(component_colour[of_a], of_a, colour[a], a) <
             std::tie(component_colour[of_b], of_b, colour[b], b);
    });
    return at;
  };
  return {order(colours.rows, 0), order(colours.columns, matrix.rows)};
}

BinaryMatrix reordered(const BinaryMatrix& matrix, const CanonicalOrder& order) {
  std::vector<std::uint32_t> place_of_column(matrix.columns);
  for (std::uint32_t l = 0; l < matrix.columns; ++l) place_of_column[order.column_at[l]] = l;
  BinaryMatrix result;
  result.rows = matrix.rows;
  result.columns = matrix.columns;
  result.row_begin.assign(1, 0);
  result.column_of.reserve(matrix.column_of.size());
  for (const std::uint32_t i : order.row_at) {
    for (std::uint64_t k = matrix.row_begin[i]; k < matrix.row_begin[i + 1]; ++k) {
      result.column_of.push_back(place_of_column[matrix.column_of[k]]);
    }
    std::sort(result.column_of.begin() + static_cast<std::ptrdiff_t>(result.row_begin.back()), result.column_of.end());
    result.row_begin.push_back(result.column_of.size());
  }
  return result;
}

}  // namespace crossloom
