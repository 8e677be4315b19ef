// Panels of inner nodes are finished row by row and then added to all that is left, tile by tile. Each conductance
// takes its additions in the order of the nodes that go, so neither tiles nor vectors change a bit of it.
#include "models/circuit/mesh_elimination.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/vector_clones.h"

namespace crossloom {

namespace {

constexpr std::size_t kPanelRows = 48;  ///< rows finished before the rest is brought up to date

template <std::size_t kLanes>
struct Lanes {
  typedef double Vector __attribute__((vector_size(kLanes * sizeof(double))));
  // By reference: vectors passed by value would be passed differently in each clone.
  static CROSSLOOM_INLINE void load(Vector& vector, const double* from) { std::memcpy(&vector, from, sizeof vector); }
  static CROSSLOOM_INLINE void store(const Vector& vector, double* to) { std::memcpy(to, &vector, sizeof vector); }
};

/// kRows rows of two vectors' columns of a tile: to[r][..] += sum over p of left[p][r] * right[p][..], both packed by
/// tiles.
template <std::size_t kLanes, std::size_t kRows>
CROSSLOOM_INLINE void add_products(const double* left, const double* right, std::size_t terms, double* to,
                                   std::size_t stride) {
  using L = Lanes<kLanes>;
  typename L::Vector sums[kRows][2];
  for (std::size_t r = 0; r < kRows; ++r) {
    L::load(sums[r][0], to + r * stride);
    L::load(sums[r][1], to + r * stride + kLanes);
  }
  for (std::size_t p = 0; p < terms; ++p, left += kMeshTile, right += kMeshTile) {
    typename L::Vector first, second;
    L::load(first, right);
    L::load(second, right + kLanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      sums[r][0] += left[r] * first;
      sums[r][1] += left[r] * second;
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    L::store(sums[r][0], to + r * stride);
    L::store(sums[r][1], to + r * stride + kLanes);
  }
}

template <std::size_t kLanes, std::size_t kRows>
CROSSLOOM_INLINE void add_tile_products(const double* left, const double* right, std::size_t terms, double* to,
                                        std::size_t stride) {
  for (std::size_t column = 0; column < kMeshTile; column += 2 * kLanes) {
    add_products<kLanes, kRows>(left, right + column, terms, to + column, stride);
  }
}

template <std::size_t kLanes>
CROSSLOOM_INLINE void add_to_rows_by(const double* packed, std::size_t terms, std::size_t first, std::size_t last,
                                     std::size_t width, double* part, std::size_t origin, std::size_t stride) {
  const std::size_t tile_size = terms * kMeshTile;
  for (std::size_t column = first / kMeshTile * kMeshTile; column < width; column += kMeshTile) {
    const double* const right = packed + column / kMeshTile * tile_size;
    const std::size_t end = std::min(last, column + kMeshTile);
    for (std::size_t row = first; row < end;) {
      const std::size_t in_tile = row % kMeshTile;
      const double* const left = packed + row / kMeshTile * tile_size + in_tile;
      double* const to = part + (row - origin) * stride + (column - origin);
      if (in_tile % 4 == 0 && row + 4 <= end) {
        add_tile_products<kLanes, 4>(left, right, terms, to, stride);
        row += 4;
      } else {
        add_tile_products<kLanes, 1>(left, right, terms, to, stride);
        row += 1;
      }
    }
  }
}

template <std::size_t kLanes>
CROSSLOOM_INLINE void add_rows_above_by(const double* rows, std::size_t stride, std::size_t terms,
                                        const double* factors, double* row, std::size_t begin, std::size_t end) {
  using L = Lanes<kLanes>;
  constexpr std::size_t kVectors = 4;
  std::size_t column = begin;
  for (; column + kVectors * kLanes <= end; column += kVectors * kLanes) {
    typename L::Vector sums[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) L::load(sums[v], row + column + v * kLanes);
    for (std::size_t p = 0; p < terms; ++p) {
      const double* const above = rows + p * stride + column;
      for (std::size_t v = 0; v < kVectors; ++v) {
        typename L::Vector values;
        L::load(values, above + v * kLanes);
        sums[v] += factors[p] * values;
      }
    }
    for (std::size_t v = 0; v < kVectors; ++v) L::store(sums[v], row + column + v * kLanes);
  }
  for (; column < end; column += kLanes) {
    typename L::Vector sum, values;
    L::load(sum, row + column);
    for (std::size_t p = 0; p < terms; ++p) {
      L::load(values, rows + p * stride + column);
      sum += factors[p] * values;
    }
    L::store(sum, row + column);
  }
}

// add_to_rows adds the products of the packed rows to rows [first, last) of a symmetric part, in tiles on and right of
// the diagonal; indices are those of the mesh, and `part` begins at index (origin, origin).
// add_rows_above: row[q] += sum over the rows p in [0, terms) of factor_p * rows[p][q], for q in [begin, end), whole
// tiles.
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands bare.
#define CROSSLOOM_DEFINE(attribute, bytes)                                                                        \
  attribute void add_to_rows(const double* packed, std::size_t terms, std::size_t first, std::size_t last,        \
                             std::size_t width, double* part, std::size_t origin, std::size_t stride) {           \
    add_to_rows_by<(bytes) / sizeof(double)>(packed, terms, first, last, width, part, origin, stride);            \
  }                                                                                                               \
  attribute void add_rows_above(const double* rows, std::size_t stride, std::size_t terms, const double* factors, \
                                double* row, std::size_t begin, std::size_t end) {                                \
    add_rows_above_by<(bytes) / sizeof(double)>(rows, stride, terms, factors, row, begin, end);                   \
  }
CROSSLOOM_EACH_VECTOR_WIDTH(CROSSLOOM_DEFINE)
#undef CROSSLOOM_DEFINE
// NOLINTEND(bugprone-macro-parentheses)

/// Sum of row[begin..end) in eight interleaved parts: the same order at every vector width.
CROSSLOOM_VECTOR_CLONES
double sum_of(const double* row, std::size_t begin, std::size_t end) {
  constexpr std::size_t kParts = 8, kHalf = kParts / 2;
  Lanes<kHalf>::Vector lower{}, upper{};
  double rest[kParts] = {};
  for (; begin < end && begin % kParts != 0; ++begin) rest[begin % kParts] += row[begin];
  for (; begin + kParts <= end; begin += kParts) {
    Lanes<kHalf>::Vector values;
    Lanes<kHalf>::load(values, row + begin);
    lower += values;
    Lanes<kHalf>::load(values, row + begin + kHalf);
    upper += values;
  }
  for (; begin < end; ++begin) rest[begin % kParts] += row[begin];
  double total = 0.0;
  for (std::size_t part = 0; part < kParts; ++part) {
    total += rest[part] + (part < kHalf ? lower[part] : upper[part - kHalf]);
  }
  return total;
}

CROSSLOOM_VECTOR_CLONES
void multiply(double* row, std::size_t begin, std::size_t end, double factor) {
  for (std::size_t q = begin; q < end; ++q) row[q] *= factor;
}

/// Rows [first, last) of a panel, tile by tile.
void pack(const double* panel, std::size_t width, std::size_t first, std::size_t last, double* packed) {
  for (std::size_t column = 0; column < width; column += kMeshTile) {
    for (std::size_t p = first; p < last; ++p, packed += kMeshTile) {
      std::memcpy(packed, panel + p * width + column, kMeshTile * sizeof(double));
    }
  }
}

void mirror_tiles(double* part, std::size_t rows, std::size_t stride) {
  for (std::size_t top = 0; top < rows; top += kMeshTile) {
    const std::size_t bottom = std::min(rows, top + kMeshTile);
    for (std::size_t left = bottom; left < rows; left += kMeshTile) {
      const std::size_t right = std::min(rows, left + kMeshTile);
      for (std::size_t j = left; j < right; ++j) {
        for (std::size_t i = top; i < bottom; ++i) part[j * stride + i] = part[i * stride + j];
      }
    }
  }
}

}  // namespace

void Mesh::reset(std::size_t inner, std::size_t outer) {
  inner_ = inner;
  outer_ = outer;
  inner_padded_ = padded_nodes(inner);
  outer_padded_ = padded_nodes(outer);
  width_ = inner_padded_ + outer_padded_;
  const auto cleared = [](AlignedVector<double>& values, std::size_t size) {
    if (values.size() < size) values = AlignedVector<double>(size);
    std::fill_n(values.data(), size, 0.0);
  };
  cleared(panel_, inner_ * width_);
  cleared(outer_part_, outer_ * outer_padded_);
  scale_.assign(inner_, 0.0);
}

void Mesh::eliminate_rows(std::size_t first, std::size_t last) {
  double factors[kPanelRows];
  for (std::size_t p = first; p < last; ++p) {
    double* const row = panel_.data() + p * width_;
    const double* const above = panel_.data() + first * width_;
    for (std::size_t k = 0; k < p - first; ++k) factors[k] = above[k * width_ + p];
    const std::size_t begin = p / kMeshTile * kMeshTile;
    add_rows_above(above, width_, p - first, factors, row, begin, width_);
    const double sum = sum_of(row, p + 1, inner_) + sum_of(row, inner_padded_, inner_padded_ + outer_);
    scale_[p] = sum > 0.0 ? 1.0 / std::sqrt(sum) : 0.0;
    multiply(row, begin, width_, scale_[p]);
  }
}

void Mesh::eliminate() {
  for (std::size_t first = 0; first < inner_; first += kPanelRows) {
    const std::size_t last = std::min(inner_, first + kPanelRows);
    eliminate_rows(first, last);
    const std::size_t terms = last - first;
    if (packed_.size() < terms * width_) packed_ = AlignedVector<double>(terms * width_);
    pack(panel_.data(), width_, first, last, packed_.data());
    if (last < inner_) add_to_rows(packed_.data(), terms, last, inner_, width_, panel_.data(), 0, width_);
    add_to_rows(packed_.data(), terms, inner_padded_, inner_padded_ + outer_, width_, outer_part_.data(), inner_padded_,
                outer_padded_);
  }
  mirror_tiles(outer_part_.data(), outer_, outer_padded_);
}

}  // namespace crossloom
