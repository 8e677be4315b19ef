// Clusterings of large layers take minutes. Each test runs in a process of its own, since the flag stays up once
// raised.
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "tests/training/clustering/planted_matrix.h"
#include "training/clustering/autoncs_clustering.h"
#include "training/clustering/co_clustering.h"
#include "training/clustering/published_clustering.h"
#include "training/clustering/spectral.h"

namespace crossloom {
namespace {

constexpr ArraySize kArray{16, 16};

/// Ends the process: 0 where the clustering hears a signal.
template <class Clusters>
void cluster_after_a_signal(const Clusters& cluster) {
  install_interrupt_handlers();
  std::raise(SIGINT);
  try {
    cluster(test::random_matrix(60, 60, 0.2, RandomKey(1)));
  } catch (const Interrupted&) {
    std::exit(0);
  }
  std::exit(1);
}

TEST(InterruptedClusteringDeathTest, CoClusteringHearsASignal) {
  EXPECT_EXIT(cluster_after_a_signal([](const BinaryMatrix& matrix) { co_cluster(matrix, kArray, {}, RandomKey(2)); }),
              testing::ExitedWithCode(0), "");
}

TEST(InterruptedClusteringDeathTest, PublishedClusteringHearsASignal) {
  EXPECT_EXIT(
      cluster_after_a_signal([](const BinaryMatrix& matrix) { published_cluster(matrix, kArray, {}, RandomKey(2)); }),
      testing::ExitedWithCode(0), "");
}

TEST(InterruptedClusteringDeathTest, AutoNcsHearsASignal) {
  EXPECT_EXIT(
      cluster_after_a_signal([](const BinaryMatrix& matrix) { autoncs_cluster(matrix, kArray, {}, RandomKey(2)); }),
      testing::ExitedWithCode(0), "");
}

TEST(InterruptedClusteringDeathTest, KMeansHearsASignal) {
  EXPECT_EXIT(cluster_after_a_signal([](const BinaryMatrix&) {
                k_means({2, 1, {0.0, 1.0}}, {1, 1, {0.0}});
              }),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace crossloom
