#include "training/clustering/spectral.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::size_t kSpareVectors = 3;
constexpr std::size_t kLargestBasis = 72;
constexpr double kTolerance = 1e-6;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

void add_scaled(Vector& to, const Vector& from, double factor) {
  for (std::size_t k = 0; k < to.size(); ++k) to[k] += factor * from[k];
}

/// Values of up to kTogether vectors side by side: [element][vector].
constexpr std::size_t kTogether = 8;
using Bundle = std::vector<std::array<double, kTogether>>;

/// The matrix divided by the roots of its row and column degrees; applied in sparse form, to several vectors in one
/// pass over its ones. Each vector's sums run in the same order as they would alone.
class Normalised {
 public:
  explicit Normalised(const BinaryMatrix& matrix) : matrix_(matrix), rows_(matrix.rows), columns_(matrix.columns, 0.0) {
    for (const std::uint32_t column : matrix.column_of) columns_[column] += 1.0;
    for (std::uint32_t i = 0; i < matrix.rows; ++i) {
      rows_[i] = static_cast<double>(matrix.row_begin[i + 1] - matrix.row_begin[i]);
    }
    for (Vector* degrees : {&rows_, &columns_}) {
      for (double& degree : *degrees) {
        CROSSLOOM_CHECK(degree > 0.0, "every row and column has a one");
        degree = 1.0 / std::sqrt(degree);
      }
    }
  }
  [[nodiscard]] std::vector<Vector> to_rows(const std::vector<Vector>& columns) const {
    return by_bundles(columns, [this](const Bundle& from) {
      Bundle scaled = scaled_by(columns_, from), result(matrix_.rows);
      for (std::uint32_t i = 0; i < matrix_.rows; ++i) {
        std::array<double, kTogether> sums{};
        for (std::uint64_t k = matrix_.row_begin[i]; k < matrix_.row_begin[i + 1]; ++k) {
          add(scaled[matrix_.column_of[k]], sums);
        }
        result[i] = sums;
      }
      return scaled_by(rows_, std::move(result));
    });
  }
  [[nodiscard]] std::vector<Vector> to_columns(const std::vector<Vector>& rows) const {
    return by_bundles(rows, [this](const Bundle& from) {
      const Bundle scaled = scaled_by(rows_, from);
      Bundle result(matrix_.columns);
      for (std::uint32_t i = 0; i < matrix_.rows; ++i) {
        const std::array<double, kTogether> values = scaled[i];
        for (std::uint64_t k = matrix_.row_begin[i]; k < matrix_.row_begin[i + 1]; ++k) {
          add(values, result[matrix_.column_of[k]]);
        }
      }
      return scaled_by(columns_, std::move(result));
    });
  }
  [[nodiscard]] const Vector& row_scale() const { return rows_; }
  [[nodiscard]] const Vector& column_scale() const { return columns_; }

 private:
  static void add(const std::array<double, kTogether>& from, std::array<double, kTogether>& to) {
    for (std::size_t v = 0; v < kTogether; ++v) to[v] += from[v];
  }
  static Bundle scaled_by(const Vector& factors, Bundle values) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      for (double& value : values[k]) value *= factors[k];
    }
    return values;
  }
  template <class Apply>
  static std::vector<Vector> by_bundles(const std::vector<Vector>& vectors, const Apply& apply) {
    std::vector<Vector> results;
    for (std::size_t first = 0; first < vectors.size(); first += kTogether) {
      const std::size_t count = std::min(kTogether, vectors.size() - first);
      Bundle bundle(vectors[first].size());
      for (std::size_t v = 0; v < count; ++v) {
        for (std::size_t k = 0; k < bundle.size(); ++k) bundle[k][v] = vectors[first + v][k];
      }
      const Bundle applied = apply(bundle);
      for (std::size_t v = 0; v < count; ++v) {
        results.emplace_back(applied.size());
        for (std::size_t k = 0; k < applied.size(); ++k) results.back()[k] = applied[k][v];
      }
    }
    return results;
  }

  const BinaryMatrix& matrix_;
  Vector rows_, columns_;
};

/// Makes `candidate` a unit vector at right angles to the basis; false where nothing of it is left.
bool orthonormalise(Vector& candidate, const std::vector<Vector>& basis) {
  const double before = std::sqrt(dot(candidate, candidate));
  if (before == 0.0) return false;
  for (int pass = 0; pass < 2; ++pass) {
    for (const Vector& vector : basis) add_scaled(candidate, vector, -dot(candidate, vector));
  }
  const double length = std::sqrt(dot(candidate, candidate));
  if (length <= 1e-10 * before) return false;
  for (double& value : candidate) value /= length;
  return true;
}

