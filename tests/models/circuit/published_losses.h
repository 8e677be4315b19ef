// The table of losses that the wires' first solver gave: passive arrays, half of the rows at 0.5 V, drivers at the
// left, bit lines held at 0 V at the bottom, cells uniform in [G_min, G_max] with an on/off ratio of 10.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/circuit/array_solver.h"
#include "tests/models/circuit/random_array.h"

namespace crossloom::test {

struct Losses {
  double mean = 0.0, worst = 0.0;  ///< percent of a column's ideal current
  double spread = 0.0;             ///< standard deviation of the mean of one draw
};

struct LossRow {
  double on_ohms, wire_ohms;
  std::array<Losses, 5> published;  ///< of 16, 32, 64, 128, 256 rows and columns
};
inline constexpr std::array<LossRow, 5> kPublishedLosses = {{
    {20e3, 1.0, {{{0.4, 0.5, 0}, {2.0, 2.6, 0}, {7.2, 9.2, 0}, {23, 29, 0}, {52, 62, 0}}}},
    {20e3, 2.5, {{{1.0, 1.3, 0}, {4.8, 6.2, 0}, {16, 20, 0}, {43, 51, 0}, {72, 81, 0}}}},
    {100e3, 1.0, {{{0.08, 0.11, 0}, {0.4, 0.5, 0}, {1.5, 2.0, 0}, {5.8, 7.5, 0}, {19, 24, 0}}}},
    {100e3, 2.5, {{{0.2, 0.3, 0}, {1.0, 1.3, 0}, {3.8, 4.8, 0}, {13, 17, 0}, {36, 44, 0}}}},
    {100e3, 5.0, {{{0.4, 0.5, 0}, {2.0, 2.6, 0}, {7.2, 9.2, 0}, {23, 29, 0}, {52, 62, 0}}}},
}};
/// All cells at G_max of 20 kohm, all rows driven, wires of 2.5 ohm: nothing is drawn. Percent, of the same sizes.
inline constexpr std::array<double, 5> kPublishedFullLosses = {2.3, 8.1, 25, 56, 82};

/// Half a unit of the last printed digit.
inline double half_unit(double printed) { return printed < 0.2 ? 0.005 : printed < 10.0 ? 0.05 : 0.5; }

/// Mean over columns and draws, and mean over draws of the worst column.
inline Losses losses(std::uint32_t size, double on_ohms, double wire_ohms, std::uint32_t draws) {
  Losses result;
  double squares = 0.0;
  ArraySolver solver(size, size, wires_of(wire_ohms, wire_ohms));
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    RandomStream stream(RandomKey{draw}.child("losses"));
    const ConductanceMatrix cells = random_cells(size, size, stream, 10.0, 1.0 / on_ohms);
    std::vector<std::uint32_t> order(size);
    for (std::uint32_t i = 0; i < size; ++i) order[i] = i;
    for (std::uint32_t i = size - 1; i > 0; --i) std::swap(order[i], order[stream.below(i + 1)]);
    solver.solve(cells);
    const TransferMatrix transfer = solver.transfer();
    double worst = 0.0, mean = 0.0;
    for (std::uint32_t j = 0; j < size; ++j) {
      double current = 0.0, ideal = 0.0;
      for (std::uint32_t k = 0; k < size / 2; ++k) {
        current += 0.5 * transfer.at(order[k], j);
        ideal += 0.5 * cells.at(order[k], j);
      }
      const double loss = 100.0 * (1.0 - current / ideal);
      worst = std::max(worst, loss);
      mean += loss / size;
    }
    result.worst += worst / draws;
    result.mean += mean / draws;
    squares += mean * mean / draws;
  }
  result.spread = std::sqrt(std::max(0.0, squares - result.mean * result.mean));
  return result;
}

inline double full_loss(std::uint32_t size) {
  const ConductanceMatrix cells{size, size, std::vector<double>(std::size_t{size} * size, 1.0 / 20e3)};
  const TransferMatrix transfer = solve_transfer(cells, wires_of(2.5, 2.5));
  double sum = 0.0;
  for (const double siemens : transfer.siemens) sum += siemens;
  return 100.0 * (1.0 - sum * 20e3 / size / size);
}

/// The table is of one draw: the mean of many may differ by four spreads of a draw where that is more than 2 %.
inline bool agrees(const Losses& ours, double published) {
  const double difference = std::abs(ours.mean - published), half = half_unit(published);
  return difference <= std::max({0.02 * published, half, 4.0 * ours.spread + half});
}

}  // namespace crossloom::test
