#include "training/clustering/spectral.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <gtest/gtest.h>

#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

/// Largest difference between D^-1 A u and (u D^-1 A u / u u) u over the columns of an embedding.
double worst_residual(const BinaryMatrix& matrix, const Points& points) {
  const BinaryMatrix turned = transposed(matrix);
  double worst = 0.0;
  for (std::size_t d = 0; d < points.dimensions; ++d) {
    std::vector<double> image(points.count, 0.0);
    const auto mean_of_neighbours = [&](const BinaryMatrix& lines, std::size_t own, std::size_t across) {
      for (std::uint32_t i = 0; i < lines.rows; ++i) {
        for (std::uint64_t k = lines.row_begin[i]; k < lines.row_begin[i + 1]; ++k) {
          image[own + i] += points.at(across + lines.column_of[k])[d] /
                            static_cast<double>(lines.row_begin[i + 1] - lines.row_begin[i]);
        }
      }
    };
    mean_of_neighbours(matrix, 0, matrix.rows);
    mean_of_neighbours(turned, matrix.rows, 0);
    // The eigenvalue by the entry of largest size, so that the test does not assume an inner product.
    std::size_t top = 0;
    for (std::size_t k = 0; k < points.count; ++k) {
      if (std::abs(points.at(k)[d]) > std::abs(points.at(top)[d])) top = k;
    }
    const double value = image[top] / points.at(top)[d];
    for (std::size_t k = 0; k < points.count; ++k)
      worst = std::max(worst, std::abs(image[k] - value * points.at(k)[d]));
  }
  return worst;
}

TEST(BipartiteEmbedding, IsMadeOfEigenvectorsOfTheRandomWalk) {
  for (const auto& [rows, columns] : {std::pair<std::uint32_t, std::uint32_t>{200, 150}, {90, 240}, {12, 9}}) {
    const BinaryMatrix matrix = test::random_matrix(rows, columns, 0.3, RandomKey(rows));
    EXPECT_LT(worst_residual(matrix, bipartite_embedding(matrix, 5, RandomKey(1), 60)), 1e-5) << rows;
  }
}

TEST(BipartiteEmbedding, PutsEachDisconnectedBlockAtOnePointOfItsOwn) {
  const test::Planted made = test::planted(60, 3, 1.0, 0.0);
  const Points points = bipartite_embedding(made.matrix, 3, RandomKey(1));
  const auto distance = [&](std::size_t a, std::size_t b) {
    double sum = 0.0;
    for (std::size_t d = 0; d < 3; ++d) sum += std::pow(points.at(a)[d] - points.at(b)[d], 2);
    return std::sqrt(sum);
  };
  for (std::uint32_t i = 0; i < 60; ++i) {
    const auto begin = made.matrix.column_of.begin() + static_cast<std::ptrdiff_t>(made.matrix.row_begin[i]);
    const auto end = made.matrix.column_of.begin() + static_cast<std::ptrdiff_t>(made.matrix.row_begin[i + 1]);
    for (std::uint32_t j = 0; j < 60; ++j) {
      const bool same_block = std::find(begin, end, j) != end;
      if (same_block)
        EXPECT_LT(distance(i, 60 + j), 1e-5);
      else
        EXPECT_GT(distance(i, 60 + j), 0.05);
    }
  }
}

TEST(KMeans, LeavesNoPartEmptyWhileThereArePoints) {
  Points points{4, 1, {0.0, 0.1, 0.2, 9.0}};
  const Partition partition = k_means(points, {3, 1, {100.0, 0.0, 200.0}});
  std::vector<int> sizes(3, 0);
  for (const std::uint32_t label : partition.label) ++sizes[label];
  for (const int size : sizes) EXPECT_GT(size, 0);
}

TEST(KMeans, PutsEachPointWithTheNearestOfAnyNumberOfCentres) {
  constexpr std::size_t kDimensions = 7;
  RandomStream stream(RandomKey(5));
  const auto points_of = [&](std::size_t count) {
    Points points{count, kDimensions, std::vector<double>(count * kDimensions)};
    for (double& value : points.values) value = stream.normal();
    return points;
  };
  for (const std::size_t parts : {1U, 2U, 15U, 16U, 17U, 37U}) {
    const Points points = points_of(200);
    const Partition partition = k_means(points, points_of(parts));
    // The last round changed no label, so that the centres are those that the labels were made with.
    for (std::size_t k = 0; k < points.count; ++k) {
      const auto distance = [&](std::size_t part) {
        double sum = 0.0;
        for (std::size_t d = 0; d < kDimensions; ++d)
          sum += std::pow(points.at(k)[d] - partition.centres.at(part)[d], 2);
        return sum;
      };
      for (std::size_t part = 0; part < parts; ++part) EXPECT_LE(distance(partition.label[k]), distance(part) + 1e-12);
    }
  }
}

}  // namespace
}  // namespace crossloom
