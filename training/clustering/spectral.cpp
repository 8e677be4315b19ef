#include "training/clustering/spectral.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include <Eigen/Dense>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/vector_clones.h"

namespace crossloom {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kSpareVectors = 3;
constexpr Index kLargestBasis = 72;
constexpr double kTolerance = 1e-6;

/// Values of up to kTogether vectors side by side: [element][vector].
constexpr std::size_t kTogether = 8;
using Bundle = std::vector<std::array<double, kTogether>>;

/// One element's values in registers.
template <std::size_t kLanes>
struct Values {
  static constexpr std::size_t kVectors = kTogether / kLanes;
  typedef double Vector __attribute__((vector_size(kLanes * sizeof(double))));
  Vector vectors[kVectors] = {};

  CROSSLOOM_INLINE void load(const double* from) { std::memcpy(vectors, from, sizeof vectors); }
  CROSSLOOM_INLINE void store(double* to) const { std::memcpy(to, vectors, sizeof vectors); }
  CROSSLOOM_INLINE void add(const Values& other) {
    for (std::size_t v = 0; v < kVectors; ++v) vectors[v] += other.vectors[v];
  }
};

template <std::size_t kLanes>
CROSSLOOM_INLINE void sum_along_rows_by(const BinaryMatrix& matrix, const double* from, double* to) {
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    Values<kLanes> sums;
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k) {
      Values<kLanes> values;
      values.load(from + matrix.column_of[k] * kTogether);
      sums.add(values);
    }
    sums.store(to + row * kTogether);
  }
}

template <std::size_t kLanes>
CROSSLOOM_INLINE void add_to_columns_by(const BinaryMatrix& matrix, const double* from, double* to) {
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    Values<kLanes> values;
    values.load(from + row * kTogether);
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k) {
      Values<kLanes> sums;
      sums.load(to + matrix.column_of[k] * kTogether);
      sums.add(values);
      sums.store(to + matrix.column_of[k] * kTogether);
    }
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands bare.
// to[row] = the sum of from[column] over the row's ones; to[column] += from[row] for each one.
#define CROSSLOOM_DEFINE(ATTRIBUTE, BYTES)                                                    \
  ATTRIBUTE void sum_along_rows(const BinaryMatrix& matrix, const double* from, double* to) { \
    sum_along_rows_by<(BYTES) / sizeof(double)>(matrix, from, to);                            \
  }                                                                                           \
  ATTRIBUTE void add_to_columns(const BinaryMatrix& matrix, const double* from, double* to) { \
    add_to_columns_by<(BYTES) / sizeof(double)>(matrix, from, to);                            \
  }
CROSSLOOM_EACH_VECTOR_WIDTH(CROSSLOOM_DEFINE)
#undef CROSSLOOM_DEFINE
// NOLINTEND(bugprone-macro-parentheses)

/// The matrix divided by the roots of its row and column degrees; applied in sparse form, to several vectors (columns)
/// in one pass over its ones. Each vector's sums run in the same order as they would alone.
class Normalised {
 public:
  explicit Normalised(const BinaryMatrix& matrix)
      : matrix_(matrix), rows_(matrix.rows), columns_(VectorXd::Zero(matrix.columns)) {
    for (const std::uint32_t column : matrix.column_of) columns_[column] += 1.0;
    for (std::uint32_t i = 0; i < matrix.rows; ++i) {
      rows_[i] = static_cast<double>(matrix.row_begin[i + 1] - matrix.row_begin[i]);
    }
    for (VectorXd* degrees : {&rows_, &columns_}) {
      CROSSLOOM_CHECK(degrees->minCoeff() > 0.0, "every row and column has a one");
      *degrees = degrees->cwiseSqrt().cwiseInverse();
    }
  }
  [[nodiscard]] MatrixXd to_rows(const MatrixXd& columns) const {
    return by_bundles(columns, rows_.size(), [this](const Bundle& from) {
      const Bundle scaled = scaled_by(columns_, from);
      Bundle result(matrix_.rows);
      sum_along_rows(matrix_, scaled.front().data(), result.front().data());
      return scaled_by(rows_, std::move(result));
    });
  }
  [[nodiscard]] MatrixXd to_columns(const MatrixXd& rows) const {
    return by_bundles(rows, columns_.size(), [this](const Bundle& from) {
      const Bundle scaled = scaled_by(rows_, from);
      Bundle result(matrix_.columns);
      add_to_columns(matrix_, scaled.front().data(), result.front().data());
      return scaled_by(columns_, std::move(result));
    });
  }
  [[nodiscard]] const VectorXd& row_scale() const { return rows_; }
  [[nodiscard]] const VectorXd& column_scale() const { return columns_; }

 private:
  static Bundle scaled_by(const VectorXd& factors, Bundle values) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      for (double& value : values[k]) value *= factors[static_cast<Index>(k)];
    }
    return values;
  }
  template <class Apply>
  static MatrixXd by_bundles(const MatrixXd& vectors, Index size, const Apply& apply) {
    MatrixXd results(size, vectors.cols());
    constexpr auto kWidth = static_cast<Index>(kTogether);
    for (Index first = 0; first < vectors.cols(); first += kWidth) {
      const Index count = std::min(kWidth, vectors.cols() - first);
      Bundle bundle(static_cast<std::size_t>(vectors.rows()));
      for (Index v = 0; v < count; ++v) {
        for (Index k = 0; k < vectors.rows(); ++k) {
          bundle[static_cast<std::size_t>(k)][static_cast<std::size_t>(v)] = vectors(k, first + v);
        }
      }
      const Bundle applied = apply(bundle);
      for (Index v = 0; v < count; ++v) {
        for (Index k = 0; k < size; ++k) {
          results(k, first + v) = applied[static_cast<std::size_t>(k)][static_cast<std::size_t>(v)];
        }
      }
    }
    return results;
  }

  const BinaryMatrix& matrix_;
  VectorXd rows_, columns_;
};