struct Ritz {
  Vector values;
  std::vector<Vector> vectors;
  double residual = 0.0;  ///< largest of the wanted vectors
};

/// Rayleigh-Ritz of a positive semi-definite operator on the Krylov space of `start`.
template <class Apply>
Ritz krylov_ritz(std::vector<Vector> block, std::size_t wanted, std::size_t largest, const Apply& apply) {
  const std::size_t width = block.size();
  std::vector<Vector> basis, images;
  while (!block.empty() && basis.size() < largest) {
    const std::size_t known = basis.size();
    for (Vector& candidate : block) {
      if (basis.size() >= largest || !orthonormalise(candidate, basis)) continue;
      basis.push_back(std::move(candidate));
    }
    block = apply({basis.begin() + static_cast<std::ptrdiff_t>(known), basis.end()});
    images.insert(images.end(), block.begin(), block.end());
  }
  const std::size_t m = basis.size();
  Vector projected(m * m);
  for (std::size_t a = 0; a < m; ++a) {
    for (std::size_t b = a; b < m; ++b) projected[a * m + b] = projected[b * m + a] = dot(basis[a], images[b]);
  }
  const SymmetricEigen eigen = symmetric_eigen(std::move(projected), m);
  Ritz ritz;
  for (std::size_t k = 0; k < std::min(width, m); ++k) {
    Vector vector(basis[0].size(), 0.0), image(vector.size(), 0.0);
    for (std::size_t a = 0; a < m; ++a) {
      add_scaled(vector, basis[a], eigen.vectors[a * m + k]);
      add_scaled(image, images[a], eigen.vectors[a * m + k]);
    }
    if (k < wanted) {
      add_scaled(image, vector, -eigen.values[k]);
      ritz.residual = std::max(ritz.residual, std::sqrt(dot(image, image)));
    }
    ritz.values.push_back(eigen.values[k]);
    ritz.vectors.push_back(std::move(vector));
  }
  return ritz;
}

void put_unit_column(Points& points, std::size_t dimension, const Vector& rows, const Vector& columns) {
  const double length = std::sqrt(dot(rows, rows) + dot(columns, columns));
  if (length == 0.0) return;
  for (std::size_t i = 0; i < rows.size(); ++i) points.at(i)[dimension] = rows[i] / length;
  for (std::size_t j = 0; j < columns.size(); ++j) points.at(rows.size() + j)[dimension] = columns[j] / length;
}

