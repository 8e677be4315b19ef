#include "models/circuit/mesh_elimination.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

TEST(MeshElimination, TurnsAStarIntoItsTriangle) {
  Mesh mesh;
  mesh.reset(1, 3);
  const double to[] = {2.0, 3.0, 5.0};
  for (std::size_t k = 0; k < 3; ++k) mesh.join(0, mesh.first_outer() + k, to[k]);
  mesh.eliminate();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      if (i != j) {
        EXPECT_DOUBLE_EQ(mesh.outer_row(i)[j], to[i] * to[j] / 10.0);
      }
    }
  }
  EXPECT_DOUBLE_EQ(mesh.scale()[0], 1.0 / std::sqrt(10.0));
}

TEST(MeshElimination, ANodeJoinedToNothingLeavesNothing) {
  Mesh mesh;
  mesh.reset(2, 2);
  mesh.join(1, mesh.first_outer(), 4.0);
  mesh.join(1, mesh.first_outer() + 1, 4.0);
  mesh.eliminate();
  EXPECT_EQ(mesh.scale()[0], 0.0);
  EXPECT_DOUBLE_EQ(mesh.outer_row(0)[1], 2.0);
}

/// One node after another by the formula, in extended precision.
std::vector<long double> plainly(std::vector<long double> mesh, std::size_t nodes, std::size_t inner) {
  for (std::size_t p = 0; p < inner; ++p) {
    long double sum = 0.0L;
    for (std::size_t q = p + 1; q < nodes; ++q) sum += mesh[p * nodes + q];
    for (std::size_t i = p + 1; i < nodes; ++i) {
      for (std::size_t j = p + 1; j < nodes; ++j) {
        if (i != j) mesh[i * nodes + j] += mesh[p * nodes + i] * mesh[p * nodes + j] / sum;
      }
    }
  }
  return mesh;
}

TEST(MeshElimination, AgreesWithTheFormulaForEveryConductanceAtAnyScale) {
  // Sizes on both sides of tiles and panels; conductances over twelve orders of magnitude.
  RandomStream stream(RandomKey(1));
  for (const auto& [inner, outer] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {3, 17}, {16, 16}, {47, 5}, {49, 33}, {100, 70}}) {
    const std::size_t nodes = inner + outer;
    std::vector<long double> plain(nodes * nodes, 0.0L);
    Mesh mesh;
    mesh.reset(inner, outer);
    const auto index = [&mesh, taken = inner](std::size_t node) {
      return node < taken ? node : mesh.first_outer() + node - taken;
    };
    for (std::size_t a = 0; a < nodes; ++a) {
      for (std::size_t b = a + 1; b < nodes; ++b) {
        const double siemens = std::pow(10.0, -12.0 * stream.uniform());
        mesh.join(index(a), index(b), siemens);
        plain[a * nodes + b] = plain[b * nodes + a] = static_cast<long double>(siemens);
      }
    }
    mesh.eliminate();
    plain = plainly(plain, nodes, inner);
    for (std::size_t i = 0; i < outer; ++i) {
      for (std::size_t j = 0; j < outer; ++j) {
        if (i == j) continue;
        const auto expected = static_cast<double>(plain[(inner + i) * nodes + inner + j]);
        ASSERT_NEAR(mesh.outer_row(i)[j], expected, 1e-14 * expected) << inner << " + " << outer;
        ASSERT_EQ(mesh.outer_row(i)[j], mesh.outer_row(j)[i]);
      }
    }
  }
}

}  // namespace
}  // namespace crossloom
