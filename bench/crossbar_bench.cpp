// Time of the innermost loops: one driven row of a crossbar of 64 and 128 columns, integer and real.
//
//   cmake -B build -DCROSSLOOM_BENCH=ON && cmake --build build --target crossbar_bench && build/bench/crossbar_bench
//
// Arguments are columns, and driven rows out of as many rows. row is the time a driven row. Each iteration
// goes on to the next of 600 crossbars, as many as a multilayer perceptron on MNIST fills, since that is what caches
// see.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "models/aligned_vector.h"
#include "models/crossbar_kernels.h"

namespace {

using namespace crossloom;

constexpr std::size_t kCrossbars = 600;
constexpr std::int32_t kLargestWeight = 15;

template <class Weight, class Sum, class Add>
void run(benchmark::State& state, const Add& add) {
  const auto size = static_cast<std::size_t>(state.range(0)), driven = static_cast<std::size_t>(state.range(1));
  AlignedVector<Weight> weights(kCrossbars * size * size, Weight{1});
  RandomStream stream(RandomKey(1).child("driven rows"));
  std::vector<std::uint16_t> rows(kCrossbars * driven);
  for (std::uint16_t& row : rows) row = static_cast<std::uint16_t>(stream.below(static_cast<std::uint32_t>(size)));
  std::vector<Sum> sums(size);
  std::size_t crossbar = 0;
  for (auto _ : state) {
    add(weights.data() + crossbar * size * size, size, rows.data() + crossbar * driven, driven, sums.data());
    benchmark::ClobberMemory();
    crossbar = (crossbar + 1) % kCrossbars;
  }
  const auto all_rows = static_cast<double>(state.iterations()) * static_cast<double>(driven);
  state.counters["row"] = benchmark::Counter(all_rows, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void integer_rows(benchmark::State& state) {
  run<std::int16_t, std::int32_t>(
      state, [](const std::int16_t* weights, std::size_t size, const std::uint16_t* rows, std::size_t driven,
                std::int32_t* sums) { add_driven_rows(weights, size, kLargestWeight, rows, driven, size, sums); });
}

void real_rows(benchmark::State& state) {
  run<float, double>(state, [](const float* weights, std::size_t size, const std::uint16_t* rows, std::size_t driven,
                               double* sums) { add_driven_rows(weights, size, rows, driven, size, sums); });
}

/// What a compiler makes of the plain loop, for comparison.
void plain_integer_rows(benchmark::State& state) {
  run<std::int16_t, std::int32_t>(state, [](const std::int16_t* weights, std::size_t size, const std::uint16_t* rows,
                                            std::size_t driven, std::int32_t* sums) {
    for (std::size_t k = 0; k < driven; ++k) {
      for (std::size_t j = 0; j < size; ++j) sums[j] += weights[rows[k] * size + j];
    }
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int size : {64, 128}) {
    for (const int driven : {1, 4, 16, 64}) benchmark->Args({size, driven});
  }
}

BENCHMARK(integer_rows)->Apply(sizes);
BENCHMARK(real_rows)->Apply(sizes);
BENCHMARK(plain_integer_rows)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