/// Makes `candidate` a unit vector at right angles to the first `known` columns of the basis; false where nothing of it
/// is left.
bool orthonormalise(VectorXd& candidate, const MatrixXd& basis, Index known) {
  const double before = candidate.norm();
  if (before == 0.0) return false;
  for (int pass = 0; pass < 2; ++pass) {
    const VectorXd shares = basis.leftCols(known).transpose() * candidate;
    candidate.noalias() -= basis.leftCols(known) * shares;
  }
  const double length = candidate.norm();
  if (length <= 1e-10 * before) return false;
  candidate /= length;
  return true;
}

struct Ritz {
  VectorXd values;        ///< descending
  MatrixXd vectors;       ///< columns
  double residual = 0.0;  ///< largest of the wanted vectors
};

/// Rayleigh-Ritz of a positive semi-definite operator on the Krylov space of the columns of `block`.
template <class Apply>
Ritz krylov_ritz(MatrixXd block, Index wanted, Index largest, const Apply& apply) {
  const Index width = block.cols();
  MatrixXd basis(block.rows(), largest), images(block.rows(), largest);
  Index size = 0;
  while (block.cols() > 0 && size < largest) {
    const Index known = size;
    for (Index k = 0; k < block.cols() && size < largest; ++k) {
      VectorXd candidate = block.col(k);
      if (orthonormalise(candidate, basis, size)) basis.col(size++) = candidate;
    }
    block = apply(basis.middleCols(known, size - known));
    images.middleCols(known, size - known) = block;
  }
  const auto b = basis.leftCols(size), c = images.leftCols(size);
  MatrixXd projected(size, size);
  // Column by column: how a product of matrices is blocked depends on the processor's caches, and so do its last bits.
  for (Index k = 0; k < size; ++k) projected.col(k).noalias() = b.transpose() * c.col(k);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(projected);
  const Index kept = std::min(width, size);
  Ritz ritz{VectorXd(kept), MatrixXd(basis.rows(), kept)};
  for (Index k = 0; k < kept; ++k) {
    const Index from = size - 1 - k;  // the solver's are ascending
    ritz.values[k] = eigen.eigenvalues()[from];
    ritz.vectors.col(k).noalias() = b * eigen.eigenvectors().col(from);
    if (k >= wanted) continue;
    const VectorXd image = c * eigen.eigenvectors().col(from);
    ritz.residual = std::max(ritz.residual, (image - ritz.values[k] * ritz.vectors.col(k)).norm());
  }
  return ritz;
}

void put_unit_column(Points& points, std::size_t dimension, const VectorXd& rows, const VectorXd& columns) {
  const double length = std::sqrt(rows.squaredNorm() + columns.squaredNorm());
  if (length == 0.0) return;
  std::size_t point = 0;
  for (const double value : rows) points.at(point++)[dimension] = value / length;
  for (const double value : columns) points.at(point++)[dimension] = value / length;
}

}  // namespace

Points bipartite_embedding(const BinaryMatrix& matrix, std::size_t dimensions, RandomKey key, int restarts) {
  const Normalised normalised(matrix);
  const bool by_columns = matrix.columns <= matrix.rows;
  const Index side = std::min(matrix.rows, matrix.columns);
  const auto apply = [&](const MatrixXd& x) {
    return by_columns ? normalised.to_columns(normalised.to_rows(x)) : normalised.to_rows(normalised.to_columns(x));
  };
  const Index wanted = std::min(static_cast<Index>(dimensions), side);
  const Index width = std::min(static_cast<Index>(dimensions) + kSpareVectors, side);
  RandomStream stream(key.child("krylov"));
  MatrixXd block(side, width);
  for (double& value : block.reshaped()) value = stream.normal();
  const Index largest = std::min(side, std::max(kLargestBasis, 3 * width));
  Ritz ritz;
  for (int restart = 0; restart < restarts; ++restart) {
    throw_if_interrupted();
    ritz = krylov_ritz(std::move(block), wanted, largest, apply);
    if (ritz.residual <= kTolerance) break;
    block = ritz.vectors;
  }
  Points points{std::size_t{matrix.rows} + matrix.columns, dimensions, {}};
  points.values.assign(points.count * dimensions, 0.0);
  const MatrixXd here = ritz.vectors.leftCols(std::min(wanted, ritz.vectors.cols()));
  const MatrixXd others = by_columns ? normalised.to_rows(here) : normalised.to_columns(here);
  for (Index k = 0; k < here.cols() && ritz.values[k] > 1e-12; ++k) {
    const VectorXd own = here.col(k), across = others.col(k) / std::sqrt(ritz.values[k]);
    const VectorXd &rows = by_columns ? across : own, &columns = by_columns ? own : across;
    put_unit_column(points, static_cast<std::size_t>(k), rows.cwiseProduct(normalised.row_scale()),
                    columns.cwiseProduct(normalised.column_scale()));
  }
  return points;
}

}  // namespace crossloom
