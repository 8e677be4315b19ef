// Clustering: what it finds and how long it takes on one core.
//
//   cmake -B build -DCROSSLOOM_BENCH=ON && cmake --build build --target clustering_bench
//   build/bench/clustering_bench planted          the table of planted matrices, all methods
//   build/bench/clustering_bench grid             n = 1200, blocks of 64, four densities, two qualities
//   build/bench/clustering_bench matrix FILE      any matrix file, two qualities
//   build/bench/clustering_bench size             cost against size, up to 4096 x 25088
//
// Times are processor seconds of one thread, the median of three runs (of one where a run takes more than two seconds).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "mapping/block_sharing.h"
#include "tests/training/clustering/planted_matrix.h"
#include "training/clustering/autoncs_clustering.h"
#include "training/clustering/co_clustering.h"
#include "training/clustering/matrix_file.h"
#include "training/clustering/published_clustering.h"

namespace {

using namespace crossloom;

constexpr ArraySize kArray{64, 64};

struct Planted {
  BinaryMatrix matrix;
  double background_share = 0.0;
};

/// Blocks of block_rows x block_columns on the diagonal; rows, then columns shuffled.
template <class Generator>
Planted planted(Generator generator, std::uint32_t rows, std::uint32_t columns, std::uint32_t block_rows,
                std::uint32_t block_columns, double inside, double outside) {
  std::vector<std::uint8_t> cells(std::size_t{rows} * columns), moved(cells.size());
  std::uint64_t background = 0;
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      const bool in_block = i / block_rows == j / block_columns;
      const bool one = generator.next() < (in_block ? inside : outside);
      cells[std::size_t{i} * columns + j] = one ? 1 : 0;
      background += one && !in_block ? 1 : 0;
    }
  }
  const auto row_at = generator.permutation(rows), column_at = generator.permutation(columns);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      moved[std::size_t{i} * columns + j] = cells[std::size_t{row_at[i]} * columns + column_at[j]];
    }
  }
  Planted made{binary_matrix(moved, rows, columns), 0.0};
  made.background_share = static_cast<double>(background) / static_cast<double>(made.matrix.ones());
  return made;
}

/// The workload's generator is a linear congruence: on matrices of 2,048 and more columns (a power of two) its
/// background holds small dense rectangles, which a clustering rightly finds. Curves over size need noise that is none.
class NoiseGenerator {
 public:
  double next() { return stream_.uniform(); }
  std::vector<std::uint32_t> permutation(std::uint32_t size) {
    std::vector<std::uint32_t> order(size);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint32_t i = size - 1; i >= 1; --i) std::swap(order[i], order[stream_.below(i + 1)]);
    return order;
  }

 private:
  RandomStream stream_{RandomKey(12345)};
};

struct Timed {
  Clustering clustering;
  double seconds = 0.0;
};

