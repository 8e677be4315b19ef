// Spectral embedding of a bipartite graph, and k-means on it. Private to clustering.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/binary_matrix.h"

namespace crossloom {

/// count x dimensions coordinates, row-major.
struct Points {
  std::size_t count = 0, dimensions = 0;
  std::vector<double> values;
  [[nodiscard]] const double* at(std::size_t point) const { return values.data() + point * dimensions; }
  [[nodiscard]] double* at(std::size_t point) { return values.data() + point * dimensions; }
};

/// One point a node, rows first and then columns: the eigenvectors of the smallest eigenvalues of the random-walk
/// Laplacian I - D^-1 A (von Luxburg, "A tutorial on spectral clustering", 2007), each of length 1. They are singular
/// vectors of the degree-normalised matrix, found by a restarted block Krylov iteration (until the residual is
/// 1e-6, at most `restarts` times). Beyond the rank of the matrix coordinates are 0. Every row and column must have a
/// one.
Points bipartite_embedding(const BinaryMatrix& matrix, std::size_t dimensions, RandomKey key, int restarts = 16);

struct Partition {
  std::vector<std::uint32_t> label;  ///< one a point, below parts
  Points centres;
};

/// Lloyd's iteration from the given centres, at most 100 rounds; an emptied part restarts at the point farthest from
/// its centre.
Partition k_means(const Points& points, Points centres);
/// Centres for k_means: those of a k_means on a tenth of the points (parts of it drawn as its centres), or, where that
/// is fewer than `parts`, points drawn without replacement. At least `parts` points.
Points sampled_centres(const Points& points, std::size_t parts, RandomKey key);

}  // namespace crossloom
