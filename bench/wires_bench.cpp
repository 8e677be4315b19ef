// Arrays with wires: what a transfer matrix costs, and a product after it.
//
//   cmake -B build -DCROSSLOOM_BENCH=ON && cmake --build build --target wires_bench
//   build/bench/wires_bench solve            a transfer matrix, by size
//   build/bench/wires_bench products         products a second of 128 x 128, exact and with read noise
//   build/bench/wires_bench spice [INPUTS]   64 x 64 against ngspice, that many inputs in one run of either (10)
//   build/bench/wires_bench losses           the table of losses by size, resistance and wires, 20 draws
//
// Times are processor seconds of one thread.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <fmt/format.h>

#include "base/error.h"
#include "models/circuit/transfer_products.h"
#include "tests/models/circuit/published_losses.h"
#include "tests/support/spice.h"

namespace {

using namespace crossloom;
using test::random_cells;
using test::wires_of;

double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median_seconds(const std::function<void()>& work) {
  std::vector<double> seconds;
  double total = 0.0;
  while (seconds.size() < 5 || (total < 0.5 && seconds.size() < 101)) {
    seconds.push_back(seconds_of(work));
    total += seconds.back();
    if (total > 20.0) break;
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

long peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void solve() {
  fmt::print(
      "| array | first array of its size, ms | next ones, ms | with voltages kept and checked, ms | grows as n^ | "
      "peak memory so far, MiB | residual |\n|---|---|---|---|---|---|---|\n");
  double last = 0.0, last_cells = 0.0;
  for (const auto& [rows, lines] : {std::pair{16U, 16U},
                                    {32U, 32U},
                                    {64U, 64U},
                                    {64U, 128U},
                                    {128U, 128U},
                                    {128U, 256U},
                                    {256U, 256U},
                                    {512U, 512U},
                                    {512U, 1024U},
                                    {1024U, 1024U}}) {
    RandomStream stream(RandomKey{rows});
    const ConductanceMatrix cells = random_cells(rows, lines, stream, 100.0);
    const WireSpec wires = wires_of(1, 1);
    TransferMatrix transfer;
    const double first = seconds_of([&, r = rows, l = lines] {
      ArraySolver fresh(r, l, wires);
      fresh.solve(cells);
      transfer = fresh.transfer();
    });
    ArraySolver solver(rows, lines, wires);
    const double next = median_seconds([&] {
      solver.solve(cells);
      transfer = solver.transfer();
    });
    const long memory = peak_megabytes();
    CircuitCheck check;
    const double checked = median_seconds([&] {
      solver.solve(cells, true);
      transfer = solver.transfer();
      check = check_circuit(solver, cells, transfer);
    });
    const double size = std::sqrt(static_cast<double>(rows) * lines);
    const std::string growth =
        last > 0.0 ? fmt::format("{:.1f}", std::log(next / last) / std::log(size / last_cells)) : "";
    last = next;
    last_cells = size;
    fmt::print("| {} x {} | {:.2f} | {:.2f} | {:.2f} | {} | {} | {:.0e} |\n", rows, lines, 1e3 * first, 1e3 * next,
               1e3 * checked, growth, memory, std::max(check.residual, check.mismatch));
    std::fflush(stdout);
  }
}

void products() {
  constexpr std::uint32_t kSize = 128;
  constexpr std::size_t kInputs = 1024;
  RandomStream stream(RandomKey(1));
  const ConductanceMatrix cells = random_cells(kSize, kSize, stream, 100.0);
  const TransferMatrix transfer = solve_transfer(cells, wires_of(1, 1));
  std::vector<double> variances;
  for (const double siemens : cells.siemens) variances.push_back(1e-4 * siemens * siemens);
  const TransferProducts matrix(transfer, transfer_variances(cells, transfer, variances));
  const std::vector<double> volts = test::random_volts(kSize * kInputs, stream);
  std::vector<double> currents(std::size_t{kSize} * kInputs);
  const double exact = median_seconds([&] { matrix.multiply(volts.data(), kInputs, currents.data()); });
  std::uint64_t first = 0;
  const double noisy = median_seconds([&] {
    matrix.multiply_noisy(volts.data(), kInputs, RandomKey(2), first, currents.data());
    first += kInputs;
  });
  fmt::print(
      "128 x 128, batches of {}, double precision, one core:\n  exact            {:>9.0f} products a second\n"
      "  with read noise  {:>9.0f} products a second\n",
      kInputs, kInputs / exact, kInputs / noisy);
}

void against_spice(std::size_t count) {
  constexpr std::uint32_t kSize = 64;
  RandomStream stream(RandomKey(3));
  const ConductanceMatrix cells = random_cells(kSize, kSize, stream, 100.0);
  const WireSpec wires = wires_of(1, 1);
  std::vector<std::vector<double>> inputs;
  std::vector<double> volts;
  for (std::size_t v = 0; v < count; ++v) {
    inputs.push_back(test::random_volts(kSize, stream));
    volts.insert(volts.end(), inputs.back().begin(), inputs.back().end());
  }
  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  const auto expected = test::spice_currents(cells, wires, inputs);
  getrusage(RUSAGE_CHILDREN, &after);
  const double spice = static_cast<double>(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                       1e-6 * static_cast<double>(after.ru_utime.tv_usec - before.ru_utime.tv_usec);
  std::vector<double> currents(kSize * count);
  const double ours = median_seconds([&] {
    const TransferMatrix transfer = solve_transfer(cells, wires);
    TransferProducts(transfer).multiply(volts.data(), count, currents.data());
  });
  double worst = 0.0;
  for (std::size_t k = 0; k < currents.size(); ++k) {
    const double reference = expected[k / kSize][k % kSize];
    worst = std::max(worst, std::abs(currents[k] - reference) / std::abs(reference));
  }
  fmt::print(
      "64 x 64, {} inputs in one run: ngspice {:.2f} s, ours {:.5f} s (check included): {:.0f} times; outputs agree "
      "to {:.1e}\n",
      count, spice, ours, spice / ours, worst);
}

void losses() {
  constexpr std::array<std::uint32_t, 5> kSizes = {16, 32, 64, 128, 256};
  fmt::print(
      "Loss of column current in per cent, mean +- spread of a draw / worst column; 20 draws (published: one)\n\n"
      "| on, wires |");
  for (const std::uint32_t size : kSizes) fmt::print(" {} | published |", size);
  fmt::print("\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  std::size_t good = 0, strict = 0;
  for (const test::LossRow& row : test::kPublishedLosses) {
    fmt::print("| {:.0f} kohm, {} ohm |", row.on_ohms / 1e3, row.wire_ohms);
    for (std::size_t s = 0; s < kSizes.size(); ++s) {
      const test::Losses ours = test::losses(kSizes[s], row.on_ohms, row.wire_ohms, 20), published = row.published[s];
      const double allowed = std::max(0.02 * published.mean, test::half_unit(published.mean));
      strict += std::abs(ours.mean - published.mean) <= allowed ? 1U : 0U;
      good += test::agrees(ours, published.mean) ? 1U : 0U;
      fmt::print(" {:.3g} +- {:.1g} / {:.3g} | {:g} / {:g} |", ours.mean, ours.spread, ours.worst, published.mean,
                 published.worst);
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
  fmt::print("| all cells on, all rows, 20 kohm, 2.5 ohm |");
  for (std::size_t s = 0; s < kSizes.size(); ++s) {
    fmt::print(" {:.3g} | {:g} |", test::full_loss(kSizes[s]), test::kPublishedFullLosses[s]);
  }
  fmt::print(
      "\n\nMeans within 2 % or half a unit of the last digit: {} of 25; within four spreads of one draw: {} of 25\n",
      strict, good);
}

int run(const std::vector<std::string>& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "solve")
    solve();
  else if (what == "products")
    products();
  else if (what == "spice")
    against_spice(arguments.size() > 1 ? std::stoul(arguments[1]) : 10);
  else if (what == "losses")
    losses();
  else {
    fmt::print(stderr, "usage: wires_bench solve | products | spice [INPUTS] | losses\n");
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
