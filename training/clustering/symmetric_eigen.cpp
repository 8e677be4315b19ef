#include <algorithm>
#include <cmath>
#include <numeric>

#include "training/clustering/spectral.h"

namespace crossloom {
namespace {

constexpr int kMostSweeps = 40;

/// Zeroes matrix(p, q) by a rotation of rows and columns p and q; the vectors turn with them (as rows of `turned`).
void rotate(std::vector<double>& matrix, std::vector<double>& turned, std::size_t n, std::size_t p, std::size_t q) {
  const double off = matrix[p * n + q];
  const double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
  const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
  const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
  double *const row_p = matrix.data() + p * n, *const row_q = matrix.data() + q * n;
  for (std::size_t k = 0; k < n; ++k) {
    const double a = row_p[k], b = row_q[k];
    row_p[k] = c * a - s * b;
    row_q[k] = s * a + c * b;
  }
  for (std::size_t k = 0; k < n; ++k) {
    const double a = matrix[k * n + p], b = matrix[k * n + q];
    matrix[k * n + p] = c * a - s * b;
    matrix[k * n + q] = s * a + c * b;
  }
  double *const vector_p = turned.data() + p * n, *const vector_q = turned.data() + q * n;
  for (std::size_t k = 0; k < n; ++k) {
    const double a = vector_p[k], b = vector_q[k];
    vector_p[k] = c * a - s * b;
    vector_q[k] = s * a + c * b;
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n) {
  std::vector<double> turned(n * n, 0.0);
  for (std::size_t k = 0; k < n; ++k) turned[k * n + k] = 1.0;
  double scale = 0.0;
  for (const double value : matrix) scale = std::max(scale, std::abs(value));
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool turned_any = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (std::abs(matrix[p * n + q]) <= 1e-14 * scale) continue;
        rotate(matrix, turned, n, p, q);
        turned_any = true;
      }
    }
    if (!turned_any) break;
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return matrix[a * n + a] > matrix[b * n + b]; });
  SymmetricEigen result{std::vector<double>(n), std::vector<double>(n * n)};
  for (std::size_t k = 0; k < n; ++k) {
    result.values[k] = matrix[order[k] * n + order[k]];
    for (std::size_t i = 0; i < n; ++i) result.vectors[i * n + k] = turned[order[k] * n + i];
  }
  return result;
}

}  // namespace crossloom