Timed timed(const std::function<Clustering()>& cluster) {
  Timed result;
  std::vector<double> seconds;
  while (seconds.size() < 3 && (seconds.empty() || seconds[0] < 2.0)) {
    const std::clock_t start = std::clock();
    result.clustering = cluster();
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::sort(seconds.begin(), seconds.end());
  result.seconds = seconds[seconds.size() / 2];
  return result;
}

std::uint32_t least(std::size_t a, std::uint32_t b) { return static_cast<std::uint32_t>(std::min<std::size_t>(a, b)); }

std::vector<ArraySize> pieces(const Clustering& clustering) {
  std::vector<ArraySize> sizes;
  for (const Cluster& one : clustering.clusters) {
    for (std::size_t i = 0; i < one.block.rows.size(); i += kArray.rows) {
      for (std::size_t j = 0; j < one.block.columns.size(); j += kArray.columns) {
        sizes.push_back(
            {least(one.block.rows.size() - i, kArray.rows), least(one.block.columns.size() - j, kArray.columns)});
      }
    }
  }
  return sizes;
}

void print(const std::string& name, const BinaryMatrix& matrix, double background, const Timed& result) {
  const std::vector<ArraySize> sizes = pieces(result.clustering);
  const std::size_t shared = sizes.empty() ? 0 : share_arrays(sizes, kArray).size();
  fmt::print("| {} | {:.3f} s | {} | {} | {} | {:.1f} % | {:.1f} % |\n", name, result.seconds,
             result.clustering.clusters.size(), sizes.size(), shared,
             100.0 * unclustered_share(matrix, result.clustering), 100.0 * background);
  std::fflush(stdout);
}

void print_head() {
  fmt::print(
      "| matrix | time | clusters | arrays, no sharing | arrays | outside clusters | planted background |\n"
      "|---|---|---|---|---|---|---|\n");
}

Timed ours(const BinaryMatrix& matrix, double quality) {
  CoClusteringSpec spec;
  spec.quality = quality;
  return timed([&] { return co_cluster(matrix, kArray, spec, RandomKey(1)); });
}

void planted_table() {
  struct Row {
    std::uint32_t side, blocks;
    double inside, outside;
  };
  print_head();
  for (const Row& row : {Row{512, 8, 0.8, 0.0}, Row{512, 8, 0.8, 0.02}, Row{512, 8, 0.5, 0.05}, Row{512, 16, 0.8, 0.02},
                         Row{1024, 16, 0.8, 0.02}}) {
    const std::uint32_t width = row.side / row.blocks;
    const Planted made = planted(test::SharedGenerator(), row.side, row.side, width, width, row.inside, row.outside);
    const std::string name =
        fmt::format("{}, {} blocks, p_in {}, p_out {}", row.side, row.blocks, row.inside, row.outside);
    print(name + ": trannsformer", made.matrix, made.background_share, ours(made.matrix, 0.3));
    for (const bool published : {true, false}) {
      const PublishedClusteringSpec spec{0.3, {published, published, published}};
      print(name + (published ? ": SCIC as published" : ": SCIC, defects corrected"), made.matrix,
            made.background_share, timed([&] { return published_cluster(made.matrix, kArray, spec, RandomKey(1)); }));
    }
    print(name + ": autoncs", made.matrix, made.background_share,
          timed([&] { return autoncs_cluster(made.matrix, kArray, {}, RandomKey(1)); }));
  }
}

void grid_table() {
  constexpr std::uint32_t kSide = 1200, kBlock = 64;
  print_head();
  for (const double density : {0.05, 0.1, 0.25, 0.5}) {
    const double in_blocks = (18.0 * kBlock * kBlock + 48.0 * 48.0) / (double{kSide} * kSide);
    const Planted made = planted(test::SharedGenerator(), kSide, kSide, kBlock, kBlock, 0.8,
                                 (density - 0.8 * in_blocks) / (1.0 - in_blocks));
    for (const double quality : {0.7, 0.3}) {
      print(fmt::format("1200, density {}, quality {}", density, quality), made.matrix, made.background_share,
            ours(made.matrix, quality));
    }
  }
}

void size_table() {
  print_head();
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes{{256, 256},   {512, 512},   {1024, 1024},
                                                                   {2048, 2048}, {4096, 4096}, {4096, 25088}};
  for (const auto& [rows, columns] : sizes) {
    const std::uint32_t width = columns / (rows / 64);
    const double in_blocks = 64.0 / rows;
    const double outside = std::max(0.0, (0.05 - 0.8 * in_blocks) / (1.0 - in_blocks));
    const Planted made = planted(NoiseGenerator(), rows, columns, 64, width, 0.8, outside);
    print(fmt::format("{}x{}, {} synapses, blocks 64x{}", rows, columns, made.matrix.ones(), width), made.matrix,
          made.background_share, ours(made.matrix, 0.3));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("peak memory so far, the generator's dense copies included: {:.0f} MB\n",
               static_cast<double>(usage.ru_maxrss) / 1024.0);
  }
}

int run(const std::string& what, const std::string& file) {
  if (what == "planted")
    planted_table();
  else if (what == "grid")
    grid_table();
  else if (what == "size")
    size_table();
  else if (what == "matrix" && !file.empty()) {
    const BinaryMatrix matrix = read_matrix_file(file);
    print_head();
    for (const double quality : {0.7, 0.3})
      print(fmt::format("quality {}", quality), matrix, 0.0, ours(matrix, quality));
  } else {
    fmt::print(stderr, "usage: clustering_bench planted | grid | size | matrix FILE\n");
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