double squared_distance(const double* a, const double* b, std::size_t dimensions) {
  double sum = 0.0;
  for (std::size_t d = 0; d < dimensions; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

/// `count` different numbers below `bound`, in the order drawn.
std::vector<std::size_t> drawn(std::size_t count, std::size_t bound, RandomKey key) {
  RandomStream stream(key);
  std::vector<std::size_t> numbers(bound);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  for (std::size_t k = 0; k < count; ++k) {
    std::swap(numbers[k], numbers[k + stream.below(static_cast<std::uint32_t>(bound - k))]);
  }
  numbers.resize(count);
  return numbers;
}

Points chosen(const Points& points, const std::vector<std::size_t>& which) {
  Points result{which.size(), points.dimensions, {}};
  for (const std::size_t k : which)
    result.values.insert(result.values.end(), points.at(k), points.at(k) + points.dimensions);
  return result;
}

/// Moves the point farthest from its centre into each part that has none.
void refill(const Points& points, Partition& partition, std::vector<std::size_t>& sizes, const Vector& distances) {
  for (std::uint32_t part = 0; part < sizes.size(); ++part) {
    if (sizes[part] > 0) continue;
    std::size_t farthest = points.count;
    for (std::size_t k = 0; k < points.count; ++k) {
      if (sizes[partition.label[k]] < 2) continue;
      if (farthest == points.count || distances[k] > distances[farthest]) farthest = k;
    }
    if (farthest == points.count) return;
    --sizes[partition.label[farthest]];
    partition.label[farthest] = part;
    sizes[part] = 1;
  }
}

void move_centres(const Points& points, Partition& partition, const std::vector<std::size_t>& sizes) {
  std::fill(partition.centres.values.begin(), partition.centres.values.end(), 0.0);
  for (std::size_t k = 0; k < points.count; ++k) {
    double* const centre = partition.centres.at(partition.label[k]);
    for (std::size_t d = 0; d < points.dimensions; ++d) centre[d] += points.at(k)[d];
  }
  for (std::size_t part = 0; part < sizes.size(); ++part) {
    double* const centre = partition.centres.at(part);
    for (std::size_t d = 0; d < points.dimensions; ++d)
      centre[d] /= static_cast<double>(std::max<std::size_t>(1, sizes[part]));
  }
}

}  // namespace

Points bipartite_embedding(const BinaryMatrix& matrix, std::size_t dimensions, RandomKey key, int restarts) {
  const Normalised normalised(matrix);
  const bool by_columns = matrix.columns <= matrix.rows;
  const std::size_t side = std::min(matrix.rows, matrix.columns);
  const auto apply = [&](const std::vector<Vector>& x) {
    return by_columns ? normalised.to_columns(normalised.to_rows(x)) : normalised.to_rows(normalised.to_columns(x));
  };
  const std::size_t wanted = std::min(dimensions, side), width = std::min(dimensions + kSpareVectors, side);
  RandomStream stream(key.child("krylov"));
  std::vector<Vector> block(width, Vector(side));
  for (Vector& vector : block) {
    for (double& value : vector) value = stream.normal();
  }
  const std::size_t largest = std::min(side, std::max(kLargestBasis, 3 * width));
  Ritz ritz;
  for (int restart = 0; restart < restarts; ++restart) {
    ritz = krylov_ritz(std::move(block), wanted, largest, apply);
    if (ritz.residual <= kTolerance) break;
    block = ritz.vectors;
  }
  Points points{std::size_t{matrix.rows} + matrix.columns, dimensions, {}};
  points.values.assign(points.count * dimensions, 0.0);
  ritz.vectors.resize(std::min(wanted, ritz.vectors.size()));
  std::vector<Vector> others = by_columns ? normalised.to_rows(ritz.vectors) : normalised.to_columns(ritz.vectors);
  for (std::size_t k = 0; k < ritz.vectors.size(); ++k) {
    if (ritz.values[k] <= 1e-12) break;
    const Vector& here = ritz.vectors[k];
    Vector& there = others[k];
    for (double& value : there) value /= std::sqrt(ritz.values[k]);
    Vector rows = by_columns ? there : here, columns = by_columns ? here : there;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] *= normalised.row_scale()[i];
    for (std::size_t j = 0; j < columns.size(); ++j) columns[j] *= normalised.column_scale()[j];
    put_unit_column(points, k, rows, columns);
  }
  return points;
}

Partition k_means(const Points& points, Points centres) {
  constexpr int kMostRounds = 100;
  CROSSLOOM_CHECK(centres.count > 0 && points.count >= centres.count, "k-means has a point for each part");
  Partition partition{std::vector<std::uint32_t>(points.count, 0), std::move(centres)};
  Vector distances(points.count, 0.0);
  for (int round = 0; round < kMostRounds; ++round) {
    bool changed = round == 0;
    std::vector<std::size_t> sizes(partition.centres.count, 0);
    for (std::size_t k = 0; k < points.count; ++k) {
      std::uint32_t nearest = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::uint32_t part = 0; part < partition.centres.count; ++part) {
        const double distance = squared_distance(points.at(k), partition.centres.at(part), points.dimensions);
        if (distance >= least) continue;
        least = distance;
        nearest = part;
      }
      changed = changed || nearest != partition.label[k];
      partition.label[k] = nearest;
      distances[k] = least;
      ++sizes[nearest];
    }
    refill(points, partition, sizes, distances);
    move_centres(points, partition, sizes);
    if (!changed) break;
  }
  return partition;
}

Points sampled_centres(const Points& points, std::size_t parts, RandomKey key) {
  CROSSLOOM_CHECK(points.count >= parts, "there is a point for each part");
  const std::size_t tenth = points.count / 10;
  if (tenth < parts) return chosen(points, drawn(parts, points.count, key.child("centres")));
  const Points sample = chosen(points, drawn(tenth, points.count, key.child("sample")));
  return k_means(sample, chosen(sample, drawn(parts, tenth, key.child("centres of the sample")))).centres;
}

}  // namespace crossloom
